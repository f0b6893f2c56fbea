"""The first sentence of an article becomes its title where it states none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.loaders.fields import lead_title


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("The bridge shut. It was old.", "The bridge shut."),
        ("Mr. Lee of the U.S. team won. He ran.", "Mr. Lee of the U.S. team won."),
        ("A first\nparagraph on two lines\n\nSecond.", "A first paragraph on two lines"),
        ("- a list item\n- another", "a list item"),
        ("word " * 40, "word " * 17 + "word…"),
        ("word, " * 30, "word, " * 14 + "word…"),
        ("長" * 200, "長" * 89 + "…"),
    ],
)
def test_a_lead_is_the_first_sentence_cut_after_a_word(text: str, title: str) -> None:
    assert lead_title.lead(text.strip()) == title


@given(st.text(st.characters(exclude_categories=["Cs"])).map(str.strip).filter(bool))
def test_a_lead_is_one_short_line_that_is_not_empty(text: str) -> None:
    lead = lead_title.lead(text)
    assert 1 <= len(lead) <= lead_title.MAX_CHARS
    assert lead == " ".join(lead.split())
