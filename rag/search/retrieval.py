"""Candidates for a question: the passages that dense and lexical search list in one scope, ranked, and collapsed."""

from __future__ import annotations

import numpy as np

from rag.index.base import Ranking
from rag.index.generation import Generation
from rag.models.base import EmbeddedQuery
from rag.models.deadline import DeadlineReranker
from rag.search import fusion
from rag.search.fusion import Candidates, FusionWeights
from rag.search.temporal import TemporalIntent
from rag.text import analysis, chunking
from rag.types.arrays import Rows, Scores
from rag.types.fields import GroupBy
from rag.types.filters import Scope

DEPTH = 400  # passages a leg lists; 100 gave up to .01 nDCG@10 less, 1,000 gained on one set of three
MAX_QUERY_TERMS = 64  # a question longer than this is a document; BM25 gains nothing from its tail


def query_terms(question: str) -> list[str]:
    """Return the distinct stems of a question, in order, as many as are searched for."""
    return analysis.terms(question)[:MAX_QUERY_TERMS]


def retrieve(
    generation: Generation,
    query: EmbeddedQuery,
    question: str,
    scope: Scope,
    weights: FusionWeights,
    intent: TemporalIntent | None = None,
) -> Candidates:
    """Rank the passages in scope that either leg lists for `question`, embedded as `query` (see `fusion.rank`)."""
    listed = candidates(generation, query, question, scope)
    return fusion.rank(generation, query, question, listed, weights, intent)


def candidates(generation: Generation, query: EmbeddedQuery, question: str, scope: Scope) -> Candidates:
    """Return the passages that either leg lists, by row, not ranked.

    A passage that only the lexical leg lists gets its true cosine; one that only the dense leg lists gets no BM25.
    """
    by_meaning, by_words = generation.search(query.vector, query_terms(question), DEPTH, scope)
    rows = np.union1d(by_meaning.rows, by_words.rows)
    dense, dense_rank = _aligned(rows, by_meaning)
    unlisted = dense_rank == 0
    dense[unlisted] = generation.dense.scores(query.vector, rows[unlisted])
    lexical, lexical_rank = _aligned(rows, by_words)
    return Candidates.unranked(rows, dense, dense_rank, lexical, lexical_rank)


def rerank(
    generation: Generation, reranker: DeadlineReranker, question: str, ranked: Candidates, depth: int
) -> tuple[Candidates, tuple[str, ...]]:
    """Put the best `depth` passages in the reranker's order; where it is late, keep theirs and return a warning."""
    passages = generation.passages(ranked.rows[:depth].tolist())
    texts = [chunking.title_prefix(each.article) + each.passage.text for each in passages]
    scores = reranker.scores(question, texts)
    if scores is None:
        return ranked, (f"not re-ranked: the reranker took more than {reranker.within_s * 1000:.0f} ms",)
    return ranked.reordered(scores), ()


def collapse(generation: Generation, ranked: Candidates, by: GroupBy) -> list[tuple[int, int]]:
    """Return the place of each group's best passage with the group's size, best first (field collapsing)."""
    if by == "passage":
        return [(place, 1) for place in range(len(ranked.rows))]
    groups = generation.archive.articles_of(ranked.rows)
    if by == "story":
        groups = generation.stories.of(groups)
    _, first, size = np.unique(groups, return_index=True, return_counts=True)
    order = np.argsort(first)
    return list(zip(first[order].tolist(), size[order].tolist(), strict=True))


def is_truncated(ranked: Candidates) -> bool:
    """Return whether a leg may have more passages than it listed."""
    return DEPTH in (np.count_nonzero(ranked.dense_rank), np.count_nonzero(ranked.lexical_rank))


def one_article_per_story(generation: Generation, ranked: Candidates, k: int) -> list[tuple[int, int]]:
    """Return the places of the best passages, at most `k`: of each story, only those of the article that stands first.

    As `collapse` does by passage: each is a group of one.
    """
    articles = generation.archive.articles_of(ranked.rows)
    _, first, group = np.unique(generation.stories.of(articles), return_index=True, return_inverse=True)
    places = np.flatnonzero(articles == articles[first][group])[:k]
    return [(place, 1) for place in places.tolist()]


def _aligned(rows: Rows, ranking: Ranking) -> tuple[Scores, Rows]:
    """Return the score and rank of each of `rows` (sorted) in a leg's list; nan and 0 where it is not listed."""
    scores, ranks = np.full(len(rows), np.nan), np.zeros(len(rows), np.int64)
    places = np.searchsorted(rows, ranking.rows)
    scores[places] = ranking.scores
    ranks[places] = np.arange(1, len(places) + 1)
    return scores, ranks
