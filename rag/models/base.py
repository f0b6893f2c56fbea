"""The seams of the models: what embeds text and what re-ranks passages, each with at least two implementations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from rag.types.arrays import Codes, Matrix, Scores, Vector


class EmbeddedQuery(NamedTuple):
    """A question, embedded: its vector [dim], and a vector for each of its tokens [tokens, CODE_BITS]; unit rows.

    `spans` are the characters of the question that each token stands for.
    """

    vector: Vector
    tokens: Matrix
    spans: list[tuple[int, int]]


class EmbeddedPassages(NamedTuple):
    """Passages, embedded: unit rows [passages, dim], and each passage's token codes [tokens, CODE_BITS / 8]."""

    vectors: Matrix
    codes: list[Codes]


class Embedder(Protocol):
    """Turns text into unit vectors. Two embedders of equal `identity` give comparable vectors."""

    @property
    def identity(self) -> str:
        """Weights, pooling, window and prompts, as one string."""
        ...

    @property
    def dim(self) -> int:
        """Vector length."""
        ...

    @property
    def max_tokens(self) -> int:
        """How many tokens of text one passage may hold; special tokens and prompts are already taken off."""
        ...

    def tokens(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Return, for each text, the code-point span of every token; never cut, no special tokens."""
        ...

    def embed_query(self, text: str) -> EmbeddedQuery:
        """Return the question's vectors, float32. A longer question is cut at the window's end."""
        ...

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] = ...) -> EmbeddedPassages:
        """Return the texts' vectors, float32, and codes; raises EmbedderError where a text exceeds the window.

        `progress` is called with the number of texts just finished.
        """
        ...


class Reranker(Protocol):
    """Reads a question and a passage together, which tells better than two vectors how well the one answers the other.

    It is slow: only the first passages of a list are given to it.
    """

    def scores(self, question: str, passages: Sequence[str]) -> Scores:
        """Return float64 [len(passages)], higher for a better passage; comparable within one question only."""
        ...
