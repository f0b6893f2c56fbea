"""A title for an article that states none: its first sentence."""

from __future__ import annotations

import re

from rag.text.sentences import paragraphs, sentences

MAX_CHARS = 90  # One line of a list of results
BULLET = re.compile(r"[-*•]\s+")
READ_CHARS = 1000  # The first sentence ends before; dividing the rest would take time


def lead(text: str) -> str:
    """Return the first sentence of `text` on one line, cut after a word to at most MAX_CHARS characters with "…"."""
    start, end = paragraphs(text[:READ_CHARS])[0]
    first = sentences(text[start:end])[0]
    line = " ".join(text[start + first.start : start + first.end].split())
    line = line[bullet.end() :] if (bullet := BULLET.match(line)) else line
    if len(line) <= MAX_CHARS:
        return line
    cut = line[:MAX_CHARS].rpartition(" ")[0] or line[: MAX_CHARS - 1]
    return cut.rstrip(" ,;:–—-") + "…"
