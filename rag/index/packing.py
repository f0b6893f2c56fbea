"""An article's sentences as bytes, four whole numbers each: start, end, paragraph, and how many tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rag.types.articles import Span

SENTENCE = np.dtype("<i4"), 4


class Part(NamedTuple):
    """A passage that an article is divided into, and the digest of what is embedded for it."""

    start: int
    end: int
    paragraph: int
    digest: bytes


class Division(NamedTuple):
    """How an article is divided: its sentences as bytes, and its passages."""

    sentences: bytes
    passages: Sequence[Part]


def packed(sentences: Sequence[Span], tokens: Sequence[int]) -> bytes:
    """Return sentences, each with its number of tokens, as bytes."""
    rows = [(span.start, span.end, span.paragraph, count) for span, count in zip(sentences, tokens, strict=True)]
    return np.array(rows, SENTENCE[0]).tobytes()


def unpacked(packed: bytes) -> npt.NDArray[np.int32]:
    """Return an article's sentences, int32 [sentences, 4]: start, end, paragraph, and how many tokens."""
    return np.frombuffer(packed, SENTENCE[0]).reshape(-1, SENTENCE[1])


def cut(span: Span, tokens: int, start: int, end: int) -> tuple[Span, int]:
    """Return what of a sentence stands between two characters, and its share of the tokens."""
    if start <= span.start and span.end <= end:
        return span, tokens
    kept = Span(start=max(span.start, start), end=min(span.end, end), paragraph=span.paragraph)
    return kept, round(tokens * (kept.end - kept.start) / (span.end - span.start))
