"""Text and spans -> paragraphs of pieces, marked or not. Pure; joins back to the text it was given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rag.results import Answer, Hit
from rag.sentences import paragraphs
from rag.types import Citation

Interval = tuple[int, int]


class Piece(NamedTuple):
    """A stretch of text, marked or plain. `first` is true of the first marked piece of all."""

    text: str
    marked: bool
    first: bool = False


class Paragraph(NamedTuple):
    """A paragraph at `start` (code points into the article) and its pieces, in order."""

    start: int
    pieces: tuple[Piece, ...]


class Shown(NamedTuple):
    """A hit as the page shows it: cited at its answering sentence, where it has one."""

    hit: Hit
    citation: Citation
    paragraphs: tuple[Paragraph, ...]


def shown(answer: Answer) -> tuple[Shown, ...]:
    """Return every hit with the sentences that answer marked in it."""
    return tuple(_shown(hit, answer) for hit in answer.hits or answer.near_misses)


def _shown(hit: Hit, answer: Answer) -> Shown:
    said = [s.citation for s in answer.sentences if s.citation.passage_id == hit.passage.id]
    spans = [(citation.start, citation.end) for citation in said]
    parts = marked(hit.passage.text, spans, hit.passage.start)
    return Shown(hit, said[0] if said else hit.citation, parts)


def marked(text: str, spans: Sequence[Interval], offset: int = 0) -> tuple[Paragraph, ...]:
    """Cut `text`, which begins at `offset`, into paragraphs whose pieces are marked where `spans` say."""
    found, first = [], True
    for start, end in paragraphs(text):
        clipped = [(max(a - offset, start), min(b - offset, end)) for a, b in spans]
        pieces = []
        for piece in _pieces(text, start, end, _merged(clipped)):
            pieces.append(piece._replace(first=piece.marked and first))
            first = first and not piece.marked
        found.append(Paragraph(offset + start, tuple(pieces)))
    return tuple(found)


def _pieces(text: str, start: int, end: int, spans: Iterable[Interval]) -> Iterable[Piece]:
    at = start
    for a, b in spans:
        yield Piece(text[at:a], marked=False)
        yield Piece(text[a:b], marked=True)
        at = b
    yield Piece(text[at:end], marked=False)


def _merged(spans: Iterable[Interval]) -> list[Interval]:
    """Return the spans that are not empty, in order, those that touch as one."""
    merged: list[Interval] = []
    for a, b in sorted(span for span in spans if span[0] < span[1]):
        if merged and a <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
        else:
            merged.append((a, b))
    return merged
