"""The logistic fit: it finds what made the examples, is calibrated, keeps signs, and is held by its prior."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from rag.evaluation.calibration_metrics import ece
from rag.evaluation.fitting.confidence import fit_logistic
from rag.types.arrays import Floats

PRIOR = np.array([-2.0, 1.0, 1.0, 1.0])
TRUE = np.array([-3.0, 4.0, 0.5, 2.0])
SPREADS = np.array([0.3, 0.1, 2.0])


def probabilities(features: Floats, coefficients: Floats) -> Floats:
    return np.asarray(expit(coefficients[0] + features @ coefficients[1:]))


def simulated(count: int, coefficients: Floats = TRUE, seed: int = 1) -> tuple[Floats, Floats]:
    draw = np.random.default_rng(seed)
    features = 0.5 + SPREADS * draw.standard_normal((count, 3))
    return features, (draw.random(count) < probabilities(features, coefficients)).astype(float)


def fitted(features: Floats, right: Floats, prior: Floats = PRIOR, strength: float = 20.0) -> Floats:
    return fit_logistic(features, right, np.ones(len(right)), prior, strength)


def test_fitted_probabilities_are_calibrated_on_examples_not_seen() -> None:
    coefficients = fitted(*simulated(4_000))
    features, right = simulated(20_000, seed=2)
    assert ece(probabilities(features, coefficients), right) < 0.015
    assert ece(probabilities(features, PRIOR), right) > 0.1  # the prior's own are not


@pytest.mark.parametrize(
    ("true", "prior", "weight", "solution"),
    [
        ((-3.0, 4.0, 0.5, 2.0), (-2.0, 1.0, 1.0, 1.0), 1.0, (-3.0530709, 3.1438582, 1.586121, 1.490073)),
        ((-3.0, 4.0, 0.5, 2.0), (-2.0, 1.0, 1.0, 1.0), 0.25, (-2.5028465, 2.3619615, 1.2349089, 1.2374325)),
        ((0.0, -3.0, 1.0, 2.0), (-2.0, 1.0, 1.0, 1.0), 1.0, (-1.356363, 0.0, 0.6776392, 1.5000205)),
        ((0.0, 3.0, 1.0, 2.0), (0.0, -1.0, 1.0, 1.0), 1.0, (0.974027, 0.0, 0.3112084, 1.3955893)),
    ],
    ids=["free", "weighted", "held at 0 from above", "held at 0 from below"],
)
def test_known_solutions_are_found(
    true: tuple[float, ...], prior: tuple[float, ...], weight: float, solution: tuple[float, ...]
) -> None:
    """The solutions were computed by Newton's method with bounded steps, an implementation of its own."""
    features, right = simulated(300, np.array(true))
    found = fit_logistic(features, right, np.full(300, weight), np.array(prior), 20.0)
    assert found == pytest.approx(np.array(solution), abs=1e-6)


def test_around_zero_the_fit_is_scikit_learn_s() -> None:
    for seed in range(20):
        features, right = simulated(200, seed=seed)
        theirs = LogisticRegression(C=4 / 20, fit_intercept=False, tol=1e-10, max_iter=10_000)
        theirs.fit(np.column_stack([np.ones(200), (features - features.mean(0)) / features.std(0)]), right)
        scaled = theirs.coef_[0]
        coefficients = scaled[1:] / features.std(0)
        expected = np.r_[scaled[0] - coefficients @ features.mean(0), coefficients]
        assert fitted(features, right, np.zeros(4)) == pytest.approx(expected, abs=1e-5)


