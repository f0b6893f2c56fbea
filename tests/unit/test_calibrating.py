"""Calibration: questions become examples, what was held out decides, and made questions hide what they ask for."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from rag.errors import EvaluationError
from rag.evaluation.datasets import Dataset, Question
from rag.evaluation.fitting import logistic
from rag.evaluation.fitting.confidence import Calibration, Kind, calibrate, confidences
from rag.evaluation.fitting.examples import NOTHING, TYPICAL, Ask, Examples, asks_made, asks_of, typical
from rag.evaluation.fitting.synthetic_questions import SyntheticQuestion, make
from rag.search.confidence import COEFFICIENTS, confidence_of
from rag.service import RagService
from rag.text.analysis import WORD
from rag.types.articles import Article
from tests.conftest import Build, article


def examples(count: int, slopes: tuple[float, ...], seed: int = 3) -> Examples:
    """Two examples a question, right as often as `slopes` say."""
    draw = np.random.default_rng(seed)
    evidence = np.abs(np.array([0.6, 0.5, 0.55, 0.8]) + draw.standard_normal((2 * count, 4)) * [0.2, 0.1, 0.1, 0.5])
    right = draw.random(2 * count) < logistic.probabilities(evidence, slopes)
    return Examples(evidence, right.astype(float), np.repeat(np.arange(count), 2))


def calibrated(given: Examples, kind: Kind = "labelled") -> Calibration:
    return calibrate(given, COEFFICIENTS, kind=kind, on="a set", threshold=0.35)


def test_an_archive_where_confidence_is_too_high_gets_a_fit_that_held_out_questions_find_better() -> None:
    found = calibrated(examples(300, (COEFFICIENTS[0] - 2, *COEFFICIENTS[1:])))
    assert found.is_better
    assert found.brier.high < 0
    assert found.fit.held_out["ECE"].after < 0.05 < found.fit.held_out["ECE"].before
    assert (found.fit.questions, found.replaced) == (300, COEFFICIENTS)
    assert all(slope >= 0 for slope in found.fit.slopes[1:])
    shown = found.fit.held_out["wrong of answered"]
    assert shown.after < shown.before


def test_where_the_confidence_is_right_already_little_is_gained_and_made_questions_store_nothing() -> None:
    found = calibrated(examples(300, COEFFICIENTS), "made")
    assert abs(found.brier.value) < 0.003
    assert not found.is_better


def test_a_confidence_no_worse_than_the_fit_is_not_replaced() -> None:
    given = examples(300, (COEFFICIENTS[0] - 2, *COEFFICIENTS[1:]))
    stored = calibrated(given).fit.slopes
    again = calibrate(given, stored, kind="labelled", on="a set", threshold=0.35)
    assert not again.is_better  # fitted on these very questions, it is better than what has not seen them


def test_an_answer_that_shares_no_word_has_no_confidence_in_the_fit_either() -> None:
    assert confidences(np.array([NOTHING, (0.0, 0.9, 0.9, 3.0)]), COEFFICIENTS).tolist() == [0.0, 0.0]
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
    answerable = Question("q1", "When?", {"a": 1, "b": 0}, ("noon",), day)
    found = asks_of(Dataset("set", Path("unread"), (answerable,), (Question("q2", "Who?", {}),)))
    assert found == [
        Ask("When?", 0, ("a",), ("noon",), (), day),
        Ask("When?", 0, (), ("noon",), ("a",), day),
        Ask("Who?", 1),
    ]


def test_made_questions_are_asked_without_their_article_and_every_second_one_with_it() -> None:
    made = [SyntheticQuestion(f"words {n}", "Lee", (f"a{n}",)) for n in range(3)]
    found = asks_made(made)
    assert [(each.group, bool(each.exclude)) for each in found] == [(0, True), (1, True), (1, False), (2, True)]
    assert all(each.exclude or each.gold for each in found)


def test_typical_answers_are_spread_over_the_sample_and_are_no_question_of_the_archive() -> None:
    assert len(typical(150)) == 150
    assert {each.group < 0 for each in typical(150)} == {True}
    few = np.array([each.evidence for each in typical(24)])
    assert few.mean(axis=0) == pytest.approx(TYPICAL.mean(axis=0), abs=0.15)
    assert typical(0) == []


@pytest.fixture
def archive() -> list[Article]:
    """Ten articles that each tell a name of their own; one stands there twice."""
    names = "Abbott Barlow Corbin Dunmore Ellery Fenwick Garland Hadley Ingram Jessop".split()
    texts = [f"Yesterday morning the councillor {name} opened another harbour bridge number {n}." for n, name in
             enumerate(names)]  # fmt: skip
    return [*(article(f"a{n}", text) for n, text in enumerate(texts)), article("copy", texts[3])]


def test_a_made_question_is_a_stretch_of_its_lead_without_the_rare_thing_asked_for(
    build: Build, archive: list[Article]
) -> None:
    generation = build(archive)
    texts = {each.id: each.text for each in archive}
    found = list(make(generation, 30, seed=1))
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
    assert list(make(generation, 20, seed=1)) == list(make(generation, 20, seed=1))
    assert list(make(generation, 20, seed=1)) != list(make(generation, 20, seed=2))


def test_an_archive_that_tells_no_name_and_no_number_gives_no_question(build: Build) -> None:
    assert list(make(build([article("a", "it rained and then it rained again all day long.")]), 20, seed=1)) == []


def test_the_sample_archive_can_be_calibrated_on_itself(seeds_service: RagService) -> None:
    found = list(make(seeds_service.generation, 60, seed=1))
    assert len(found) >= 50
    assert len({each.articles[0] for each in found}) >= 20
