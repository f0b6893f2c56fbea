"""Which generation serves: opened once, shared by all requests, and swapped for the next one when there is one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property

from rag.errors import GenerationGoneError, IndexMissingError, UnusableIndexError
from rag.index import storage
from rag.index.generation import Generation
from rag.models.base import Embedder
from rag.models.deadline import DeadlineReranker
from rag.settings import Settings

WARM_WORDS = (10, 20, 28, 44, 60)  # questions whose models are loaded before a server's first request


class LiveIndex:
    """One index and the models it is asked with, each made when first needed. Safe for threads."""

    def __init__(
        self,
        settings: Settings,
        embedder: Callable[[], Embedder],
        reranker: Callable[[], DeadlineReranker | None] = lambda: None,
        generation: Generation | None = None,
    ) -> None:
        self.settings = settings
        self.store = storage.IndexStorage(settings.index_root / settings.index)
        self._make_embedder = embedder
        self._make_reranker = reranker
        self._making = threading.Lock()
        self._reloading = threading.Lock()
        self._generation = generation  # given: asked until `reload` finds another
        self._older: Generation | None = None  # that a cursor named last

    @property
    def embedder(self) -> Embedder:
        """The embedder, made when first asked for."""
        with self._making:
            return self._embedder

    @property
    def reranker(self) -> DeadlineReranker | None:
        """What re-ranks, made when first asked for; None where nothing does."""
        with self._making:
            return self._reranker

    @cached_property
    def _embedder(self) -> Embedder:
        return self._make_embedder()

    @cached_property
    def _reranker(self) -> DeadlineReranker | None:
        return self._make_reranker()

    @property
    def is_open(self) -> bool:
        """Whether a generation is open."""
        return self._generation is not None

    @property
    def generation(self) -> Generation:
        """The open generation; opened now if none is. Raises IndexMissingError, UnusableIndexError."""
        if self._generation is None:
            self.reload()
        if self._generation is None:
            command = storage.reindex_command(self.store.name)
            raise IndexMissingError(f"index {self.store.name!r} is not open; run `{command}`")
        return self._generation

    def open(self) -> None:
        """Open the current generation, and load the model for questions of every usual length.

        A server does so before its first request. Raises IndexMissingError, UnusableIndexError, ModelError.
        """
        self._swap(warm=True)

    def reload(self) -> bool:
        """Open the current generation and swap it in, unless it is the one that serves; True where it swapped."""
        return self._swap(warm=False)

    def _swap(self, *, warm: bool) -> bool:
        with self._reloading:
            if self._generation is not None and self.store.current() == self._generation.name:
                return False
            new = self.store.open(Generation.open)
            new.require(self.embedder.identity)
            for words in WARM_WORDS if warm else ():
                self.embedder.embed_query("word " * words)
            if warm and self.reranker:
                self.reranker.scores("word", ["word"])
            self._generation = new
            return True

    def kept(self, name: str) -> Generation:
        """Return a generation that serves, or served and is still on disk; raises GenerationGoneError."""
        for held in (self.generation, self._older):
            if held and held.name == name:
                return held
        try:
            if name in self.store.generations():  # a name from outside leads nowhere else
                self._older = Generation.open(self.store.folder / name)
                self._older.require(self.embedder.identity)
                return self._older
        except (FileNotFoundError, UnusableIndexError):  # pruned meanwhile, or of another model
            pass
        raise GenerationGoneError(f"{name} is not kept any more; begin the list again without the cursor")
