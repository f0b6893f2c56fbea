"""A model-free embedder for tests and for trying the pipeline: words hashed into a vector. Not for answers."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence

import numpy as np

from rag.errors import EmbedderError
from rag.ports import Matrix, Vector

WORD = re.compile(r"\w+")


class HashingEmbedder:
    """Each word adds one signed feature (the hashing trick, Weinberger et al. 2009). Tokens are words."""

    def __init__(self, dim: int = 64, max_tokens: int = 48) -> None:
        self.dim = dim
        self.max_tokens = max_tokens
        self.identity = f"hashing-{dim}-{max_tokens}"

    def tokens(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """See rag.ports.Embedder."""
        return [[match.span() for match in WORD.finditer(text)] for text in texts]

    def embed_query(self, text: str) -> Vector:
        """See rag.ports.Embedder."""
        vector = np.zeros(self.dim, np.float32)
        vector[0] = 1e-3  # so that a text without words has a direction too
        for word in WORD.findall(text.lower())[: self.max_tokens]:
            code = zlib.crc32(word.encode())
            vector[code % self.dim] += 1.0 if code & 0x10000 else -1.0
        unit: Vector = vector / np.linalg.norm(vector)
        return unit

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] = lambda _: None) -> Matrix:
        """See rag.ports.Embedder."""
        for text, spans in zip(texts, self.tokens(texts), strict=True):
            if len(spans) > self.max_tokens:
                raise EmbedderError(
                    f"a text of {len(spans)} words exceeds the window of {self.max_tokens}: {text[:60]!r}…"
                )
        rows = [self.embed_query(text) for text in texts]
        progress(len(rows))
        return np.stack(rows) if rows else np.zeros((0, self.dim), np.float32)
