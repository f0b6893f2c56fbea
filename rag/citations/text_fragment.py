"""A stretch of a text -> the text directive (`prefix-,start,end,-suffix`) that finds it and nothing else in that text.

https://wicg.github.io/scroll-to-text-fragment/ : a browser looks for the first match, whatever case and accents,
at word boundaries, each part inside one block. Here a part stays inside one line, while a match is feared in
everything between blank lines: so what is unique here is unique whichever of the two the page makes a block of.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import quote

GROWTH = (5, 8, 13, 21, 34)  # words at each end that name a long stretch
AROUND = (1, 2, 3, 5, 8, 13, 21, 34)  # words of context
SHORT = 2 * GROWTH[0]  # words that are named whole
FOLDED_KEPT = 32  # texts: the citations of one answer are often of one article

SPACE = re.compile(r"[^\S\u202f]+")  # U+202F joins the digits of a number, for browsers too
PLAIN = {chr(n) for n in range(32, 127)} | {"\n"}  # signs that, in small letters, are compared as they are
BLANK_LINE = re.compile(r"\n[^\S\u202f]*\n")
MIDDLE = set("'.:,;·‘’․‧︓︔﹐﹒﹔﹕＇，．：；\u202f_\"")  # between letters or digits these end no word (UAX 29)


class TextDirective(NamedTuple):
    """The parts of a directive; empty where it has none."""

    prefix: str
    start: str
    end: str
    suffix: str

    def encoded(self) -> str:
        """Return them as they stand behind `#:~:text=`."""
        prefix, start, end, suffix = (quote(part, safe="").replace("-", "%2D") for part in self)
        return ",".join(filter(None, (prefix and f"{prefix}-", start, end, suffix and f"-{suffix}")))


@cache
def _fold(sign: str) -> str:
    """Return what is left of a sign where case, accents and what is not seen make no difference."""
    if sign == "\u202f":
        return "_"
    apart = unicodedata.normalize("NFKD", sign)
    kept = "".join(one for one in apart if unicodedata.category(one) not in {"Mn", "Mc", "Me", "Cf", "Cc"})
    return " " if SPACE.fullmatch(sign) else sign if SPACE.search(kept) else kept.casefold()


def directive(text: str, start: int, end: int) -> str | None:
    """Return the shortest directive tried that finds `text[start:end]` alone; None where it holds no sign to look for.

    What begins or ends inside a word is named by the whole word. Where the same words stand in the same surroundings
    more than once, nothing tells them apart: then the longest ends tried are given, and the first place that has them
    is found.
    """
    start, end = widened(text, start, end)
    hay, whole = folded(text), _compared(text[start:end])
    named = []
    for ends in _ends(text, start, end):
        if all(map(_searchable, filter(None, ends))):
            named.append(TextDirective("", *ends, ""))
            if _unique(hay, whole, TextDirective(*map(_compared, named[-1]))):
                return named[-1].encoded()
    for prefix, suffix in _contexts(text, start, end):
        for parts in (parts._replace(prefix=prefix, suffix=suffix) for parts in named):
            if _unique(hay, whole, TextDirective(*map(_compared, parts))):
                return parts.encoded()
    return named[-1].encoded() if named else None


def widened(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span without white space at its ends, and with all of the words at them."""
    while start < end and SPACE.fullmatch(text[start]):
        start += 1
    while end > start and SPACE.fullmatch(text[end - 1]):
        end -= 1
    while not _boundary(text, start):
        start -= 1
    while not _boundary(text, end):
        end += 1
    return start, end


@lru_cache(FOLDED_KEPT)
def folded(text: str) -> str:
    """Return what is compared: blank lines as one line's end, other white space as one space."""
    return _compared(text)


def _compared(text: str) -> str:
    low = text.lower()
    for sign in set(low) - PLAIN:
        low = low.replace(sign, _fold(sign))
    return "\n".join(filter(None, (" ".join(block.split()) for block in BLANK_LINE.split(low))))


