"""The sample archive's own questions, asked of the real service with real weights: exact citations, and floors.

A floor is about two questions below what was measured; it catches a loss, not a change of one question.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest

from rag import wiring
from rag.evaluation.datasets import load_dataset
from rag.service import RagService
from rag.settings import Settings
from rag.text.sentences import paragraphs
from rag.types.articles import Article, Citation
from rag.types.filters import SearchFilter
from rag.types.results import Answer
from tests.conftest import ROOT, SEEDS, ask

FIRST = 4  # passages a reader sees without scrolling
OFF_TOPIC = ("n01", "n02", "n03", "n04", "n05")
WIRE_COPIES = {"nsw-20240927-04", "www.tarnhavenledger.example/2024/09/port-strike-deal"}
GIVEN = ROOT.parent / "shared" / "seeds"


@dataclass(frozen=True)
class Asked:
    """A labelled question: the articles that answer it (none: not in the archive) and the answer's own words."""

    id: str
    question: str
    articles: tuple[str, ...]
    answer: str


def labelled() -> Iterator[Asked]:
    for line in (SEEDS / "questions.jsonl").read_text("utf-8").split("\n"):
        if line:
            given = json.loads(line)
            articles = (given["article"], *given.get("also", ())) if given["article"] else ()
            yield Asked(given["id"], given["question"], articles, given["answer"] or "")


ANSWERABLE = [asked for asked in labelled() if asked.articles]
ABSENT = [asked for asked in labelled() if not asked.articles]

Ask = Callable[[Asked], Answer]


@pytest.fixture(scope="module")
def answer_to(seeds_service: RagService) -> Ask:
    """Answer a question, once for all tests."""
    return cache(lambda asked: seeds_service.answer(ask(asked.question)))


@pytest.fixture(scope="module")
def article(seeds_service: RagService) -> Callable[[str], Article]:
    return cache(lambda id: seeds_service.article(id).article)


def failing(asked: list[Asked], holds: Callable[[Asked], bool]) -> list[str]:
    return [each.id for each in asked if not holds(each)]


def citations(answer: Answer) -> Iterator[Citation]:
    yield from (hit.citation for hit in answer.hits)
    yield from (sentence.citation for sentence in answer.sentences)


# What must hold for every question


def test_every_answer_of_the_set_stands_verbatim_in_its_articles(article: Callable[[str], Article]) -> None:
    assert failing(ANSWERABLE, lambda asked: all(asked.answer in article(id).text for id in asked.articles)) == []


def test_every_citation_is_the_very_characters_of_its_article(
    answer_to: Ask, article: Callable[[str], Article]
) -> None:
    for asked in (*ANSWERABLE, *ABSENT):
        for citation in citations(answer_to(asked)):
            source = article(citation.id)
            assert source.text[citation.start : citation.end] == citation.quote
            assert source.text[: citation.start].endswith(citation.prefix)
            assert source.text[citation.end :].startswith(citation.suffix)
            first, last = paragraphs(source.text)[citation.paragraph]
            assert first <= citation.start < last
            assert (citation.title, citation.published, citation.url) == (source.title, source.published, source.url)


def test_every_shown_sentence_lies_in_the_passage_that_it_names(answer_to: Ask) -> None:
    for asked in ANSWERABLE:
        answer = answer_to(asked)
        for sentence in answer.sentences:
            passage = answer.hits[sentence.hit_rank - 1].passage
            assert sentence.text == sentence.citation.quote
            assert sentence.text in passage.text
            assert sentence.citation.passage_id == passage.id
            assert passage.start <= sentence.citation.start < sentence.citation.end <= passage.end


def test_answers_are_the_same_on_a_second_run(answer_to: Ask, seeds_service: RagService, index_root: Path) -> None:
    again = wiring.build(Settings(index_root=index_root, index="seeds"))
    for asked in ANSWERABLE[::4]:
        assert seeds_service.answer(ask(asked.question)) == answer_to(asked)
        assert again.answer(ask(asked.question)) == answer_to(asked)


