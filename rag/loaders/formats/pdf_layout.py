"""The lines of pages -> a text of paragraphs, and where in it each page begins.

A PDF knows where lines stand, but no paragraphs. A paragraph ends where the gap to the next line is wide, the next line
is indented, or the line has room for the first word of the next. Headers and footers of most pages are left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

EDGE_LINES = 3  # So many lines at the top and at the bottom may be header and footer
MIN_PAGES = 3  # In fewer pages, a repeated line may be text
NUMBER = re.compile(r"(?:page\s*|[-–—]\s*)?\d{1,4}(?:\s*(?:/|of)\s*\d{1,4})?(?:\s*[-–—])?", re.IGNORECASE)
BULLET = re.compile(r"[•‣▪■●◦*–—-]\s|[•‣▪■●◦]|\(?\d{1,2}[.)]\s")
SENTENCE_END = re.compile(r"[.!?:…][\"'”’»)\]]*\Z")
HYPHEN = re.compile(r"[^\W\d_][-\u00ad\u2010]\Z")
WIDE_GAP = 1.3  # In units of the usual distance between lines
FULL = 0.9  # A line that is shorter than this share of a full line, with the next word added, had room for it


class TextLine(NamedTuple):
    """One line on a page: its text, where it begins (y grows upwards), and the size of its letters."""

    text: str
    x: float
    y: float
    size: float


class _Typography(NamedTuple):
    """How a document is set, by the size of letters: the usual distance between lines, and the length of full lines."""

    gaps: dict[int, float]  # in units of the page
    lengths: dict[int, int]  # in characters


def text(pages: Sequence[Sequence[TextLine]]) -> tuple[str, tuple[int, ...]]:
    """Return the text of all pages, and the character at which each begins; an empty page begins with the next one.

    A paragraph continues on the next page where its sentence does; that page then begins within the paragraph.
    """
    pages = _without_edges(pages)
    typography, parts, length, begins = _typography(pages), list[str](), 0, []
    before: TextLine | None = None
    for page in pages:
        start = None
        for line in page:
            if before and start is None:
                length += _join(parts, line.text, same_paragraph=_continues(before, line, typography))
            elif before:
                length += _join(parts, line.text, same_paragraph=not _ends_paragraph(before, line, typography))
            start = length if start is None else start
            parts.append(line.text)
            length += len(line.text)
            before = line
        begins.append(start)
    for number in reversed(range(len(begins))):
        if begins[number] is None:
            begins[number] = begins[number + 1] if number + 1 < len(begins) else length
    return "".join(parts), tuple(begin for begin in begins if begin is not None)


def _join(parts: list[str], following: str, *, same_paragraph: bool) -> int:
    """Add what stands between the last line and the following one, and return by how much the text grows.

    A word that was divided at the end of the line is made whole.
    """
    if same_paragraph and HYPHEN.search(parts[-1]) and following[:1].islower():
        parts[-1] = parts[-1][:-1]
        return -1
    parts.append(" " if same_paragraph else "\n\n")
    return len(parts[-1])


# Where paragraphs end


def _typography(pages: Sequence[Sequence[TextLine]]) -> _Typography:
    gaps: dict[int, Counter[float]] = {}
    lengths: dict[int, list[int]] = {}
    for page in pages:
        for line in page:
            lengths.setdefault(round(line.size), []).append(len(line.text))
        for line, following in pairwise(page):
            gap = round(line.y - following.y, 1)
            if round(line.size) == round(following.size) and 0 < gap < 4 * line.size:
                gaps.setdefault(round(line.size), Counter())[gap] += 1
    # The smallest of the frequent gaps is that within paragraphs; four of five lines are no longer than a full one
    usual = {size: min(gap for gap, n in seen.items() if n * 4 >= max(seen.values())) for size, seen in gaps.items()}
    return _Typography(usual, {size: sorted(counts)[len(counts) * 4 // 5] for size, counts in lengths.items()})


def _ends_paragraph(line: TextLine, following: TextLine, typography: _Typography) -> bool:
    """Return whether a paragraph ends between two lines of one page."""
    size = line.size
    gap = line.y - following.y
    if gap < -size:  # further up: the next column
        return not _continues(line, following, typography)
    if abs(size - following.size) > size / 8 or BULLET.match(following.text):
        return True
    if gap > WIDE_GAP * max(typography.gaps.get(round(size), size), size):
        return True
    ended = SENTENCE_END.search(line.text) is not None
    if following.x - line.x > size / 2 and ended and not BULLET.match(line.text):
        return True
    fullness = _fullness(line, following, typography)
    return fullness < FULL if ended else fullness < FULL / 2 and following.text[:1].isupper()


def _continues(line: TextLine, following: TextLine, typography: _Typography) -> bool:
    """Return whether the sentence of the last line of a page or column continues in the first line of the next."""
    other_size = abs(line.size - following.size) > line.size / 8
    if other_size or SENTENCE_END.search(line.text) or BULLET.match(following.text):
        return False
    return following.text[:1].islower() or _fullness(line, following, typography) >= FULL


def _fullness(line: TextLine, following: TextLine, typography: _Typography) -> float:
    """Return the length that the line would have with the next line's first word, as a share of a full line."""
    word = following.text.partition(" ")[0]
    return (len(line.text) + 1 + len(word)) / max(1, typography.lengths[round(line.size)])


# Headers and footers


def _without_edges(pages: Sequence[Sequence[TextLine]]) -> list[list[TextLine]]:
    """Return the pages without headers and footers, of all pages or of left or right ones, and page numbers."""
    running, body = _running_lines(pages), _body_size(pages)
    stripped = []
    for page in pages:
        headers = {line for top, line in _edges(page) if _key(top, line) in running and line.size < 1.2 * body}
        rest = [line for line in page if line not in headers]
        numbers = {line for _, line in _edges(rest, 1) if NUMBER.fullmatch(line.text)}
        stripped.append([line for line in rest if line not in numbers])
    return stripped


def _running_lines(pages: Sequence[Sequence[TextLine]]) -> set[tuple[bool, str]]:
    """Return the keys of the lines at the top or bottom of most pages; a line that is frequent elsewhere is text."""
    keys = set[tuple[bool, str]]()
    everywhere = Counter(_key(True, line)[1] for page in pages for line in page)
    for sides in (pages, pages[0::2], pages[1::2]):
        filled = [page for page in sides if page]
        seen = Counter(key for page in filled for key in {_key(top, line) for top, line in _edges(page)})
        if len(filled) >= MIN_PAGES:
            keys.update(key for key, n in seen.items() if n * 2 > len(filled))
    return {(top, text) for top, text in keys if everywhere[text] <= 2 * len(pages)}


def _edges(page: Sequence[TextLine], count: int = EDGE_LINES) -> list[tuple[bool, TextLine]]:
    """Return the topmost and the lowest lines of a page, each with whether it is at the top."""
    down = sorted(page, key=lambda line: -line.y)
    return [(True, line) for line in down[:count]] + [(False, line) for line in down[-count:]]


def _key(top: bool, line: TextLine) -> tuple[bool, str]:
    """Return what the headers of two pages have in common: the place and the text with "#" for numbers."""
    return top, re.sub(r"\d+", "#", line.text.casefold())


def _body_size(pages: Sequence[Sequence[TextLine]]) -> float:
    """Return the size of most letters; a larger line is a heading, even where every page begins with one."""
    sizes = Counter[float]()
    for page in pages:
        for line in page:
            sizes[line.size] += len(line.text)
    return max(sizes, key=lambda size: sizes[size], default=0.0)
