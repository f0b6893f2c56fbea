"""Passages are whole sentences at exact offsets, within the budget, and cover the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.models.hashing import HashingEmbedder
from rag.text.chunking import Tokens, chunk, cut_title_prefix, title_prefix
from rag.text.sentences import paragraphs, sentences
from rag.types.articles import Span
from tests.conftest import article

tokens = HashingEmbedder().tokens
TEXTS = st.text(
    st.one_of(st.sampled_from("ab.!?\n \t“”’\u2028\u0085\u200f🙂é-"), st.characters(exclude_categories=["Cs"])),
    min_size=1,
    max_size=600,
).filter(str.strip)


def chunked(text: str, head: str, tokens: Tokens, budget: int) -> list[Span]:
    return chunk(text, sentences(text), [start for start, _ in tokens([text])[0]], head, tokens, budget)


def uncovered(text: str, spans: list[tuple[int, int]]) -> str:
    end, missing = 0, ""
    for start, stop in spans:
        assert end <= start < stop <= len(text)
        missing += text[end:start]
        end = stop
    return missing + text[end:]


@given(TEXTS)
def test_sentences_are_in_order_and_cover_every_character_that_is_not_white_space(text: str) -> None:
    spans = [(span.start, span.end) for span in sentences(text)]
    assert not uncovered(text, spans).strip()


@given(TEXTS, st.integers(4, 40))
def test_passages_cover_the_text_and_keep_the_budget(text: str, budget: int) -> None:
    head = cut_title_prefix("One title of some words\n", tokens, budget)
    spans = chunked(text, head, tokens, budget)
    assert not uncovered(text, [(span.start, span.end) for span in spans]).strip()
    for span in spans:
        assert len(tokens([head + text[span.start : span.end]])[0]) <= budget


@given(TEXTS, st.integers(4, 40))
def test_a_passage_ends_where_a_sentence_ends_unless_the_sentence_alone_exceeds_the_budget(
    text: str, budget: int
) -> None:
    ends = {span.end for span in sentences(text)}
    long = [
        (span.start, span.end) for span in sentences(text) if len(tokens([text[span.start : span.end]])[0]) > budget
    ]
    for span in chunked(text, "", tokens, budget):
        assert span.end in ends or any(start < span.end < end for start, end in long)


def test_a_paragraph_end_is_preferred_where_the_passage_is_half_full() -> None:
    text = "One two three. Four five six.\n\nSeven eight nine. Ten eleven twelve."
    found = [text[span.start : span.end] for span in chunked(text, "", tokens, 9)]
    assert found == ["One two three. Four five six.", "Seven eight nine. Ten eleven twelve."]


def test_a_paragraph_end_far_from_the_middle_is_passed_over() -> None:
    text = "One.\n\nTwo three four. Five six seven. Eight nine ten."
    found = [text[span.start : span.end] for span in chunked(text, "", tokens, 8)]
    assert found == ["One.\n\nTwo three four.", "Five six seven. Eight nine ten."]


def test_no_short_tail_is_left_over() -> None:
    text = " ".join(f"Word{n} and three more." for n in range(5))
    assert [len(tokens([text[span.start : span.end]])[0]) for span in chunked(text, "", tokens, 16)] == [
        12,
        8,
    ]


def test_a_sentence_longer_than_the_budget_is_divided_between_words() -> None:
    text = "word " * 30
    found = [text[span.start : span.end] for span in chunked(text, "", tokens, 8)]
    assert all(set(piece.split()) == {"word"} for piece in found)
    assert sum(len(piece.split()) for piece in found) == 30


def test_the_passage_knows_the_paragraph_it_begins_in() -> None:
    text = "One two three four.\n\nFive six seven eight.\n\nNine ten eleven twelve."
    assert [span.paragraph for span in chunked(text, "", tokens, 4)] == [0, 1, 2]


def test_a_derived_title_is_not_embedded() -> None:
    assert title_prefix(article("a", "Text.", "Given")) == "Given\n"
    assert title_prefix(article("a", "Text.", "Text", title_from="lead")) == ""


def test_a_long_title_takes_at_most_a_quarter_of_the_budget() -> None:
    assert cut_title_prefix("one two three four five six seven eight nine\n", tokens, 16) == "one two three four\n"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Mr. Lee met Dr. Smith on Jan. 6 at 5 p.m. in St. Louis.", 1),
        ("“We can’t find any.” He left.", 2),
        ("First line\n\nsecond paragraph without an end", 2),
        ("A list:\n- one\n- two", 3),
        ("It rose 3.5 percent. The U.S. economy grew.", 2),
    ],
)
def test_sentence_ends_are_found_as_a_reader_would(text: str, count: int) -> None:
    assert len(sentences(text)) == count


def test_a_line_separator_inside_a_sentence_does_not_end_a_paragraph() -> None:
    assert len(paragraphs("one\u2028two\n\nthree")) == 2
