"""Lines as they stand on pages -> a text of paragraphs, and where in it each page begins.

A page knows places, not paragraphs: a paragraph ends where the gap to the next line is wide, a line is indented or a
line has room left that the next word would have fitted into. What runs along the edge of most pages is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

EDGE_LINES = 3  # at the top and at the bottom of a page
RUNS_FROM_PAGES = 3
NUMBER = re.compile(r"(?:page\s*|[-–—]\s*)?\d{1,4}(?:\s*(?:/|of)\s*\d{1,4})?(?:\s*[-–—])?", re.IGNORECASE)
BULLET = re.compile(r"[•‣▪■●◦*–—-]\s|[•‣▪■●◦]|\(?\d{1,2}[.)]\s")
ENDS = re.compile(r"[.!?:…][\"'”’»)\]]*\Z")
HYPHEN = re.compile(r"[^\W\d_][-\u00ad\u2010]\Z")
WIDE_GAP = 1.3  # times the usual distance of two lines
ROOM = 0.9  # of a full line, filled with the next word too: it would have fitted


class TextLine(NamedTuple):
    """One line on a page: its text, where it begins (y grows upwards), and the size of its letters."""

    text: str
    x: float
    y: float
    size: float


class _Look(NamedTuple):
    """How a document is set, by size of letters: the usual distance of lines, and the length of a full one."""

    gaps: dict[int, float]
    lengths: dict[int, int]


def text(pages: Sequence[Sequence[TextLine]]) -> tuple[str, tuple[int, ...]]:
    """Return the text of all pages, and the character at which each begins; an empty page begins where the next does.

    A paragraph goes on over a page's end where its sentence does; the next page then begins within it.
    """
    kept = _without_edges(pages)
    look, parts, length, begins = _look(kept), list[str](), 0, []
    before: TextLine | None = None
    for page in kept:
        start = None
        for line in page:
            if before:
                goes_on = _goes_on(before, line, look) if start is None else not _parts(before, line, look)
                length += _part(parts, line.text, goes_on)
            start = length if start is None else start
            parts.append(line.text)
            length += len(line.text)
            before = line
        begins.append(start)
    for number in reversed(range(len(begins))):
        if begins[number] is None:
            begins[number] = begins[number + 1] if number + 1 < len(begins) else length
    return "".join(parts), tuple(begin for begin in begins if begin is not None)


def _part(parts: list[str], following: str, goes_on: bool) -> int:
    """Part what stands from the line that follows; a word that was divided is whole again. Return what that adds."""
    if goes_on and HYPHEN.search(parts[-1]) and following[:1].islower():
        parts[-1] = parts[-1][:-1]
        return -1
    parts.append(" " if goes_on else "\n\n")
    return len(parts[-1])


# Where paragraphs end


def _look(pages: Sequence[Sequence[TextLine]]) -> _Look:
    gaps: dict[int, Counter[float]] = {}
    lengths: dict[int, list[int]] = {}
    for page in pages:
        for line in page:
            lengths.setdefault(round(line.size), []).append(len(line.text))
        for line, following in pairwise(page):
            gap = round(line.y - following.y, 1)
            if round(line.size) == round(following.size) and 0 < gap < 4 * line.size:
                gaps.setdefault(round(line.size), Counter())[gap] += 1
    usual = {size: min(gap for gap, n in seen.items() if n * 4 >= max(seen.values())) for size, seen in gaps.items()}
    return _Look(usual, {size: sorted(found)[len(found) * 4 // 5] for size, found in lengths.items()})


def _parts(line: TextLine, following: TextLine, look: _Look) -> bool:
    """Say whether a paragraph ends between two lines of one page."""
    size = line.size
    gap = line.y - following.y
    if gap < -size:  # up again: the next column
        return not _goes_on(line, following, look)
    if abs(size - following.size) > size / 8 or BULLET.match(following.text):
        return True
    if gap > WIDE_GAP * max(look.gaps.get(round(size), size), size):
        return True
    ended = ENDS.search(line.text) is not None
    if following.x - line.x > size / 2 and ended and not BULLET.match(line.text):
        return True
    room = _room(line, following, look)
    return room < ROOM if ended else room < ROOM / 2 and following.text[:1].isupper()


def _goes_on(line: TextLine, following: TextLine, look: _Look) -> bool:
    """Say whether the sentence of a page's or column's last line goes on in the first of the next."""
    if ENDS.search(line.text) or BULLET.match(following.text) or abs(line.size - following.size) > line.size / 8:
        return False
    return following.text[:1].islower() or _room(line, following, look) >= ROOM


def _room(line: TextLine, following: TextLine, look: _Look) -> float:
    """Return how full the line would be with the next line's first word."""
    word = following.text.partition(" ")[0]
    return (len(line.text) + 1 + len(word)) / max(1, look.lengths[round(line.size)])


# What is no part of the text


def _without_edges(pages: Sequence[Sequence[TextLine]]) -> list[list[TextLine]]:
    """Leave out what runs along the edge of most pages, or of most left or right ones, and bare page numbers."""
    running, body = _running(pages), _body_size(pages)
    kept = []
    for page in pages:
        out = {line for top, line in _edges(page) if _key(top, line) in running and line.size < 1.2 * body}
        rest = [line for line in page if line not in out]
        outer = {line for _, line in _edges(rest, 1) if NUMBER.fullmatch(line.text)}
        kept.append([line for line in rest if line not in outer])
    return kept


def _running(pages: Sequence[Sequence[TextLine]]) -> set[tuple[bool, str]]:
    """Return the lines at the top or bottom of most pages; what stands elsewhere on them too is text."""
    found = set[tuple[bool, str]]()
    everywhere = Counter(_key(True, line)[1] for page in pages for line in page)
    for some in (pages, pages[0::2], pages[1::2]):
        held = [page for page in some if page]
        seen = Counter(key for page in held for key in {_key(top, line) for top, line in _edges(page)})
        if len(held) >= RUNS_FROM_PAGES:
            found.update(key for key, n in seen.items() if n * 2 > len(held))
    return {(top, text) for top, text in found if everywhere[text] <= 2 * len(pages)}


def _edges(page: Sequence[TextLine], count: int = EDGE_LINES) -> list[tuple[bool, TextLine]]:
    """Return the first and last lines of a page, as one sees it, each with whether it is at the top."""
    down = sorted(page, key=lambda line: -line.y)
    return [(True, line) for line in down[:count]] + [(False, line) for line in down[-count:]]


def _key(top: bool, line: TextLine) -> tuple[bool, str]:
    return top, re.sub(r"\d+", "#", line.text.casefold())


def _body_size(pages: Sequence[Sequence[TextLine]]) -> float:
    """Return the size that most letters have: what is larger is a heading, though each page may begin with one."""
    sizes = Counter[float]()
    for page in pages:
        for line in page:
            sizes[line.size] += len(line.text)
    return max(sizes, key=lambda size: sizes[size], default=0.0)
