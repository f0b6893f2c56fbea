"""Several rankings -> one. Pure functions over scores.

BM25 and cosine are not comparable: each is normalised over one question's candidates before they are mixed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from statistics import fmean, pstdev


@dataclass(frozen=True)
class Scale:
    """Mean and standard deviation of one leg's list."""

    mean: float
    spread: float

    @classmethod
    def of(cls, scores: Collection[float]) -> Scale:
        """Measure a leg's list; an empty one, or one of equal scores, maps everything to 0."""
        return cls(fmean(scores), pstdev(scores)) if scores else cls(0.0, 0.0)

    def z(self, score: float) -> float:
        """Return (score - mean) / standard deviation."""
        return (score - self.mean) / self.spread if self.spread > 1e-9 else 0.0


def mix(dense: float, lexical: float, dense_weight: float) -> float:
    """Return the weighted mean of two normalised scores."""
    return dense_weight * dense + (1 - dense_weight) * lexical
