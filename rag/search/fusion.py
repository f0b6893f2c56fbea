"""Several rankings -> one. Pure functions over arrays of scores, one place a passage.

BM25 and cosine are not comparable: each is normalised over one question's own list before they are mixed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from rag.types.arrays import Rows, Scores
from rag.types.results import StageScores

Floats = npt.NDArray[np.float64]

MIN_SPREAD = 1e-9  # equal scores, but for rounding


def z_scores(scores: Floats, listed: Floats) -> Floats:
    """Return (score - mean) / standard deviation, both of the leg's own list `listed`.

    Where a score is nan (the leg did not list the passage), the list's least takes its place. All are 0
    where the list is empty or its scores are equal.
    """
    if not len(listed) or listed.std() < MIN_SPREAD:
        return np.zeros_like(scores)
    normalised: Floats = (np.where(np.isnan(scores), listed.min(), scores) - listed.mean()) / listed.std()
    return normalised


def weighted_mean(dense: Floats, lexical: Floats, dense_weight: float) -> Floats:
    """Return the weighted mean of two normalised scores."""
    return dense_weight * dense + (1 - dense_weight) * lexical


LATE_DEPTH = 30  # passages that late interaction ranks again; 50 and 100 gained nothing more


@dataclass(frozen=True)
class FusionWeights:
    """How stages are weighed: cosine against BM25 (the rest to 1), and late interaction beside the two."""

    dense: float = 0.5
    max_sim: float = 1.3


@dataclass(frozen=True)
class Candidates:
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


def fuse(listed: Candidates, weights: FusionWeights, late: Callable[[Rows], Scores]) -> Candidates:
    """Rank what the legs listed, in any order; `late` is MaxSim of the question with the passages of some rows."""
    rows, mix = listed.rows, weighted_mean(listed.dense_z, listed.lexical_z, weights.dense)
    fused = mix + listed.time
    first = np.lexsort((rows, -fused))[: LATE_DEPTH if weights.max_sim else 0]
    max_sim = np.full(len(rows), np.nan)
    max_sim[first] = late(rows[first])
    if len(first):
        fused[first] += weights.max_sim * mix[first].std() * z_scores(max_sim[first], _listed(max_sim))
    behind = np.ones(len(rows), bool)
    behind[first] = False
    found = replace(listed, max_sim=max_sim, fused=fused, reranked=np.full(len(rows), np.nan))
    return found.at(np.lexsort((rows, -fused, behind)))


def _listed(scores: Scores) -> Scores:
    found: Scores = scores[~np.isnan(scores)]
    return found


def _number(score: float) -> float | None:
    return None if np.isnan(score) else float(score)
