"""Stage timings of a request, and the type of the callbacks to which long work reports its progress.

Code marks its stages whether or not anybody collects their timings; a stage that nobody collects costs next to nothing.
"""

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
    """Time the block as a stage of the current request; its seconds are added under `name`."""
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
    """Collect stage timings within the block: yield a dictionary of seconds by stage, which fills as stages end.

    Stages count in this context and in threads that copy it. `watch` is entered around each stage with its name: a
    tracer uses it to make spans.
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


Progress: TypeAlias = Callable[[str, int, int | None], None]  # stage, number done, total if it is known
