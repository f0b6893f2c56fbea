"""A writer that dies leaves the old generation or the new one, whole, and the next writer works.

First: SIGKILL before and after every file-system call that Python makes in a reindex (`crashing.Calls` says
how they are counted), each time over a fresh copy of an index of two generations, so that the reindex also
prunes. A killed process leaves the page cache whole, so what was written before is what a reader sees; what a
power failure could lose is a matter of the order of fsync and rename, tested in test_publish.py.

Second: SQLite, faiss and tantivy make system calls of their own, tantivy in threads of its own. Here strace
kills at the system calls: `inject=CALL:signal=KILL:when=N` delivers the signal on entering the N-th CALL of a
thread, which is also "after" the call before it. A sample with a fixed seed runs by default;
`CRASH_POINTS=all python -m pytest tests/integration/test_crash.py` runs every one (about eight minutes on two cores).

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
from dataclasses import replace
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import NamedTuple

import pytest

from rag.errors import IndexMissingError
from rag.index.base import GenerationRef
from rag.index.storage import CURRENT, IndexStorage
from tests.integration import crashing
from tests.integration.crashing import NEW, OLD, OLDEST, Contents, Moment, Work, contents_of, publish_weights, write_new

SAMPLE, SAMPLED_CALLS = 40, 150  # kills at system calls, and at calls of Python; CRASH_POINTS=all for every one
SEED = 20250601
MOMENTS: tuple[Moment, Moment] = ("before", "after")
MUTATING = (
    "openat,write,pwrite64,writev,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,"
    "fsync,fdatasync,msync,ftruncate,fallocate,link,linkat"
)
EXPECTED_CALLS = {
    "posix.mkdir", "posix.open", "posix.fsync", "posix.rename", "posix.replace", "posix.unlink",
    "posix.rmdir", "fcntl.flock", "io.open", "TextIOWrapper.write", "TextIOWrapper.__exit__", "BufferedRandom.flush",
    "_sqlite3.connect", "Connection.execute", "faiss.write_index", "Index.writer", "IndexWriter.commit",
}  # fmt: skip
CALL = re.compile(r"^(\d+) +(\w+)\(", re.MULTILINE)  # thread and call; a resumed call has no bracket here


class Case(NamedTuple):
    """An index to write, and all that a reader may find while and after it is written."""

    store: IndexStorage
    old: Contents | None
    new: Contents
    work: Work = write_new


@pytest.fixture
def room() -> Iterator[Path]:
    with crashing.room() as folder:
        yield folder


@pytest.fixture
def rewrite(room: Path) -> Case:
    """An index of two generations, and the archive that replaces the second."""
    store = IndexStorage(room / "base" / "index")
    crashing.write(store, OLDEST)
    crashing.write(store, OLD)
    return Case(store, store.open(contents_of), expected(room))


@pytest.fixture
def first_write(room: Path) -> Case:
    """No index yet."""
    (room / "base").mkdir()
    return Case(IndexStorage(room / "base" / "index"), None, expected(room))


def expected(room: Path) -> Contents:
    undisturbed = IndexStorage(room / "undisturbed")
    crashing.write(undisturbed, NEW)
    return undisturbed.open(contents_of)


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


def kill_points(case: Case, protocol: type[IndexStorage] = IndexStorage) -> list[Kill]:
    """Return every call of an undisturbed reindex, before and after."""
    calls = crashing.calls_of(copied(case, "counted", protocol).store, case.work)
    return [Kill(at, moment, call) for at, call in enumerate(calls) for moment in MOMENTS]


def copied(case: Case, name: str, protocol: type[IndexStorage] = IndexStorage) -> Case:
    """Return the case over a copy of its index, to be written by `protocol`."""
    folder = case.store.folder.parent.with_name(name)
    shutil.copytree(case.store.folder.parent, folder)
    return case._replace(store=protocol(folder / case.store.name))


def killed(
    case: Case, points: Sequence[Kill], protocol: type[IndexStorage] = IndexStorage
) -> Iterator[tuple[Kill, Case]]:
    """Yield what each kill leaves. One writer runs ahead while the state before it is looked at."""
    started = [started_at(case, point, protocol) for point in points[:1]]
    try:
        for point, following in zip(points, [*points[1:], None], strict=True):
            left, process = started.pop()
            code = crashing.ended(process)
            assert code == -signal.SIGKILL, f"the writer ended with {code} and was not killed {point}"
            if following:
                started.append(started_at(case, following, protocol))
            yield point, left._replace(store=IndexStorage(left.store.folder))
            shutil.rmtree(left.store.folder.parent, ignore_errors=True)  # the reader's tantivy may lock it meanwhile
    finally:
        for _, process in started:
            crashing.ended(process)


def started_at(case: Case, point: Kill, protocol: type[IndexStorage]) -> tuple[Case, ForkServerProcess]:
    left = copied(case, f"{point.moment}-{point.at}", protocol)
    return left, crashing.start(crashing.killed_write, left.store, case.work, point.at, point.moment)


def chosen(points: list[Kill]) -> list[Kill]:
    """Return SAMPLED_CALLS of the points: of each call the first and the last at each moment, the rest by chance."""
    if os.environ.get("CRASH_POINTS") == "all" or len(points) <= SAMPLED_CALLS:
        return points
    first = {(point.call, point.moment): point for point in reversed(points)}
    last = {(point.call, point.moment): point for point in points}
    certain = {*first.values(), *last.values()}
    others = [point for point in points if point not in certain]
    drawn = random.Random(SEED).sample(others, max(0, SAMPLED_CALLS - len(certain)))
    return [point for point in points if point in certain or point in drawn]


def remains(store: IndexStorage) -> tuple[str, frozenset[tuple[str, int]]]:
    """Return CURRENT's text, and every file's name and size: equal where the next writer meets the same."""
    current, files = store.folder / CURRENT, store.folder.rglob("*") if store.folder.exists() else ()
    return current.read_text() if current.exists() else "", frozenset(
        (re.sub(r"[0-9a-f]{32}", "segment", path.relative_to(store.folder).as_posix()), path.stat().st_size)
        for path in files
    )


def found_wrong(case: Case, lefts: Iterable[tuple[object, Case]]) -> Iterator[str]:
    """Yield what is wrong after each kill: for a reader always, for a writer once for equal remains."""
    met = set()
    for point, left in lefts:
        yield from (f"{point}: {fault}" for fault in violations(left))
        if (key := remains(left.store)) not in met:
            met.add(key)
            faults = crashing.violations_of_next_write(left.store, NEW, case.new)
            yield from (f"{point}, then: {fault}" for fault in faults)


def test_a_reindex_killed_at_any_call_leaves_the_old_or_the_new_generation_and_the_next_one_works(
    rewrite: Case,
) -> None:
    points = kill_points(rewrite)
    assert {point.call for point in points} >= EXPECTED_CALLS  # what is not counted is not tested
    assert list(found_wrong(rewrite, killed(rewrite, chosen(points)))) == []


def test_a_first_write_killed_at_any_call_leaves_no_index_or_the_whole_one(first_write: Case) -> None:
    points = [point for point in kill_points(first_write) if point.moment == "before"]
    assert list(found_wrong(first_write, killed(first_write, chosen(points)))) == []


def test_a_fit_stored_and_killed_at_any_call_leaves_what_served_and_the_next_reindex_works(rewrite: Case) -> None:
    stored = rewrite._replace(work=publish_weights)
    points = kill_points(stored)
    assert {point.call for point in points} >= {"posix.link", "posix.rename", "posix.replace"}
    assert list(found_wrong(stored, killed(stored, chosen(points)))) == []


def test_both_outcomes_are_met_and_the_new_one_from_the_replacing_of_current_on(rewrite: Case) -> None:
    commit = [point for point in kill_points(rewrite) if point.call == "posix.replace"]
    served = [left.store.open(contents_of) for _, left in killed(rewrite, commit)]
    assert served == [rewrite.old, rewrite.new]


def test_a_killed_writer_frees_the_lock(rewrite: Case) -> None:
    locked = [point for point in kill_points(rewrite) if point.call == "fcntl.flock" and point.moment == "after"]
    for _, left in killed(rewrite, locked):
        with left.store.writing():
            pass


# Every system call


class SystemKill(NamedTuple):
    """The entry to the `number`-th `call` of a thread."""

    call: str
    number: int


@pytest.fixture
def strace() -> str:
    program = shutil.which("strace")
    if program is None:
        pytest.skip("strace is not installed (Debian: apt-get install strace)")
    tried = subprocess.run([program, "-qq", "-o", os.devnull, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"strace may not trace here: {tried.stderr.strip()}")
    return program


def traced_write(strace: str, store: IndexStorage, *options: str) -> int:
    """Reindex in a child under strace; return the child's exit code."""
    gate, theirs = crashing.server().Pipe()
    process = crashing.start(crashing.waiting_write, store, NEW, theirs)
    theirs.close()
    gate.recv()
    tracer = subprocess.Popen([strace, "-f", "-qq", "-p", str(process.pid), *options], stderr=subprocess.PIPE)
    wait_for_tracer(process.pid)
    gate.send("go")
    gate.close()
    code = crashing.ended(process)
    tracer.communicate(timeout=crashing.PATIENCE_S)
    return code


