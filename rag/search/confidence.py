"""How sure an answer is: the features of its first sentence, and the logistic regression over them."""

from __future__ import annotations

import math
from typing import NamedTuple, TypeAlias

Coefficients: TypeAlias = tuple[float, float, float, float, float]
# Logistic regression on questions with and without their articles: intercept, then as `Evidence` lists them
COEFFICIENTS: Coefficients = (-6.45, 3.08, 3.33, 3.68, 1.07)


class ConfidenceFeatures(NamedTuple):
    """What speaks for the first sentence's passage: none of it ever makes an answer less likely.

    `coverage` is the passage's, 0 to 1; `sim` and `passage_sim` are MaxSim of the sentence and of the passage, -1 to 1;
    `margin` is what the sentence scores above the best of another article.
    """

    coverage: float
    sim: float
    passage_sim: float
    margin: float


def confidence_of(evidence: ConfidenceFeatures | None, slopes: Coefficients = COEFFICIENTS) -> float:
    """Return the chance, 0 to 1, that the first sentence's passage answers; 0 where they share no word."""
    if evidence is None or not evidence.coverage:
        return 0.0
    logit = sum(slope * value for slope, value in zip(slopes, (1.0, *evidence), strict=True))
    return round(1 / (1 + math.exp(-logit)), 4)
