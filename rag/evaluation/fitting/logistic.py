"""Logistic regression that starts from slopes which are already known, and that few examples cannot carry far away.

The penalty is a Gaussian prior around the known slopes, in units of each feature's spread, so that a feature's scale
does not decide how free it is. A slope keeps its sign: 0 is as far as it goes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MOST_STEPS = 50
SWEEPS = 200  # of coordinate descent within a step; five coordinates settle in some ten
SETTLED = 1e-9
LEAST_SPREAD = 0.02  # a feature that is alike everywhere tells nothing, and its slope stays


def design(features: npt.ArrayLike) -> Floats:
    """Return [n, 1 + features]: a column of ones before the features."""
    given = np.asarray(features, float)
    return np.column_stack([np.ones(len(given)), given])


def probabilities(features: npt.ArrayLike, slopes: npt.ArrayLike) -> Floats:
    """Return the chance of each example, [n]; `slopes` is [1 + features], the intercept first."""
    return _sigmoid(design(features) @ np.asarray(slopes, float))


def fit(
    features: npt.ArrayLike, right: npt.ArrayLike, known: npt.ArrayLike, strength: float, weights: npt.ArrayLike
) -> Floats:
    """Return slopes [1 + features] that explain `right` [n] and lie near the `known` ones.

    `strength` is how many examples the prior counts as; `weights` [n] are how much each example counts, 1 for one.
    Newton's method (IRLS), each step a quadratic problem with bounds, halved until it helps.
    """
    x, y, w = design(features), np.asarray(right, float), np.asarray(weights, float)
    start = np.asarray(known, float)
    centre = np.average(x[:, 1:], axis=0, weights=w)
    # Around the centre the intercept is the general level, and shifting a slope does not shift that
    x[:, 1:] -= centre
    start = np.r_[start[0] + start[1:] @ centre, start[1:]]
    spread = np.r_[1.0, np.maximum(np.sqrt(np.average(x[:, 1:] ** 2, axis=0, weights=w)), LEAST_SPREAD)]
    prior = strength / 4 * spread**2  # what as many examples tell of a slope where the chance is a half
    sign = np.r_[0.0, np.sign(start[1:])]

    def loss(slopes: Floats) -> float:
        logits = x @ slopes
        likely = w @ (np.logaddexp(0, logits) - y * logits)
        return float(likely + prior @ (slopes - start) ** 2 / 2)

    slopes: Floats = start.copy()
    last = loss(start)
    for _ in range(MOST_STEPS):
        chance = _sigmoid(x @ slopes)
        gradient = x.T @ (w * (chance - y)) + prior * (slopes - start)
        curvature = (x.T * (w * chance * (1 - chance))) @ x + np.diag(prior)
        step = _bounded(curvature, gradient, slopes, sign)
        size = 1.0
        while loss(slopes + size * step) > last and size > SETTLED:
            size /= 2
        slopes = slopes + size * step
        before, last = last, loss(slopes)
        if before - last < SETTLED:
            break
    slopes[0] -= slopes[1:] @ centre
    return slopes


def _bounded(curvature: Floats, gradient: Floats, slopes: Floats, sign: Floats) -> Floats:
    """Return the step that lessens the quadratic most with no slope changing its sign, by coordinate descent."""
    step = np.zeros_like(slopes)
    for _ in range(SWEEPS):
        most = 0.0
        for place in range(len(step)):
            wanted = step[place] - (gradient[place] + curvature[place] @ step) / curvature[place, place]
            if sign[place] and (slopes[place] + wanted) * sign[place] < 0:
                wanted = -slopes[place]
            most = max(most, abs(wanted - step[place]))
            step[place] = wanted
        if most < SETTLED:
            break
    return step


def _sigmoid(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -500, 500))), float)
