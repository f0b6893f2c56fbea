"""The questions that a first visit is invited with are made from the archive and answered by it."""

from __future__ import annotations

import pytest

from rag.inviting import LEAST_CONFIDENCE, SHOWN, _turned, answers, invitation
from tests.conftest import Build, article


def test_each_question_is_answered_with_confidence_from_an_article_of_its_own(seeds_service) -> None:
    found = invitation(seeds_service.generation, lambda question: seeds_service.answer(question, k=1))
    assert len(found) == SHOWN
    answered = [seeds_service.answer(question, k=1) for question in found]
    assert all(answer.answered and answer.confidence >= LEAST_CONFIDENCE for answer in answered)
    assert len({answer.sentences[0].citation.id for answer in answered}) == SHOWN
    assert len({answer.sentences[0].citation.source for answer in answered}) > 1
    assert found == invitation(seeds_service.generation, lambda question: seeds_service.answer(question, k=1))


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("Odile Marsden was chosen by lot from 6,300 people, she said.", "Who was chosen by lot from 6,300 people?"),
        ("The Halloran Bridge reopened after 431.5 days on Saturday.", None),  # too short without the day of the week
        (
            "The Halloran Bridge was closed to traffic at 5.40 for repairs.",
            "What was closed to traffic at 5.40 for repairs?",
        ),
        ("The Tarnhaven Rovers beat their rivals by four goals.", None),  # no thing does that
        ("About 300 people marched through the old town; it rained.", "How many people marched through the old town?"),
        ("On Monday Ann Lee opened the new bridge over the river.", None),  # its subject is not what it begins with
        ("Ann Lee said that she would not stand for mayor again.", None),  # "she" is nobody in a question
        ("Ann Lee resigned on Monday.", None),  # too short to be told from others
    ],
)
def test_a_sentence_becomes_the_question_for_its_subject_or_its_number(sentence: str, question: str | None) -> None:
    assert _turned(sentence, "") == question


def test_a_question_that_a_time_word_narrows_or_another_article_answers_is_not_sure(seeds_service) -> None:
    answer = seeds_service.answer("How long was the Halloran Bridge closed?", k=1)
    own = answer.sentences[0].citation.id
    assert answers(answer, own)
    assert not answers(answer, "another")
    assert not answers(answer.model_copy(update={"confidence": LEAST_CONFIDENCE - 0.01}), own)
    assert not answers(seeds_service.answer("What is the capital of Australia?", k=1), own)


def test_an_archive_of_which_no_sentence_can_be_turned_has_no_question(build: Build, seeds_service) -> None:
    generation = build([article("a", "no. no.", "Short")])
    assert invitation(generation, lambda question: seeds_service.answer(question, k=1)) == ()
