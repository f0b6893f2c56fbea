"""Re-ranked in time: the reranker's order, first-stage order behind it; late: first-stage order, and it is said."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from rag.errors import RerankerError
from rag.models.base import Reranker
from rag.models.deadline import PASSAGES_PER_CHECK, DeadlineReranker
from rag.models.hashing import HashingEmbedder
from rag.service import RagService
from rag.settings import Settings
from rag.types.arrays import Scores
from rag.types.results import SearchResult
from tests.conftest import SEEDS, ask, service_of
from tests.overlap import OverlapReranker

QUESTION = "When did the Halloran Bridge reopen?"
LONG_S, SHORT_S = 60.0, 0.05
LATE = ("not re-ranked: the reranker took more than 50 ms",)


class Gated:
    """Scores by length, and only while its gate is open: how a batch hangs."""

    def __init__(self, *, hangs: bool = False) -> None:
        self.gate = threading.Event()
        self.batches: list[int] = []
        if not hangs:
            self.gate.set()

    def scores(self, question: str, passages: Sequence[str]) -> Scores:
        self.batches.append(len(passages))
        assert self.gate.wait(LONG_S)
        return np.array([len(passage) for passage in passages], np.float64)


class Paced(Gated):
    """Takes a second a batch by a clock of its own."""

    now = 0.0

    def scores(self, question: str, passages: Sequence[str]) -> Scores:
        self.now += 1.0
        return super().scores(question, passages)

    def clock(self) -> float:
        return self.now


class Failing:
    def scores(self, question: str, passages: Sequence[str]) -> Scores:
        raise RerankerError("no memory")


# The worker


def test_all_passages_are_scored_in_order_by_batches() -> None:
    model = Gated()
    texts = ["x" * n for n in range(2 * PASSAGES_PER_CHECK + 1)]
    found = DeadlineReranker(model, LONG_S).scores("why", texts)
    assert found is not None
    assert found.tolist() == list(range(len(texts)))
    assert model.batches == [PASSAGES_PER_CHECK, PASSAGES_PER_CHECK, 1]


def test_nothing_to_score_is_in_time() -> None:
    found = DeadlineReranker(Gated(), LONG_S).scores("why", [])
    assert found is not None
    assert found.shape == (0,)


@pytest.mark.parametrize(("within_s", "batches", "late"), [(2.5, 2, True), (3.0, 2, True), (3.5, 3, False)])
def test_no_batch_is_begun_that_would_end_after_the_deadline(within_s: float, batches: int, late: bool) -> None:
    model = Paced()
    found = DeadlineReranker(model, within_s, model.clock).scores("why", ["x"] * 3 * PASSAGES_PER_CHECK)
    assert (found is None) == late
    assert len(model.batches) == batches


def test_a_batch_that_hangs_holds_nobody_and_gathers_no_work() -> None:
    model = Gated(hangs=True)
    worker = DeadlineReranker(model, SHORT_S)
    assert worker.scores("why", ["x"] * 3 * PASSAGES_PER_CHECK) is None
    worker.within_s = 10 * LONG_S  # who waited for the model now would wait for ever
    for _ in range(3):
        assert worker.scores("why", ["x"]) is None
    assert model.batches == [PASSAGES_PER_CHECK]


def test_once_the_hanging_batch_ends_the_next_question_is_scored() -> None:
    model = Gated(hangs=True)
    worker = DeadlineReranker(model, SHORT_S)
    assert worker.scores("why", ["x"] * 3 * PASSAGES_PER_CHECK) is None
    worker.within_s = LONG_S
    model.gate.set()
    while (found := worker.scores("why", ["xx"])) is None:
        pass  # the batch is ending in its thread
    assert found.tolist() == [2.0]
    assert model.batches == [PASSAGES_PER_CHECK, 1], "the rest of the late question is not scored"


def test_questions_asked_at_once_take_turns_within_their_time() -> None:
    worker = DeadlineReranker(Gated(), LONG_S)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: worker.scores("why", ["x" * n] * 9), range(12)))
    assert [scores is not None and scores.tolist() for scores in found] == [[n] * 9 for n in range(12)]


def test_what_the_model_raises_is_raised_to_who_asked_and_the_worker_goes_on() -> None:
    worker = DeadlineReranker(Failing(), LONG_S)
    for _ in range(2):
        with pytest.raises(RerankerError, match="no memory"):
            worker.scores("why", ["x"])


# The service


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("indexes")
    service_of(Settings(index_root=folder), HashingEmbedder).reindex([SEEDS])
    return folder


def service(root: Path, reranker: Reranker | None, depth: int = 30, within_s: float = LONG_S) -> RagService:
    settings = Settings(index_root=root, rerank_depth=depth)
    return service_of(settings, HashingEmbedder, lambda: DeadlineReranker(reranker, within_s) if reranker else None)


def order(found: SearchResult) -> list[str]:
    return [hit.passage.id for hit in found.hits]


def test_the_best_passages_are_reordered_and_the_rest_stays_behind_them(root: Path) -> None:
    plain = service(root, None).search(ask(QUESTION, k=100, group_by="passage"))
    found = service(root, OverlapReranker(), depth=7).search(ask(QUESTION, k=100, group_by="passage"))
    assert found.warnings == ()
    assert set(order(found)[:7]) == set(order(plain)[:7])
    assert order(found)[7:] == order(plain)[7:]
    scores = [hit.scores.reranked for hit in found.hits]
    assert scores[7:] == [None] * len(scores[7:])
    places = {id: place for place, id in enumerate(order(plain))}
    wanted = sorted(zip(scores[:7], order(found)[:7], strict=True), key=lambda pair: (-(pair[0] or 0), places[pair[1]]))
    assert [id for _, id in wanted] == order(found)[:7]
    assert order(found)[:7] != order(plain)[:7]


def test_scores_of_the_first_stage_go_with_their_passage(root: Path) -> None:
    plain = {
        hit.passage.id: hit.scores for hit in service(root, None).search(ask(QUESTION, k=100, group_by="passage")).hits
    }
    for hit in service(root, OverlapReranker()).search(ask(QUESTION, k=100, group_by="passage")).hits:
        assert hit.scores.model_copy(update={"reranked": None}) == plain[hit.passage.id]


def test_an_article_stands_where_its_best_re_ranked_passage_stands(root: Path) -> None:
    asked = service(root, OverlapReranker())
    passages = asked.search(ask(QUESTION, k=100, group_by="passage")).hits
    first = dict.fromkeys(hit.passage.article_id for hit in passages)
    articles = [hit.passage.article_id for hit in asked.search(ask(QUESTION, k=10)).hits]
    assert articles == list(first)[:10]


def test_late_is_first_stage_order_and_a_warning(root: Path) -> None:
    model = Gated(hangs=True)
    asked = service(root, model, within_s=SHORT_S)
    found, plain = asked.search(ask(QUESTION)), service(root, None).search(ask(QUESTION))
    assert found.warnings == LATE
    assert found.model_copy(update={"warnings": ()}) == plain
    answer = asked.answer(ask(QUESTION))
    assert answer.warnings == LATE
    assert answer.hits
    assert len(model.batches) == 1
    model.gate.set()


def test_the_reranker_reads_titles_that_are_given(root: Path) -> None:
    read: list[str] = []

    class Reading(OverlapReranker):
        def scores(self, question: str, passages: Sequence[str]) -> Scores:
            read.extend(passages)
            return super().scores(question, passages)

    hits = service(root, Reading(), depth=50).search(ask(QUESTION, k=50, group_by="passage")).hits
    given = {hit.citation.title_from: hit for hit in hits}
    assert f"{given['given'].citation.title}\n{given['given'].passage.text}" in read
    assert given["lead"].passage.text in read


def test_a_reranker_that_cannot_be_loaded_is_said_when_a_server_opens(root: Path) -> None:
    def missing() -> DeadlineReranker:
        raise RerankerError("reranker nowhere: cannot be loaded")

    asked = service_of(Settings(index_root=root), HashingEmbedder, missing)
    with pytest.raises(RerankerError, match="nowhere"):
        asked.open()
    with pytest.raises(RerankerError, match="nowhere"):
        asked.search(ask(QUESTION))
