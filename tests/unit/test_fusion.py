"""Scores of two legs become one ranking, whatever their scales."""

from __future__ import annotations

import pytest

from rag.fusion import Scale, mix


def test_a_leg_s_own_list_has_mean_zero_and_deviation_one() -> None:
    scale = Scale.of([10.0, 20.0, 30.0])
    found = [scale.z(score) for score in (10.0, 20.0, 30.0)]
    assert sum(found) == pytest.approx(0)
    assert sum(value**2 for value in found) / 3 == pytest.approx(1)


@pytest.mark.parametrize("scores", [[], [0.3], [0.3, 0.3]])
def test_a_list_without_differences_maps_everything_to_zero(scores: list[float]) -> None:
    assert Scale.of(scores).z(0.3) == 0.0


def test_the_mix_does_not_depend_on_a_leg_s_scale() -> None:
    scores = [2.0, 9.0, 1.0]
    scaled = [100 * score + 7 for score in scores]
    one, other = Scale.of(scores), Scale.of(scaled)
    assert [one.z(score) for score in scores] == pytest.approx([other.z(score) for score in scaled])


def test_the_weight_is_the_share_of_the_dense_score() -> None:
    assert (mix(2.0, 1.0, 0.0), mix(2.0, 1.0, 1.0), mix(2.0, 1.0, 0.25)) == (1.0, 2.0, 1.25)
