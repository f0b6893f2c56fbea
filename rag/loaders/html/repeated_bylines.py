"""The paragraphs of a page without those above the story that only say again who wrote it, for whom and on what day."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date

from rag.loaders.fields import dates
from rag.loaders.fields.datelines import DATE

MAX_CHARS = 300  # of such a paragraph; a longer one is text
DATELINE_ENDS = ("—", "–", "--")  # "CNN Business —" opens the text
FOUND = "\0"  # where an author or the day stood; text holds none
FILL = re.compile(
    r"\b(?:(?:words |story |reported |written )?by|and|for|on|at|published|posted|date"
    r"|staff (?:writer|reporter|correspondent)s?|\d{1,2}[:.]\d{2}(?:\s?[ap]\.?m\b)?(?:\s?(?:gmt|utc|bst|[ce]e?s?t))?)\b"
)


def without(
    text: str, headlines: Collection[str], authors: Collection[str], source: str | None, published: date | None
) -> str:
    """Return `text` without the paragraphs at its head, or right below a headline there, that are a byline or its day.

    A paragraph with any word but the authors', the outlet's and the day's is text, and so is the outlet alone, or what
    a dash ends.
    One paragraph is always left.
    """
    parts = text.split("\n\n")
    first = 1 if _plain(parts[0]) in set(map(_plain, headlines)) else 0
    end = first
    while end < len(parts) - 1 and _says_only(parts[end], authors, source, published):
        end += 1
    return "\n\n".join(parts[:first] + parts[end:])


def _says_only(paragraph: str, authors: Collection[str], source: str | None, published: date | None) -> bool:
    if len(paragraph) > MAX_CHARS or paragraph.endswith(DATELINE_ENDS):
        return False
    said = {_plain(source or ""): "", **{_plain(author): FOUND for author in authors}}
    names = "|".join(map(re.escape, sorted(filter(None, said), key=len, reverse=True)))
    rest = _plain(paragraph)
    if names:
        rest = re.sub(rf"(?<!\w)(?:{names})(?!\w)", lambda match: said[match[0]], rest)
    rest = DATE.sub(lambda match: FOUND if _day(match["day"]) == published else match[0], rest)
    return FOUND in rest and not re.search(r"\w", FILL.sub("", rest))


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _day(written: str) -> date | None:
    try:
        return dates.parse(written)
    except ValueError:
        return None
