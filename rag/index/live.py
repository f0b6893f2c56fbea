"""Which generation answers: opened once, shared by all requests, and swapped for the next one when there is one."""

from __future__ import annotations

import threading
from collections.abc import Callable

from rag.errors import GenerationGoneError, IndexMissingError, UnusableIndexError
from rag.index.base import Engines, GenerationRef
from rag.index.generation import Generation
from rag.index.storage import IndexStorage, reindex_command
from rag.types.index import OpenGeneration


class LiveIndex:
    """The open generation of an index. Safe for threads.

    `admit` sees each generation before it answers; what it raises keeps the one before.
    """

    def __init__(
        self,
        storage: IndexStorage,
        engines: Engines,
        admit: Callable[[Generation], None] = lambda _: None,
    ) -> None:
        self.storage = storage
        self._engines = engines
        self._admit = admit
        self._swapping = threading.Lock()
        self._generation: Generation | None = None
        self._older: Generation | None = None  # the one that a cursor named last

    @property
    def opened(self) -> OpenGeneration | None:
        """The open generation's name and age, None where none is open; opens nothing."""
        generation = self._generation
        return OpenGeneration(generation.name, generation.manifest.created) if generation else None

    @property
    def generation(self) -> Generation:
        """The open generation; opened now if none is. Raises IndexMissingError, UnusableIndexError."""
        if self._generation is None:
            self.reload()
        if self._generation is None:
            command = reindex_command(self.storage.name)
            raise IndexMissingError(f"index {self.storage.name!r} is not open; run `{command}`")
        return self._generation

    def reload(self) -> bool:
        """Open the current generation and swap it in, unless it is the one that answers; return whether it swapped.

        Raises IndexMissingError, UnusableIndexError, and what `admit` raises.
        """
        with self._swapping:
            if self._generation is not None and self.storage.current() == self._generation.name:
                return False
            generation = self.storage.open(self._open)
            self._admit(generation)
            self._generation = generation
            return True

    def peek(self) -> Generation:
        """Return the open generation, or open the current one for this call alone: nothing is admitted by it."""
        return self._generation or self.storage.open(self._open)

    def named(self, name: str) -> Generation:
        """Return a generation that answers, or answered and is still on disk; raises GenerationGoneError."""
        for generation in (self.generation, self._older):
            if generation and generation.name == name:
                return generation
        try:
            if name in self.storage.generations():  # a name from outside leads nowhere else
                older = self._open(self.storage.ref(name))
                self._admit(older)
                self._older = older
                return older
        except (FileNotFoundError, UnusableIndexError):  # pruned meanwhile, or of another model
            pass
        raise GenerationGoneError(f"{name} is not kept any more; begin the list again without the cursor")

    def _open(self, ref: GenerationRef) -> Generation:
        return Generation.open(ref, self._engines)
