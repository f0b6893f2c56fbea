"""Text -> paragraphs and sentences, at exact offsets. nupunkt finds sentence ends; no sentence crosses a paragraph."""

from __future__ import annotations

import re

import nupunkt

from rag.types.articles import Span

PARAGRAPH_BREAK = re.compile(r"\n(?:[^\S\n]*\n)+|\n(?=[-*•] )")  # a blank line, or the next item of a list


def paragraphs(text: str) -> list[tuple[int, int]]:
    """Return the trimmed (start, end) of each paragraph: the text between blank lines, or a list item."""
    spans, start = [], 0
    for match in PARAGRAPH_BREAK.finditer(text):
        spans.append((start, match.start()))
        start = match.end()
    spans.append((start, len(text)))
    return [(start, end) for start, end in (trimmed(text, *span) for span in spans) if start < end]


def sentences(text: str) -> list[Span]:
    """Return the span of every sentence, in order; together they cover all that is not white space."""
    spans = []
    for number, (start, end) in enumerate(paragraphs(text)):
        for a, b in nupunkt.sent_spans(text[start:end]):
            first, last = trimmed(text, start + a, start + b)
            if first < last:
                spans.append(Span(start=first, end=last, paragraph=number))
    return spans


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the start and end of `text[start:end]` without the white space at its ends."""
    stripped = text[start:end].lstrip()
    start = end - len(stripped)
    return start, start + len(stripped.rstrip())