def test_random_fits_are_where_the_penalised_loss_can_be_lessened_no_more() -> None:
    """The gradient is 0, but for coefficients at 0 that it would push across: together these prove a minimum."""
    held = 0
    for seed in range(200):
        draw = np.random.default_rng(seed)
        count, strength = int(draw.integers(20, 400)), float(draw.choice([20, 50, 200]))
        features = 0.5 + SPREADS * draw.standard_normal((count, 3))
        prior, weights = draw.normal(0, 2, 4), np.full(count, draw.uniform(0.2, 1.0))
        right = (draw.random(count) < probabilities(features, draw.normal(0, 2, 4))).astype(float)
        found = fit_logistic(features, right, weights, prior, strength)
        centre, spread = features.mean(0), features.std(0)
        scaled = np.r_[found[0] + found[1:] @ centre, found[1:] * spread]
        start = np.r_[prior[0] + prior[1:] @ centre, prior[1:] * spread]
        design = np.column_stack([np.ones(count), (features - centre) / spread])
        gradient = design.T @ (weights * (probabilities(features, found) - right)) + strength / 4 * (scaled - start)
        at_zero = np.r_[False, found[1:] == 0]
        held += int(at_zero.sum())
        assert np.abs(gradient[~at_zero]).max() < 1e-4, seed
        assert np.all(gradient[at_zero] * np.sign(prior[at_zero]) >= 0), seed
        assert np.all(found[1:] * prior[1:] >= 0), seed
    assert held > 20


def test_the_fit_is_the_least_of_the_penalised_loss() -> None:
    features, right = simulated(300)
    coefficients = fitted(features, right)

    def loss(at: Floats) -> float:
        chance = probabilities(features, at)
        likely = -float(np.sum(right * np.log(chance) + (1 - right) * np.log(1 - chance)))
        centred, away = features - features.mean(0), at - PRIOR
        level = away[0] + away[1:] @ features.mean(0)
        return likely + 20 / 8 * float(level**2 + np.sum((centred**2).mean(0) * away[1:] ** 2))

    least = loss(coefficients)
    for place in range(4):
        for step in (-1e-3, 1e-3):
            assert loss(coefficients + step * np.eye(4)[place]) > least


def test_no_coefficient_changes_its_sign_and_the_others_are_fitted_beside_it() -> None:
    rising = fitted(*simulated(4_000, np.array([0.0, -3.0, 1.0, 2.0])))
    assert rising[1] == pytest.approx(0, abs=1e-9)
    assert rising[3] == pytest.approx(2.0, abs=0.4)
    falling = fitted(*simulated(4_000, np.array([0.0, 3.0, 1.0, 2.0])), np.array([0.0, -1.0, 1.0, 1.0]))
    assert falling[1] == pytest.approx(0, abs=1e-9)


def test_few_examples_stay_near_the_prior_and_none_are_it() -> None:
    features, right = simulated(6)
    assert np.abs(fitted(features, right, strength=100.0) - PRIOR).max() < 1.0
    assert fit_logistic(features, right, np.full(6, 1e-12), PRIOR, 100.0) == pytest.approx(PRIOR, abs=1e-6)
    assert np.isfinite(fitted(features, np.ones(6))).all()  # all right: without a prior there would be no end


def test_a_feature_that_is_the_same_everywhere_keeps_the_coefficient_of_its_prior() -> None:
    features, right = simulated(200)
    features[:, 1] = 0.4
    assert fitted(features, right)[2] == pytest.approx(PRIOR[2], abs=1e-9)


def test_a_feature_in_other_units_gives_the_same_probabilities() -> None:
    features, right = simulated(200)
    scale = np.array([10.0, 0.5, 3.0])
    same = fitted(features * scale, right, np.r_[PRIOR[0], PRIOR[1:] / scale])
    assert probabilities(features * scale, same) == pytest.approx(
        probabilities(features, fitted(features, right)), abs=1e-6
    )


def test_an_example_that_counts_twice_is_two() -> None:
    features, right = simulated(100)
    twice = fit_logistic(features, right, np.where(np.arange(100) < 10, 2.0, 1.0), PRIOR, 20.0)
    more = np.r_[np.arange(100), np.arange(10)]
    assert twice == pytest.approx(fitted(features[more], right[more]), abs=1e-5)
