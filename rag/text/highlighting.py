"""Where the words of a question occur in a text: by stem and without accents, as BM25 matches them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from rag.text import analysis
from rag.text.english import content_words


class WordOverlap(NamedTuple):
    """The words of a question that occur in a text and those that do not, as the question spells them."""

    matched: tuple[str, ...]
    missing: tuple[str, ...]


def finder(question: str) -> Callable[[str], list[tuple[int, int]]]:
    """Return a function that finds the words of `question` in a text: their (start, end), in order.

    Function words and stop words are not looked for. The stems of the question are computed once for all texts.
    """
    stems = set(analysis.analyse(content_words(question)))

    def find(text: str) -> list[tuple[int, int]]:
        return [(start, end) for start, end, stem in analysis.tokens(text) if stem in stems]

    return find


def overlap(question: str, text: str) -> WordOverlap:
    """Return which words of `question` occur in `text` by stem; function words and stop words count as neither."""
    stems = set(analysis.analyse(text))
    words = [word for word in dict.fromkeys(analysis.WORD.findall(content_words(question))) if analysis.stem(word)]
    return WordOverlap(
        tuple(word for word in words if analysis.stem(word) in stems),
        tuple(word for word in words if analysis.stem(word) not in stems),
    )
