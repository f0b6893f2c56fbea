"""Time words in a question -> a date filter or a prior on the day of publication, shown to the caller."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rag.ports import Rows, Scores


@dataclass(frozen=True)
class Prior:
    """What a day of publication is worth: `weight` inside the window, less with each day outside, 0 without a date.

    Days are proleptic ordinals (`date.toordinal`). The weight is in the units of the mixed score, whose spread
    over one question's candidates is about 1.
    """

    first: int
    last: int
    weight: float
    fade_days: float

    def worth(self, days: Rows) -> Scores:
        """Return what each of `days` (0: no date) is worth."""
        outside = np.maximum(0, np.maximum(self.first - days, days - self.last))
        found: Scores = np.where(days > 0, self.weight * np.exp(-outside / self.fade_days), 0.0)
        return found
