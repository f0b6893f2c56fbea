"""Scores of two legs become one ranking, whatever their scales."""

from __future__ import annotations

import numpy as np
import pytest

from rag.search.fusion import weighted_mean, z_scores


def test_a_leg_s_own_list_has_mean_zero_and_deviation_one() -> None:
    scores = np.array([10.0, 20.0, 30.0])
    found = z_scores(scores, scores)
    assert found.mean() == pytest.approx(0)
    assert found.std() == pytest.approx(1)


@pytest.mark.parametrize("listed", [[], [0.3], [0.3, 0.3]])
def test_a_list_without_differences_maps_everything_to_zero(listed: list[float]) -> None:
    assert z_scores(np.array([0.3, 5.0]), np.array(listed)).tolist() == [0.0, 0.0]


def test_what_a_leg_did_not_list_gets_that_list_s_least() -> None:
    listed = np.array([1.0, 3.0])
    assert z_scores(np.array([1.0, 3.0, np.nan]), listed).tolist() == [-1.0, 1.0, -1.0]


def test_the_scale_of_a_leg_does_not_matter() -> None:
    scores = np.array([2.0, 9.0, 1.0])
    scaled = 100 * scores + 7
    assert z_scores(scores, scores) == pytest.approx(z_scores(scaled, scaled))


def test_the_weight_is_the_share_of_the_dense_score() -> None:
    dense, lexical = np.array([2.0]), np.array([1.0])
    assert [weighted_mean(dense, lexical, weight).item() for weight in (0.0, 1.0, 0.25)] == [1.0, 2.0, 1.25]
