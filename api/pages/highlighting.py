"""Text and spans -> paragraphs of pieces, marked or not. Pure; joins back to the text it was given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from api.pages.phrases import RankingReason, reasons
from rag.text.highlighting import finder, overlap
from rag.text.sentences import paragraphs
from rag.types.articles import Citation
from rag.types.results import Answer, Hit

Interval = tuple[int, int]
Finder = Callable[[str], Sequence[Interval]]


class Word(NamedTuple):
    """A stretch of text; `asked` where it is a word of the question."""

    text: str
    asked: bool


class Piece(NamedTuple):
    """A stretch of text, marked or plain, and its words. `first` is true of the first marked piece of all."""

    words: tuple[Word, ...]
    marked: bool
    first: bool = False

    @property
    def text(self) -> str:
        """The words put together."""
        return "".join(word.text for word in self.words)


class Paragraph(NamedTuple):
    """A paragraph at `start` (code points into the article) and its pieces, in order."""

    start: int
    pieces: tuple[Piece, ...]


class Shown(NamedTuple):
    """A hit as the page shows it: cited at its answering sentence, where it has one, and why it is here."""

    hit: Hit
    citation: Citation
    paragraphs: tuple[Paragraph, ...]
    reasons: tuple[RankingReason, ...]


def nothing(_: str) -> list[Interval]:
    """Find no word."""
    return []


def shown(answer: Answer) -> tuple[Shown, ...]:
    """Return every hit with the sentences that answer marked in it, and the question's words."""
    find = finder(answer.question)
    return tuple(_shown(hit, answer, find) for hit in answer.hits or answer.near_misses)


def _shown(hit: Hit, answer: Answer, find: Finder) -> Shown:
    said = [s.citation for s in answer.sentences if s.citation.passage_id == hit.passage.id]
    spans = [(citation.start, citation.end) for citation in said]
    parts = marked(hit.passage.text, spans, hit.passage.start, find)
    why = reasons(hit, overlap(answer.question, hit.passage.text))
    return Shown(hit, said[0] if said else hit.citation, parts, why)


def marked(text: str, spans: Sequence[Interval], offset: int = 0, find: Finder = nothing) -> tuple[Paragraph, ...]:
    """Cut `text`, which begins at `offset`, into paragraphs whose pieces are marked where `spans` say.

    `find` tells which words are the question's.
    """
    found, first, asked = [], True, find(text)
    for start, end in paragraphs(text):
        clipped = [(max(a - offset, start), min(b - offset, end)) for a, b in spans]
        pieces = []
        for a, b, is_marked in _stretches(start, end, _merged(clipped)):
            pieces.append(Piece(tuple(_words(text, a, b, asked)), is_marked, is_marked and first))
            first = first and not is_marked
        found.append(Paragraph(offset + start, tuple(pieces)))
    return tuple(found)


def _words(text: str, start: int, end: int, asked: Sequence[Interval]) -> Iterator[Word]:
    for a, b, is_asked in _stretches(start, end, _merged((max(a, start), min(b, end)) for a, b in asked)):
        if a < b:
            yield Word(text[a:b], is_asked)


def _stretches(start: int, end: int, spans: Iterable[Interval]) -> Iterator[tuple[int, int, bool]]:
    """Yield all stretches from `start` to `end`, and whether each is one of the spans."""
    at = start
    for a, b in spans:
        yield at, a, False
        yield a, b, True
        at = b
    yield at, end, False


def _merged(spans: Iterable[Interval]) -> list[Interval]:
    """Return the spans that are not empty, in order, those that touch as one."""
    merged: list[Interval] = []
    for a, b in sorted(span for span in spans if span[0] < span[1]):
        if merged and a <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
        else:
            merged.append((a, b))
    return merged
