"""A span of a text -> the text directive (`prefix-,start,end,-suffix`) that matches this span alone in that text.

https://wicg.github.io/scroll-to-text-fragment/ : a browser looks for the first match, ignoring case and accents, at
word boundaries, with each part inside one block. Pages make blocks of lines or of paragraphs. Therefore a part stays
inside one line here, while matches are searched in whole paragraphs: what is unique here is unique in both.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import quote

END_WORDS = (5, 8, 13, 21, 34)  # Words at each end of a long span that are tried in turn
CONTEXT_WORDS = (1, 2, 3, 5, 8, 13, 21, 34)  # Words of prefix and suffix that are tried in turn
WHOLE_WORDS = 2 * END_WORDS[0]  # A span of one line and at most so many words is quoted whole
CACHED_TEXTS = 32  # Folded texts that are cached: the citations of one answer are often of one article

SPACE = re.compile(r"[^\S\u202f]+")  # U+202F joins the digits of a number, for browsers too
PLAIN = {chr(n) for n in range(32, 127)} | {"\n"}  # Characters that need no folding once they are in lower case
BLANK_LINE = re.compile(r"\n[^\S\u202f]*\n")
MIDDLE = set("'.:,;·‘’․‧︓︔﹐﹒﹔﹕＇，．：；\u202f_\"")  # Between letters or digits these end no word (UAX 29)


class TextDirective(NamedTuple):
    """The parts of a text directive; a part that it does not have is empty."""

    prefix: str
    start: str
    end: str
    suffix: str

    def encoded(self) -> str:
        """Return the directive as it follows `#:~:text=` in a URL."""
        prefix, start, end, suffix = (quote(part, safe="").replace("-", "%2D") for part in self)
        return ",".join(filter(None, (prefix and f"{prefix}-", start, end, suffix and f"-{suffix}")))


@cache
def _fold(character: str) -> str:
    """Return a character without case, accents and invisible parts."""
    if character == "\u202f":
        return "_"
    decomposed = unicodedata.normalize("NFKD", character)
    kept = "".join(part for part in decomposed if unicodedata.category(part) not in {"Mn", "Mc", "Me", "Cf", "Cc"})
    return " " if SPACE.fullmatch(character) else character if SPACE.search(kept) else kept.casefold()


def directive(text: str, start: int, end: int) -> str | None:
    """Return the shortest directive tried that matches `text[start:end]` alone, None if the span has no visible text.

    A span that begins or ends inside a word is widened to the whole word. If the same words occur more than once in the
    same surroundings, no directive can distinguish them: then the one with the longest ends is returned, and a browser
    shows the first place that matches it.
    """
    start, end = widened(text, start, end)
    hay, whole = folded(text), _normalized(text[start:end])
    directives = []
    for ends in _ends(text, start, end):
        if all(map(_searchable, filter(None, ends))):
            directives.append(TextDirective("", *ends, ""))
            if _unique(hay, whole, TextDirective(*map(_normalized, directives[-1]))):
                return directives[-1].encoded()
    for prefix, suffix in _contexts(text, start, end):
        for parts in (parts._replace(prefix=prefix, suffix=suffix) for parts in directives):
            if _unique(hay, whole, TextDirective(*map(_normalized, parts))):
                return parts.encoded()
    return directives[-1].encoded() if directives else None


def widened(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span without white space at its ends, and with the whole words at its ends."""
    while start < end and SPACE.fullmatch(text[start]):
        start += 1
    while end > start and SPACE.fullmatch(text[end - 1]):
        end -= 1
    while not _boundary(text, start):
        start -= 1
    while not _boundary(text, end):
        end += 1
    return start, end


@lru_cache(CACHED_TEXTS)
def folded(text: str) -> str:
    """Return a text as matches are searched in it: paragraphs end in one line break, other white space is one space."""
    return _normalized(text)


def _normalized(text: str) -> str:
    """Return a text without case, accents and invisible characters, with white space as in `folded`."""
    lowered = text.lower()
    for character in set(lowered) - PLAIN:
        lowered = lowered.replace(character, _fold(character))
    return "\n".join(filter(None, (" ".join(block.split()) for block in BLANK_LINE.split(lowered))))


