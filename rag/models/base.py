"""The protocols of the models: `Embedder` and `Reranker`, each with at least two implementations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from rag.types.arrays import Codes, Matrix, Scores, Vector


class EmbeddedQuery(NamedTuple):
    """A question as vectors of unit length: one for the whole [dim], one for each token [tokens, CODE_BITS], float32.

    `spans` are the (start, end) of each token in the question, in characters.
    """

    vector: Vector
    tokens: Matrix
    spans: list[tuple[int, int]]


class EmbeddedPassages(NamedTuple):
    """Passages as unit vectors, float32 [passages, dim], and token codes, uint8 [tokens, CODE_BITS / 8] for each."""

    vectors: Matrix
    codes: list[Codes]


class Embedder(Protocol):
    """A model that turns text into vectors of unit length. Embedders of equal `identity` give comparable vectors."""

    @property
    def identity(self) -> str:
        """A string that names weights, pooling, window and prompts."""
        ...

    @property
    def dim(self) -> int:
        """How many dimensions a vector has."""
        ...

    @property
    def max_tokens(self) -> int:
        """How many tokens a passage may have, without special tokens and the prompt."""
        ...

    def tokens(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Return the (start, end) in characters of every token of each text, uncut and without special tokens."""
        ...

    def embed_query(self, text: str) -> EmbeddedQuery:
        """Return the vectors of a question. A question that exceeds the window is cut at its end."""
        ...

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] = ...) -> EmbeddedPassages:
        """Return the vectors and codes of passages; raises EmbedderError if one exceeds the window.

        `progress` is called with the number of texts just finished.
        """
        ...


class Reranker(Protocol):
    """A model that reads a question and a passage together, which ranks better than comparing two vectors.

    It is slow: only the first passages of a ranking are given to it.
    """

    def scores(self, question: str, passages: Sequence[str]) -> Scores:
        """Return a score for each passage, float64 [passages], higher is better; comparable within one question."""
        ...
