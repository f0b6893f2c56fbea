"""Question -> ranked passages over one generation: filter, two legs, one mix, then time and late interaction."""

from __future__ import annotations

import re
from bisect import bisect

import numpy as np

from rag.index.base import Ranking
from rag.index.generation import Generation
from rag.models.base import EmbeddedQuery
from rag.models.deadline import DeadlineReranker
from rag.search import fusion
from rag.search.fusion import Candidates, FusionWeights, fuse
from rag.search.temporal import TemporalIntent
from rag.text import chunking
from rag.types.arrays import Rows, Scores
from rag.types.fields import GroupBy
from rag.types.filters import SearchFilter

DEPTH = 400  # passages a leg lists; 100 gave up to .01 nDCG@10 less, 1,000 gained on one set of three
WORD = re.compile(r"\w+")
MIN_TOKEN_WEIGHT = 0.1  # of a token without a word that counts


def retrieve(
    generation: Generation,
    query: EmbeddedQuery,
    question: str,
    filter: SearchFilter,
    weights: FusionWeights,
    reading: TemporalIntent | None = None,
) -> Candidates:
    """Rank the passages that either leg lists for `question`, embedded as `query`; ties by row.

    `reading` adds what a passage's day of publication is worth. The best are ranked again by late interaction.
    """
    listed = candidates(generation, query, question, filter, reading)
    return fuse(listed, weights, lambda first: late_scores(generation, question, query, first))


def candidates(
    generation: Generation,
    query: EmbeddedQuery,
    question: str,
    filter: SearchFilter,
    reading: TemporalIntent | None = None,
) -> Candidates:
    """Return the passages that either leg lists, by row, not ranked.

    A passage that only BM25 lists gets its true cosine; one that only the dense leg lists gets BM25's least.
    """
    by_meaning, by_words = generation.search(query.vector, question, DEPTH, filter)
    rows = np.union1d(by_meaning.rows, by_words.rows)
    dense, dense_rank = _aligned(rows, by_meaning)
    unlisted = dense_rank == 0
    dense[unlisted] = generation.dense.cosines(query.vector, rows[unlisted])
    lexical, lexical_rank = _aligned(rows, by_words)
    dense_z = fusion.z_scores(dense, dense[dense_rank > 0])
    lexical_z = fusion.z_scores(lexical, lexical[lexical_rank > 0])
    time = reading.worth(generation.archive.days_of(rows)) if reading else np.zeros(len(rows))
    none = np.full(len(rows), np.nan)
    return Candidates(
        rows=rows, dense=dense, lexical=lexical, dense_z=dense_z, lexical_z=lexical_z, dense_rank=dense_rank,
        lexical_rank=lexical_rank, time=time, max_sim=none, fused=none, reranked=none,
    )  # fmt: skip


def late_scores(generation: Generation, question: str, query: EmbeddedQuery, rows: Rows) -> Scores:
    """Return MaxSim of the question with each passage, rare words weighing more."""
    spans = generation.tokens.spans(rows)
    return generation.tokens.max_sim(query.tokens, idf_weights(generation, question, query), spans)


def idf_weights(generation: Generation, question: str, query: EmbeddedQuery) -> Scores:
    """Return a weight for each token of the question: how rare its word is, function words close to nothing."""
    words = [match.span() for match in WORD.finditer(question)]
    rare = [max(map(generation.rarity, generation.lexical.terms(question[a:b])), default=0.0) for a, b in words]
    starts = [start for start, _ in words]
    return np.array([MIN_TOKEN_WEIGHT + (rare[max(0, bisect(starts, a) - 1)] if rare else 0) for a, _ in query.spans])


def rerank(
    generation: Generation, worker: DeadlineReranker, question: str, found: Candidates, depth: int
) -> tuple[Candidates, tuple[str, ...]]:
    """Let `worker` put the best `depth` passages in its order; where it is late, keep theirs and say so."""
    read = generation.passages(found.rows[:depth].tolist())
    scores = worker.scores(question, [chunking.title_prefix(article) + passage.text for passage, article, _ in read])
    if scores is None:
        return found, (f"not re-ranked: the reranker took more than {worker.within_s * 1000:.0f} ms",)
    return found.reordered(scores), ()


def collapse(generation: Generation, found: Candidates, by: GroupBy) -> list[tuple[int, int]]:
    """Return the place of each group's best passage with the group's size, best first."""
    if by == "passage":
        return [(place, 1) for place in range(len(found.rows))]
    groups = generation.archive.article_of[found.rows]
    if by == "story":
        groups = generation.stories.of[groups]
    _, first, size = np.unique(groups, return_index=True, return_counts=True)
    order = np.argsort(first)
    return list(zip(first[order].tolist(), size[order].tolist(), strict=True))


def is_truncated(found: Candidates) -> bool:
    """Say whether a leg may have more than it listed."""
    return DEPTH in (np.count_nonzero(found.dense_rank), np.count_nonzero(found.lexical_rank))


def one_article_per_story(generation: Generation, found: Candidates, k: int) -> list[tuple[int, int]]:
    """Return the places of the best passages, at most `k`: of each story, only those of the article that stands first.

    As `grouped` does by passage: each is a group of one.
    """
    articles = generation.archive.article_of[found.rows]
    _, first, group = np.unique(generation.stories.of[articles], return_index=True, return_inverse=True)
    kept = np.flatnonzero(articles == articles[first][group])[:k]
    return [(place, 1) for place in kept.tolist()]


def _aligned(rows: Rows, ranking: Ranking) -> tuple[Scores, Rows]:
    """Return the score and rank of each of `rows` (sorted) in a leg's list; nan and 0 where it is not listed."""
    scores, ranks = np.full(len(rows), np.nan), np.zeros(len(rows), np.int64)
    places = np.searchsorted(rows, ranking.rows)
    scores[places] = ranking.scores
    ranks[places] = np.arange(1, len(places) + 1)
    return scores, ranks
