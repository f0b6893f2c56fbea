"""Publishing, pruning and rolling back under the eyes of readers and other writers.

Readers take no lock: a looping reader checks every checksum while 200 generations come and all but two go.
Another reader is stopped at every call of its opening while what it opens is replaced and pruned.
A kill cannot show a missing fsync, since it loses nothing of the page cache; so the order of fsync, rename
and replace is recorded here and checked: on disk before it has a name, named before CURRENT says it.
The protocols that are broken on purpose must be found out by the same checkers.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import NamedTuple, TypeVar

import pytest

from rag.errors import BylineError, IndexLockedError, IndexMissingError
from rag.index import storage as protocols
from rag.index.base import GenerationRef
from rag.index.generation import Generation
from rag.index.storage import CURRENT, DRAFT, IndexStorage, read_manifest, verify_files
from rag.models.hashing import HashingEmbedder
from rag.service import RagService
from rag.settings import Settings
from rag.types.articles import Article
from rag.types.filters import EVERYTHING
from tests.conftest import opened, service_of
from tests.integration import crashing
from tests.integration.crashing import NEW, OLD, OLDEST, Contents, article, contents_of, write

PUBLISHES = 200
MEANWHILE_S = 0.05  # a broken protocol waits where it is broken, so that the reader surely passes by

T = TypeVar("T")


@pytest.fixture
def room() -> Iterator[Path]:
    with crashing.room() as folder:
        yield folder


@pytest.fixture
def store(room: Path) -> IndexStorage:
    return IndexStorage(room / "index")


# A looping reader


def edition(number: int) -> list[Article]:
    """Return three articles: a reader that sees two editions at once sees two numbers."""
    return [article(f"page-{page}", f"Edition {number} of the paper.") for page in range(3)]


def publish_editions(store: IndexStorage, editions: int, ready: Connection) -> None:
    """Publish edition after edition. Runs in a child."""
    ready.send("ready")
    for number in range(1, editions + 1):
        write(store, edition(number))


class Seen(NamedTuple):
    """What a reader met: the faults, and the editions in order."""

    faults: list[str]
    editions: list[int]


def read_once(store: IndexStorage, seen: Seen) -> Generation:
    """Open the current generation as `rag verify` does, search it, and read what was found."""

    def check(ref: GenerationRef) -> Generation:
        seen.faults.extend(verify_files(ref.folder, read_manifest(ref.folder)))
        return opened(ref)

    generation = store.open(check)
    seen.editions.append(ask(generation, seen))
    return generation


def ask(generation: Generation, seen: Seen) -> int:
    """Return the edition that all legs of a search and all articles agree on; note where they do not."""
    vector = HashingEmbedder().embed_query("edition paper").vector
    dense, lexical = generation.search(vector, ["edit", "paper"], 9, EVERYTHING)
    rows = sorted(lexical.rows.tolist())
    if rows != [0, 1, 2] or rows != sorted(dense.rows.tolist()):
        seen.faults.append(f"{generation.name}: found {lexical.pairs()} and {dense.pairs()}")
    numbers = {generation.article(f"page-{page}").text.split()[1] for page in range(3)}
    numbers |= {generation.passages([row])[0].passage.text.split()[1] for row in rows}
    if len(numbers) > 1:
        seen.faults.append(f"{generation.name}: mixes editions {sorted(numbers)}")
    return int(numbers.pop())


def read_while_publishing(store: IndexStorage, editions: int) -> Seen:
    """Read again and again until a child has published all editions; look at each generation twice."""
    write(store, edition(0))
    seen = Seen([], [])
    ready, theirs = crashing.server().Pipe()
    process = crashing.start(publish_editions, store, editions, theirs)
    theirs.close()
    ready.recv()
    kept, number = read_once(IndexStorage(store.folder), seen), 0
    while process.is_alive():
        try:
            if ask(kept, seen) != number:  # pruned meanwhile, and still what it was
                seen.faults.append(f"{kept.name}: changed while it was open")
            kept, number = read_once(IndexStorage(store.folder), seen), seen.editions[-1]
        except (BylineError, OSError, sqlite3.Error) as error:
            seen.faults.append(repr(error))
    ready.close()
    if code := crashing.ended(process):
        seen.faults.append(f"the writer ended with {code}")
    return seen


def test_200_publishes_under_a_reader_that_verifies_checksums_show_it_whole_editions_in_order(
    store: IndexStorage,
) -> None:
    seen = read_while_publishing(store, PUBLISHES)
    assert seen.faults == []
    assert seen.editions == sorted(seen.editions)
    assert len(set(seen.editions)) >= 10
    assert store.open(opened).name == f"gen-{PUBLISHES + 1:06d}"
    assert len(store.generations()) == crashing.KEEP


class PrunesEverythingElse(IndexStorage):
    """Lets CURRENT say the name of what is no more."""

    def publish(self, draft: GenerationRef) -> str:
        for name in self.generations():
            shutil.rmtree(self.folder / name)
        time.sleep(MEANWHILE_S)
        return super().publish(draft)


class CopiesOverTheOld(IndexStorage):
    """Writes the new files into the generation that readers have open."""

    def publish(self, draft: GenerationRef) -> str:
        if not self.generations():
            return super().publish(draft)
        name = self.current()
        but_articles = shutil.ignore_patterns("archive.db")
        shutil.copytree(draft.folder, self.folder / name, dirs_exist_ok=True, ignore=but_articles)
        time.sleep(MEANWHILE_S)
        shutil.copy(draft.folder / "archive.db", self.folder / name)
        shutil.rmtree(draft.folder)
        return name


@pytest.mark.parametrize("protocol", [PrunesEverythingElse, CopiesOverTheOld])
def test_the_reader_finds_a_broken_protocol_out(room: Path, protocol: type[IndexStorage]) -> None:
    assert read_while_publishing(protocol(room / "index"), 30).faults


# A reader that is overtaken

READING = {"stat", "open", "connect", "execute", "read_index", "reload", "searcher", "readinto", "read_bytes"}


class Overtaken:
    """A profile function that does something at one of the calls by which a reader opens files."""

    def __init__(self, at: int | None = None, overtake: Callable[[], None] = lambda: None) -> None:
        self.calls = 0
        self._at = at
        self._overtake = overtake

    def __call__(self, _frame: object, event: str, function: object) -> None:
        if event == "c_call" and getattr(function, "__name__", "") in READING:
            if self.calls == self._at:
                self._overtake()
            self.calls += 1


def read_back(store: IndexStorage, calls: Overtaken) -> Contents | str:
    """Open, verify and read the current generation; return what it holds, or the error."""
    sys.setprofile(calls)
    try:
        return store.open(contents_of)
    except (BylineError, crashing.TornError, OSError) as error:
        return repr(error)
    finally:
        sys.setprofile(None)


def opened_overtaken(store: IndexStorage, room: Path, at: int) -> Contents | str:
    """Open the older of two generations, which at call number `at` is replaced by the newer and pruned."""
    copy = type(store)(room / str(at))
    shutil.copytree(store.folder, copy.folder)

    def overtake() -> None:
        copy.commit("gen-000002")
        copy.prune(keep=1)

    return read_back(copy, Overtaken(at, overtake))


def test_a_reader_whose_generation_is_pruned_at_any_call_of_opening_gets_it_whole_or_the_newer_one(
    store: IndexStorage, room: Path
) -> None:
    write(store, OLD)
    write(store, NEW)
    newer = store.open(contents_of)
    store.commit("gen-000001")
    counted = Overtaken()
    allowed = [read_back(store, counted), newer]
    assert counted.calls > 50
    read = [opened_overtaken(store, room, at) for at in range(counted.calls)]
    assert [(at, contents) for at, contents in enumerate(read) if contents not in allowed] == []
    assert newer in read


class TriesOnce(IndexStorage):
    """Takes what goes missing while it opens for damage."""

    def open(self, opener: Callable[[GenerationRef], T]) -> T:
        return opener(self.ref(self.current()))


def test_a_reader_that_does_not_look_at_current_again_is_found_out(room: Path) -> None:
    store = TriesOnce(room / "index")
    write(store, OLD)
    write(store, NEW)
    store.commit("gen-000001")
    assert isinstance(opened_overtaken(store, room, at=5), str)


# The order of fsync, rename and replace


class Step(NamedTuple):
    """A step towards durability, and the paths it is about."""

    name: str
    path: Path
    to: Path | None = None


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[Step]:
    """Record every fsync, rename and replace that the store makes; they still happen."""
    made: list[Step] = []

    def note(name: str, call: Callable[..., None]) -> Callable[..., None]:
        def noted(*paths: Path | int) -> None:
            about = [Path(f"/proc/self/fd/{p}").readlink() if isinstance(p, int) else Path(p) for p in paths]
            made.append(Step(name, *about))
            call(*paths)

        return noted

    for name in ("fsync", "rename", "replace"):
        monkeypatch.setattr(os, name, note(name, getattr(os, name)))
    return made


def misordered(steps: list[Step], generation: Path) -> list[str]:
    """Return where a generation was named before it was durable, or pointed to before it was named."""
    draft, index = generation.with_name(generation.name + DRAFT), generation.parent
    new = index / f"{CURRENT}.new"
    content = [draft, *(draft / path.relative_to(generation) for path in generation.rglob("*"))]
    rule = [
        *([Step("fsync", path), Step("rename", draft, generation)] for path in content),
        [Step("rename", draft, generation), Step("fsync", index), Step("replace", new, index / CURRENT)],
        [Step("fsync", new), Step("replace", new, index / CURRENT)],
        [Step("replace", new, index / CURRENT), Step("fsync", index)],
    ]
    return [" -> ".join(map(str, order)) for order in rule if not is_within(order, steps)]


def is_within(order: list[Step], steps: list[Step]) -> bool:
    """Return whether `steps` holds the steps of `order`, in that order."""
    rest = iter(steps)
    return all(step in rest for step in order)


def republished(store: IndexStorage, steps: list[Step]) -> list[str]:
    """Publish twice; return what was out of order the second time."""
    write(store, OLD)
    steps.clear()
    write(store, NEW)
    return misordered(steps, store.folder / store.current())


def test_all_is_on_disk_before_it_has_a_name_and_has_a_name_before_current_says_it(
    store: IndexStorage, steps: list[Step]
) -> None:
    assert republished(store, steps) == []


def test_a_first_write_makes_the_folder_of_the_index_durable_too(store: IndexStorage, steps: list[Step]) -> None:
    write(store, OLD)
    replaced = Step("replace", store.folder / f"{CURRENT}.new", store.folder / CURRENT)
    assert is_within([Step("fsync", store.folder.parent), replaced], steps)


class SyncsNothing(IndexStorage):
    """Leaves it to the kernel when files reach the disk."""

    def publish(self, draft: GenerationRef) -> str:
        draft.folder.rename(self.folder / draft.name)
        self.commit(draft.name)
        return draft.name


class SyncsAfterNaming(IndexStorage):
    """Makes the files durable once they have their name."""

    def publish(self, draft: GenerationRef) -> str:
        named = draft.folder.rename(self.folder / draft.name)
        for path in (*named.rglob("*"), named, self.folder):
            protocols.sync(path)
        self.commit(draft.name)
        return draft.name


class SyncsNoFolders(IndexStorage):
    """Forgets that a folder's entries are content too."""

    def publish(self, draft: GenerationRef) -> str:
        for path in draft.folder.rglob("*"):
            if path.is_file():
                protocols.sync(path)
        draft.folder.rename(self.folder / draft.name)
        self.commit(draft.name)
        return draft.name


