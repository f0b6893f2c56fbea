"""The questions that a first visit is invited with are made from the archive and answered by it."""

from __future__ import annotations

import pytest

from api.openapi import examples
from rag.citations.citation import cite
from rag.index.generation import Generation
from rag.search.suggestions import (
    MAX_SUGGESTIONS,
    MIN_CONFIDENCE,
    SuggestedQuestion,
    _best,
    _from_sentence,
    is_sure,
    suggested_questions,
)
from rag.service import RagService
from rag.types.results import Answer, AnswerSentence
from tests.conftest import Build, article, ask

pytestmark = pytest.mark.slow  # seconds in all, of models or of many indexes


def test_each_question_is_answered_with_confidence_from_an_article_of_its_own(seeds_service: RagService) -> None:
    found = suggested_questions(seeds_service.generation, lambda question: seeds_service.answer(ask(question, k=1)))
    assert len(found) == MAX_SUGGESTIONS
    answered = [seeds_service.answer(ask(question, k=1)) for question in found]
    assert all(answer.answered and answer.confidence >= MIN_CONFIDENCE for answer in answered)
    assert len({answer.sentences[0].citation.id for answer in answered}) == MAX_SUGGESTIONS
    assert found == suggested_questions(
        seeds_service.generation, lambda question: seeds_service.answer(ask(question, k=1))
    )


def test_what_the_sample_archive_invites_with_asks_for_somebody_or_a_number_by_name(seeds_service: RagService) -> None:
    found = suggested_questions(seeds_service.generation, lambda question: seeds_service.answer(ask(question, k=1)))
    assert all(SuggestedQuestion(question, None, 1.0).is_specific for question in found), found


def test_questions_with_a_name_come_first_then_the_surest_each_of_another_source() -> None:
    made = [
        SuggestedQuestion("How many people were treated for cold?", "Wire", 0.99),
        SuggestedQuestion("What was closed by the council of Graup?", "Post", 0.98),
        SuggestedQuestion("Who won the cup in Graup?", "Courier", 0.8),
        SuggestedQuestion("How many died in Graup?", "Courier", 0.9),
        SuggestedQuestion("Who left Graup?", "Post", 0.7),
    ]
    assert _best(made) == ("How many died in Graup?", "Who left Graup?", "Who won the cup in Graup?")
    assert _best(made[:3]) == (
        "Who won the cup in Graup?",
        "How many people were treated for cold?",
        "What was closed by the council of Graup?",
    )
    assert _best(made[2:4]) == ("How many died in Graup?", "Who won the cup in Graup?")
    assert _best([]) == ()


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("Odile Marsden was chosen by lot from 6,300 people, she said.", "Who was chosen by lot from 6,300 people?"),
        ("The Halloran Bridge reopened after 431.5 days on Saturday.", None),  # too short without the day of the week
        ("The Halloran Bridge was closed to traffic for repairs.", "What was closed to traffic for repairs?"),
        ("The Halloran Bridge was closed to traffic at 5.40 for repairs.", None),  # nobody asks by the minute
        ("The Halloran Bridge will not reopen before the spring of 2025.", None),  # nor for what will not be
        ("Ann Lee hasn’t been paid for the bridge over the Tarn.", None),
        ("Ann Lee paid £5.40 for the old bridge over the Tarn.", "Who paid £5.40 for the old bridge over the Tarn?"),
        ("The Tarnhaven Rovers beat their rivals by four goals.", None),  # no thing does that
        ("About 300 people marched through the old town; it rained.", "How many people marched through the old town?"),
        ("On Monday Ann Lee opened the new bridge over the river.", None),  # its subject is not what it begins with
        ("Ann Lee said that she would not stand for mayor again.", None),  # "she" is nobody in a question
        ("Ann Lee resigned on Monday.", None),  # too short to be told from others
    ],
)
def test_a_sentence_becomes_the_question_for_its_subject_or_its_number(sentence: str, question: str | None) -> None:
    assert _from_sentence(sentence, "") == question


def test_a_question_that_a_time_word_narrows_or_another_article_answers_is_not_sure(seeds_service: RagService) -> None:
    answer = seeds_service.answer(ask("How long was the Halloran Bridge closed?", k=1))
    own = answer.sentences[0].citation.id
    assert is_sure(answer, own)
    assert not is_sure(answer, "another")
    assert not is_sure(answer.model_copy(update={"confidence": MIN_CONFIDENCE - 0.01}), own)
    assert not is_sure(seeds_service.answer(ask("What is the capital of Australia?", k=1)), own)


def test_only_a_headline_that_asks_is_a_question(build: Build) -> None:
    """What is asked is answered for sure here: whether it may be offered is left."""
    text = "no one saw the ferry leave."
    titles = ("Why did the Graup ferry leave early?", "Graup ferry leaves early for the winter", "Why leave?")
    generation = build([article(f"a{n}", text, title) for n, title in enumerate(titles)])
    assert suggested_questions(generation, lambda question: _sure(generation, question)) == (titles[0],)


def _sure(generation: Generation, question: str) -> Answer:
    held = generation.archive.articles_at(range(generation.archive.articles)).values()
    said = next(one.article for one in held if one.article.title == question)
    cited = cite(said, f"{said.id}#1", 0, len(said.text), 0)
    sentence = AnswerSentence(text=said.text, score=1.0, hit_rank=1, citation=cited)
    return examples.ANSWER.model_copy(update={"interpreted": None, "confidence": 1.0, "sentences": (sentence,)})


def test_an_archive_of_which_no_sentence_can_be_turned_has_no_question(build: Build, seeds_service: RagService) -> None:
    generation = build([article("a", "no. no.", "Short")])
    assert suggested_questions(generation, lambda question: seeds_service.answer(ask(question, k=1))) == ()
