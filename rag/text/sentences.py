"""Text -> paragraphs and sentences, at exact offsets. Sentence ends are nupunkt's; paragraphs bound them."""

from __future__ import annotations

import re

import nupunkt

from rag.types.articles import Span

PARAGRAPH_BREAK = re.compile(r"\n(?:[^\S\n]*\n)+|\n(?=[-*•] )")  # a blank line, or a list's next item


def paragraphs(text: str) -> list[tuple[int, int]]:
    """Return the trimmed span of each paragraph: what stands between blank lines, or one list item."""
    found, start = [], 0
    for match in PARAGRAPH_BREAK.finditer(text):
        found.append((start, match.start()))
        start = match.end()
    found.append((start, len(text)))
    spans = (trimmed(text, *span) for span in found)
    return [(start, end) for start, end in spans if start < end]


def sentences(text: str) -> list[Span]:
    """Return every sentence, trimmed, in order; together they cover all that is not white space."""
    found = []
    for number, (start, end) in enumerate(paragraphs(text)):
        for span in nupunkt.sent_spans(text[start:end]):
            first, last = trimmed(text, start + span[0], start + span[1])
            if first < last:
                found.append(Span(start=first, end=last, paragraph=number))
    return found


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span without the white space at its ends."""
    stripped = text[start:end].lstrip()
    start = end - len(stripped)
    return start, start + len(stripped.rstrip())