# Floors, measured with all-MiniLM-L6-v2, 34 articles, 71 passages


def test_the_right_article_is_among_the_first_passages(answer_to: Ask) -> None:
    def holds(asked: Asked) -> bool:
        answer = answer_to(asked)
        return any(hit.passage.article_id in asked.articles for hit in (answer.hits or answer.near_misses)[:FIRST])

    missed = failing(ANSWERABLE, holds)
    assert len(missed) <= 2, missed  # measured: 87 of 87


def test_the_answer_stands_in_what_is_shown_first(answer_to: Ask) -> None:
    def holds(asked: Asked) -> bool:
        answer = answer_to(asked)
        hits = (answer.hits or answer.near_misses)[:FIRST]
        shown = [*(sentence.text for sentence in answer.sentences), *(hit.passage.text for hit in hits)]
        return any(asked.answer in text for text in shown)

    missed = failing(ANSWERABLE, holds)
    assert len(missed) <= 3, missed  # measured: 86 of 87


def test_the_answer_stands_in_the_sentences(answer_to: Ask) -> None:
    missed = failing(ANSWERABLE, lambda asked: any(asked.answer in s.text for s in answer_to(asked).sentences))
    assert len(missed) <= 24, missed  # measured: 66 of 87


def test_questions_that_the_archive_answers_are_answered(answer_to: Ask) -> None:
    missed = failing(ANSWERABLE, lambda asked: answer_to(asked).answered)
    assert len(missed) <= 10, missed  # measured: 79 of 87


def test_questions_that_the_archive_does_not_answer_are_mostly_declined(answer_to: Ask) -> None:
    missed = failing(ABSENT, lambda asked: not answer_to(asked).answered)
    assert len(missed) <= 9, missed  # measured: 8 of 16; the others ask what a story of the archive leaves out


def test_questions_about_something_else_are_always_declined(answer_to: Ask) -> None:
    off_topic = [asked for asked in ABSENT if asked.id in OFF_TOPIC]
    assert len(off_topic) == len(OFF_TOPIC)
    for asked in off_topic:
        answer = answer_to(asked)
        assert (answer.answered, answer.sentences) == (False, ()), asked.question
        assert answer.reason in {"no_match", "low_confidence"}


def test_a_question_that_names_a_time_and_no_subject_lists_what_was_published_then(seeds_service: RagService) -> None:
    answer = seeds_service.answer(ask("What happened in June 2025?"))
    assert (answer.answered, answer.reason, answer.sentences) == (False, "no_subject", ())
    assert answer.near_misses
    assert {str(hit.citation.published)[:7] for hit in answer.near_misses} == {"2025-06"}
    listed = {hit.citation.id for hit in answer.near_misses}
    counted = seeds_service.search(ask("What happened in June 2025?", facets=True)).facets
    assert counted is not None
    assert counted.matching.value == len(listed)
    assert {facet.value for facet in counted.authors} == {
        name for hit in answer.near_misses for name in hit.citation.authors
    }
    week = seeds_service.answer(ask("What happened this week?", as_of=date(2025, 6, 17)))
    assert {str(hit.citation.published) for hit in week.near_misses} == {"2025-06-16"}


def test_a_time_that_the_archive_does_not_reach_is_said(seeds_service: RagService) -> None:
    answer = seeds_service.answer(ask("Who was elected mayor in October 2021?"))
    assert (answer.answered, answer.reason) == (False, "not_covered")
    assert answer.near_misses
    assert seeds_service.answer(ask("What happened in June 1905?")).reason == "not_covered"


# Copies and filters


def test_both_copies_of_an_agency_story_are_one_hit(seeds_service: RagService) -> None:
    question = "dock workers at Skerrow accept a pay rise and return to work"
    hit = seeds_service.search(ask(question, k=FIRST)).hits[0]
    assert {hit.passage.article_id, *(copy.id for copy in hit.also_in)} == WIRE_COPIES
    apart = seeds_service.search(ask(question, k=FIRST, group_by="article")).hits
    assert {hit.passage.article_id for hit in apart} >= WIRE_COPIES


