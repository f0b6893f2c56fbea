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
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from rag.errors import BylineError
from rag.index.base import GenerationRef
from rag.index.storage import IndexStorage
from rag.types.articles import Article
from tests.integration import crashing
from tests.integration.crashing import NEW, OLD, OLDEST, Contents, article, contents_of, write

NEEDS_ROOM = "mkdir write flush fsync rename replace executescript execute write_index commit".split()
ADVICE = "free space on the disk or repair it, then run the command again"
FULL_DISK_BYTES = 12_000_000  # three times what is written: what a closed index held is given back a little later


@pytest.fixture
def room() -> Iterator[Path]:
    with crashing.room() as folder:
        yield folder


@pytest.fixture
def store(room: Path) -> IndexStorage:
    """An index of two generations."""
    return filled(IndexStorage(room / "index"))


def filled(store: IndexStorage) -> IndexStorage:
    write(store, OLDEST)
    write(store, OLD)
    return store


LONG = [*NEW, article("long", " ".join(f"Sentence {n} has number {n} and is number {n}." for n in range(900)))]
"""So many vectors that they fill several pages."""


def cramped_write(
    store: IndexStorage, articles: Sequence[Article], cramp: Callable[[], None], answer: Connection
) -> None:
    """Reindex where `cramp` leaves no room; send what a person is told, "" for success. Runs in a child."""
    cramp()
    try:
        write(store, articles)
    except BylineError as error:
        said = str(error)
    else:
        said = ""
    finally:
        sys.setprofile(None)
    answer.send(said)


def told(store: IndexStorage, cramp: Callable[[], None], articles: Sequence[Article] = NEW) -> str:
    """Return what a reindex without room says."""
    here, there = crashing.server().Pipe()
    process = crashing.start(cramped_write, store, articles, cramp, there)
    there.close()
    try:
        said: str = here.recv()
    except EOFError:
        said = "nothing"
    here.close()
    if code := crashing.ended(process):
        return f"ended with {code}, having said {said!r}"
    return said


def faults(store: IndexStorage, said: str, expected: Contents) -> list[str]:
    """Return what is wrong after a reindex without room, and after the next one, which has room again."""
    found = [] if not said or ADVICE in said else [f"it said {said!r}"]
    served = store.open(contents_of)
    if (served.articles != OLD and served != expected) or (not said and served != expected):
        found.append(f"{store.current()} holds {served.articles}")
    return found + crashing.violations_of_next_write(store, expected.articles, expected)


def undisturbed(folder: Path, articles: Sequence[Article]) -> Contents:
    """Return what a reindex with room makes of `articles`."""
    store = IndexStorage(folder)
    write(store, articles)
    return store.open(contents_of)


# Every call in turn


class NoSpace:
    """Makes the call numbered `at` answer ENOSPC."""

    def __init__(self, at: int) -> None:
        self.at = at

    def __call__(self) -> None:
        crashing.watch(crashing.Calls(self.at, "before", no_space))


def no_space() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_no_space_at_any_call_is_said_in_words_and_the_index_serves_on(room: Path) -> None:
    base = filled(IndexStorage(room / "base"))
    calls = crashing.calls_of(copied(base, "counted"))
    points = [at for at, call in enumerate(calls) if call.split(".")[1] in NEEDS_ROOM]
    points.append(calls.index("posix.open"))  # the lock's file
    expected, found = undisturbed(room / "undisturbed", NEW), []
    for at in points:
        store = copied(base, str(at))
        found += [f"{calls[at]} ({at}): {fault}" for fault in faults(store, told(store, NoSpace(at)), expected)]
    assert found == []
    assert len(points) > 40


def copied(store: IndexStorage, name: str) -> IndexStorage:
    return IndexStorage(shutil.copytree(store.folder, store.folder.with_name(name)))


# No file beyond a limit


class Limit:
    """Lets no file of this process grow beyond so many bytes."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes

    def __call__(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.most_bytes, self.most_bytes))


@pytest.mark.parametrize("most_bytes", [0, 10, 64, 200, 400, 500, 600, 1_000, 2_000, 4_096, 8_192, 16_384])
def test_a_reindex_whose_files_may_not_grow_says_so_and_the_next_one_works(
    room: Path, store: IndexStorage, most_bytes: int
) -> None:
    said = told(store, Limit(most_bytes))
    assert ADVICE in said
    assert store.open(contents_of).articles == OLD
    assert faults(store, said, undisturbed(room / "undisturbed", NEW)) == []


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
    expected, found, outcomes = undisturbed(full_disk / "undisturbed", LONG), [], set()
    for pages, store, said in told_on_full_disk(full_disk, no_change):
        found += [f"{pages} pages: {fault}" for fault in faults(store, said, expected)]
        outcomes.add(bool(said))
    assert found == []
    assert outcomes == {True, False}  # from no room for anything to room for all


def told_on_full_disk(folder: Path, cramp: Callable[[], None]) -> Iterator[tuple[int, IndexStorage, str]]:
    """Yield how many pages were free, and what a reindex says; there is room again when its index is yielded."""
    for pages in (*range(0, 64, 3), *range(64, 256, 32)):
        store = filled(IndexStorage(folder / "index"))
        filler = leave_free(folder, pages)
        said = told(store, cramp, LONG)
        filler.unlink()
        yield pages, store, said
        shutil.rmtree(store.folder)


# Broken on purpose


class MakesRoom(IndexStorage):
    """Gives the old generation up when the new one needs its room."""

    def draft(self) -> GenerationRef:
        for name in self.generations():
            self._remove(self.ref(name))
        return super().draft()


def test_an_index_that_gives_its_old_generation_up_is_found_out(store: IndexStorage) -> None:
    told(MakesRoom(store.folder), Limit(200))
    with pytest.raises(BylineError):
        store.open(contents_of)


class LeavesTheDraft(IndexStorage):
    """Has no sweep, so that what a failed writer could not remove stays."""

    def _sweep(self) -> list[str]:
        return []


def test_remains_that_are_not_swept_are_found_out(room: Path, store: IndexStorage) -> None:
    expected = undisturbed(room / "undisturbed", NEW)
    (store.folder / "gen-000009.draft").mkdir()
    assert faults(LeavesTheDraft(store.folder), ADVICE, expected) == ["gen-000009.draft remains"]
