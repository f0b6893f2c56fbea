"""Putting a dataset: what a run keeps of each question, from a real index without a model, and from fakes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rag.errors import EvaluationError
from rag.evaluation.datasets import Dataset, JudgedQuestion
from rag.evaluation.runner import AsOfPolicy, QuestionAsker, contains_answer, run_dataset
from rag.evaluation.runs import load, save
from rag.evaluation.slices import slices_of
from rag.evaluation.summary import summary, values
from rag.index.generation import Generation
from rag.models.hashing import HashingEmbedder
from rag.search.cursor import PageCursor
from rag.search.searcher import Searcher
from rag.service import RagService
from rag.settings import Settings
from rag.types.articles import Article
from rag.types.requests import AnswerRequest, SearchRequest
from rag.types.results import Answer, SearchResult
from tests.conftest import Build, service_of

BRIDGE = JudgedQuestion("q1", "When did the bridge close in May?", {"bridge": 1}, ("May",), date(2025, 5, 2))
FERRY = JudgedQuestion("q2", "Where did the ferry fire begin?", {"ferry-2": 2, "ferry": 1, "seal": 0}, ("galley",))
NOWHERE = JudgedQuestion("n1", "Who discovered penicillin?", {})
SMALL = Dataset("small", Path("unread"), (BRIDGE, FERRY), (NOWHERE,))


@pytest.fixture
def service(build: Build, articles: list[Article], tmp_path: Path) -> RagService:
    build(articles)
    return service_of(Settings(index_root=tmp_path, index="index"), HashingEmbedder)


def test_a_run_holds_every_question_with_its_ranking_and_its_outcome(service: RagService) -> None:
    run = run_dataset(service, SMALL)
    first = run.answerable[0]
    assert [each.id for each in (*run.answerable, *run.unanswerable)] == ["q1", "q2", "n1"]
    assert (first.relevant, first.first_relevant_rank, first.ranking[0]) == (("bridge",), 1, "bridge")
    assert (first.first_title, first.right) == ("Bridge closes", True)
    assert first.metrics["nDCG@10"] == 1.0
    assert run.answerable[1].relevant == ("ferry-2", "ferry")
    assert not run.unanswerable[0].right
    assert (run.set, run.articles, run.settings["as_of"]) == ("small", 6, None)


def test_what_was_withheld_for_low_confidence_is_judged_too(
    build: Build, articles: list[Article], tmp_path: Path
) -> None:
    build(articles)
    silent = service_of(Settings(index_root=tmp_path, index="index", min_confidence=1.0), HashingEmbedder)
    first = run_dataset(silent, SMALL).answerable[0]
    assert (first.answered, first.sentences, first.metrics["answered"]) == (False, (), 0.0)
    assert first.right


def test_removed_articles_are_not_found_and_only_an_answer_string_is_right(service: RagService) -> None:
    run = run_dataset(service, SMALL, absent=True)
    assert len(run.removed) == len(run.answerable)
    for each in run.removed:
        assert not set(each.relevant) & set(each.ranking)
    assert not run.removed[1].right  # the galley stands in the removed article alone
    absent: Any = summary(run)["absent"]
    assert absent.keys() >= {"questions", "abstained", "AUROC", "ECE", "risk@50%"}


def test_questions_of_another_set_are_told_apart(service: RagService) -> None:
    run = run_dataset(service, SMALL, off_archive=Dataset("other", Path("unread"), (NOWHERE,)))
    found = summary(run)
    assert (run.off_archive_set, [each.id for each in run.off_archive]) == ("other", ["n1"])
    assert values(found)["off_archive.AUROC"] == 1.0
    assert "absent" not in found


def test_a_saved_run_is_read_back_and_shows_its_means(service: RagService, tmp_path: Path) -> None:
    run = run_dataset(service, SMALL, absent=True)
    save(run, summary(run), tmp_path / "run.json")
    assert load(tmp_path / "run.json") == run
    assert '"means"' in (tmp_path / "run.json").read_text("utf-8")


@pytest.mark.parametrize("content", [None, "{", "[]", "{}", '{"means": {}, "format": 3}'])
def test_what_is_no_run_is_named(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(EvaluationError, match=r"run\.json"):
        load(tmp_path / "run.json")


@pytest.mark.parametrize(
    ("questions", "said"),
    [
        ((), "no question"),
        ((JudgedQuestion("q", "Who?", {"elsewhere": 1}),), "none of its relevant articles, 'elsewhere'"),
    ],
    ids=["no questions", "another archive's"],
)
def test_a_set_that_is_not_of_this_archive_is_refused(
    service: RagService, questions: tuple[JudgedQuestion, ...], said: str
) -> None:
    with pytest.raises(EvaluationError, match=said):
        run_dataset(service, Dataset("strange", Path("unread"), questions))


class DatedSearcher(Searcher):
    """Answers as a searcher does, and keeps the days it was asked on."""

    def __init__(self, service: RagService) -> None:
        super().__init__(service.index, service.models, service.settings)
        self.days: list[object] = []

    def search(self, generation: Generation, request: SearchRequest, page: PageCursor | None = None) -> SearchResult:
        self.days.append(request.as_of)
        return super().search(generation, request, page)

    def answer(self, generation: Generation, request: AnswerRequest) -> Answer:
        self.days.append(request.as_of)
        return super().answer(generation, request)


@pytest.mark.parametrize(
    ("as_of", "days"),
    [(None, {None}), (date(2022, 1, 1), {date(2022, 1, 1)}), ("question", {date(2025, 5, 2)})],
    ids=["not said", "a day", "each question's"],
)
def test_a_question_is_asked_as_of_the_day_that_was_said(
    service: RagService, as_of: AsOfPolicy, days: set[object]
) -> None:
    dated = DatedSearcher(service)
    asker = QuestionAsker(service, service.generation, as_of, True)
    asker.searcher = asker._unthresholded = dated
    asker.answerable(BRIDGE)
    assert set(dated.days) == days


def test_a_generation_that_does_not_answer_yet_can_be_asked(
    service: RagService, build: Build, articles: list[Article]
) -> None:
    """As a gate asks a draft: the generation that answers is not asked."""
    service.open()
    bridgeless = build([item for item in articles if item.id != "bridge"])
    run = run_dataset(service, SMALL, generation=bridgeless)
    assert (run.articles, run.answerable[0].first_relevant_rank) == (5, None)
    assert run_dataset(service, SMALL).articles == 6


def test_questions_without_a_day_cannot_be_asked_as_of_it(service: RagService) -> None:
    with pytest.raises(EvaluationError, match="date"):
        run_dataset(service, Dataset("small", Path("unread"), (FERRY,)), as_of="question")


@pytest.mark.parametrize(
    ("text", "answers", "held"),
    [("It is 5 km.", ["5"], True), ("In 1955.", ["5"], False), ("fourteen", ["four"], False), ("$5.2", ["$5.2"], True)],
)
def test_an_answer_is_held_as_whole_words(text: str, answers: Iterable[str], held: bool) -> None:
    assert contains_answer(text, answers) == held


@pytest.mark.parametrize(
    ("question", "word", "length", "time"),
    [
        ("Who won?", "who", "short", "without"),
        ("Whose dog is it?", "who", "short", "without"),
        ("How much did the bridge cost the county last month, all in all?", "how many", "medium", "with"),
        ("To help reduce clutter, which continent will soon require phones to share a charger in all shops?", "which",
         "long", "without"),
        ("Name the mayor elected in 2019.", "other", "short", "with"),
        ("Why did May resign?", "why", "short", "with"),
        ("May I ask what happened?", "what", "short", "without"),
        ("What has the fire brigade said since Tuesday?", "what", "short", "with"),
        ("Where did the recently sold ferry go?", "where", "short", "with"),
    ],
)  # fmt: skip
def test_a_question_is_sliced_by_its_words(question: str, word: str, length: str, time: str) -> None:
    assert slices_of(question) == {"asks for": word, "length": length, "time": f"{time} time words"}
