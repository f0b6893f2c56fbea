"""Measures of confidence: AUROC is scikit-learn's, the others do what their definitions say, whatever the order."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from rag.evaluation import calibration_metrics

Judged = list[tuple[float, bool]]
CONFIDENCES = st.one_of(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.floats(0, 1, allow_subnormal=False))  # with ties
JUDGED = st.lists(st.tuples(CONFIDENCES, st.booleans()), min_size=2, max_size=60)


def both(judged: Judged) -> tuple[list[float], list[bool]]:
    return [confidence for confidence, _ in judged], [right for _, right in judged]


@given(JUDGED.filter(lambda judged: len({right for _, right in judged}) == 2))
def test_auroc_is_scikit_learn_s(judged: Judged) -> None:
    confidence, right = both(judged)
    assert calibration_metrics.auroc(confidence, right) == pytest.approx(roc_auc_score(right, confidence))


@pytest.mark.parametrize("right", [[], [True, True], [False, False]], ids=["none", "all right", "all wrong"])
def test_auroc_of_one_kind_alone_is_not_defined(right: list[bool]) -> None:
    assert math.isnan(calibration_metrics.auroc([0.5] * len(right), right))


@given(JUDGED, st.randoms())
def test_no_measure_depends_on_the_order_of_the_questions(judged: Judged, chance: random.Random) -> None:
    shuffled = judged.copy()
    chance.shuffle(shuffled)
    for measure in (calibration_metrics.ece, calibration_metrics.risk_at):
        assert measure(*both(judged)) == pytest.approx(measure(*both(shuffled)))


@given(JUDGED)
def test_bins_are_of_equal_mass_and_hold_every_question_once(judged: Judged) -> None:
    bins = calibration_metrics.bins(*both(judged))
    sizes = [each.questions for each in bins]
    assert (sum(sizes), len(sizes)) == (len(judged), min(len(judged), calibration_metrics.BINS))
    assert max(sizes) - min(sizes) <= 1
    assert [each.confidence for each in bins] == sorted(each.confidence for each in bins)
    assert sum(each.right * each.questions for each in bins) == pytest.approx(sum(right for _, right in judged))


def test_ece_is_the_distance_of_confidence_and_outcome() -> None:
    assert calibration_metrics.ece([0.8] * 10, [True] * 8 + [False] * 2) == pytest.approx(0.0)
    assert calibration_metrics.ece([0.9] * 10, [True] * 4 + [False] * 6) == pytest.approx(0.5)
    assert calibration_metrics.ece([0.1, 0.9] * 50, [False, True] * 50) == pytest.approx(0.1)


def test_risk_counts_the_wrong_among_the_most_confident() -> None:
    confidence, right = [0.9, 0.8, 0.7, 0.6], [True, False, True, False]
    assert calibration_metrics.risks(confidence, right).tolist() == pytest.approx([0, 1 / 2, 1 / 3, 1 / 2])
    assert calibration_metrics.risk_at(confidence, right, 0.25) == 0.0
    assert calibration_metrics.risk_at(confidence, right) == 0.5


@given(JUDGED)
def test_at_full_coverage_the_risk_is_the_share_of_the_wrong(judged: Judged) -> None:
    confidence, right = both(judged)
    assert calibration_metrics.risk_at(confidence, right, 1.0) == pytest.approx(1 - np.mean(right))
