"""An iterator that runs in a thread of its own, ahead of its consumer, so that both work at the same time."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import suppress
from queue import Empty, Full, Queue
from typing import Generic, Self, TypeVar

T = TypeVar("T")
POLL_S = 0.1  # Seconds between two checks of a blocked producer whether it has to stop


class _End:
    """The mark after the last item, with the error that ended the iterator, if any."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class Prefetcher(Generic[T]):
    """Runs the iterator `items` at most `capacity` items ahead; iterating yields lists of items and raises its errors.

    While the iterator still has capacity, the lists hold at most `small_batch` items, so that the consumer's work on
    them leaves a processor to the iterator's thread. Once the queue is full or the iterator has ended, a list holds up
    to `capacity` items.

    Leaving the context stops the iterator at its next item and waits for its thread, so that nothing that the iterator
    writes to is in use afterwards.
    """

    def __init__(self, items: Iterator[T], capacity: int, small_batch: int) -> None:
        self._items = items
        self._capacity = capacity
        self._small_batch = small_batch
        self._queue: Queue[T | _End] = Queue(capacity)
        self._stopped = threading.Event()
        self._ended = threading.Event()
        self._completed = False
        self._thread = threading.Thread(target=self._run, name="prefetch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        with suppress(Empty):
            while True:
                self._queue.get_nowait()
        self._thread.join()

    def __iter__(self) -> Iterator[list[T]]:
        """Yield non-empty lists of the items that have arrived."""
        while True:
            max_items = self._capacity if self._queue.full() or self._ended.is_set() else self._small_batch
            batch: list[T | _End] = [self._queue.get()]
            with suppress(Empty):
                while len(batch) < max_items:
                    batch.append(self._queue.get_nowait())
            if items := [item for item in batch if not isinstance(item, _End)]:
                yield items
            if isinstance(end := batch[-1], _End):
                if end.error:
                    raise end.error
                return

    def completed(self) -> bool:
        """Wait until the iterator ends; return whether it was exhausted, neither stopped nor ended by an error."""
        self._ended.wait()
        return self._completed

    def _run(self) -> None:
        """Put all items into the queue, and then the end mark: the body of the thread."""
        error = None
        try:
            try:
                self._completed = all(map(self._put, self._items))
            finally:  # A generator that is stopped half-way must close its files now, not when it is garbage-collected
                if isinstance(self._items, Generator):
                    self._items.close()
        except BaseException as raised:  # noqa: BLE001 - raised again in the consumer's thread
            error = raised
        self._ended.set()
        self._put(_End(error))

    def _put(self, item: T | _End) -> bool:
        """Put an item into the queue once it has room; return whether that was done before a stop."""
        while not self._stopped.is_set():
            with suppress(Full):
                self._queue.put(item, timeout=POLL_S)
                return True
        return False
