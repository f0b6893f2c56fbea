"""Whether a confidence can be trusted: pure functions of confidences (0 to 1) and of whether each answer was right.

Equal confidences share their outcomes evenly, so that no result depends on the order of the questions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

BINS = 10

Floats = npt.NDArray[np.float64]


class Bin(NamedTuple):
    """A stretch of the questions, by confidence: its means, and how many questions it holds."""

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
    held, outcome = _sorted(confidence, right)
    parts = [part for part in np.array_split(np.arange(len(held)), count) if len(part)]
    return [Bin(float(held[part].mean()), float(outcome[part].mean()), len(part)) for part in parts]


def ece(confidence: npt.ArrayLike, right: npt.ArrayLike, count: int = BINS) -> float:
    """Return the expected calibration error over bins of equal mass (Naeini et al. 2015; Nixon et al. 2019)."""
    found = bins(confidence, right, count)
    total = sum(each.questions for each in found)
    return sum(each.questions * abs(each.confidence - each.right) for each in found) / total if total else float("nan")


def risks(confidence: npt.ArrayLike, right: npt.ArrayLike) -> Floats:
    """Return the share of wrong answers among the 1, 2, ... n most confident (El-Yaniv & Wiener 2010)."""
    _, outcome = _sorted(confidence, right)
    wrong = 1 - outcome[::-1]
    return np.asarray(np.cumsum(wrong) / np.arange(1, len(wrong) + 1), float)


def risk_at(confidence: npt.ArrayLike, right: npt.ArrayLike, coverage: float = 0.5) -> float:
    """Return the share of wrong answers where only that share of the questions, the most confident, is answered."""
    found = risks(confidence, right)
    return float(found[max(1, int(np.ceil(coverage * len(found)))) - 1]) if len(found) else float("nan")


def _sorted(confidence: npt.ArrayLike, right: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return both by rising confidence, equal confidences with their mean outcome."""
    held, group, outcome = _grouped(confidence, right)
    shared = np.bincount(group, outcome) / np.bincount(group)
    return held, np.asarray(shared[group], float)


def _grouped(confidence: npt.ArrayLike, right: npt.ArrayLike) -> tuple[Floats, npt.NDArray[np.int64], Floats]:
    """Return confidences by rising value, the number of each one's group of equals, and the outcomes."""
    held, outcome = np.asarray(confidence, float), np.asarray(right, float)
    order = np.argsort(held)
    held = held[order]
    return held, np.cumsum(np.diff(held, prepend=held[:1]) > 0), outcome[order]
