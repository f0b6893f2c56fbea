"""The confidence: features are named once, a fit is decided by held-out questions, synthetic ones hide their answer."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from rag.errors import EvaluationError
from rag.evaluation.datasets import Dataset, JudgedQuestion
from rag.evaluation.fitting.confidence import Calibration, QuestionKind, calibrate, confidences
from rag.evaluation.fitting.examples import (
    NO_FEATURES,
    Examples,
    FittingQuestion,
    labelled_questions,
    reference_examples,
    synthetic_questions,
)
from rag.evaluation.fitting.reference_examples import REFERENCE_EXAMPLES
from rag.evaluation.fitting.synthetic_questions import SyntheticQuestion, generate
from rag.search.confidence import (
    COEFFICIENTS,
    FEATURES,
    INTERCEPT,
    Coefficients,
    ConfidenceFeatures,
    coefficients_of,
    confidence_of,
    is_usable,
)
from rag.service import RagService
from rag.text.analysis import WORD
from rag.types.articles import Article
from rag.types.index import FittedConfidence
from tests.conftest import Build, article

MEANS, SPREADS = np.array([0.6, 0.5, 0.55, 0.8]), np.array([0.2, 0.1, 0.1, 0.5])
TOO_HIGH = {**COEFFICIENTS, INTERCEPT: COEFFICIENTS[INTERCEPT] - 2}  # what is right where the default is too sure


def examples(count: int, coefficients: Coefficients, seed: int = 3) -> Examples:
    """Two examples a question, right as often as `coefficients` say."""
    draw = np.random.default_rng(seed)
    features = np.abs(MEANS + draw.standard_normal((2 * count, len(FEATURES))) * SPREADS)
    right = draw.random(2 * count) < confidences(features, coefficients)
    return Examples(features, right.astype(float), np.repeat(np.arange(count), 2))


def calibrated(given: Examples, kind: QuestionKind = "labelled", present: Coefficients = COEFFICIENTS) -> Calibration:
    return calibrate(given, present, kind=kind, dataset="a set", threshold=0.35)


def fit(coefficients: Coefficients) -> FittedConfidence:
    return FittedConfidence(
        created="2026-01-01", dataset="a set", questions=20, held_out={}, coefficients=dict(coefficients)
    )


def test_defaults_and_reference_examples_name_the_features_that_an_answer_has() -> None:
    assert tuple(COEFFICIENTS) == (INTERCEPT, *FEATURES)
    assert tuple(REFERENCE_EXAMPLES) == FEATURES
    assert {len(column) for column in REFERENCE_EXAMPLES.values()} == {96}


@pytest.mark.parametrize(
    "coefficients",
    [
        {name: value for name, value in COEFFICIENTS.items() if name != "margin"},
        {**COEFFICIENTS, "headline": 1.0},
        {("heading" if name == "margin" else name): value for name, value in COEFFICIENTS.items()},
        {name: value for name, value in COEFFICIENTS.items() if name != INTERCEPT},
    ],
    ids=["one is missing", "one too many", "one of another name", "no intercept"],
)
def test_a_stored_fit_of_other_features_is_not_used(coefficients: dict[str, float]) -> None:
    assert not is_usable(fit(coefficients))
    assert coefficients_of(fit(coefficients)) == COEFFICIENTS


def test_a_stored_fit_of_the_same_features_is_used_in_whatever_order_it_names_them() -> None:
    stored = fit(dict(reversed(TOO_HIGH.items())))
    assert coefficients_of(stored) == TOO_HIGH
    features = ConfidenceFeatures(0.7, 0.5, 0.6, 1.2)
    assert confidence_of(features, coefficients_of(stored)) == confidence_of(features, TOO_HIGH)
    assert coefficients_of(None) == COEFFICIENTS


def test_the_confidence_that_is_fitted_is_the_confidence_that_answers_have() -> None:
    rows = examples(50, COEFFICIENTS).features
    rows[0] = NO_FEATURES
    shown = [confidence_of(ConfidenceFeatures(*row), TOO_HIGH) for row in rows.tolist()]
    assert confidences(rows, TOO_HIGH) == pytest.approx(np.array(shown), abs=5.1e-5)  # shown to four decimals


def test_an_archive_where_confidence_is_too_high_gets_a_fit_that_held_out_questions_find_better() -> None:
    found = calibrated(examples(300, TOO_HIGH))
    assert found.is_better
    assert found.brier.high < 0
    assert found.fit.held_out["ECE"].after < 0.05 < found.fit.held_out["ECE"].before
    assert (found.fit.questions, found.replaced) == (300, COEFFICIENTS)
    assert all(found.fit.coefficients[name] >= 0 for name in FEATURES)
    assert is_usable(found.fit)
    shown = found.fit.held_out["wrong of answered"]
    assert shown.after < shown.before


def test_where_the_confidence_is_right_already_little_is_gained_and_synthetic_questions_store_nothing() -> None:
    found = calibrated(examples(300, COEFFICIENTS), "synthetic")
    assert abs(found.brier.value) < 0.003
    assert not found.is_better


def test_a_confidence_no_worse_than_the_fit_is_not_replaced() -> None:
    given = examples(300, TOO_HIGH)
    again = calibrated(given, present=calibrated(given).fit.coefficients)
    assert not again.is_better  # fitted on these very questions, it is better than what has not seen them


def test_an_answer_that_shares_no_word_has_no_confidence_in_the_fit_either() -> None:
    assert confidences(np.array([NO_FEATURES, (0.0, 0.9, 0.9, 3.0)]), COEFFICIENTS).tolist() == [0.0, 0.0]
    assert confidence_of(None) == 0.0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (examples(10, COEFFICIENTS), "10 questions, at least 20"),
        (Examples(np.full((40, 4), 0.5), np.ones(40), np.arange(40)), "every answer is right"),
    ],
    ids=["too few", "all right"],
)
def test_too_little_to_fit_is_refused(given: Examples, said: str) -> None:
    with pytest.raises(EvaluationError, match=said):
        calibrated(given)


def test_labelled_questions_are_asked_twice_and_those_without_an_answer_once() -> None:
    day = date(2025, 5, 2)
    answerable = JudgedQuestion("q1", "When?", {"a": 1, "b": 0}, ("noon",), day)
    found = labelled_questions(Dataset("set", Path("unread"), (answerable,), (JudgedQuestion("q2", "Who?", {}),)))
    assert found == [
        FittingQuestion("When?", 0, ("a",), ("noon",), (), day),
        FittingQuestion("When?", 0, (), ("noon",), ("a",), day),
        FittingQuestion("Who?", 1),
    ]


def test_synthetic_questions_are_asked_without_their_article_and_every_second_one_with_it() -> None:
    made = [SyntheticQuestion(f"words {n}", "Lee", (f"a{n}",)) for n in range(3)]
    found = synthetic_questions(made)
    assert [(each.group, bool(each.exclude)) for each in found] == [(0, True), (1, True), (1, False), (2, True)]
    assert all(each.exclude or each.relevant for each in found)


def test_reference_examples_are_spread_over_the_sample_and_are_no_question_of_the_archive() -> None:
    assert len(reference_examples(150)) == 150
    assert {example.group < 0 for example in reference_examples(150)} == {True}
    few = np.array([example.features for example in reference_examples(24)])
    every = np.array([REFERENCE_EXAMPLES[name] for name in FEATURES])
    assert few.mean(axis=0) == pytest.approx(every.mean(axis=1), abs=0.15)
    assert reference_examples(0) == []


@pytest.fixture
def archive() -> list[Article]:
    """Ten articles that each tell a name of their own; one stands there twice."""
    names = "Abbott Barlow Corbin Dunmore Ellery Fenwick Garland Hadley Ingram Jessop".split()
    texts = [f"Yesterday morning the councillor {name} opened another harbour bridge number {n}." for n, name in
             enumerate(names)]  # fmt: skip
    return [*(article(f"a{n}", text) for n, text in enumerate(texts)), article("copy", texts[3])]


def test_a_synthetic_question_is_a_stretch_of_its_lead_without_the_rare_thing_asked_for(
    build: Build, archive: list[Article]
) -> None:
    generation = build(archive)
    texts = {each.id: each.text for each in archive}
    found = list(generate(generation, 30, seed=1))
    assert len(found) == 30
    for each in found:
        text = texts[each.articles[0]]
        assert each.answer in text
        assert each.answer not in WORD.findall(each.text)
        assert set(each.text.split()) <= set(WORD.findall(text))
        assert {"a3", "copy"} <= set(each.articles) or not {"a3", "copy"} & set(each.articles)


def test_the_same_archive_is_asked_the_same_questions_and_another_seed_others(
    build: Build, archive: list[Article]
) -> None:
    generation = build(archive)
    assert list(generate(generation, 20, seed=1)) == list(generate(generation, 20, seed=1))
    assert list(generate(generation, 20, seed=1)) != list(generate(generation, 20, seed=2))


def test_an_archive_that_tells_no_name_and_no_number_gives_no_question(build: Build) -> None:
    assert list(generate(build([article("a", "it rained and then it rained again all day long.")]), 20, seed=1)) == []


def test_the_sample_archive_can_be_calibrated_on_itself(seeds_service: RagService) -> None:
    found = list(generate(seeds_service.generation, 60, seed=1))
    assert len(found) >= 50
    assert len({each.articles[0] for each in found}) >= 20
