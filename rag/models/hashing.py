"""A model-free embedder for tests and for trying the pipeline: words hashed into a vector. Not for answers."""

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
    """Each word adds one signed feature (the hashing trick, Weinberger et al. 2009). Tokens are words."""

    def __init__(self, dim: int = 64, max_tokens: int = 48) -> None:
        self.dim = dim
        self.max_tokens = max_tokens
        self.identity = f"hashing-{dim}-{max_tokens}"

    def tokens(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """See rag.index.base.Embedder."""
        return [[match.span() for match in WORD.finditer(text)] for text in texts]

    def embed_query(self, text: str) -> EmbeddedQuery:
        """See rag.index.base.Embedder."""
        words = WORD.findall(text.lower())[: self.max_tokens]
        signs = np.unpackbits(_codes(words), axis=1) * np.float32(2) - 1
        return EmbeddedQuery(self._vector(words), unit(signs), self.tokens([text])[0][: self.max_tokens])

    def _vector(self, words: Sequence[str]) -> Vector:
        vector = np.zeros(self.dim, np.float32)
        vector[0] = 1e-3  # so that a text without words has a direction too
        for word in words:
            code = zlib.crc32(word.encode())
            vector[code % self.dim] += 1.0 if code & 0x10000 else -1.0
        found: Vector = vector / np.linalg.norm(vector)
        return found

    def embed_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] = lambda _: None
    ) -> EmbeddedPassages:
        """See rag.index.base.Embedder."""
        for text, spans in zip(texts, self.tokens(texts), strict=True):
            if len(spans) > self.max_tokens:
                raise EmbedderError(
                    f"a text of {len(spans)} words exceeds the window of {self.max_tokens}: {text[:60]!r}…"
                )
        words = [WORD.findall(text.lower()) for text in texts]
        rows = [self._vector(held) for held in words]
        progress(len(rows))
        vectors = np.stack(rows) if rows else np.zeros((0, self.dim), np.float32)
        return EmbeddedPassages(vectors, [_codes(held) for held in words])


def _codes(words: Sequence[str]) -> Codes:
    """Return a code of random bits for each word: the same word's is the same."""
    drawn = b"".join(hashlib.blake2b(word.encode(), digest_size=CODE_BITS // 8).digest() for word in words)
    return np.frombuffer(drawn, np.uint8).reshape(len(words), CODE_BITS // 8)
