"""Both legs against a brute-force oracle: the right rows, the right scores, and filters before ranking.

The oracle is the second implementation of the PassageIndex seam: it keeps rows in a list and scores all.
"""

from __future__ import annotations

import math
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from rag.index import dense
from rag.index.base import Ranking
from rag.index.generation import Generation
from rag.index.storage import IndexStorage
from rag.indexing.ingest import ReindexOptions
from rag.indexing.reindex import Reindexer
from rag.models.hashing import HashingEmbedder
from rag.types.arrays import Vector
from rag.types.articles import Article
from rag.types.filters import SearchFilter
from tests.conftest import article

embedder = HashingEmbedder()
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)  # to shrink is to write hundreds of indexes
WORDS = st.lists(st.sampled_from("bridge ferry harbour mayor fire seal vote strike river court".split()), min_size=1)
DAYS = st.dates(date(2025, 1, 1), date(2025, 1, 20))
NAMES = ("Courier", "courier", "Wire", "Echo")


class Oracle:
    """Scores every row, then filters, then sorts: slow and obvious."""

    def __init__(self, generation: Generation) -> None:
        self.generation = generation
        self.found = generation.passages(range(generation.archive.passages))
        analyse = generation.lexical.analyse
        self.texts = [analyse(f"{article.title}\n{passage.text}") for passage, article, _ in self.found]

    def admits(self, article: Article, filter: SearchFilter) -> bool:
        day = article.published
        if filter.published_from and (day is None or day < filter.published_from):
            return False
        if filter.published_to and (day is None or day > filter.published_to):
            return False
        if filter.sources and (article.source or "").casefold() not in {name.casefold() for name in filter.sources}:
            return False
        if article.id in filter.exclude:
            return False
        wanted = {name.casefold() for name in filter.authors}
        return not wanted or not wanted.isdisjoint(name.casefold() for name in article.authors)

    def search_dense(self, vector: Vector, k: int, filter: SearchFilter) -> Ranking:
        scores = self.generation.vectors.astype(np.float32) @ vector
        return self.best({row: float(score) for row, score in enumerate(scores)}, k, filter)

    def search_lexical(self, text: str, k: int, filter: SearchFilter) -> Ranking:
        terms = self.generation.lexical.terms(text)
        scores = self.bm25(terms, self.texts)
        return self.best({row: score for row, score in enumerate(scores) if score > 0}, k, filter)

    def bm25(self, terms: list[str], documents: list[list[str]]) -> list[float]:
        """Robertson & Zaragoza 2009, k1 = 1.2 and b = 0.75, lengths rounded as Lucene's norms are."""
        mean = sum(map(len, documents)) / len(documents)
        scores = []
        for document in documents:
            counts, score = Counter(document), 0.0
            for term in terms:
                holding = sum(term in other for other in documents)
                idf = math.log(1 + (len(documents) - holding + 0.5) / (holding + 0.5))
                norm = 1.2 * (1 - 0.75 + 0.75 * len(document) / mean) if mean else 1.2
                score += idf * counts[term] * 2.2 / (counts[term] + norm) if counts[term] else 0.0
            scores.append(score)
        return scores

    def best(self, scores: dict[int, float], k: int, filter: SearchFilter) -> Ranking:
        allowed = {row: score for row, score in scores.items() if self.admits(self.found[row].article, filter)}
        best = sorted(allowed, key=lambda row: (-allowed[row], row))[:k]
        return Ranking(np.array(best, np.int64), np.array([allowed[row] for row in best]))


@st.composite
def archives(draw: st.DrawFn) -> list[Article]:
    count = draw(st.integers(1, 12))
    return [
        article(
            f"a{number}",
            " ".join(draw(WORDS)),
            draw(st.sampled_from(["Bridge vote", "River court", "Ferry"])),
            source=draw(st.sampled_from([None, *NAMES])),
            authors=tuple(draw(st.lists(st.sampled_from(["Ann Lee", "ann lee", "Bo Ray"]), max_size=2))),
            published=draw(st.one_of(st.none(), DAYS)),
        )
        for number in range(count)
    ]


@st.composite
def filters(draw: st.DrawFn) -> SearchFilter:
    first, last = sorted([draw(DAYS), draw(DAYS)])
    return SearchFilter(
        published_from=draw(st.sampled_from([None, first])),
        published_to=draw(st.sampled_from([None, last])),
        sources=tuple(draw(st.lists(st.sampled_from(NAMES), max_size=2))),
        authors=tuple(draw(st.lists(st.sampled_from(["Ann Lee", "BO RAY", "Nobody"]), max_size=2))),
        exclude=tuple(draw(st.lists(st.sampled_from(["a0", "a1", "a2", "a5", "elsewhere"]), max_size=3))),
    )


def opened(folder: str, items: list[Article], exact_rows: int) -> Generation:
    store = IndexStorage(Path(folder) / "index")
    Reindexer(store, embedder, ReindexOptions(roots=("memory",), exact_rows=exact_rows)).run(items)
    return store.open(Generation.open)


def agree(ours: Ranking, theirs: Ranking) -> None:
    assert ours.rows.tolist() == theirs.rows.tolist() or sorted(ours.scores.round(3)) == sorted(theirs.scores.round(3))
    assert ours.scores == pytest.approx(theirs.scores, rel=2e-3, abs=2e-3)


searches = st.lists(st.tuples(WORDS.map(" ".join), filters(), st.integers(1, 15)), min_size=8, max_size=8)


@pytest.mark.parametrize(
    ("exact_rows", "shard_rows"),
    [(200_000, dense.SHARD_ROWS), (0, dense.SHARD_ROWS), (200_000, 5), (0, 5)],
    ids=["exact", "ivf", "exact in several files", "ivf in several files"],
)
@settings(max_examples=12, phases=UNSHRUNK, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=archives(), searches=searches)
def test_both_legs_give_what_a_brute_force_search_gives(
    exact_rows: int,
    shard_rows: int,
    monkeypatch: pytest.MonkeyPatch,
    items: list[Article],
    searches: list[tuple[str, SearchFilter, int]],
) -> None:
    """Each index is asked eight times, because writing one takes tens of times as long as a search."""
    monkeypatch.setattr(dense, "SHARD_ROWS", shard_rows)
    with tempfile.TemporaryDirectory() as folder:
        generation = opened(folder, items, exact_rows)
        oracle = Oracle(generation)
        for question, filter, k in searches:
            note(f"{question!r}, {filter!r}, {k}")
            vector = embedder.embed_query(question).vector
            agree(generation.search_dense(vector, k, filter), oracle.search_dense(vector, k, filter))
            agree(generation.search_lexical(question, k, filter), oracle.search_lexical(question, k, filter))


@settings(max_examples=8, phases=UNSHRUNK, deadline=None)
@given(items=archives(), filters=st.lists(filters(), min_size=8, max_size=8))
def test_if_k_articles_pass_the_filter_k_come_back(items: list[Article], filters: list[SearchFilter]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        generation = opened(folder, items, 0)
        oracle = Oracle(generation)
        for filter in filters:
            admitted = [passage for passage, article, _ in oracle.found if oracle.admits(article, filter)]
            found = generation.search_dense(embedder.embed_query("bridge").vector, 100, filter)
            assert len(found.rows) == len(admitted)
