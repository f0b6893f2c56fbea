"""An iterator in a thread of its own: what is taken together, what it raises, and that leaving stops it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from rag.indexing.prefetch import Prefetcher

PATIENCE_S = 10


def test_all_items_come_in_order() -> None:
    with Prefetcher(iter(range(1_000)), 64, 8) as beside:
        assert [item for items in beside for item in items] == list(range(1_000))
        assert beside.completed()


def test_few_are_taken_while_it_has_room_and_all_once_it_waits_or_has_ended() -> None:
    paused, go_on, waits = threading.Event(), threading.Event(), threading.Event()

    def items() -> Iterator[int]:
        yield from range(20)
        paused.set()
        assert go_on.wait(PATIENCE_S)
        for item in range(20, 60):
            if item == 8 + 32:  # 8 were taken, 32 fill the queue: this one has to wait
                waits.set()
            yield item

    with Prefetcher(items(), 32, 4) as beside:
        lists = iter(beside)
        assert paused.wait(PATIENCE_S)
        assert [len(next(lists)) for _ in range(2)] == [4, 4]
        go_on.set()
        assert waits.wait(PATIENCE_S)
        assert len(next(lists)) == 32
        assert sum(map(len, lists)) == 20


def test_what_it_raises_is_raised_after_what_it_yielded() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    with Prefetcher(items(), 8, 2) as beside:
        lists = iter(beside)
        assert next(lists) == [1]
        with pytest.raises(ValueError, match="no more"):
            next(lists)
        assert not beside.completed()


def test_leaving_stops_it_and_waits_for_it() -> None:
    made = []

    def items() -> Iterator[int]:
        for item in range(1_000_000):
            made.append(item)
            yield item

    with Prefetcher(items(), 8, 2) as beside:
        next(iter(beside))
    count = len(made)
    assert count < 100
    assert not beside.completed()
    assert not [thread for thread in threading.enumerate() if thread.name == "beside"]
