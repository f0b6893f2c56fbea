"""Whether a confidence can be trusted: pure functions of confidences (0 to 1) and of whether each answer was right.

Equal confidences share their outcomes evenly, so that no result depends on the order of the questions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rag.types.arrays import Floats

BINS = 10


class Bin(NamedTuple):
    """Questions of similar confidence: the mean confidence, the share that is right, and their number."""

    confidence: float
    right: float
    questions: int


def auroc(confidence: npt.ArrayLike, right: npt.ArrayLike) -> float:
    """Return the chance that a right answer has more confidence than a wrong one, ties half; nan where all are alike.

    The Mann-Whitney statistic (Hanley & McNeil 1982), counted over groups of equal confidence.
    """
    _, group, outcome = _grouped(confidence, right)
    rights = np.bincount(group, outcome)
    wrongs = np.bincount(group, 1 - outcome)
    pairs = rights.sum() * wrongs.sum()
    return float((rights * (np.cumsum(wrongs) - wrongs / 2)).sum() / pairs) if pairs else float("nan")


def bins(confidence: npt.ArrayLike, right: npt.ArrayLike, count: int = BINS) -> list[Bin]:
    """Return `count` bins of equal mass, or one a question where there are fewer, least confident first."""
    rising, outcome = _sorted(confidence, right)
    parts = [part for part in np.array_split(np.arange(len(rising)), count) if len(part)]
    return [Bin(float(rising[part].mean()), float(outcome[part].mean()), len(part)) for part in parts]


def ece(confidence: npt.ArrayLike, right: npt.ArrayLike, count: int = BINS) -> float:
    """Return the expected calibration error over bins of equal mass (Naeini et al. 2015; Nixon et al. 2019)."""
    parts = bins(confidence, right, count)
    total = sum(part.questions for part in parts)
    return sum(part.questions * abs(part.confidence - part.right) for part in parts) / total if total else float("nan")


def risks(confidence: npt.ArrayLike, right: npt.ArrayLike) -> Floats:
    """Return the share of wrong answers among the 1, 2, ... n most confident (El-Yaniv & Wiener 2010)."""
    _, outcome = _sorted(confidence, right)
    wrong = 1 - outcome[::-1]
    return np.asarray(np.cumsum(wrong) / np.arange(1, len(wrong) + 1), float)


def risk_at(confidence: npt.ArrayLike, right: npt.ArrayLike, coverage: float = 0.5) -> float:
    """Return the share of wrong answers where only that share of the questions, the most confident, is answered."""
    curve = risks(confidence, right)
    return float(curve[max(1, int(np.ceil(coverage * len(curve)))) - 1]) if len(curve) else float("nan")


def _sorted(confidence: npt.ArrayLike, right: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return both by rising confidence, equal confidences with their mean outcome."""
    rising, group, outcome = _grouped(confidence, right)
    shared = np.bincount(group, outcome) / np.bincount(group)
    return rising, np.asarray(shared[group], float)


def _grouped(confidence: npt.ArrayLike, right: npt.ArrayLike) -> tuple[Floats, npt.NDArray[np.int64], Floats]:
    """Return confidences by rising value, the number of each one's group of equals, and the outcomes."""
    values, outcome = np.asarray(confidence, float), np.asarray(right, float)
    order = np.argsort(values)
    rising = values[order]
    return rising, np.cumsum(np.diff(rising, prepend=rising[:1]) > 0), outcome[order]
