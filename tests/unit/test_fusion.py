"""Scores of two legs become one ranking, whatever their scales."""

from __future__ import annotations

import pytest

from rag import fusion


def test_z_scores_have_mean_zero_and_deviation_one() -> None:
    found = fusion.z_scores({1: 10.0, 2: 20.0, 3: 30.0})
    assert sum(found.values()) == pytest.approx(0)
    assert sum(value**2 for value in found.values()) / 3 == pytest.approx(1)


def test_equal_scores_all_become_zero() -> None:
    assert fusion.z_scores({1: 0.3, 2: 0.3}) == {1: 0.0, 2: 0.0}


def test_the_mix_does_not_depend_on_a_leg_s_scale() -> None:
    dense, lexical = {1: 0.9, 2: 0.5, 3: 0.1}, {1: 2.0, 2: 9.0, 3: 1.0}
    scaled = {row: 100 * score + 7 for row, score in lexical.items()}
    one = fusion.mix(fusion.z_scores(dense), fusion.z_scores(lexical), 0.5)
    other = fusion.mix(fusion.z_scores(dense), fusion.z_scores(scaled), 0.5)
    assert one == pytest.approx(other)


def test_what_a_leg_did_not_score_gets_that_leg_s_least() -> None:
    assert fusion.mix({1: 1.0, 2: -1.0}, {1: 0.5}, 0.5) == {1: 0.75, 2: -0.25}


def test_ties_go_to_the_lower_row() -> None:
    assert fusion.ranked({3: 1.0, 1: 1.0, 2: 2.0}) == [(2, 2.0), (1, 1.0), (3, 1.0)]
