"""A disk that is full fails the reindex in words, never the index: the old generation serves on.

Three ways to have no room. The first call after which the disk is full is each call that needs room, in turn; it
answers ENOSPC. No file may grow beyond a limit (RLIMIT_FSIZE), so that SQLite, faiss and tantivy fail inside
their own code. And a real file system with a few free pages, where this process may mount one; there a write
to mapped memory for which no page is left kills a process by SIGBUS, unless the room was reserved before.
"""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from rag.errors import BylineError
from rag.store import Store
from tests.integration import crashing
from tests.integration.crashing import NEW, OLD, OLDEST, held, write

NEEDS_ROOM = ("mkdir", "open", "write", "flush", "fsync", "rename", "replace", "execute", "write_index", "commit")
ADVICE = "make room or mend the disk and run again"
FULL_DISK_BYTES = 2_000_000
PAGE_BYTES = 4096


@pytest.fixture
def room() -> Iterator[Path]:
    with crashing.room() as folder:
        yield folder


@pytest.fixture
def store(room: Path) -> Store:
    """An index of two generations."""
    return filled(Store(room / "index"))


def filled(store: Store) -> Store:
    write(store, OLDEST)
    write(store, OLD)
    return store


def cramped_write(store: Store, cramp: Callable[[], None], answer: Connection) -> None:
    """Reindex where `cramp` leaves no room; send what a person would be told, "" for success. Runs in a child."""
    cramp()
    try:
        write(store, NEW)
    except BylineError as error:
        said = str(error)
    else:
        said = ""
    finally:
        sys.setprofile(None)
    answer.send(said)


def told(store: Store, cramp: Callable[[], None]) -> str:
    """Return what a reindex without room says."""
    here, there = crashing.server().Pipe()
    process = crashing.start(cramped_write, store, cramp, there)
    there.close()
    try:
        said: str = here.recv()
    except EOFError:
        said = "nothing"
    here.close()
    if code := crashing.ended(process):
        return f"ended with {code}, having said {said!r}"
    return said


def faults(store: Store, said: str) -> list[str]:
    """Return what is wrong after a reindex without room: other words than advice, another index than OLD or NEW."""
    found = [] if not said or ADVICE in said else [f"it said {said!r}"]
    served = store.open(held).articles
    if served not in ((OLD, NEW) if said else (NEW,)):
        found.append(f"{store.current()} holds {served}")
    return found


def faults_with_room(store: Store) -> list[str]:
    """Return what is wrong after the next reindex, which has room again."""
    undisturbed = Store(store.folder.with_name("undisturbed"))
    write(undisturbed, NEW)
    return crashing.violations_of_next_write(store, NEW, undisturbed.open(held))


# Every call in turn


class NoSpace:
    """Makes the call numbered `at`, and every later one that needs room, answer ENOSPC."""

    def __init__(self, at: int) -> None:
        self.at = at

    def __call__(self) -> None:
        sys.setprofile(crashing.Calls(self.at, "before", no_space))


def no_space() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_no_space_at_any_call_is_said_in_words_and_the_index_serves_on(room: Path) -> None:
    calls = crashing.calls_of(filled(Store(room / "counted")), NEW)
    found, said = [], ""
    for at, call in enumerate(calls):
        if call.endswith(NEEDS_ROOM):
            store = Store(room / str(at))
            shutil_copy(room / "base", store.folder)
            said = told(store, NoSpace(at))
            found += [f"{call} ({at}): {fault}" for fault in faults(store, said) + faults_with_room(store)]
    assert found == []
