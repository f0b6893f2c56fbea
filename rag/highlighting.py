"""Where the words of a question stand in a text, as the search by words sees them: by stem, without accents."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from functools import lru_cache

from rag import answering, lexical

WORD = re.compile(r"[^\W_]+")  # as tantivy's simple tokenizer cuts
STEMS_KEPT = 20_000

_local = threading.local()


def finder(question: str) -> Callable[[str], list[tuple[int, int]]]:
    """Return what finds the words of `question` in a text: their spans, in order; words that only ask are not sought."""
    sought = set(_analyse(answering.content(question)))

    def find(text: str) -> list[tuple[int, int]]:
        return [match.span() for match in WORD.finditer(text) if _stem(match.group()) in sought]

    return find


@lru_cache(STEMS_KEPT)
def _stem(word: str) -> str | None:
    return next(iter(_analyse(word)), None)


def _analyse(text: str) -> list[str]:
    if not hasattr(_local, "analyzer"):
        _local.analyzer = lexical.analyzer()  # it serves one thread at a time
    found: list[str] = _local.analyzer.analyze(text)
    return found