def _ends(text: str, start: int, end: int) -> Iterator[tuple[str, str]]:
    """Yield the start and the end that may name a stretch, shortest first; no end where it is named whole."""
    lines = [words for line in text[start:end].split("\n") if (words := _words(line))]
    if not lines:
        return
    first, last = lines[0], lines[-1]
    if len(lines) == 1 and len(first) <= SHORT:
        yield " ".join(first), ""
        return
    for n in GROWTH:
        if len(lines) == 1 and 2 * n >= len(first):
            yield " ".join(first), ""
            return
        yield " ".join(first[:n]), " ".join(last[-n:])
        if n >= max(len(first), len(last)):
            return


def _contexts(text: str, start: int, end: int) -> Iterator[tuple[str, str]]:
    """Yield a prefix and a suffix, of ever more words of the nearest line before and behind."""
    before = next((_words(line) for line in reversed(text[:start].split("\n")) if _compared(line)), [])
    after = next((_words(line) for line in text[end:].split("\n") if _compared(line)), [])
    for n in AROUND:
        prefix, suffix = " ".join(before[-n:]), " ".join(after[:n])
        if not (prefix and _searchable(prefix)):
            prefix = ""
        if not _compared(suffix):
            suffix = ""
        yield from dict.fromkeys([(prefix, ""), ("", suffix), (prefix, suffix)])
        if n >= max(len(before), len(after)):
            return


def _unique(hay: str, whole: str, parts: TextDirective) -> bool:
    """Say whether a search finds `whole`, and having found it, nothing more."""
    found = _found(hay, parts)
    first = next(found, None)
    return (
        first is not None
        and first[1] - first[0] == len(whole)
        and hay.startswith(whole, first[0])
        and next(found, None) is None
    )


def _found(hay: str, parts: TextDirective) -> Iterator[tuple[int, int]]:
    """Yield each stretch that a search finds, and then finds behind its start."""
    for start in _places(hay, parts):
        end = start + len(parts.start)
        if not parts.end:
            yield start, end
        elif (last := next(_places(hay, TextDirective("", parts.end, "", parts.suffix), end), -1)) >= 0:
            yield start, last + len(parts.end)


def _places(hay: str, parts: TextDirective, at: int = 0) -> Iterator[int]:
    """Yield where `start` stands behind `prefix` and, if there is no end, before `suffix`; also where words may end."""
    behind = parts.suffix if not parts.end else ""
    while (at := hay.find(parts.start, at)) >= 0:
        end = at + len(parts.start)
        split = (not parts.prefix and _inside(hay, at)) or (not parts.suffix and _inside(hay, end))
        if not split and _adjoins(hay, parts.prefix, at - len(parts.prefix), -1) and _adjoins(hay, behind, end, 1):
            yield at
        at += 1


def _adjoins(hay: str, part: str, at: int, step: int) -> bool:
    """Say whether `part` stands there, or with white space between."""
    if not part:
        return True
    gap = hay[at : at + 1] if step > 0 else hay[at + len(part) - 1 : at + len(part)]
    return any(
        place >= 0 and hay.startswith(part, place) and not _inside(hay, place if step < 0 else place + len(part))
        for place in ((at, at + step) if gap in {" ", "\n"} else (at,))
    )


def _inside(hay: str, at: int) -> bool:
    """Say whether that is surely inside a word."""
    return 0 < at < len(hay) and (around := hay[at - 1 : at + 1]).isascii() and around.isalnum()


def _words(line: str) -> list[str]:
    return [word for word in SPACE.split(line) if word]


def _searchable(part: str) -> bool:
    """Say whether a browser can begin a match with it: with something to see, and not inside a sign."""
    return bool(_compared(part)) and not _hangs(part[0])


def _hangs(sign: str) -> bool:
    return unicodedata.category(sign) in {"Mn", "Mc", "Me", "Cf"}


def _boundary(text: str, at: int) -> bool:
    """Say whether a word surely ends or begins there."""
    if at <= 0 or at >= len(text) or "\n" in text[at - 1 : at + 1]:
        return True
    before, after = text[at - 1], text[at]
    if _hangs(after) or before == "\u200d":
        return False
    return bool(SPACE.fullmatch(before) or SPACE.fullmatch(after)) or not (_glues(before) and _glues(after))


def _glues(sign: str) -> bool:
    return sign.isalnum() or sign in MIDDLE or _hangs(sign)
