"""The rows of an article store: articles and passages as stored, their states, segmentation and older versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rag.types.articles import Article, Span

SENTENCE = np.dtype("<i4"), 4  # A stored sentence: start, end and paragraph, as of a `Span`, and its number of tokens


class PassageRow(NamedTuple):
    """A passage as it is stored: its row, its article's row, and its span in the article's text."""

    row: int
    article: int
    start: int
    end: int
    paragraph: int


class ArticleState(NamedTuple):
    """The state of a stored article, by which a reindex tells whether the article has changed.

    `digest` is its content digest, `path` and `line` are where it was read; `since` is the day, as an ordinal, from
    which on the archive has had this version.
    """

    digest: bytes
    path: str
    line: int
    version: str
    since: int


class OlderVersion(NamedTuple):
    """An older version of an article, and the day, as an ordinal, from which on the archive has had it."""

    article: Article
    since: int


class PlacedArticle(NamedTuple):
    """An article that a draft already has, its content digest, and the day (an ordinal) its text was first kept."""

    article: Article
    digest: bytes
    since: int


class StoredArticle(NamedTuple):
    """An article as it is stored, with the row of its first passage."""

    article: Article
    first_passage: int
    packed: bytes

    def sentences(self, start: int, end: int) -> list[tuple[Span, int]]:
        """Return the sentences within `[start, end)` of the text, cut to it, each with its number of tokens.

        The tokens of a sentence that is cut are estimated as its share of the characters.
        """
        rows = unpack_sentences(self.packed)
        within = rows[(rows[:, 1] > start) & (rows[:, 0] < end)].tolist()
        return [sentences_within(Span(start=a, end=b, paragraph=n), count, start, end) for a, b, n, count in within]


class PassageSegment(NamedTuple):
    """The span of one passage of an article, and the digest of the text that is embedded for it."""

    start: int
    end: int
    paragraph: int
    digest: bytes


class Segmentation(NamedTuple):
    """The division of an article: its sentences as `pack_sentences` packs them, and its passages."""

    sentences: bytes
    passages: Sequence[PassageSegment]


def pack_sentences(sentences: Sequence[Span], tokens: Sequence[int]) -> bytes:
    """Return sentences, each with its number of tokens, packed into bytes."""
    rows = [(span.start, span.end, span.paragraph, count) for span, count in zip(sentences, tokens, strict=True)]
    return np.array(rows, SENTENCE[0]).tobytes()


def unpack_sentences(packed: bytes) -> npt.NDArray[np.int32]:
    """Return an article's sentences, int32 [sentences, 4]: start, end, paragraph, and number of tokens."""
    return np.frombuffer(packed, SENTENCE[0]).reshape(-1, SENTENCE[1])


def sentences_within(span: Span, tokens: int, start: int, end: int) -> tuple[Span, int]:
    """Return the part of a sentence within `[start, end)`, and its share of the sentence's tokens by characters."""
    if start <= span.start and span.end <= end:
        return span, tokens
    part = Span(start=max(span.start, start), end=min(span.end, end), paragraph=span.paragraph)
    return part, round(tokens * (part.end - part.start) / (span.end - span.start))
