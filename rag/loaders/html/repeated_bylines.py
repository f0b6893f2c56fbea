"""Removes the paragraphs above a story that only repeat its authors, its outlet and its day."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date

from rag.loaders.fields import dates
from rag.loaders.fields.datelines import DATE

MAX_CHARS = 300  # A longer paragraph is text
DATELINE_ENDS = ("—", "–", "--")  # A dateline, "CNN Business —", opens the text
KNOWN = "\0"  # Stands for an author or the day; no text contains it
FILLERS = re.compile(
    r"\b(?:(?:words |story |reported |written )?by|and|for|on|at|published|posted|date"
    r"|staff (?:writer|reporter|correspondent)s?|\d{1,2}[:.]\d{2}(?:\s?[ap]\.?m\b)?(?:\s?(?:gmt|utc|bst|[ce]e?s?t))?)\b"
)


def without(
    text: str, headlines: Collection[str], authors: Collection[str], source: str | None, published: date | None
) -> str:
    """Return `text` without the bylines and days at its beginning, or right below a headline there.

    A paragraph that has any other word is text, and so is a paragraph of the outlet alone, or one that ends with a
    dash. One paragraph always stays.
    """
    parts = text.split("\n\n")
    first = 1 if _folded(parts[0]) in set(map(_folded, headlines)) else 0
    end = first
    while end < len(parts) - 1 and _is_repetition(parts[end], authors, source, published):
        end += 1
    return "\n\n".join(parts[:first] + parts[end:])


def _is_repetition(paragraph: str, authors: Collection[str], source: str | None, published: date | None) -> bool:
    """Return whether a paragraph has an author or the day, perhaps the outlet, and no other words but fillers."""
    if len(paragraph) > MAX_CHARS or paragraph.endswith(DATELINE_ENDS):
        return False
    marks = {_folded(source or ""): "", **{_folded(author): KNOWN for author in authors}}
    names = "|".join(map(re.escape, sorted(filter(None, marks), key=len, reverse=True)))
    rest = _folded(paragraph)
    if names:
        rest = re.sub(rf"(?<!\w)(?:{names})(?!\w)", lambda match: marks[match[0]], rest)
    rest = DATE.sub(lambda match: KNOWN if _day(match["day"]) == published else match[0], rest)
    return KNOWN in rest and not re.search(r"\w", FILLERS.sub("", rest))


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _day(written: str) -> date | None:
    try:
        return dates.parse(written)
    except ValueError:
        return None
