"""Where the words of a question stand in a text, as the search by words sees them: by stem, without accents."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from rag.index import lexical
from rag.text import english

WORD = re.compile(r"[^\W_]+")  # as tantivy's simple tokenizer cuts
STEMS_KEPT = 20_000

_local = threading.local()


class Shared(NamedTuple):
    """The words of a question that a text holds, and those that it does not, as the question has them."""

    held: tuple[str, ...]
    missing: tuple[str, ...]


def finder(question: str) -> Callable[[str], list[tuple[int, int]]]:
    """Return what finds the words of `question` in a text: their spans, in order; words that only ask are left out."""
    sought = set(_analyse(english.content_words(question)))

    def find(text: str) -> list[tuple[int, int]]:
        return [match.span() for match in WORD.finditer(text) if _stem(match.group()) in sought]

    return find


def shared(question: str, text: str) -> Shared:
    """Return which words of `question` stand in a text by stem; words that only ask are left out."""
    held = {_stem(word) for word in WORD.findall(text)}
    asked = [word for word in dict.fromkeys(WORD.findall(english.content_words(question))) if _stem(word)]
    return Shared(
        tuple(word for word in asked if _stem(word) in held), tuple(word for word in asked if _stem(word) not in held)
    )


@lru_cache(STEMS_KEPT)
def _stem(word: str) -> str | None:
    return next(iter(_analyse(word)), None)


def _analyse(text: str) -> list[str]:
    if not hasattr(_local, "analyzer"):
        _local.analyzer = lexical.analyzer()  # it serves one thread at a time
    found: list[str] = _local.analyzer.analyze(text)
    return found