def _ends(text: str, start: int, end: int) -> Iterator[tuple[str, str]]:
    """Yield pairs of start and end that may quote a span, shortest first; the end is empty if it is quoted whole."""
    lines = [words for line in text[start:end].split("\n") if (words := _words(line))]
    if not lines:
        return
    first, last = lines[0], lines[-1]
    if len(lines) == 1 and len(first) <= WHOLE_WORDS:
        yield " ".join(first), ""
        return
    for n in END_WORDS:
        if len(lines) == 1 and 2 * n >= len(first):
            yield " ".join(first), ""
            return
        yield " ".join(first[:n]), " ".join(last[-n:])
        if n >= max(len(first), len(last)):
            return


def _contexts(text: str, start: int, end: int) -> Iterator[tuple[str, str]]:
    """Yield pairs of prefix and suffix, of ever more words of the nearest lines before and after the span."""
    before = next((_words(line) for line in reversed(text[:start].split("\n")) if _normalized(line)), [])
    after = next((_words(line) for line in text[end:].split("\n") if _normalized(line)), [])
    for n in CONTEXT_WORDS:
        prefix, suffix = " ".join(before[-n:]), " ".join(after[:n])
        if not (prefix and _searchable(prefix)):
            prefix = ""
        if not _normalized(suffix):
            suffix = ""
        yield from dict.fromkeys([(prefix, ""), ("", suffix), (prefix, suffix)])
        if n >= max(len(before), len(after)):
            return


def _unique(hay: str, whole: str, parts: TextDirective) -> bool:
    """Return whether a search for a directive matches `whole`, and nothing after it."""
    matches = _matches(hay, parts)
    first = next(matches, None)
    return (
        first is not None
        and first[1] - first[0] == len(whole)
        and hay.startswith(whole, first[0])
        and next(matches, None) is None
    )


def _matches(hay: str, parts: TextDirective) -> Iterator[tuple[int, int]]:
    """Yield the spans that match a directive, each search beginning after the start of the match before."""
    for start in _places(hay, parts):
        end = start + len(parts.start)
        if not parts.end:
            yield start, end
        elif (last := next(_places(hay, TextDirective("", parts.end, "", parts.suffix), end), -1)) >= 0:
            yield start, last + len(parts.end)


def _places(hay: str, parts: TextDirective, at: int = 0) -> Iterator[int]:
    """Yield the offsets from `at` on where `start` follows `prefix` and, without an `end`, comes before `suffix`.

    An offset counts if its match may begin and end at word boundaries.
    """
    behind = parts.suffix if not parts.end else ""
    while (at := hay.find(parts.start, at)) >= 0:
        end = at + len(parts.start)
        split = (not parts.prefix and _inside(hay, at)) or (not parts.suffix and _inside(hay, end))
        if not split and _adjoins(hay, parts.prefix, at - len(parts.prefix), -1) and _adjoins(hay, behind, end, 1):
            yield at
        at += 1


def _adjoins(hay: str, part: str, at: int, step: int) -> bool:
    """Return whether `hay` holds `part` at an offset, or one step (+1 or -1) beyond white space at that offset."""
    if not part:
        return True
    gap = hay[at : at + 1] if step > 0 else hay[at + len(part) - 1 : at + len(part)]
    return any(
        place >= 0 and hay.startswith(part, place) and not _inside(hay, place if step < 0 else place + len(part))
        for place in ((at, at + step) if gap in {" ", "\n"} else (at,))
    )


def _inside(hay: str, at: int) -> bool:
    """Return whether an offset is certainly inside a word."""
    return 0 < at < len(hay) and (around := hay[at - 1 : at + 1]).isascii() and around.isalnum()


def _words(line: str) -> list[str]:
    return [word for word in SPACE.split(line) if word]


def _searchable(part: str) -> bool:
    """Return whether a browser can begin a match with a part: it is visible, and its first character is no mark."""
    return bool(_normalized(part)) and not _is_mark(part[0])


def _is_mark(character: str) -> bool:
    """Return whether a character combines with the one before it, or is invisible."""
    return unicodedata.category(character) in {"Mn", "Mc", "Me", "Cf"}


def _boundary(text: str, at: int) -> bool:
    """Return whether an offset is certainly a word boundary."""
    if at <= 0 or at >= len(text) or "\n" in text[at - 1 : at + 1]:
        return True
    before, after = text[at - 1], text[at]
    if _is_mark(after) or before == "\u200d":
        return False
    return bool(SPACE.fullmatch(before) or SPACE.fullmatch(after)) or not (_is_inner(before) and _is_inner(after))


def _is_inner(character: str) -> bool:
    """Return whether a character can be inside a word."""
    return character.isalnum() or character in MIDDLE or _is_mark(character)
