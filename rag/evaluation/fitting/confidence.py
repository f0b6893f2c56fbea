"""Examples -> slopes of the confidence, and what questions that were held out say before and after."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal, TypeAlias

import numpy as np

from rag.errors import EvaluationError
from rag.evaluation.bootstrap import Difference, difference
from rag.evaluation.calibration_metrics import auroc, ece, risk_at
from rag.evaluation.fitting import logistic
from rag.evaluation.fitting.examples import Examples, Floats
from rag.search.confidence import COEFFICIENTS, Coefficients
from rag.types.articles import Record
from rag.types.index import FittedConfidence, MetricChange

FOLDS = 5
LEAST_QUESTIONS = 20
# How many questions the default slopes count as. Made questions also count as MADE_COUNT together, however many they
# are: more of them make them no more like real ones
LABELLED_PRIOR, MADE_PRIOR, MADE_COUNT = 50.0, 200.0, 300.0
MADE_GAIN = 0.003  # in Brier score; of less, nothing was left on real questions

Kind: TypeAlias = Literal["labelled", "made"]


class Calibration(Record):
    """A fit, and what it does on questions that it has not seen: each was fitted on the other folds.

    `held_out` also tells the share answered at `threshold`, and the share wrong of those. `brier` is the paired change
    of the Brier score; what is stored must lessen it.
    """

    kind: Kind
    fit: FittedConfidence
    replaced: tuple[float, ...]
    threshold: float
    brier: Difference

    @property
    def is_better(self) -> bool:
        """Whether held-out questions say that the fit is better than what it replaces, made ones clearly so."""
        if self.kind == "labelled":
            return self.brier.value < 0
        return self.brier.high < 0 and self.brier.value <= -MADE_GAIN


def calibrate(examples: Examples, present: Coefficients, *, kind: Kind, on: str, threshold: float) -> Calibration:
    """Fit all examples, and each fold by the others; raises EvaluationError where there are too few to do so."""
    questions = len(np.unique(examples.group[examples.group >= 0]))
    if questions < LEAST_QUESTIONS:
        more = "label more" if kind == "labelled" else "give labelled ones: `rag calibrate DIR`"
        raise EvaluationError(f"{on}: {questions} questions, at least {LEAST_QUESTIONS} fit a confidence; {more}")
    if len(np.unique(examples.right)) < 2:
        raise EvaluationError(
            f"{on}: every answer is {'right' if examples.right[0] else 'wrong'}: nothing to fit; add others"
        )
    before, after = confidences(examples.evidence, present), _held_out(examples, kind)
    squares = [_by_question(examples, (each - examples.right) ** 2) for each in (before, after)]
    measured = [measures(each, examples.right, threshold) for each in (before, after)]
    fit = FittedConfidence(
        made=datetime.now(UTC).isoformat(timespec="seconds"), on=on, questions=questions,
        held_out={name: MetricChange(before=measured[0][name], after=measured[1][name]) for name in measured[0]},
        slopes=_fit(examples, kind),
    )  # fmt: skip
    return Calibration(kind=kind, fit=fit, replaced=present, threshold=threshold, brier=difference(*squares))


def confidences(evidence: Floats, slopes: Coefficients) -> Floats:
    """Return what `rag.search.answers.confidence` gives to each, [n], unrounded."""
    return np.where(evidence[:, 0] > 0, logistic.probabilities(evidence, slopes), 0.0)


def measures(confidence: Floats, right: Floats, threshold: float) -> Mapping[str, float]:
    """Return how far confidences can be trusted, and what the threshold does."""
    shown = confidence >= threshold
    found = {
        "AUROC": auroc(confidence, right),
        "ECE": ece(confidence, right),
        "Brier": float(np.mean((confidence - right) ** 2)),
        "risk@50%": risk_at(confidence, right),
        "answered": float(shown.mean()),
        "wrong of answered": float(1 - right[shown].mean()) if shown.any() else 0.0,
    }
    return {name: round(value, 4) for name, value in found.items()}


def _held_out(examples: Examples, kind: Kind) -> Floats:
    """Return each example's confidence by slopes that were fitted without its question's fold."""
    found = np.zeros(len(examples))
    for number in range(FOLDS):
        held = examples.group % FOLDS == number
        found[held] = confidences(examples.evidence[held], _fit(examples.where(~held), kind))
    return found


def _fit(examples: Examples, kind: Kind) -> Coefficients:
    said = examples.where(examples.evidence[:, 0] > 0)  # the others have no confidence, whatever the slopes
    strength = LABELLED_PRIOR if kind == "labelled" else MADE_PRIOR
    weight = 1.0 if kind == "labelled" else min(1.0, MADE_COUNT / len(said))
    found = logistic.fit(said.evidence, said.right, COEFFICIENTS, strength, np.full(len(said), weight))
    intercept, *rest = (round(slope, 4) for slope in found.tolist())
    return intercept, rest[0], rest[1], rest[2], rest[3]


def _by_question(examples: Examples, values: Floats) -> list[float]:
    """Return the mean of each question's values: its askings are resampled together."""
    _, group = np.unique(examples.group, return_inverse=True)
    means: list[float] = (np.bincount(group, values) / np.bincount(group)).tolist()
    return means
