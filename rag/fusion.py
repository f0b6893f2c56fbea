"""Several rankings -> one. Pure functions over scores.

BM25 and cosine are not comparable: each is normalised over one question's candidates before they are mixed.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean, pstdev


def z_scores(scores: Mapping[int, float]) -> dict[int, float]:
    """Return (score - mean) / standard deviation for each row; all 0 where the scores are equal."""
    if not scores:
        return {}
    mean, spread = fmean(scores.values()), pstdev(scores.values())
    if spread < 1e-9:
        return dict.fromkeys(scores, 0.0)
    return {row: (score - mean) / spread for row, score in scores.items()}


def mix(dense: Mapping[int, float], lexical: Mapping[int, float], dense_weight: float) -> dict[int, float]:
    """Return the weighted mean of two normalised scores for each row of either; a missing one is its leg's least."""
    least_dense, least_lexical = min(dense.values(), default=0.0), min(lexical.values(), default=0.0)
    return {
        row: dense_weight * dense.get(row, least_dense)
        + (1 - dense_weight) * lexical.get(row, least_lexical)
        for row in dense.keys() | lexical.keys()
    }


def ranked(scores: Mapping[int, float]) -> list[tuple[int, float]]:
    """Return (row, score), best first, ties by row."""
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
