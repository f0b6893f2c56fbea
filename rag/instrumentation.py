"""How long each stage of a request took: whoever wants to know collects, and all others pay nothing for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import TypeAlias

Watch: TypeAlias = Callable[[str], AbstractContextManager[object]]

_collecting: ContextVar[dict[str, float] | None] = ContextVar("stages", default=None)
_watching: ContextVar[Watch] = ContextVar("watching", default=lambda _: nullcontext())


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Run a stage of the request that this context serves; its seconds add up under `name`."""
    took = _collecting.get()
    with _watching.get()(name):
        if took is None:
            yield
            return
        began = time.perf_counter()
        try:
            yield
        finally:
            took[name] = took.get(name, 0.0) + time.perf_counter() - began


@contextmanager
def collected(watch: Watch | None = None) -> Iterator[dict[str, float]]:
    """Yield what fills with the seconds of each stage that runs in this context, threads that copy it included.

    `watch` is entered around each stage too: a tracer makes spans so.
    """
    took: dict[str, float] = {}
    token = _collecting.set(took)
    watching = _watching.set(watch) if watch else None
    try:
        yield took
    finally:
        _collecting.reset(token)
        if watching:
            _watching.reset(watching)


Progress: TypeAlias = Callable[[str, int, int | None], None]  # what is under way, how many are done, of how many
