"""A text directive finds the cited stretch and nothing else: against a matcher written from the specification.

https://wicg.github.io/scroll-to-text-fragment/#finding-ranges-in-a-document
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote, unquote

import pytest
import regex
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from rag.citations.text_fragment import directive, widened

PARTS = re.compile(r"(?:(?P<prefix>[^,]+)-,)?(?P<start>[^,-]+)(?:,(?P<end>[^,-]+))?(?:,-(?P<suffix>[^,]+))?")


class Matcher:
    """A document of blocks, searched as a browser searches: without case and accents, at word boundaries."""

    def __init__(self, text: str, blocks: str) -> None:
        self.signs: list[tuple[str, int]] = []  # each folded sign and the place that it is from; "\n" between blocks
        for n, (start, end) in enumerate(spans(text, blocks)):
            self.signs += [("\n", start)] if n else []
            self.signs += collapsed(text, start, end)
        self.hay = "".join(sign for sign, _ in self.signs)
        # Between two words also where a block begins: a block is a text of its own
        self.bounds = {at for a, b in spans(text, blocks) for at in boundaries(text[a:b], a)}

    def all(self, said: str) -> list[tuple[int, int]]:
        """Every range that a search which went on would find, as spans of the text."""
        named = PARTS.fullmatch(said)
        assert named, said
        prefix, start, end, suffix = (self.folded(unquote(named[name] or "")) for name in PARTS.groupindex)
        return list(dict.fromkeys(self._ranges(prefix, start, end, suffix)))

    def _ranges(self, prefix: str, start: str, end: str, suffix: str) -> Iterator[tuple[int, int]]:
        at = 0
        while True:
            if prefix:
                before = self.find(prefix, at, first=True, last=False)
                if before < 0:
                    return
                at, begin = before + 1, self.skip(before + len(prefix))
                if self.find(start, begin, first=False, last=bool(end or not suffix)) != begin:
                    continue
            else:
                begin = self.find(start, at, first=True, last=bool(end or not suffix))
                if begin < 0:
                    return
                at = begin + 1
            stop = self._stop(begin + len(start), end, suffix)
            if stop >= 0:
                yield self.signs[begin][1], self.signs[stop - 1][1] + 1

    def _stop(self, at: int, end: str, suffix: str) -> int:
        while True:
            if end:
                found = self.find(end, at, first=True, last=not suffix)
                if found < 0:
                    return -1
                at = found + len(end)
            if not suffix:
                return at
            behind = self.skip(at)
            if self.find(suffix, behind, first=False, last=True) == behind:
                return at
            if not end:
                return -1

    def find(self, part: str, at: int, *, first: bool, last: bool) -> int:
        while (at := self.hay.find(part, at)) >= 0:
            begins = self.signs[at][1] in self.bounds
            after = at + len(part)
            ends = (
                after == len(self.signs)
                or self.signs[after - 1][1] + 1 in self.bounds
                or self.signs[after][1] in self.bounds
            )
            if (begins or not first) and (ends or not last):
                return at
            at += 1
        return -1

    def skip(self, at: int) -> int:
        while at < len(self.hay) and self.hay[at].isspace() and self.hay[at] != "\u202f":
            at += 1
        return at

    @staticmethod
    def folded(part: str) -> str:
        return "".join(sign for sign, _ in collapsed(part, 0, len(part)))


def spans(text: str, blocks: str) -> list[tuple[int, int]]:
    ends = [match.span() for match in re.finditer(blocks, text)]
    starts, stops = [0, *(end for _, end in ends)], [*(start for start, _ in ends), len(text)]
    return [span for span in zip(starts, stops, strict=True) if words(text[slice(*span)])]


def collapsed(text: str, start: int, end: int) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for at in range(start, end):
        if text[at].isspace() and text[at] != "\u202f":
            if found and found[-1][0] != " ":
                found.append((" ", at))
            continue
        if text[at] == "\u202f":
            found.append(("_", at))
            continue
        apart = unicodedata.normalize("NFKD", text[at])
        bare = "".join(c for c in apart if unicodedata.category(c) not in {"Mn", "Mc", "Me", "Cf", "Cc"})
        found += [(sign, at) for sign in bare.casefold()]
    return found[:-1] if found and found[-1][0] == " " else found


def boundaries(text: str, offset: int) -> set[int]:
    return {offset + match.start() for match in regex.finditer(r"(?w)\b", text)} | {
        offset + at for at in range(len(text) + 1) if is_edge(text, at)
    }


def is_edge(text: str, at: int) -> bool:
    """A break between signs that are no letters (UAX 29, rule 999), which `\\b` leaves out."""
    return at in {0, len(text)} or bool(regex.match(r"(?w)(?<=\s)(?![\p{M}\p{Cf}])|(?=\s)", text, pos=at))


class Asked(NamedTuple):
    text: str
    start: int
    end: int


WORDS = (
    "the",
    "The",
    "bridge",
    "reopened",
    "café",
    "CAFE",
    "it’s",
    "3.5",
    "U.S.",
    "“no”",
    "-",
    "e\u0301t",
    "Straße",
    "x_y",
)


@st.composite
def repeated(draw: st.DrawFn) -> Asked:
    """A text of few words, so that most stand in it more than once, and a stretch of whole words."""
    gap = st.sampled_from([" ", " ", " ", " ", "\n", "\n\n", "\xa0", " \n \n"])
    words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=45))
    text, places = "", []
    for word in words:
        places.append((len(text), len(text) + len(word)))
        text += word + draw(gap)
    first = draw(st.integers(0, len(words) - 1))
    last = draw(st.integers(first, len(words) - 1))
    return Asked(text, places[first][0], places[last][1])


@st.composite
def anything(draw: st.DrawFn) -> Asked:
    """Any signs, and a stretch that may begin or end inside a word."""
    signs = "aAbé\u0301ßİ1.,'’-:_“” \n\xa0\u202f\u200d\u202e中。🚢&%#"
    text = draw(st.text(st.sampled_from(signs), min_size=1, max_size=60).filter(str.strip))
    start = draw(st.integers(0, len(text) - 1))
    return Asked(text, start, draw(st.integers(start + 1, len(text))))


BLOCKS = (r"\n", r"\n[^\S\u202f]*\n")  # the page may make a block of each line, or of what stands between blank lines


@settings(max_examples=300, deadline=None)
@given(repeated())
def test_a_directive_finds_the_stretch_and_nothing_else_or_nothing_could(asked: Asked) -> None:
    said = directive(*asked)
    assert said is not None
    if not all(finds(said, asked, blocks) for blocks in BLOCKS):
        fullest = most_said(asked.text, *widened(*asked))
        assert not finds(fullest, asked, BLOCKS[1]), f"{said} does not tell, {fullest} does"


@settings(max_examples=300, deadline=None)
@given(anything())
@example(Asked("no. yes. no.", 9, 12))
def test_whatever_signs_a_text_holds_what_stands_there_once_is_found(asked: Asked) -> None:
    said = directive(*asked)
    text, (start, end) = Matcher.folded(asked.text.replace("\n", " ")), widened(*asked)
    ends = [Matcher.folded(word) for word in words(asked.text[start:end].replace("\n", " ")).split(" ")]
    assume(all(word and text.count(word) == 1 for word in (ends[0], ends[-1])))
    hanging = {"Mn", "Cf"}  # a mark without a letter begins no word
    assume(not any(unicodedata.category(line[0]) in hanging for line in words(asked.text).split(" ") if line))
    assert said is not None
    assert all(finds(said, asked, blocks) for blocks in BLOCKS), said


def finds(said: str, asked: Asked, blocks: str) -> bool:
    """Whether a search finds the stretch, what nobody sees at its ends aside, and nothing else."""
    found = [seen(asked.text, *span) for span in Matcher(asked.text, blocks).all(said)]
    return found == [seen(asked.text, *widened(*asked))]


def most_said(text: str, start: int, end: int) -> str:
    """The directive that says all that a line of context can say."""
    lines = [line for line in text[start:end].split("\n") if words(line)]
    before = next((line for line in reversed(text[:start].split("\n")) if Matcher.folded(line)), "")
    after = next((line for line in text[end:].split("\n") if Matcher.folded(line)), "")
    said = (before, lines[0], lines[-1] if len(lines) > 1 else "", after)
    prefix, first, last, suffix = (quote(words(part), safe="").replace("-", "%2D") for part in said)
    return ",".join(filter(None, (prefix and f"{prefix}-", first, last, suffix and f"-{suffix}")))


def words(line: str) -> str:
    return " ".join(re.sub(r"[^\S\u202f]+", "\n", line).strip("\n").split("\n"))


def seen(text: str, start: int, end: int) -> tuple[int, int]:
    """A span without what nobody sees at its ends: marks and signs of direction that hang on a letter."""
    unseen = {"Mn", "Mc", "Me", "Cf", "Cc", "Zs", "Zl", "Zp"}
    while start < end and text[start] != "\u202f" and unicodedata.category(text[start]) in unseen:
        start += 1
    while end > start and text[end - 1] != "\u202f" and unicodedata.category(text[end - 1]) in unseen:
        end -= 1
    return start, end


@pytest.mark.parametrize(
    ("text", "quoted", "said"),
    [
        ("One two. Three four.", "Three four.", "Three%20four."),
        ("No. It rained. No.", "No.", "No.,-It"),
        ("A bridge. A Bridge.", "A Bridge.", "bridge.-,A%20Bridge."),
        ("A café.\n\nThe cafe.", "cafe.", "The-,cafe."),
    ],
)
def test_context_is_added_only_where_words_stand_twice(text: str, quoted: str, said: str) -> None:
    start = text.index(quoted)
    assert directive(text, start, start + len(quoted)) == said


def test_the_end_of_a_long_stretch_is_the_first_one_behind_its_start() -> None:
    text = (
        "one two three four five six seven it rained all day long now. More and more it rained all day long now. End."
    )
    said = directive(text, 0, text.index(" End."))
    assert Matcher(text, BLOCKS[1]).all(str(said)) == [(0, text.index(" End."))]


def test_the_same_words_in_the_same_surroundings_are_found_where_they_stand_first() -> None:
    text = "\n\n".join(["It rained."] * 5)
    said = directive(text, 24, 34)
    assert said == "It%20rained."
    assert Matcher(text, BLOCKS[1]).all(said)[0] == (0, 10)


def test_signs_that_nobody_sees_are_not_looked_for() -> None:
    assert directive("\u202e\u202c", 0, 1) is None