class PointsWithoutSync(IndexStorage):
    """Replaces CURRENT by a file that may still be empty on disk."""

    def commit(self, name: str) -> None:
        new = self.folder / f"{CURRENT}.new"
        new.write_text(f"{name}\n", "utf-8")
        new.replace(self.folder / CURRENT)
        protocols.sync(self.folder)


@pytest.mark.parametrize("protocol", [SyncsNothing, SyncsAfterNaming, SyncsNoFolders, PointsWithoutSync])
def test_the_recorder_finds_a_broken_order_out(room: Path, steps: list[Step], protocol: type[IndexStorage]) -> None:
    assert republished(protocol(room / "index"), steps)


# Two writers


def hold_the_lock(store: IndexStorage, gate: Connection) -> None:
    """Hold the lock until killed. Runs in a child."""
    with store.writing():
        gate.send("locked")
        signal.pause()


@pytest.fixture
def other_writer(store: IndexStorage) -> Iterator[ForkServerProcess]:
    write(store, OLD)
    gate, theirs = crashing.server().Pipe()
    process = crashing.start(hold_the_lock, store, theirs)
    theirs.close()
    gate.recv()
    yield process
    gate.close()
    process.kill()
    crashing.ended(process)


def test_the_second_of_two_writers_is_told_at_once_and_changes_nothing(
    store: IndexStorage, other_writer: ForkServerProcess
) -> None:
    before = sorted(store.folder.rglob("*"))
    with pytest.raises(IndexLockedError, match="being written by another process"):
        write(store, NEW)
    assert sorted(store.folder.rglob("*")) == before


