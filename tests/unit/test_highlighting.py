"""The question's words are found in a text by stem, at exact places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text import analysis
from rag.text.highlighting import finder, overlap


@pytest.mark.parametrize(
    ("question", "text", "words"),
    [
        ("When does the ferry run again?", "Ferries are running; a ferry ran.", ["Ferries", "running", "ferry"]),
        ("Was the café closed?", "The Cafe closes. CAFÉ!", ["Cafe", "closes", "CAFÉ"]),
        ("When was the ferry built?", "When it was.", []),  # words that only ask
        ("bridge", "the foot-bridge_2 bridges", ["bridge", "bridges"]),
        ("", "nothing", []),
    ],
)
def test_words_are_found_by_stem_and_words_that_only_ask_are_not(question: str, text: str, words: list[str]) -> None:
    assert [text[start:end] for start, end in finder(question)(text)] == words


@given(st.text("abcéßAB12 .,-_'\n", max_size=60), st.text("abcéAB12 ", min_size=1, max_size=12))
def test_what_is_highlighted_is_what_the_index_would_match(text: str, word: str) -> None:
    stems = set(analysis.analyse(word))
    highlighted = [text[start:end] for start, end in finder(word)(text)]
    assert [stem for piece in highlighted for stem in analysis.analyse(piece)] == [
        stem for stem in analysis.analyse(text) if stem in stems
    ]


def test_matched_and_missing_words_are_spelled_as_the_question_spells_them() -> None:
    assert overlap("When does the Ferry run again?", "Ferries ran.") == (("Ferry",), ("run",))
