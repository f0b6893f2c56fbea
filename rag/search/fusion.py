"""Fusion: what the legs listed comes in; it goes out ranked by all signals, each with its weight.

BM25 and cosine are not comparable: each is normalised over one question's own list before they are mixed. All other
signals are in units of that mix. This module alone knows how signals are normalised, weighed and summed.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np

from rag.index.generation import Generation
from rag.models.base import EmbeddedQuery
from rag.search.temporal import TemporalIntent
from rag.settings import Settings
from rag.text import analysis
from rag.types.arrays import Rows, Scores
from rag.types.index import FittedWeights
from rag.types.results import StageScores

MIN_SPREAD = 1e-9  # standard deviation below which scores are equal but for rounding
MIN_TOKEN_WEIGHT = 0.1  # in late interaction, of a token whose word has no stem: a stop word, a sign
LATE_DEPTH = 30  # passages that late interaction ranks again; 50 and 100 gained nothing more


def z_scores(scores: Scores, listed: Scores) -> Scores:
    """Return (score - mean) / standard deviation, both of the leg's own list `listed`.

    Where a score is nan (the leg did not list the passage), the list's least takes its place. All are 0
    where the list is empty or its scores are equal.
    """
    if not len(listed) or listed.std() < MIN_SPREAD:
        return np.zeros_like(scores)
    filled: Scores = np.where(np.isnan(scores), listed.min(), scores)
    normalised: Scores = (filled - listed.mean()) / listed.std()
    return normalised


def weighted_mean(dense: Scores, lexical: Scores, dense_weight: float) -> Scores:
    """Return the weighted mean of two normalised scores."""
    return dense_weight * dense + (1 - dense_weight) * lexical


@dataclass(frozen=True)
class FusionWeights:
    """How stages are weighed: cosine against BM25 (which has the rest to 1), and late interaction beside the two.

    `max_sim` is in standard deviations of the mean of the two, over the passages that late interaction reads.
    """

    dense: float = 0.5
    max_sim: float = 1.3

    @classmethod
    def of(cls, settings: Settings, fitted: FittedWeights | None) -> Self:
        """Return the weights that the operator set, else those that were fitted to the archive, else the defaults."""
        default, stated = cls(settings.dense_weight, settings.max_sim_weight), settings.model_fields_set
        if fitted is None:
            return default
        return replace(
            default,
            dense=default.dense if "dense_weight" in stated else fitted.dense,
            max_sim=default.max_sim if "max_sim_weight" in stated else fitted.max_sim,
        )


@dataclass(frozen=True)
class Candidates:
    """The passages that either leg listed: parallel arrays, one place a passage.

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

    @classmethod
    def unranked(cls, rows: Rows, dense: Scores, dense_rank: Rows, lexical: Scores, lexical_rank: Rows) -> Self:
        """Return what the legs listed, normalised and not ranked yet; `dense` has the cosine of every passage."""
        none = np.full(len(rows), np.nan)
        return cls(
            rows=rows,
            dense=dense,
            lexical=lexical,
            dense_z=z_scores(dense, dense[dense_rank > 0]),
            lexical_z=z_scores(lexical, lexical[lexical_rank > 0]),
            dense_rank=dense_rank,
            lexical_rank=lexical_rank,
            time=np.zeros(len(rows)),
            max_sim=none,
            fused=none,
            reranked=none,
        )

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
            reranked=_number(self.reranked[place]),
        )

    def reordered(self, reranked: Scores) -> Candidates:
        """Put the first passages, of which `reranked` has the scores, in their order; ties, and the rest, stay."""
        order = np.arange(len(self.rows))
        order[: len(reranked)] = np.argsort(-reranked, kind="stable")
        scores = np.full(len(self.rows), np.nan)
        scores[: len(reranked)] = reranked
        return replace(self, reranked=scores).at(order)

    def at(self, places: Rows) -> Candidates:
        """Return the passages at `places`, in that order."""
        return replace(self, **{field.name: getattr(self, field.name)[places] for field in fields(self)})


def rank(
    generation: Generation,
    query: EmbeddedQuery,
    question: str,
    listed: Candidates,
    weights: FusionWeights,
    intent: TemporalIntent | None,
) -> Candidates:
    """Rank what the legs listed for `question`, embedded as `query`, by all signals; ties by row.

    `intent` adds a prior for each passage's day of publication. The best are ranked again by late interaction.
    """
    if intent:
        days = generation.archive.days(generation.archive.articles_of(listed.rows))
        listed = replace(listed, time=intent.prior(days))
    return fuse(listed, weights, lambda rows: late_scores(generation, question, query, rows))


def late_scores(generation: Generation, question: str, query: EmbeddedQuery, rows: Rows) -> Scores:
    """Return MaxSim of the question with each passage, rare words weighing more."""
    return generation.tokens.passage_sims(query.tokens, idf_weights(generation, question, query), rows)


def idf_weights(generation: Generation, question: str, query: EmbeddedQuery) -> Scores:
    """Return a weight for each token of the question: the idf of its word, function words close to nothing."""
    words = [match.span() for match in analysis.WORD.finditer(question)]
    idfs = [max(map(generation.idf, analysis.terms(question[a:b])), default=0.0) for a, b in words]
    starts = [start for start, _ in words]
    return np.array([MIN_TOKEN_WEIGHT + (idfs[max(0, bisect(starts, a) - 1)] if idfs else 0) for a, _ in query.spans])


def fuse(listed: Candidates, weights: FusionWeights, late: Callable[[Rows], Scores]) -> Candidates:
    """Rank what the legs listed, in any order; `late` is MaxSim of the question with the passages of some rows."""
    rows, mix = listed.rows, weighted_mean(listed.dense_z, listed.lexical_z, weights.dense)
    fused = mix + listed.time
    first = np.lexsort((rows, -fused))[: LATE_DEPTH if weights.max_sim else 0]
    max_sim = np.full(len(rows), np.nan)
    max_sim[first] = late(rows[first])
    if len(first):
        known = max_sim[~np.isnan(max_sim)]
        fused[first] += weights.max_sim * mix[first].std() * z_scores(max_sim[first], known)
    behind = np.ones(len(rows), bool)
    behind[first] = False
    ranked = replace(listed, max_sim=max_sim, fused=fused, reranked=np.full(len(rows), np.nan))
    return ranked.at(np.lexsort((rows, -fused, behind)))


def _number(score: float) -> float | None:
    return None if np.isnan(score) else float(score)
