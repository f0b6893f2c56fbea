"""Both legs against a brute-force oracle: the right rows, the right scores, and every clause before ranking.

The oracle is the plain engines, which score every passage and ask `unmet` of every article. What is drawn comes from
the table of clauses: a clause that is added there is searched by here, and an article has values for what it looks at.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import pytest
from hypothesis import Phase, find, given, note, settings
from hypothesis import strategies as st

from rag.index.backends import faiss
from rag.index.backends.sqlite import SqliteArticleStore
from rag.index.backends.tantivy import TantivyLexicalIndex
from rag.index.base import Engines, Ranking
from rag.index.generation import Generation
from rag.index.storage import IndexStorage
from rag.indexing.ingest import ReindexOptions
from rag.indexing.reindex import Reindexer
from rag.models.hashing import HashingEmbedder
from rag.text import analysis
from rag.types.articles import Article, ArticleRef
from rag.types.fields import AS_OF, CLAUSES, Clause
from rag.types.filters import Scope, unmet
from tests.conftest import article, engines
from tests.plain_engines import PlainServer

embedder = HashingEmbedder()
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)  # to shrink is to write hundreds of indexes
WORDS = st.lists(st.sampled_from("bridge ferry harbour mayor fire seal vote strike river court".split()), min_size=1)
DAYS = st.dates(date(2025, 1, 1), date(2025, 1, 20))
NAMES = st.sampled_from(["Courier", "courier", "Wire", "Echo"])  # of whatever a clause looks at, in any case
IDS = st.sampled_from(["a0", "a1", "a2", "a5", "elsewhere"])
ALL_CLAUSES = (*CLAUSES, AS_OF)
MAX_CLAUSES = 3  # at once: hardly an article meets more

Drawn = tuple[str, Scope, int]


def values(attribute: str) -> st.SearchStrategy[Any]:
    """Values of an attribute that a clause looks at, by the type of the attribute."""
    stated = str(ArticleRef.model_fields[attribute].annotation)
    if "date" in stated:
        return st.none() | DAYS
    return st.lists(NAMES, max_size=2).map(tuple) if "tuple" in stated else st.none() | NAMES


@st.composite
def archives(draw: st.DrawFn, max_articles: int = 12) -> list[Article]:
    attributes = {clause.attribute for clause in ALL_CLAUSES} - {"id"}
    return [
        article(
            f"a{number}",
            " ".join(draw(WORDS)),
            draw(st.sampled_from(["Bridge vote", "River court", "Ferry"])),
            **{attribute: draw(values(attribute)) for attribute in sorted(attributes)},
        )
        for number in range(draw(st.integers(1, max_articles)))
    ]


@st.composite
def scopes(draw: st.DrawFn, clauses: tuple[Clause, ...] = ALL_CLAUSES) -> Scope:
    """A scope of a few clauses, those of days in order."""
    first, last = sorted([draw(DAYS), draw(DAYS)])
    asked: dict[str, Any] = {}
    for clause in draw(st.lists(st.sampled_from(clauses), unique=True, max_size=MAX_CLAUSES)):
        if clause.kind in {"any_of", "none_of"}:
            words = IDS if clause.attribute == "id" else NAMES
            asked[clause.name] = tuple(draw(st.lists(words, min_size=1, max_size=2)))
        else:
            asked[clause.name] = {"from": first, "to": last}.get(clause.kind, last)
    return Scope(**asked)


searches = st.lists(st.tuples(WORDS.map(" ".join), scopes(), st.integers(1, 15)), min_size=8, max_size=8)


class Compared(NamedTuple):
    """One archive, indexed by the engines that Byline ships and by those that are the oracle."""

    ours: Generation
    oracle: Generation


def compared(folder: str, items: list[Article], exact_rows: int) -> Compared:
    def indexed(name: str, by: Engines) -> Generation:
        storage = IndexStorage(Path(folder) / name)
        Reindexer(storage, by, embedder, ReindexOptions(roots=("memory",))).run(items)
        return storage.open(lambda ref: Generation.open(ref, by))

    return Compared(indexed("ours", engines(exact_rows)), indexed("oracle", PlainServer().engines()))


def agree(ours: Ranking, oracle: Ranking) -> None:
    assert ours.rows.tolist() == oracle.rows.tolist() or sorted(ours.scores.round(3)) == sorted(oracle.scores.round(3))
    assert ours.scores == pytest.approx(oracle.scores, rel=2e-3, abs=2e-3)


def agree_on_all(both: Compared, searches: list[Drawn]) -> None:
    for question, scope, k in searches:
        note(f"{question!r}, {scope!r}, {k}")
        vector, terms = embedder.embed_query(question).vector, analysis.terms(question)
        (our_dense, our_lexical), (dense, lexical) = (side.search(vector, terms, k, scope) for side in both)
        agree(our_dense, dense)
        agree(our_lexical, lexical)


@pytest.mark.parametrize(
    ("exact_rows", "shard_rows"),
    [(200_000, faiss.SHARD_ROWS), (0, faiss.SHARD_ROWS), (200_000, 5), (0, 5)],
    ids=["exact", "ivf", "exact in several files", "ivf in several files"],
)
@settings(max_examples=12, phases=UNSHRUNK, deadline=None)
@given(items=archives(), searches=searches)
@pytest.mark.slow
def test_both_legs_give_what_a_brute_force_search_gives(
    exact_rows: int, shard_rows: int, items: list[Article], searches: list[Drawn]
) -> None:
    """Each index is asked eight times, because writing one takes tens of times as long as a search."""
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(faiss, "SHARD_ROWS", shard_rows):
        agree_on_all(compared(folder, items, exact_rows), searches)


@settings(max_examples=6, phases=UNSHRUNK, deadline=None)
@given(items=archives(), searches=searches)
def test_scores_ranks_and_counts_of_single_passages_are_those_of_a_brute_force_search(
    items: list[Article], searches: list[Drawn]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ours, oracle = compared(folder, items, 200_000)
        everything = np.arange(len(items))
        for question, scope, _ in searches:
            vector, terms = embedder.embed_query(question).vector, analysis.terms(question)
            assert ours.dense.scores(vector, everything) == pytest.approx(oracle.dense.scores(vector, everything))
            assert [*map(ours.lexical.document_frequency, terms)] == [*map(oracle.lexical.document_frequency, terms)]
            assert ours.archive.articles_matching(scope).tolist() == oracle.archive.articles_matching(scope).tolist()
            scores = oracle.lexical.search(terms, len(items), scope).scores
            for row in range(len(items)):
                rank, oracle_rank = ours.lexical.rank(terms, row, scope), oracle.lexical.rank(terms, row, scope)
                assert (rank is None) == (oracle_rank is None)
                if rank and oracle_rank:
                    assert rank[0] == pytest.approx(oracle_rank[0], rel=2e-3)
                    ties = np.count_nonzero(abs(scores - oracle_rank[0]) < 2e-3)  # may stand in any order
                    assert abs(rank[1] - oracle_rank[1]) <= ties


@settings(max_examples=6, phases=UNSHRUNK, deadline=None)
@given(items=archives(), scopes=st.lists(scopes(), min_size=8, max_size=8))
def test_if_k_articles_pass_the_filter_k_come_back(items: list[Article], scopes: list[Scope]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ours = compared(folder, items, exact_rows=0).ours
        for scope in scopes:
            passing = [row for row, item in enumerate(items) if not any(unmet(item, scope))]
            vector = embedder.embed_query("bridge").vector
            assert sorted(ours.search(vector, (), 100, scope)[0].rows.tolist()) == passing


# The oracle itself: an engine that ignores any one clause is found out


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """Ten drawn articles or more, which differ in all that clauses look at."""
    attributes = {clause.attribute for clause in ALL_CLAUSES}

    def differ(items: list[Article]) -> bool:
        return len(items) >= 10 and all(len({getattr(item, name) for item in items}) > 2 for name in attributes)

    generated = settings(phases=(Phase.generate,), database=None, derandomize=True)
    items = find(archives(), differ, settings=generated)
    return compared(str(tmp_path_factory.mktemp("several")), items, 200_000)


@contextmanager
def ignoring(engine: type, method: str, clause: str) -> Iterator[None]:
    """Let an engine search as if one clause was not asked for."""
    original: Callable[..., Any] = getattr(engine, method)

    def without(self: object, *arguments: Any) -> Any:
        *others, scope = arguments
        return original(self, *others, scope.without(clause))

    with mock.patch.object(engine, method, without):
        yield


LEGS = {"dense": (SqliteArticleStore, "_in_scope"), "lexical": (TantivyLexicalIndex, "search")}


@pytest.mark.parametrize("clause", ALL_CLAUSES, ids=lambda clause: clause.name)
@pytest.mark.parametrize("leg", LEGS)
def test_a_leg_that_ignores_a_clause_is_found_out(several: Compared, leg: str, clause: Clause) -> None:
    @settings(max_examples=12, phases=(Phase.generate,), deadline=None, database=None, derandomize=True)
    @given(searches=searches)
    def search(searches: list[Drawn]) -> None:
        agree_on_all(several, searches)

    search()
    with ignoring(*LEGS[leg], clause.name), pytest.raises(AssertionError):
        search()
