"""The models that a service asks with, each loaded when it is first needed, by whichever thread comes first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property

from rag.models.base import Embedder
from rag.models.deadline import DeadlineReranker

WARM_WORDS = (10, 20, 28, 44, 60)  # lengths of the questions that a server's models are warmed up with


class ModelsOnDemand:
    """An embedder and, where one is set, a reranker. Safe for threads."""

    def __init__(
        self, embedder: Callable[[], Embedder], reranker: Callable[[], DeadlineReranker | None] = lambda: None
    ) -> None:
        self._make_embedder = embedder
        self._make_reranker = reranker
        self._lock = threading.Lock()

    @property
    def embedder(self) -> Embedder:
        """The embedder; raises EmbedderError where it cannot be loaded."""
        with self._lock:
            return self._embedder

    @property
    def reranker(self) -> DeadlineReranker | None:
        """The reranker, None where none is set; raises RerankerError where it cannot be loaded."""
        with self._lock:
            return self._reranker

    def without_reranker(self) -> ModelsOnDemand:
        """Return the same embedder with no reranker."""
        return ModelsOnDemand(lambda: self.embedder)

    def warm_up(self) -> None:
        """Load both, and run them on questions of every usual length, so that the first real one is not slow."""
        for words in WARM_WORDS:
            self.embedder.embed_query("word " * words)
        if self.reranker:
            self.reranker.scores("word", ["word"])

    @cached_property
    def _embedder(self) -> Embedder:
        return self._make_embedder()

    @cached_property
    def _reranker(self) -> DeadlineReranker | None:
        return self._make_reranker()
