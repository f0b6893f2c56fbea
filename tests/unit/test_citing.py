"""A citation leads back to the characters it quotes."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.citations.citation import cite, text_fragment
from tests.conftest import article

TEXT = "The first paragraph stands here.\n\nThe second one holds a quote, and more - “much” more."


@given(st.data())
def test_quote_prefix_and_suffix_are_the_article_s_own_characters(data: st.DataObject) -> None:
    text = data.draw(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip))
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    citation = cite(article("a", text), "a#1", start, end, 0)
    assert text[citation.start : citation.end] == citation.quote
    assert text[: citation.start].endswith(citation.prefix)
    assert text[citation.end :].startswith(citation.suffix)


def test_only_an_article_with_a_url_is_linked() -> None:
    assert cite(article("a", TEXT), "a#1", 0, 9, 0).link is None
    linked = article("a", TEXT, url="https://courier.example/a#top")
    assert cite(linked, "a#1", 0, 9, 0).link == "https://courier.example/a#:~:text=The%20first"


def test_a_long_quotation_is_named_by_its_first_and_last_words() -> None:
    link = text_fragment("https://courier.example/a", TEXT, 0, len(TEXT))
    first, last = unquote(link.partition("#:~:text=")[2]).split(",", 1)
    assert (first, last) == ("The first paragraph stands here.", "and more - “much” more.")


@pytest.mark.parametrize("sign", [",", "-", "&", "#", "%"])
def test_signs_with_a_meaning_in_a_text_directive_are_encoded(sign: str) -> None:
    text = f"one{sign}two"
    link = text_fragment("https://courier.example/a", text, 0, len(text))
    assert link == f"https://courier.example/a#:~:text=one%{ord(sign):02X}two"
