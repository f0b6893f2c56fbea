"""Embed by hashed words, without a model: the tests' embedder, and the second implementation of the contract.

Its vectors know words and no meaning, so that it is not for answers. Tests use it because it is fast and exact, and the
contract tests of `Embedder` run on it beside the neural embedders.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Sequence

import numpy as np

from rag.errors import EmbedderError
from rag.models.base import EmbeddedPassages, EmbeddedQuery
from rag.models.binary_codes import unit
from rag.text.analysis import WORD
from rag.types.arrays import CODE_BITS, Codes, Vector


class HashingEmbedder:
    """An embedder in which each word adds one signed feature (the hashing trick, Weinberger et al. 2009).

    A token is a word; `max_tokens` is in words.
    """

    def __init__(self, dim: int = 64, max_tokens: int = 48) -> None:
        self.dim = dim
        self.max_tokens = max_tokens
        self.identity = f"hashing-{dim}-{max_tokens}"

    def tokens(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """See `Embedder`."""
        return [[match.span() for match in WORD.finditer(text)] for text in texts]

    def embed_query(self, text: str) -> EmbeddedQuery:
        """See `Embedder`."""
        words = WORD.findall(text.lower())[: self.max_tokens]
        signs = np.unpackbits(_codes(words), axis=1) * np.float32(2) - 1
        return EmbeddedQuery(self._vector(words), unit(signs), self.tokens([text])[0][: self.max_tokens])

    def _vector(self, words: Sequence[str]) -> Vector:
        vector = np.zeros(self.dim, np.float32)
        vector[0] = 1e-3  # a text without words must have a direction too
        for word in words:
            code = zlib.crc32(word.encode())
            vector[code % self.dim] += 1.0 if code & 0x10000 else -1.0
        normalised: Vector = vector / np.linalg.norm(vector)
        return normalised

    def embed_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] = lambda _: None
    ) -> EmbeddedPassages:
        """See `Embedder`."""
        for text, spans in zip(texts, self.tokens(texts), strict=True):
            if len(spans) > self.max_tokens:
                raise EmbedderError(
                    f"a text of {len(spans)} words exceeds the window of {self.max_tokens}: {text[:60]!r}…"
                )
        words = [WORD.findall(text.lower()) for text in texts]
        rows = [self._vector(text_words) for text_words in words]
        progress(len(rows))
        vectors = np.stack(rows) if rows else np.zeros((0, self.dim), np.float32)
        return EmbeddedPassages(vectors, [_codes(text_words) for text_words in words])


def _codes(words: Sequence[str]) -> Codes:
    """Return a code for each word, uint8 [words, CODE_BITS / 8]: pseudo-random bits, the same for the same word."""
    digests = b"".join(hashlib.blake2b(word.encode(), digest_size=CODE_BITS // 8).digest() for word in words)
    return np.frombuffer(digests, np.uint8).reshape(len(words), CODE_BITS // 8)
