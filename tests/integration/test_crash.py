"""A writer that dies leaves the old generation or the new one, whole, and the next writer works.

First test: SIGKILL before and after every file-system call that Python makes in a reindex (`crashing.Calls` says
how they are counted), each time over a fresh copy of an index of two generations, so that the reindex also prunes.
A killed process keeps the page cache, so what was written before the kill is what a reader sees; what a power
failure would lose is the business of the order of fsync and rename, tested in test_publish.py.

Second test: SQLite, faiss and tantivy make system calls of their own, tantivy in threads of its own. Here strace
kills at the system calls themselves: `inject=CALL:signal=KILL:when=N` delivers the signal on entering the N-th CALL
of a thread, which is also "after" the call before it. A sample with a fixed seed runs by default;
`CRASH_POINTS=all python -m pytest tests/integration/test_crash.py` runs every one (some minutes).

The protocols at the end are broken on purpose: the same checker must find each of them out.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from rag.errors import IndexLockedError, IndexMissingError
from rag.store import CURRENT, DRAFT, Store
from rag.types import Article
from tests.integration import crashing
from tests.integration.crashing import NEW, OLD, OLDEST, Held, Moment, held

SAMPLE = 40
SEED = 20250601
MOMENTS: tuple[Moment, Moment] = ("before", "after")
MUTATING = (
    "openat,write,pwrite64,writev,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,"
    "fsync,fdatasync,msync,ftruncate,fallocate,link,linkat,flock,close"
)
CALL = re.compile(r"^(\d+) +(?:<\.\.\. )?(\w+)(?: resumed>|\()")


class Case(NamedTuple):
    """An index to write, and all that a reader may find while and after it is written."""

    store: Store
    old: Held | None
    new: Held


@pytest.fixture
def room() -> Iterator[Path]:
    with crashing.room() as folder:
        yield folder


@pytest.fixture
def rewrite(room: Path) -> Case:
    """An index of two generations, and the archive that replaces the second."""
    store = Store(room / "base" / "index")
    crashing.write(store, OLDEST)
    crashing.write(store, OLD)
    return Case(store, store.open(held), expected(room))


@pytest.fixture
def first_write(room: Path) -> Case:
    """No index yet."""
    (room / "base").mkdir()
    return Case(Store(room / "base" / "index"), None, expected(room))


def expected(room: Path) -> Held:
    undisturbed = Store(room / "undisturbed")
    crashing.write(undisturbed, NEW)
    return undisturbed.open(held)


def violations(case: Case) -> list[str]:
    """Return what a reader must not find after a kill; an index never written may be missing."""
    if case.old is None:
        try:
            case.store.current()
        except IndexMissingError:
            return []
    return crashing.violations(case.store, [case.new] if case.old is None else [case.old, case.new])


# Every call that Python makes


class Kill(NamedTuple):
    """A point at which the writer dies."""

    at: int
    moment: Moment
    call: str


def kill_points(case: Case) -> list[Kill]:
    """Return every call of an undisturbed reindex, before and after."""
    calls = crashing.calls_of(copied(case, "counted").store, NEW)
    return [Kill(at, moment, call) for at, call in enumerate(calls) for moment in MOMENTS]


def copied(case: Case, name: str, protocol: type[Store] = Store) -> Case:
    """Return the case over a copy of its index, to be written by `protocol`."""
    folder = case.store.folder.parent.with_name(name)
    shutil.copytree(case.store.folder.parent, folder)
    return case._replace(store=protocol(folder / case.store.name))


def killed(case: Case, points: Sequence[Kill], protocol: type[Store] = Store) -> Iterator[tuple[Kill, Case]]:
    """Yield what each kill leaves. One writer runs ahead while the state before it is looked at."""
    started = [started_at(case, point, protocol) for point in points[:1]]
    for point, following in zip(points, [*points[1:], None], strict=True):
        left, process = started.pop()
        code = crashing.ended(process)
        assert code == -signal.SIGKILL, f"the writer ended with {code} and was not killed {point}"
        if following:
            started.append(started_at(case, following, protocol))
        yield point, left._replace(store=Store(left.store.folder))
        shutil.rmtree(left.store.folder.parent)


def started_at(case: Case, point: Kill, protocol: type[Store]) -> tuple[Case, crashing.ForkServerProcess]:
    left = copied(case, f"{point.moment}-{point.at}", protocol)
    return left, crashing.start(crashing.killed_write, left.store, NEW, point.at, point.moment)


def layout(store: Store) -> frozenset[tuple[str, int]]:
    """Return the files' names and sizes: equal where the next writer meets the same remains."""
    paths = store.folder.rglob("*") if store.folder.exists() else ()
    return frozenset(
        (re.sub(r"[0-9a-f]{32}", "segment", path.relative_to(store.folder).as_posix()), path.stat().st_size)
        for path in paths
    )


def found_wrong(case: Case, lefts: Iterable[tuple[object, Case]]) -> Iterator[str]:
    """Yield what is wrong after each kill: for a reader always, for the next writer once for equal remains."""
    met = set()
    for point, left in lefts:
        yield from (f"{point}: {fault}" for fault in violations(left))
        if (remains := (layout(left.store), left.store.open(held) if current(left) else None)) not in met:
            met.add(remains)
            faults = crashing.violations_of_next_write(left.store, NEW, case.new)
            yield from (f"{point}, then: {fault}" for fault in faults)