def test_with_a_last_day_before_its_own_an_article_is_never_a_hit(
    seeds_service: RagService, article: Callable[[str], Article]
) -> None:
    asked_of_dated = [asked for asked in ANSWERABLE if article(asked.articles[0]).published]
    assert len(asked_of_dated) > len(ANSWERABLE) // 2
    for asked in asked_of_dated[::3]:
        published = article(asked.articles[0]).published or date.max
        day_before = SearchFilter(published_to=published - timedelta(days=1))
        found = seeds_service.search(ask(asked.question, k=100, filter=day_before, group_by="passage"))
        assert asked.articles[0] not in {hit.passage.article_id for hit in found.hits}
        assert all(hit.citation.published and hit.citation.published < published for hit in found.hits)
        on_the_day = SearchFilter(published_from=published, published_to=published)
        found = seeds_service.search(ask(asked.question, k=100, filter=on_the_day))
        assert asked.articles[0] in {hit.passage.article_id for hit in found.hits}


def test_a_source_filter_leaves_only_that_source_and_all_of_it(seeds_service: RagService) -> None:
    for source, count in seeds_service.status().sources:
        found = seeds_service.search(ask("What happened?", k=100, filter=SearchFilter(sources=(source.upper(),))))
        assert {hit.citation.source for hit in found.hits} == {source}
        assert len(found.hits) == count


def test_an_author_filter_leaves_only_that_author_s_articles(
    seeds_service: RagService, article: Callable[[str], Article]
) -> None:
    report = article("texts/2024-11-08-bridge-inquiry-report.txt")
    assert len(report.authors) == 3
    for author in report.authors:
        only = SearchFilter(authors=(author.upper(),))
        found = seeds_service.search(ask("Why did the bridge crack?", k=100, filter=only))
        assert report.id in {hit.passage.article_id for hit in found.hits}
        assert all(author in hit.citation.authors for hit in found.hits)


# The article that Byline was asked for with


@pytest.fixture(scope="module")
def given_article(index_root: Path) -> RagService:
    if not GIVEN.is_dir():
        pytest.skip(f"{GIVEN} is not there: the article lies beside the checkout")
    service = wiring.build(Settings(index_root=index_root, index="given"))
    service.reindex([GIVEN])
    return service


@pytest.mark.parametrize(
    ("question", "answers"),
    [
        ("Who is Trump's special envoy?", ["Grenell"]),
        ("How many people have been killed in boat strikes?", ["21"]),
        (
            "What did Trump say at Norfolk Naval Station?",
            [
                "we’ll have to start looking about the land",
                "blow the cartel terrorists",
                "we just can’t find any",
            ],
        ),
    ],
)
def test_the_user_s_article_answers_what_it_says(given_article: RagService, question: str, answers: list[str]) -> None:
    answer = given_article.answer(ask(question))
    assert answer.answered
    assert any(words in answer.hits[0].passage.text for words in answers)
    assert any(words in sentence.text for sentence in answer.sentences for words in answers)
    for citation in citations(answer):
        assert (citation.authors, citation.source) == (("Dave DeCamp",), "Antiwar.com")
        assert citation.published == date(2025, 10, 7)


def test_the_user_s_article_does_not_answer_what_it_does_not_say(given_article: RagService) -> None:
    answer = given_article.answer(ask("What is the capital of Australia?"))
    assert (answer.answered, answer.sentences) == (False, ())


def test_what_answers_and_how_sure_it_is_does_not_depend_on_how_many_passages_are_asked_for(
    seeds_service: RagService,
) -> None:
    for asked in load_dataset(SEEDS).questions[::6]:
        one, whole = (seeds_service.answer(ask(asked.text, k=k)) for k in (1, 10))
        assert (one.sentences, one.confidence, one.reason) == (whole.sentences, whole.confidence, whole.reason)
        cited = max((sentence.hit_rank for sentence in one.sentences), default=1)
        assert one.hits + one.near_misses == (whole.hits + whole.near_misses)[:cited]