def test_a_reader_does_not_wait_for_a_writer(store: IndexStorage, other_writer: ForkServerProcess) -> None:
    assert store.open(contents_of).articles == OLD


def test_a_killed_writer_frees_the_lock(store: IndexStorage, other_writer: ForkServerProcess) -> None:
    other_writer.kill()
    other_writer.join()
    write(store, NEW)
    assert store.open(contents_of).articles == NEW


class LocksNothing(IndexStorage):
    """Lets every writer in."""

    @contextmanager
    def writing(self) -> Iterator[list[str]]:
        yield []


def test_a_writer_without_a_lock_is_found_out(store: IndexStorage, other_writer: ForkServerProcess) -> None:
    write(LocksNothing(store.folder), NEW)
    assert store.open(contents_of).articles == NEW  # written beside the other: the refusal above is the lock's doing


# Rolling back


@pytest.fixture
def service(store: IndexStorage) -> RagService:
    """An index of three generations, of which two are kept."""
    for articles in (OLDEST, OLD, NEW):
        write(store, articles)
    return service_of(Settings(index_root=store.folder.parent, index=store.name), HashingEmbedder)


def test_after_a_rollback_the_older_generation_serves(service: RagService, store: IndexStorage) -> None:
    assert (store.previous(), service.rollback()) == ("gen-000002", "gen-000002")
    assert store.open(contents_of).articles == OLD


