"""Examples -> coefficients of the confidence, and what questions that were held out say of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Literal, TypeAlias

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from rag.errors import EvaluationError
from rag.evaluation.bootstrap import SEED, Difference, difference
from rag.evaluation.calibration_metrics import auroc, ece, risk_at
from rag.evaluation.datasets import Dataset
from rag.evaluation.fitting import examples as fitting_examples
from rag.evaluation.fitting.examples import Examples
from rag.evaluation.fitting.synthetic_questions import generate
from rag.evaluation.runner import AsOfPolicy, day_of
from rag.instrumentation import Progress
from rag.search.confidence import COEFFICIENTS, FEATURES, INTERCEPT, Coefficients, coefficients_of
from rag.service import RagService
from rag.types.arrays import Floats
from rag.types.articles import Record
from rag.types.index import FittedConfidence, MetricChange

FOLDS = 5
MIN_QUESTIONS = 20
# How many questions the default coefficients count as: docs/decisions/0019-prior-for-fits.md
LABELLED_PRIOR, SYNTHETIC_PRIOR = 50.0, 200.0
# How many questions synthetic ones count as, all together: more of them are no more like people's
SYNTHETIC_COUNT = 300.0
# The least gain in Brier score for which a fit to synthetic questions is stored; after less, people's questions gained
# nothing: docs/decisions/0020-synthetic-questions.md
SYNTHETIC_GAIN = 0.003
MIN_SPREAD = 0.02  # in units of a feature: one that varies less tells nothing, and its coefficient stays where it is
THE_ARCHIVE = "the archive itself"

QuestionKind: TypeAlias = Literal["labelled", "synthetic"]


class Calibration(Record):
    """A fit, and its metrics on questions that it has not seen: each was measured by a fit to the other folds.

    `held_out` also holds the share answered at `threshold`, and the share wrong of those. `brier` is the paired change
    of the Brier score; a fit must lessen it to be stored.
    """

    kind: QuestionKind
    fit: FittedConfidence
    replaced: dict[str, float]
    threshold: float
    brier: Difference

    @property
    def is_better(self) -> bool:
        """Whether held-out questions say that the fit is better than what it replaces, synthetic ones clearly so."""
        if self.kind == "labelled":
            return self.brier.value < 0
        return self.brier.high < 0 and self.brier.value <= -SYNTHETIC_GAIN


def calibrate_on_dataset(service: RagService, dataset: Dataset, as_of: AsOfPolicy, progress: Progress) -> Calibration:
    """Fit to a dataset about the archive that `service` serves; raises EvaluationError where it has too few questions.

    `progress` gets the number of questions put so far.
    """
    questions = [
        question._replace(day=day_of(as_of, question.day)) for question in fitting_examples.labelled_questions(dataset)
    ]
    examples = fitting_examples.collect(service, questions, interpret=True, progress=progress)
    return _replacing(service, Examples.of(examples), "labelled", dataset.name)


def calibrate_on_archive(service: RagService, sample: int, progress: Progress) -> Calibration:
    """Fit to at most `sample` questions made from the archive that `service` serves; raises EvaluationError.

    Where a question is put without its article only, a reference example takes the place of its right answer.
    """
    synthetic = []
    for question in islice(generate(service.generation, sample, SEED), sample):
        synthetic.append(question)
        progress("make", len(synthetic), sample)
    questions = fitting_examples.synthetic_questions(synthetic)
    examples = fitting_examples.collect(service, questions, interpret=False, progress=progress)
    examples += fitting_examples.reference_examples(2 * len(synthetic) - len(questions))
    return _replacing(service, Examples.of(examples), "synthetic", THE_ARCHIVE)


def _replacing(service: RagService, examples: Examples, kind: QuestionKind, dataset: str) -> Calibration:
    present = coefficients_of(service.generation.manifest.fitted.confidence)
    return calibrate(examples, present, kind=kind, dataset=dataset, threshold=service.settings.min_confidence)


def calibrate(
    examples: Examples, present: Coefficients, *, kind: QuestionKind, dataset: str, threshold: float
) -> Calibration:
    """Fit to all examples, and for each fold to the others; raises EvaluationError where there are too few to do so."""
    questions = len(np.unique(examples.group[examples.group >= 0]))
    if questions < MIN_QUESTIONS:
        more = "label more" if kind == "labelled" else "give labelled ones: `rag calibrate DIR`"
        raise EvaluationError(
            f"{dataset}: {questions} questions, at least {MIN_QUESTIONS} are needed to fit a confidence; {more}"
        )
    if len(np.unique(examples.right)) < 2:
        outcome = "right" if examples.right[0] else "wrong"
        raise EvaluationError(f"{dataset}: every answer is {outcome}, so there is nothing to fit; add other questions")
    before, after = confidences(examples.features, present), _held_out(examples, kind)
    squares = [_by_question(examples, (side - examples.right) ** 2) for side in (before, after)]
    old, new = (metrics(side, examples.right, threshold) for side in (before, after))
    fit = FittedConfidence(
        created=datetime.now(UTC).isoformat(timespec="seconds"), dataset=dataset, questions=questions,
        held_out={name: MetricChange(before=old[name], after=new[name]) for name in old},
        coefficients=dict(_fit(examples, kind)),
    )  # fmt: skip
    return Calibration(
        kind=kind, fit=fit, replaced=dict(present), threshold=threshold, brier=difference(squares[0], squares[1])
    )


def confidences(features: Floats, coefficients: Coefficients) -> Floats:
    """Return what `rag.search.confidence.confidence_of` gives to each answer [n], unrounded."""
    values = _vector(coefficients)
    covered = features[:, FEATURES.index("coverage")] > 0
    return np.where(covered, expit(values[0] + features @ values[1:]), 0.0)


def metrics(confidence: Floats, right: Floats, threshold: float) -> Mapping[str, float]:
    """Return how far confidences [n] can be trusted, and what the threshold does."""
    answered = confidence >= threshold
    values = {
        "AUROC": auroc(confidence, right),
        "ECE": ece(confidence, right),
        "Brier": float(np.mean((confidence - right) ** 2)),
        "risk@50%": risk_at(confidence, right),
        "answered": float(answered.mean()),
        "wrong of answered": float(1 - right[answered].mean()) if answered.any() else 0.0,
    }
    return {name: round(value, 4) for name, value in values.items()}


def fit_logistic(features: Floats, right: Floats, weights: Floats, prior: Floats, strength: float) -> Floats:
    """Return the coefficients [1 + features], intercept first, that explain `right` [n] and lie near the `prior` ones.

    `weights` [n] are how many examples each one counts as, `strength` is how many the prior counts as. The result is
    the maximum a posteriori of a logistic regression with a Gaussian prior. The prior is in units of each feature's
    spread around its mean, so that a feature's scale does not decide how free its coefficient is. A coefficient keeps
    the sign of its prior; 0 is as far as it goes.
    """
    centre = np.average(features, axis=0, weights=weights)
    spread = np.maximum(np.sqrt(np.average((features - centre) ** 2, axis=0, weights=weights)), MIN_SPREAD)
    design = np.column_stack([np.ones(len(features)), (features - centre) / spread])
    # Around the centre the intercept is the general level, which a change of another coefficient does not shift
    start = np.r_[prior[0] + prior[1:] @ centre, prior[1:] * spread]
    stiffness = strength / 4  # an example whose probability is a half has a curvature of a quarter

    def loss(scaled: Floats) -> tuple[float, Floats]:
        logits, away = design @ scaled, scaled - start
        value = weights @ (np.logaddexp(0, logits) - right * logits) + stiffness * (away @ away) / 2
        return value, design.T @ (weights * (expit(logits) - right)) + stiffness * away

    bounds = [(None, None)] + [(0 if value > 0 else None, 0 if value < 0 else None) for value in start[1:]]
    options = {"ftol": 1e-15, "gtol": 1e-9}  # finer than the four decimals that are stored
    scaled = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    coefficients = scaled[1:] / spread
    return np.append(scaled[0] - coefficients @ centre, coefficients)


def _held_out(examples: Examples, kind: QuestionKind) -> Floats:
    """Return each example's confidence [n] by coefficients that were fitted without its question's fold."""
    values = np.zeros(len(examples))
    for number in range(FOLDS):
        fold = examples.group % FOLDS == number
        values[fold] = confidences(examples.features[fold], _fit(examples.where(~fold), kind))
    return values


def _fit(examples: Examples, kind: QuestionKind) -> Coefficients:
    covered = examples.where(examples.covered)
    strength = LABELLED_PRIOR if kind == "labelled" else SYNTHETIC_PRIOR
    weight = 1.0 if kind == "labelled" else min(1.0, SYNTHETIC_COUNT / len(covered))
    weights = np.full(len(covered), weight)
    values = fit_logistic(covered.features, covered.right, weights, _vector(COEFFICIENTS), strength)
    return {name: round(value, 4) for name, value in zip((INTERCEPT, *FEATURES), values.tolist(), strict=True)}


def _vector(coefficients: Coefficients) -> Floats:
    """Return coefficients as an array [1 + features], the intercept first."""
    return np.array([coefficients[name] for name in (INTERCEPT, *FEATURES)], float)


def _by_question(examples: Examples, values: Floats) -> list[float]:
    """Return the mean of each question's values: all examples of one question are resampled together."""
    _, group = np.unique(examples.group, return_inverse=True)
    means: list[float] = (np.bincount(group, values) / np.bincount(group)).tolist()
    return means
