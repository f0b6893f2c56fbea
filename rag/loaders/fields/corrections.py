"""The notes in an article on its own text: corrections, clarifications, updates, editor's notes, retractions.

They are recognised by the words that newsrooms print: "Correction:", "Updated June 3:", "An earlier version of this
article ...".
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from rag.text.sentences import paragraphs
from rag.types.articles import Note, NoteKind

ARTICLE = r"this (?:news )?(?:article|story|report|post|piece|column|page|obituary|review|interview)"
AFTER_LABEL = r"(?:\s*\([^)\n]{1,60}\)|[ \w.,'’/&-]{0,60}?)?\s*[:—–]"  # "(June 3, 2025):", " at 3:15 p.m. on Monday:"
OPENINGS: tuple[tuple[NoteKind, str], ...] = (
    ("retraction", rf"retract(?:ion|ed)\b{AFTER_LABEL}"),
    ("correction", rf"correct(?:ions?|ed)(?: (?:and|&) clarifications?)?\b{AFTER_LABEL}"),
    ("clarification", rf"clarifications?\b{AFTER_LABEL}"),
    ("update", rf"updat(?:ed?|ing)\b{AFTER_LABEL}"),
    ("update", r"updated?\s[^\n]{0,60}\d[^\n]{0,20}\s*\Z"),
    ("editor", rf"editor(?:s|['’]s|s['’])?['’]? note\b{AFTER_LABEL}"),
)
STATEMENTS: tuple[tuple[NoteKind, str], ...] = (
    ("retraction", rf"\b{ARTICLE} (?:has been|was) (?:retracted|withdrawn)\b"),
    ("correction", rf"\b(?:earlier|previous|original|prior) versions? of {ARTICLE}\b"),
    ("correction", rf"\b{ARTICLE} (?:has been|was) (?:amended|corrected)\b"),
    ("clarification", rf"\b{ARTICLE} (?:has been|was) (?:updated |amended )?(?:to clarify|clarified)\b"),
    ("update", rf"\b{ARTICLE} (?:has been|was|will be) updated\b"),
)
KINDS = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (*((kind, rf"\A[\W_]*(?:{start})") for kind, start in OPENINGS), *STATEMENTS)
)
HINTS = (  # Every note has one of these, and finding them is faster than matching each paragraph
    "correct",
    "clarif",
    "updat",
    "retract",
    "withdrawn",
    "editor",
    "amended",
    "version of",
    "versions of",
)
MAX_CHARS = 1_500  # A longer paragraph is a live report that begins with "Update"


def notes_in(text: str) -> tuple[Note, ...]:
    """Return the paragraphs of a text that are notes, in order."""
    lower = text.lower()
    if len(lower) != len(text):  # lower() makes two characters of "İ", and the offsets would no longer hold
        lower = text
    places = sorted(place for hint in HINTS for place in _places(lower, hint))
    if not places:
        return ()
    spans = paragraphs(text)
    starts = [start for start, _ in spans]
    notes = []
    for start, end in dict.fromkeys(spans[max(0, bisect_right(starts, place) - 1)] for place in places):
        if end - start <= MAX_CHARS and (kind := _kind(text[start:end])):
            notes.append(Note(kind=kind, start=start, end=end, text=text[start:end]))
    return tuple(notes)


def _places(text: str, word: str) -> Iterator[int]:
    place = text.find(word)
    while place >= 0:
        yield place
        place = text.find(word, place + 1)


def _kind(paragraph: str) -> NoteKind | None:
    for kind, pattern in KINDS:
        if pattern.search(paragraph):
            return kind
    return None
