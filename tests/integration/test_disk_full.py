"""A disk that is full fails the reindex in words, never the index: the old generation serves on.

Three ways to have no room. Each call that needs room answers ENOSPC, one in a reindex. No file may grow beyond a
limit (RLIMIT_FSIZE), so that SQLite, faiss and tantivy fail inside their own code. And a real file system with a
few free pages, where this process may mount one: there a write to mapped memory for which no page is left kills
the process by SIGBUS, unless the room was taken before.
"""

from __future__ import annotations

import errno
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from rag.errors import BylineError
from rag.store import Store
from tests.integration import crashing
from tests.integration.crashing import NEW, OLD, OLDEST, article, held, write

NEEDS_ROOM = (
    "mkdir",
    "open",
    "write",
    "flush",
    "fsync",
    "rename",
    "replace",
    "execute",
    "write_index",
    "commit",
)
ADVICE = "make room or mend the disk and run again"
FULL_DISK_BYTES = 2_000_000


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


LONG = [*NEW, article("long", " ".join(f"Sentence {n} has number {n} and is number {n}." for n in range(900)))]
"""So many vectors that they fill several pages."""


def cramped_write(store: Store, cramp: Callable[[], None], answer: Connection) -> None:
    """Reindex where `cramp` leaves no room; send what a person is told, "" for success. Runs in a child."""
    cramp()
    try:
        write(store, LONG)
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
    """Return what is wrong after a reindex without room: what it said, or what serves."""
    found = [] if not said or ADVICE in said else [f"it said {said!r}"]
    served = store.open(held).articles
    if served not in ((OLD, LONG) if said else (LONG,)):
        found.append(f"{store.current()} holds {served}")
    return found


def faults_with_room(store: Store) -> list[str]:
    """Return what is wrong after the next reindex, which has room again."""
    undisturbed = Store(store.folder.with_name("undisturbed"))
    write(undisturbed, LONG)
    return crashing.violations_of_next_write(store, LONG, undisturbed.open(held))


# Every call in turn


class NoSpace:
    """Makes the call numbered `at` answer ENOSPC."""

    def __init__(self, at: int) -> None:
        self.at = at

    def __call__(self) -> None:
        sys.setprofile(crashing.Calls(self.at, "before", no_space))


def no_space() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_no_space_at_any_call_is_said_in_words_and_the_index_serves_on(room: Path) -> None:
    base = filled(Store(room / "base"))
    calls = crashing.calls_of(copied(base, "counted"), LONG)
    points = [at for at, call in enumerate(calls) if call.split(".")[1] in NEEDS_ROOM]
    found = {}
    for at in points:
        store = copied(base, f"{at}-{calls[at]}")
        found[store.name] = faults(store, told(store, NoSpace(at))) + faults_with_room(store)
        shutil.rmtree(store.folder)
    assert len(points) > 50
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def copied(store: Store, name: str) -> Store:
    return Store(shutil.copytree(store.folder, store.folder.with_name(name)))


# No file beyond a limit


class Limit:
    """Lets no file of this process grow beyond so many bytes."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes

    def __call__(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.most_bytes, self.most_bytes))


@pytest.mark.parametrize("most_bytes", [0, 10, 64, 200, 400, 500, 600, 1_000, 2_000, 4_096, 8_192, 16_384])
def test_a_reindex_whose_files_may_not_grow_says_so_and_the_next_one_works(store: Store, most_bytes: int) -> None:
    said = told(store, Limit(most_bytes))
    assert ADVICE in said
    assert store.open(held).articles == OLD
    assert crashing.violations(store, [store.open(held)]) == []
    assert faults_with_room(store) == []


# A full file system


def no_change() -> None:
    """Leave things as they are: the file system is full already."""


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a small file system, where this process may."""
    options = ["-t", "tmpfs", "-o", f"size={FULL_DISK_BYTES}", "byline-test", str(tmp_path)]
    try:
        mounted = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command here")
    if mounted.returncode:
        pytest.skip(f"mounting a small file system needs root here: {mounted.stderr.strip()}")
    yield tmp_path
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def leave_free(folder: Path, pages: int) -> Path:
    """Fill the file system of `folder` but for so many pages; return the file that fills it."""
    filler = folder / "filler"
    state = os.statvfs(folder)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, (state.f_bavail - pages) * state.f_frsize)
    return filler


def test_a_full_disk_is_said_in_words_the_index_serves_on_and_the_next_reindex_works(full_disk: Path) -> None:
    found = {}
    for pages in range(10, 64):
        store = filled(Store(full_disk / f"index-{pages}"))
        filler = leave_free(full_disk, pages)
        said = told(store, no_change)
        filler.unlink()
        found[pages, said] = faults(store, said) + faults_with_room(store)
        shutil.rmtree(store.folder)
        shutil.rmtree(store.folder.with_name("undisturbed"))
    assert {case: wrong for case, wrong in found.items() if wrong} == {}
    assert {said != "" for _, said in found} == {True, False}  # from no room for anything to room for all


# Broken on purpose


class MakesRoom(Store):
    """Gives the old generation up when the new one needs its room."""

    def draft(self) -> Path:
        for name in self.generations():
            self._remove(self.folder / name)
        return super().draft()


class SweepsNothing(Store):
    """Leaves what a failed writer left."""

    def _sweep(self) -> list[str]:
        return []


def test_an_index_that_gives_its_old_generation_up_is_found_out(store: Store) -> None:
    told(MakesRoom(store.folder), Limit(200))
    with pytest.raises(BylineError):
        faults(store, ADVICE)


def test_remains_that_are_not_swept_are_found_out(store: Store) -> None:
    (store.folder / "gen-000009.draft").mkdir()
    assert faults_with_room(SweepsNothing(store.folder)) == ["gen-000009.draft remains"]
