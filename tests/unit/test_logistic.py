"""The logistic fit: it finds what made the examples, is calibrated, keeps signs, and is held by what is known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from rag.evaluation.calibration_metrics import ece
from rag.evaluation.fitting.logistic import fit, probabilities

Floats = npt.NDArray[np.float64]
KNOWN = (-2.0, 1.0, 1.0, 1.0)
TRUE = (-3.0, 4.0, 0.5, 2.0)
SPREADS = np.array([0.3, 0.1, 2.0])


def simulated(count: int, slopes: tuple[float, ...] = TRUE, seed: int = 1) -> tuple[Floats, Floats]:
    draw = np.random.default_rng(seed)
    features = 0.5 + SPREADS * draw.standard_normal((count, 3))
    return features, (draw.random(count) < probabilities(features, slopes)).astype(float)


def fitted(features: Floats, right: Floats, strength: float = 20.0) -> Floats:
    return fit(features, right, KNOWN, strength, np.ones(len(right)))


def test_fitted_probabilities_are_calibrated_on_examples_not_seen() -> None:
    slopes = fitted(*simulated(4_000))
    features, right = simulated(20_000, seed=2)
    assert ece(probabilities(features, slopes), right) < 0.015
    assert ece(probabilities(features, KNOWN), right) > 0.1  # what was known before was not


def test_the_fit_is_the_least_of_the_penalised_loss() -> None:
    features, right = simulated(300)
    slopes = fitted(features, right)

    def loss(at: Floats) -> float:
        chance = probabilities(features, at)
        likely = -float(np.sum(right * np.log(chance) + (1 - right) * np.log(1 - chance)))
        centred, delta = features - features.mean(0), at - np.array(KNOWN)
        level = delta[0] + delta[1:] @ features.mean(0)
        return likely + 20 / 8 * float(level**2 + np.sum((centred**2).mean(0) * delta[1:] ** 2))

    least = loss(slopes)
    for place in range(4):
        for step in (-1e-3, 1e-3):
            assert loss(slopes + step * np.eye(4)[place]) > least


def test_no_slope_changes_its_sign_and_the_others_are_fitted_beside_it() -> None:
    slopes = fitted(*simulated(4_000, (0.0, -3.0, 1.0, 2.0)))
    assert slopes[1] == pytest.approx(0, abs=1e-9)
    assert slopes[3] == pytest.approx(2.0, abs=0.4)
    falling = fit(*simulated(4_000, (0.0, 3.0, 1.0, 2.0)), (0.0, -1.0, 1.0, 1.0), 20.0, np.ones(4_000))
    assert falling[1] == pytest.approx(0, abs=1e-9)


def test_few_examples_stay_near_what_is_known_and_none_are_it() -> None:
    features, right = simulated(6)
    assert np.abs(fitted(features, right, strength=100.0) - KNOWN).max() < 1.0
    assert fit(features, right, KNOWN, 100.0, np.full(6, 1e-12)) == pytest.approx(np.array(KNOWN), abs=1e-6)
    assert np.isfinite(fitted(features, np.ones(6))).all()  # all right: without what is known there would be no end


def test_a_feature_in_other_units_gives_the_same_chances() -> None:
    features, right = simulated(200)
    scale = np.array([10.0, 0.5, 3.0])
    same = fit(features * scale, right, (KNOWN[0], *(np.array(KNOWN[1:]) / scale)), 20.0, np.ones(200))
    assert probabilities(features * scale, same) == pytest.approx(
        probabilities(features, fitted(features, right)), abs=1e-6
    )


def test_an_example_that_counts_twice_is_two() -> None:
    features, right = simulated(100)
    twice = fit(features, right, KNOWN, 20.0, np.where(np.arange(100) < 10, 2.0, 1.0))
    more = np.r_[np.arange(100), np.arange(10)]
    assert twice == pytest.approx(fitted(features[more], right[more]), abs=1e-5)
