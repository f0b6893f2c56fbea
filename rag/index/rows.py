"""What an article store holds of an article and of a passage beside its record: states, segmentation, versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rag.types.articles import Article, Span

SENTENCE = np.dtype("<i4"), 4  # start, end, paragraph, and how many tokens


class PassageRow(NamedTuple):
    """A passage as it is stored."""

    row: int
    article: int
    start: int
    end: int
    paragraph: int


class ArticleState(NamedTuple):
    """What tells whether an article has changed; `since` is the day (an ordinal) its version was first held."""

    digest: bytes
    path: str
    line: int
    version: str
    since: int


class OlderVersion(NamedTuple):
    """What an article was before, and since when (an ordinal) the archive has it."""

    article: Article
    since: int


class PlacedArticle(NamedTuple):
    """An article that a draft holds already: its content digest, and since when (an ordinal) its text is held."""

    article: Article
    digest: bytes
    since: int


class StoredArticle(NamedTuple):
    """An article as it is stored, with the row of its first passage."""

    article: Article
    first_passage: int
    packed: bytes

    def sentences(self, start: int, end: int) -> list[tuple[Span, int]]:
        """Return the sentences between two characters, cut to them, each with its number of tokens.

        Where a sentence is cut, that number is its share by characters.
        """
        held = unpack_sentences(self.packed)
        within = held[(held[:, 1] > start) & (held[:, 0] < end)].tolist()
        return [sentences_within(Span(start=a, end=b, paragraph=n), count, start, end) for a, b, n, count in within]


class PassageSegment(NamedTuple):
    """A passage that an article is divided into, and the digest of what is embedded for it."""

    start: int
    end: int
    paragraph: int
    digest: bytes


class Segmentation(NamedTuple):
    """How an article is divided: its sentences as bytes, and its passages."""

    sentences: bytes
    passages: Sequence[PassageSegment]


def pack_sentences(sentences: Sequence[Span], tokens: Sequence[int]) -> bytes:
    """Return sentences, each with its number of tokens, as bytes."""
    rows = [(span.start, span.end, span.paragraph, count) for span, count in zip(sentences, tokens, strict=True)]
    return np.array(rows, SENTENCE[0]).tobytes()


def unpack_sentences(packed: bytes) -> npt.NDArray[np.int32]:
    """Return an article's sentences, int32 [sentences, 4]: start, end, paragraph, and how many tokens."""
    return np.frombuffer(packed, SENTENCE[0]).reshape(-1, SENTENCE[1])


def sentences_within(span: Span, tokens: int, start: int, end: int) -> tuple[Span, int]:
    """Return what of a sentence stands between two characters, and its share of the tokens."""
    if start <= span.start and span.end <= end:
        return span, tokens
    kept = Span(start=max(span.start, start), end=min(span.end, end), paragraph=span.paragraph)
    return kept, round(tokens * (kept.end - kept.start) / (span.end - span.start))
