"""An iterator run in a thread of its own, so that what it does and what is done with its items go side by side."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import suppress
from queue import Empty, Full, Queue
from typing import Generic, Self, TypeVar

T = TypeVar("T")
POLL_S = 0.1  # between two looks whether to stop


class _End:
    """What comes after the last item: nothing, or what was raised."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class Prefetcher(Generic[T]):
    """Runs `items` at most `room` items ahead. What it raises is raised here.

    As long as it has room it is given way to: `few` items are taken at a time, so that what is done with them leaves
    it a processor. All are taken together once it waits for them to be, or has ended.

    Leaving the context stops it at its next item, and waits for it: nothing it writes to is in use afterwards.
    """

    def __init__(self, items: Iterator[T], room: int, few: int) -> None:
        self._items = items
        self._room = room
        self._few = few
        self._queue: Queue[T | _End] = Queue(room)
        self._stopped = threading.Event()
        self._ended = threading.Event()
        self._completed = False
        self._thread = threading.Thread(target=self._run, name="beside", daemon=True)

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
        """Yield lists of what has come meanwhile, as soon as there is one."""
        while True:
            most = self._room if self._queue.full() or self._ended.is_set() else self._few
            come: list[T | _End] = [self._queue.get()]
            with suppress(Empty):
                while len(come) < most:
                    come.append(self._queue.get_nowait())
            if items := [item for item in come if not isinstance(item, _End)]:
                yield items
            if isinstance(end := come[-1], _End):
                if end.error:
                    raise end.error
                return

    def completed(self) -> bool:
        """Wait until it ends; say whether it did so by itself, not stopped and without an error."""
        self._ended.wait()
        return self._completed

    def _run(self) -> None:
        error = None
        try:
            try:
                self._completed = all(map(self._put, self._items))
            finally:  # a generator that is stopped half-way lets go of what it writes to now, not when it is collected
                if isinstance(self._items, Generator):
                    self._items.close()
        except BaseException as raised:  # noqa: BLE001 - raised again by whoever takes the items
            error = raised
        self._ended.set()
        self._put(_End(error))

    def _put(self, item: T | _End) -> bool:
        while not self._stopped.is_set():
            with suppress(Full):
                self._queue.put(item, timeout=POLL_S)
                return True
        return False