def test_the_next_reindex_is_made_from_what_serves_and_takes_a_number_never_used(
    service: RagService, store: IndexStorage
) -> None:
    service.rollback()
    report = write(store, OLDEST)
    assert (report.changed, report.removed, report.unchanged) == (1, 1, 1)  # against OLD, not NEW
    assert (store.current(), store.previous()) == ("gen-000004", "gen-000002")
    assert store.open(contents_of).articles == OLDEST
    assert store.generations() == ["gen-000002", "gen-000004"]  # the one rolled back is gone, with its number


def test_a_second_rollback_goes_no_further_than_what_is_kept(service: RagService, store: IndexStorage) -> None:
    service.rollback()
    with pytest.raises(IndexMissingError, match="reindex instead"):
        service.rollback()
    assert store.open(contents_of).articles == OLD


def test_gc_after_a_rollback_keeps_what_serves_and_gives_no_number_twice(
    service: RagService, store: IndexStorage
) -> None:
    service.rollback()
    (store.folder / "gen-000004.draft").mkdir()
    (store.folder / "gen-000001.old").mkdir()
    assert service.gc() == ["gen-000001.old", "gen-000004.draft"]
    assert store.open(contents_of).articles == OLD
    assert write(store, OLDEST).generation == "gen-000004"


def test_a_damaged_generation_is_not_rolled_back_to(service: RagService, store: IndexStorage) -> None:
    (store.folder / "gen-000002" / "archive.db").write_bytes(b"no archive")
    with pytest.raises(BylineError):
        service.rollback()
    assert store.open(contents_of).articles == NEW


def test_rolling_back_from_a_damaged_generation_works(service: RagService, store: IndexStorage) -> None:
    (store.folder / "gen-000003" / "manifest.json").unlink()
    assert service.rollback() == "gen-000002"
    assert store.open(contents_of).articles == OLD