def wait_for_tracer(pid: int | None) -> None:
    status = Path(f"/proc/{pid}/status")
    until = time.monotonic() + crashing.PATIENCE_S
    while "TracerPid:\t0\n" in status.read_text():
        assert time.monotonic() < until, "strace did not attach"
        time.sleep(0.001)


def system_kill_points(strace: str, case: Case) -> list[SystemKill]:
    """Return every mutating system call of an undisturbed reindex: the most that one thread makes of each."""
    store, log = copied(case, "traced").store, case.store.folder.parent.with_name("calls")
    assert traced_write(strace, store, "-o", str(log), "-e", f"trace={MUTATING}") == 0
    made = Counter(CALL.findall(log.read_text()))
    most = Counter[str]()
    for (_, call), number in made.items():
        most[call] = max(most[call], number)
    return [SystemKill(call, number) for call in sorted(most) for number in range(1, most[call] + 1)]


def system_killed(strace: str, case: Case, points: Sequence[SystemKill]) -> Iterator[tuple[SystemKill, Case]]:
    """Yield what each kill leaves. Threads share their work otherwise each time, so a few writers get through."""
    survived = []
    for point in points:
        left = copied(case, f"{point.call}-{point.number}")
        inject = f"inject={point.call}:signal=KILL:when={point.number}"
        code = traced_write(strace, left.store, "-o", os.devnull, "-e", f"trace={point.call}", "-e", inject)
        assert code in (-signal.SIGKILL, 0), f"the writer ended with {code} at {point}"
        if code == 0:
            survived.append(point)
        yield point, left
        shutil.rmtree(left.store.folder.parent, ignore_errors=True)  # a thread of the dead may be ending its call
    assert len(survived) <= len(points) // 10


