"""Sentences are picked verbatim from hits, in order of how well they fit, and none where nothing fits."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.citations.citation import cite
from rag.search import answers
from rag.search.answers import ExpectedAnswer, Selection, expected_pattern
from rag.search.confidence import Analyse, TermWeight, confidence_of, coverage
from rag.text import analysis
from rag.text.english import NAME, NUMBER, TIME, content_words
from rag.text.sentences import sentences
from rag.types.articles import Passage, Span
from rag.types.results import Hit, StageScores
from tests.conftest import article

FERRY = "The ferry fire began in a galley. It was out by noon, said Ann Lee."


def terms(text: str) -> list[str]:
    return list(dict.fromkeys(analysis.WORD.findall(text.lower())))


def alike(_: str) -> float:
    return 1.0


def rare(term: str) -> float:
    return {"ferry": 0.1, "galley": 5.0}.get(term, 1.0)


def hit(text: str, *, rank: int = 1, dense: float = 0.5, fused: float = 0.0, before: str = "") -> Hit:
    """A hit on a passage `text` that stands after `before` in its article."""
    source = article(f"a{rank}", before + text)
    start, end = len(before), len(before + text)
    scores = StageScores(
        dense=dense, lexical=None, dense_normalised=0, lexical_normalised=0,
        dense_rank=rank, lexical_rank=None, time=0, max_sim=None, fused=fused,
    )  # fmt: skip
    passage = Passage(id=f"a{rank}#1", article_id=source.id, start=start, end=end, paragraph=0, text=text)
    return Hit(rank=rank, passage=passage, citation=cite(source, passage.id, start, end, 0), scores=scores,
               passages_matched=1)  # fmt: skip


def answer(question: str, hits: Sequence[Hit], terms: Analyse, weight: TermWeight, sim: float = 0.3) -> Selection:
    """`answering.answer`, given the sentences of the first hits, all as near to the question."""
    sentences = [spans(hit.passage) for hit in hits[: answers.PASSAGES_READ]]
    sims = [[sim] * len(found) for found in sentences]
    return answers.select(question, hits, sentences, sims, terms, weight)


def confidence(found: Selection) -> float:
    return confidence_of(found.features)


def spans(passage: Passage) -> list[Span]:
    return [
        Span(start=passage.start + found.start, end=passage.start + found.end, paragraph=found.paragraph)
        for found in sentences(passage.text)
    ]


def shown(found: Selection, hits: Sequence[Hit]) -> list[str]:
    """The text of each sentence, cut out of the passage that it names."""
    texts = []
    for sentence in found.sentences:
        passage = hits[sentence.place].passage
        texts.append(passage.text[sentence.span.start - passage.start : sentence.span.end - passage.start])
    return texts


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("How many people were killed?", "people killed"),
        ("WHO did the mayor thank?", "the mayor thank"),
        ("What did he say about rope, paint and tar?", "rope paint and tar"),
    ],
)
def test_function_words_are_dropped_whatever_their_case(question: str, kept: str) -> None:
    assert content_words(question) == kept


def test_a_question_of_function_words_alone_is_kept_whole() -> None:
    assert content_words("Who were you?") == "Who were you?"


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many boats were lost?", NUMBER),
        ("How much did it cost?", NUMBER),
        ("HOW LONG was the jury out?", NUMBER),
        ("What percentage voted?", NUMBER),
        ("What number of ships waited?", NUMBER),
        ("When did the bridge close?", TIME),
        ("In which year was the mill built?", TIME),
        ("On what date is the vote?", TIME),
        ("Who won?", NAME),
        ("Whose dog barked?", NAME),
        ("Where is the mill?", NAME),
        ("Why did the bridge close?", None),
        ("What closed the bridge?", None),
        ("Show the whole story.", None),
    ],
)
def test_the_question_s_words_tell_what_kind_of_thing_its_answer_holds(question: str, kind: object) -> None:
    assert expected_pattern(question) is kind


@pytest.mark.parametrize(
    ("kind", "text", "holds"),
    [
        (NUMBER, "It cost £11.8 million.", True),
        (NUMBER, "Eleven were hurt.", True),
        (NUMBER, "Nobody was hurt.", False),
        (NUMBER, "They often met.", False),
        (TIME, "It closed in May.", True),
        (TIME, "It closed on Tuesday.", True),
        (TIME, "It closed in 1988.", True),
        (TIME, "It took three weeks.", False),
        (TIME, "It may close.", False),
        (NAME, "The prize went to Ann Lee.", True),
        (NAME, "A prize was given.", False),
    ],
)
def test_a_kind_is_found_in_a_sentence_that_holds_it(kind: re.Pattern[str], text: str, holds: bool) -> None:
    assert (kind.search(text) is not None) == holds


@pytest.mark.parametrize(
    ("kind", "text", "holds"),
    [
        (NAME, "The prize went to Ann Lee.", False),
        (NAME, "The prize went to Bo Ray.", True),
        (NUMBER, "All 21 swam.", False),
        (NUMBER, "All 22 swam.", True),
        (None, "All 22 swam.", False),
    ],
)
def test_what_the_question_names_itself_does_not_answer_it(
    kind: re.Pattern[str] | None, text: str, holds: bool
) -> None:
    asked = frozenset("who saw ann lee and the 21".split())
    assert (ExpectedAnswer(kind, asked, frozenset()).match_score(text) > 0) == holds


def test_what_is_asked_for_counts_more_near_the_question_s_words() -> None:
    wanted = ExpectedAnswer.of("How many swimmers reached the harbour?", terms)
    near = wanted.match_score("At the harbour 22 swimmers were counted, after a long night of wind and rain.")
    far = wanted.match_score("Swimmers, after a long night of wind and rain, were counted at last, and there were 22.")
    assert answers.KIND_WEIGHT < far < near
    assert wanted.match_score("All 22 slept.") == answers.KIND_WEIGHT
    assert wanted.match_score("The swimmers slept.") == 0


def test_word_pairs_stand_side_by_side() -> None:
    assert answers.word_pairs("The ferry, the galley") == {("the", "ferry"), ("ferry", "the"), ("the", "galley")}


def test_of_sentences_alike_the_one_nearer_by_late_interaction_is_shown_first() -> None:
    hits = [hit("The ferry sank. The ferry sank.")]
    found = answers.select("ferry sank", hits, [spans(hits[0].passage)], [[0.2, 0.4]], terms, alike)
    assert found.sentences[0].span.start > 0


def test_coverage_is_the_share_of_the_question_s_terms_by_their_weight() -> None:
    assert coverage(["ferry", "galley"], ["ferry", "ferry", "sank"], alike) == 0.5
    assert coverage(["ferry", "galley"], ["galley"], rare) == pytest.approx(5.0 / 5.1)


def test_coverage_is_0_where_nothing_is_asked_or_no_term_weighs() -> None:
    assert coverage([], ["ferry"], alike) == 0.0
    assert coverage(["ferry"], ["ferry"], lambda _: 0.0) == 0.0


@given(st.lists(st.sampled_from("abcd"), max_size=5), st.lists(st.sampled_from("abcdef"), max_size=9))
def test_coverage_is_a_share(question: list[str], text: list[str]) -> None:
    assert 0.0 <= coverage(question, text, rare) <= 1.0


def test_the_sentence_that_holds_the_question_s_words_comes_first() -> None:
    hits = [hit(FERRY)]
    assert shown(answer("Where did the ferry fire begin, in a galley?", hits, terms, alike), hits)[0] == (
        "The ferry fire began in a galley."
    )


def test_spans_are_the_article_s_where_the_passage_does_not_begin_it() -> None:
    before = "One earlier paragraph.\n\n"
    found = answer("galley fire", [hit(FERRY, before=before)], terms, alike).sentences[0]
    assert (before + FERRY)[found.span.start : found.span.end] == "The ferry fire began in a galley."


WORDS = st.lists(st.sampled_from("ferry galley fire mayor Ann 21 noon ’“”🙂 é".split()), min_size=1, max_size=6)
TEXTS = st.lists(WORDS.map(" ".join), min_size=1, max_size=6).map(lambda parts: ". ".join(parts) + ".")
SCORES = st.floats(-1, 1)


@given(st.lists(st.tuples(TEXTS, SCORES, SCORES), min_size=1, max_size=12), WORDS.map(" ".join))
def test_one_to_three_sentences_are_shown_verbatim_best_first(
    given_hits: list[tuple[str, float, float]], question: str
) -> None:
    hits = [hit(text, rank=n, dense=dense, fused=fused) for n, (text, dense, fused) in enumerate(given_hits, 1)]
    found = answer(f"Who {question}", hits, terms, alike)
    if not terms(content_words(f"Who {question}")):
        return
    assert 1 <= len(found.sentences) <= answers.MAX_SENTENCES
    assert all(text and text == text.strip() for text in shown(found, hits))
    assert all(sentence.place < answers.PASSAGES_READ for sentence in found.sentences)
    order = [(-sentence.score, sentence.place, sentence.span.start) for sentence in found.sentences]
    assert order == sorted(order)
    assert len(set(order)) == len(order)
    assert 0.0 <= confidence(found) <= 1.0


def test_sentences_that_score_alike_keep_the_order_of_passages_and_text() -> None:
    same = "The ferry burned. The ferry burned."
    found = answer("ferry burned", [hit(same), hit(same, rank=2)], terms, alike)
    assert [(sentence.place, sentence.span.start) for sentence in found.sentences] == [(0, 0), (0, 18), (1, 0)]


def test_a_further_sentence_is_shown_only_if_it_scores_the_follow_share_of_the_first() -> None:
    hits = [hit("The ferry fire began in a galley. A seal slept.", dense=0.0)]
    found = answer("What began the ferry fire in the galley?", hits, terms, alike)
    assert shown(found, hits) == ["The ferry fire began in a galley."]
    close = [hit("The ferry fire began in a galley. The galley began the ferry fire.", dense=0.0)]
    best, second = answer("What began the ferry fire in the galley?", close, terms, alike).sentences
    assert second.score >= answers.FOLLOW_SHARE * best.score


def test_the_kind_that_is_asked_for_breaks_the_tie() -> None:
    hits = [hit("The ferry sank in a storm. The ferry sank, and 21 swam.")]
    assert shown(answer("How many sank on the ferry?", hits, terms, alike), hits)[0].endswith("21 swam.")


def test_a_rare_word_counts_more_than_a_common_one() -> None:
    hits = [hit("The ferry is late. The galley is clean.")]
    assert shown(answer("ferry galley", hits, terms, rare), hits)[0] == "The galley is clean."


def test_confidence_is_0_where_no_word_is_shared_however_near_the_passage() -> None:
    found = answer("Which submarine surfaced?", [hit(FERRY, dense=0.95)], terms, alike)
    assert confidence(found) == 0.0


def test_confidence_grows_with_the_words_that_are_shared_and_with_late_interaction() -> None:
    near = [confidence(answer("ferry fire galley", [hit(FERRY)], terms, alike, sim)) for sim in (0.1, 0.5)]
    few = confidence(answer("ferry submarine torpedo", [hit(FERRY)], terms, alike, 0.5))
    assert few < near[1]
    assert near[0] < near[1]


def test_confidence_is_less_where_another_article_says_it_as_well() -> None:
    alone = answer("ferry fire galley", [hit(FERRY)], terms, alike)
    rivalled = answer("ferry fire galley", [hit(FERRY), hit(FERRY, rank=2)], terms, alike)
    assert confidence(rivalled) < confidence(alone)


def test_a_score_below_0_still_shows_the_best_sentence() -> None:
    hits = [hit("sleet fell. the rain went on.", dense=-0.1)]
    found = answer("Who owns a parrot?", hits, terms, alike)
    assert len(found.sentences) >= 1
    assert confidence(found) == 0.0


@pytest.mark.parametrize(("question", "hits"), [("Who won?", []), ("??", [hit(FERRY)])], ids=["no hits", "no words"])
def test_nothing_to_ask_or_to_read_gives_no_sentence(question: str, hits: list[Hit]) -> None:
    assert answer(question, hits, terms, alike) == Selection((), None)
