"""Several rankings -> one. Pure functions over arrays of scores, one place a passage.

BM25 and cosine are not comparable: each is normalised over one question's own list before they are mixed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEAST_SPREAD = 1e-9  # equal scores, but for rounding


def z_scores(scores: Floats, listed: Floats) -> Floats:
    """Return (score - mean) / standard deviation, both of the leg's own list `listed`.

    Where a score is nan (the leg did not list the passage), the list's least takes its place. All are 0
    where the list is empty or its scores are equal.
    """
    if not len(listed) or listed.std() < LEAST_SPREAD:
        return np.zeros_like(scores)
    normalised: Floats = (np.where(np.isnan(scores), listed.min(), scores) - listed.mean()) / listed.std()
    return normalised


def mix(dense: Floats, lexical: Floats, dense_weight: float) -> Floats:
    """Return the weighted mean of two normalised scores."""
    return dense_weight * dense + (1 - dense_weight) * lexical
