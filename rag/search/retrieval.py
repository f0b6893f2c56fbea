"""Question -> ranked passages over one generation: filter, two legs, one mix, then time and late interaction."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np

from rag.index.base import Ranking
from rag.index.generation import Generation
from rag.models.base import EmbeddedQuery
from rag.models.deadline import DeadlineReranker
from rag.search import fusion
from rag.search.temporal import Reading
from rag.text import chunking
from rag.types.arrays import Rows, Scores
from rag.types.filters import SearchFilter
from rag.types.results import GroupBy, StageScores

DEPTH = 400  # passages a leg lists; 100 gave up to .01 nDCG@10 less, 1,000 gained on one set of three
WORD = re.compile(r"\w+")
LEAST_WEIGHT = 0.1  # of a token without a word that counts
LATE_DEPTH = 30  # passages that late interaction ranks again; 50 and 100 gained nothing more


@dataclass(frozen=True)
class Mix:
    """How stages are weighed: cosine against BM25 (the rest to 1), and late interaction beside the two."""

    dense: float = 0.5
    max_sim: float = 1.3


@dataclass(frozen=True)
class Retrieved:
    """The passages that either leg listed, best first: parallel arrays, one place a passage.

    `lexical` is nan, and a rank 0, where that leg did not list the passage; `max_sim` is nan behind the first
    LATE_DEPTH, which stand before all others; `reranked` where no reranker read the passage.
    """

    rows: Rows
    dense: Scores
    lexical: Scores
    dense_z: Scores
    lexical_z: Scores
    dense_rank: Rows
    lexical_rank: Rows
    time: Scores
    max_sim: Scores
    fused: Scores
    reranked: Scores

    def scores(self, place: int) -> StageScores:
        """Return what each stage gave the passage at `place`."""
        return StageScores(
            dense=float(self.dense[place]),
            lexical=_number(self.lexical[place]),
            dense_normalised=float(self.dense_z[place]),
            lexical_normalised=float(self.lexical_z[place]),
            dense_rank=int(self.dense_rank[place]) or None,
            lexical_rank=int(self.lexical_rank[place]) or None,
            time=float(self.time[place]),
            max_sim=_number(self.max_sim[place]),
            fused=float(self.fused[place]),
            reranked=None if np.isnan(self.reranked[place]) else float(self.reranked[place]),
        )

    def reordered(self, reranked: Scores) -> Retrieved:
        """Put the first passages, of which `reranked` has the scores, in their order; ties, and the rest, stay."""
        order = np.arange(len(self.rows))
        order[: len(reranked)] = np.argsort(-reranked, kind="stable")
        scores = np.full(len(self.rows), np.nan)
        scores[: len(reranked)] = reranked
        return replace(self, reranked=scores).at(order)

    def at(self, places: Rows) -> Retrieved:
        """Return the passages at `places`, in that order."""
        return replace(self, **{field.name: getattr(self, field.name)[places] for field in fields(self)})


def retrieve(
    generation: Generation,
    query: EmbeddedQuery,
    question: str,
    filter: SearchFilter,
    weights: Mix,
    reading: Reading | None = None,
) -> Retrieved:
    """Rank the passages that either leg lists for `question`, embedded as `query`; ties by row.

    `reading` adds what a passage's day of publication is worth. The best are ranked again by late interaction.
    """
    listed = legs(generation, query, question, filter, reading)
    return mixed(listed, weights, lambda first: late(generation, question, query, first))


def legs(
    generation: Generation, query: EmbeddedQuery, question: str, filter: SearchFilter, reading: Reading | None = None
) -> Retrieved:
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
    return Retrieved(
        rows=rows, dense=dense, lexical=lexical, dense_z=dense_z, lexical_z=lexical_z, dense_rank=dense_rank,
        lexical_rank=lexical_rank, time=time, max_sim=none, fused=none, reranked=none,
    )  # fmt: skip


def mixed(listed: Retrieved, weights: Mix, late: Callable[[Rows], Scores]) -> Retrieved:
    """Rank what the legs listed, in any order; `late` is MaxSim of the question with the passages of some rows."""
    rows, mix = listed.rows, fusion.mix(listed.dense_z, listed.lexical_z, weights.dense)
    fused = mix + listed.time
    first = np.lexsort((rows, -fused))[: LATE_DEPTH if weights.max_sim else 0]
    max_sim = np.full(len(rows), np.nan)
    max_sim[first] = late(rows[first])
    if len(first):
        fused[first] += weights.max_sim * mix[first].std() * fusion.z_scores(max_sim[first], _held(max_sim))
    behind = np.ones(len(rows), bool)
    behind[first] = False
    found = replace(listed, max_sim=max_sim, fused=fused, reranked=np.full(len(rows), np.nan))
    return found.at(np.lexsort((rows, -fused, behind)))


def late(generation: Generation, question: str, query: EmbeddedQuery, rows: Rows) -> Scores:
    """Return MaxSim of the question with each passage, rare words weighing more."""
    spans = generation.tokens.spans(rows)
    return generation.tokens.max_sim(query.tokens, rarity(generation, question, query), spans)


def rarity(generation: Generation, question: str, query: EmbeddedQuery) -> Scores:
    """Return a weight for each token of the question: how rare its word is, function words close to nothing."""
    words = [match.span() for match in WORD.finditer(question)]
    rare = [max(map(generation.rarity, generation.lexical.terms(question[a:b])), default=0.0) for a, b in words]
    starts = [start for start, _ in words]
    return np.array([LEAST_WEIGHT + (rare[max(0, bisect(starts, a) - 1)] if rare else 0) for a, _ in query.spans])


def rerank(
    generation: Generation, worker: DeadlineReranker, question: str, found: Retrieved, depth: int
) -> tuple[Retrieved, tuple[str, ...]]:
    """Let `worker` put the best `depth` passages in its order; where it is late, keep theirs and say so."""
    read = generation.passages(found.rows[:depth].tolist())
    scores = worker.scores(question, [chunking.title_prefix(article) + passage.text for passage, article, _ in read])
    if scores is None:
        return found, (f"not re-ranked: the reranker took more than {worker.within_s * 1000:.0f} ms",)
    return found.reordered(scores), ()


def grouped(generation: Generation, found: Retrieved, by: GroupBy) -> list[tuple[int, int]]:
    """Return the place of each group's best passage with the group's size, best first."""
    if by == "passage":
        return [(place, 1) for place in range(len(found.rows))]
    groups = generation.archive.article_of[found.rows]
    if by == "story":
        groups = generation.stories.of[groups]
    _, first, size = np.unique(groups, return_index=True, return_counts=True)
    order = np.argsort(first)
    return list(zip(first[order].tolist(), size[order].tolist(), strict=True))


def is_cut(found: Retrieved) -> bool:
    """Say whether a leg may have more than it listed."""
    return DEPTH in (np.count_nonzero(found.dense_rank), np.count_nonzero(found.lexical_rank))


def told_once(generation: Generation, found: Retrieved, k: int) -> list[tuple[int, int]]:
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


def _held(scores: Scores) -> Scores:
    found: Scores = scores[~np.isnan(scores)]
    return found


def _number(score: float) -> float | None:
    return None if np.isnan(score) else float(score)