def sampled(points: list[SystemKill]) -> list[SystemKill]:
    if os.environ.get("CRASH_POINTS") == "all" or len(points) <= SAMPLE:
        return points
    return sorted(random.Random(SEED).sample(points, SAMPLE))


def test_a_reindex_killed_at_system_calls_leaves_the_old_or_the_new_generation(strace: str, rewrite: Case) -> None:
    points = system_kill_points(strace, rewrite)
    assert {point.call for point in points} >= {"fsync", "fdatasync", "mkdir", "openat", "rename", "write"}
    assert list(found_wrong(rewrite, system_killed(strace, rewrite, sampled(points)))) == []


# Broken on purpose


class PointsFirst(IndexStorage):
    """CURRENT says the name before the folder has it."""

    def publish(self, draft: GenerationRef) -> str:
        self.commit(draft.name)
        return draft.folder.rename(self.folder / draft.name).name


class WritesCurrentInPlace(IndexStorage):
    """CURRENT is emptied and written, not replaced."""

    def commit(self, name: str) -> None:
        (self.folder / CURRENT).write_text(f"{name}\n", "utf-8")


class RemovesBeforePublishing(IndexStorage):
    """The old generations make room for the new one before it serves."""

    def publish(self, draft: GenerationRef) -> str:
        for name in self.generations():
            self._remove(self.ref(name))
        return super().publish(draft)


class RemovesInPlace(IndexStorage):
    """A generation loses its files before its name."""

    def _remove(self, ref: GenerationRef) -> None:
        shutil.rmtree(ref.folder)


class WritesUnderItsName(IndexStorage):
    """No draft: the folder has a generation's name while it fills."""

    def draft(self) -> GenerationRef:
        draft = super().draft()
        return replace(draft, folder=draft.folder.rename(self.folder / draft.name))

    def publish(self, draft: GenerationRef) -> str:
        self.commit(draft.name)
        return draft.name


class LeavesRemains(IndexStorage):
    """A dead writer's draft is not swept."""

    def _sweep(self) -> list[str]:
        return []


@pytest.mark.parametrize(
    ("protocol", "call"),
    [
        (PointsFirst, "posix.replace"),
        (WritesCurrentInPlace, "TextIOWrapper.write"),
        (RemovesBeforePublishing, "posix.rename"),
        (RemovesInPlace, "posix.unlink"),
        (WritesUnderItsName, "Index.writer"),
    ],
)
def test_the_checker_finds_a_broken_protocol_out(rewrite: Case, protocol: type[IndexStorage], call: str) -> None:
    points = [point for point in kill_points(rewrite, protocol) if point.call == call]
    assert any(violations(left) for _, left in killed(rewrite, points, protocol))


def test_the_checker_finds_a_dead_writers_remains_that_are_not_swept(rewrite: Case) -> None:
    drafted = [point for point in kill_points(rewrite) if point.call == "Index.writer"]
    for _, left in killed(rewrite, drafted):
        faults = crashing.violations_of_next_write(LeavesRemains(left.store.folder), NEW, rewrite.new)
        assert faults
