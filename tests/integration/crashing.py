"""What the durability tests share: small editions of an archive, writers to kill, what a reader must find.

Writers run in children of multiprocessing's fork server, a process that has imported this module and done
nothing else: its children start with one thread, in milliseconds, whatever the tests before have loaded.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from types import FrameType, ModuleType, SimpleNamespace
from typing import Any, Literal, NamedTuple, Self

import numpy as np

from rag.errors import BylineError
from rag.index.base import GenerationRef
from rag.index.generation import Generation
from rag.index.rows import PassageRow
from rag.index.storage import IndexStorage, read_manifest, verify_files
from rag.indexing import reindex
from rag.indexing.fitted import publish_fitted
from rag.indexing.ingest import ReindexOptions
from rag.indexing.reindex import Reindexer
from rag.models.hashing import HashingEmbedder
from rag.text import analysis
from rag.types.articles import Article, Origin
from rag.types.filters import EVERYTHING
from rag.types.index import FittedWeights, ReindexReport
from tests.conftest import ENGINES

QUESTION = "Which bridge did the mayor close?"
KEEP = 2  # generations; the reindexes below prune a third
PATIENCE_S = 60

Moment = Literal["before", "after"]
Work = Callable[[IndexStorage], None]


def article(id: str, text: str) -> Article:
    return Article(id=id, title=f"About {id}", text=text, origin=Origin(path=f"{id}.txt", line=1))


STAYS = article("stays", "The school won the chess final.\n\nIts captain is nine.")
OLDEST = [STAYS, article("changes", "The mayor opened the bridge.")]
OLD = [STAYS, article("changes", "The mayor closed the bridge."), article("goes", "A ferry caught fire.")]
NEW = [
    article("comes", "A seal visited the market."),
    article("changes", "The mayor sold the bridge."),
    STAYS,
]


def write(store: IndexStorage, articles: Iterable[Article], keep: int = KEEP) -> ReindexReport:
    """Reindex without a model."""
    return Reindexer(store, ENGINES, HashingEmbedder(), ReindexOptions(roots=("x",), keep_generations=keep)).run(
        articles
    )


# What a reader must find


class Contents(NamedTuple):
    """All that a generation answers with; equal for equal archives, whatever the generation's number."""

    articles: list[Article]
    sentences: list[bytes]
    passages: list[list[PassageRow]]
    vectors: bytes
    lexical: list[tuple[int, float]]
    dense: list[tuple[int, float]]


class TornError(Exception):
    """A generation with a name that is not whole."""


def contents_of(ref: GenerationRef) -> Contents:
    """Return what a generation holds; raises TornError where files or offsets are not."""
    manifest = read_manifest(ref.folder)
    faults = verify_files(ref.folder, manifest)
    generation = Generation.open(ref, ENGINES)
    faults += generation.faults()
    for backend in (ENGINES.articles, ENGINES.dense, ENGINES.lexical):
        faults += backend.check(ref)
    if generation.name != ref.name:
        faults.append(f"{ref.folder}: its manifest says {generation.name}")
    if faults:
        raise TornError("; ".join(faults))
    articles = list(generation.archive.all_articles())
    vector = HashingEmbedder().embed_query(QUESTION).vector
    dense, lexical = generation.search(vector, analysis.terms(QUESTION), 9, EVERYTHING)
    return Contents(
        [stored.article for stored, _ in articles],
        [stored.packed for stored, _ in articles],
        [passages for _, passages in articles],
        generation.dense.vectors(np.arange(len(generation.dense))).tobytes(),
        lexical.pairs(),
        [(row, round(score, 5)) for row, score in dense.pairs()],
    )


def violations(store: IndexStorage, allowed: Sequence[Contents]) -> list[str]:
    """Return what breaks the promise: CURRENT's generation is one of `allowed`, and all named are whole."""
    faults = []
    try:
        if store.open(contents_of) not in allowed:
            faults.append(f"{store.current()} holds neither the old archive nor the new one")
        others = set(store.generations()) - {store.current()}
    except (BylineError, TornError, OSError) as error:
        return [f"a reader meets {error!r}"]
    for name in sorted(others):
        try:
            contents_of(store.ref(name))
        except (BylineError, TornError, OSError) as error:
            faults.append(f"{name} has its name and meets {error!r}")
    return faults


def violations_of_next_write(store: IndexStorage, articles: Sequence[Article], expected: Contents) -> list[str]:
    """Let the next writer write `articles`; return what is wrong then: an error, other content, remains."""
    try:
        write(store, articles)
    except (BylineError, OSError) as error:
        return [f"the next writer meets {error!r}"]
    faults = violations(store, [expected])
    known = {"CURRENT", "writer.lock", *store.generations()}
    faults += [f"{path.name} remains" for path in store.folder.iterdir() if path.name not in known]
    if len(store.generations()) > KEEP + 1:  # the highest number may stay beside those that are kept
        faults.append(f"{store.generations()} are kept")
    return faults


@contextmanager
def room() -> Iterator[Path]:
    """Lend a folder, in memory where that is mounted.

    A killed process leaves the page cache whole, so a disk would show nothing that memory does not.
    """
    memory = Path("/dev/shm")
    within = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="byline-", dir=within, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


# Writers to kill

MADE_BY_PYTHON = {
    "posix": "open close write fsync fdatasync mkdir rename replace link unlink remove rmdir posix_fallocate",
    "fcntl": "flock",
    "io": "open",
    "TextIOWrapper": "write flush truncate close __exit__",
    "BufferedWriter": "write flush truncate close __exit__",
    "BufferedRandom": "write flush truncate close __exit__",
    "mmap": "flush close",
    "_sqlite3": "connect",
    "Connection": "execute executescript executemany commit close",
    "faiss": "write_index",
    "Index": "writer",
    "IndexWriter": "add_document commit wait_merging_threads",
}
COUNTED = {f"{owner}.{name}" for owner, names in MADE_BY_PYTHON.items() for name in names.split()}


class Calls:
    """A profile function: notes each counted call that this thread makes into C, and acts at one of them.

    `sys.setprofile` reports every call of a C function before it and after it, also those inside the standard
    library, so nothing is wrapped. SQLite, faiss and tantivy count as one call where Python enters them.
    """

    def __init__(self, at: int | None = None, moment: Moment = "before", act: Callable[[], None] | None = None) -> None:
        self.made: list[str] = []
        self._at = at
        self._event = {"before": ("c_call",), "after": ("c_return", "c_exception")}[moment]
        self._act = act or kill_self

    def __call__(self, frame: FrameType, event: str, function: object) -> None:
        if not event.startswith("c_") or (name := counted_name(frame, function)) is None:
            return
        if event == "c_call":
            self.made.append(name)
        if event in self._event and len(self.made) - 1 == self._at:
            self._act()


def counted_name(frame: FrameType, function: object) -> str | None:
    """Return "owner.name" of a C function that counts. A reader's SQL does not: only SqliteArticleWriter writes."""
    owner = getattr(function, "__self__", None)
    of = owner.__name__.split(".")[0] if isinstance(owner, ModuleType) else type(owner).__name__
    name = f"{of}.{getattr(function, '__name__', '')}"
    if name not in COUNTED:
        return None
    if name.startswith("Connection.") and not frame.f_code.co_qualname.startswith("SqliteArticleWriter."):
        return None
    return name


class Serially:
    """Stands in for rag.indexing.prefetch.Prefetcher where calls are counted: in one thread they come in one order."""

    def __init__(self, items: Iterator[object], *_: int) -> None:
        self._items = items

    def __enter__(self) -> Self:
        return self

    def __iter__(self) -> Iterator[list[object]]:
        return ([item] for item in self._items)

    def __exit__(self, *_: object) -> None:
        pass

    def completed(self) -> bool:
        return True


class WhenAsked(Executor):
    """Stands in for a pool of threads: what is submitted is run where its result is asked for."""

    def __init__(self, *_: object) -> None:
        pass

    def submit(self, work: Callable[..., Any], /, *values: Any, **named: Any) -> Any:
        return SimpleNamespace(result=lambda: work(*values, **named))


def watch(calls: Calls) -> None:
    """Let `calls` see all that this process does from now on, in one thread."""
    vars(reindex).update(Prefetcher=Serially, ThreadPoolExecutor=WhenAsked)
    sys.setprofile(calls)


def kill_self() -> None:
    """Die at once, as by the out-of-memory killer."""
    os.kill(os.getpid(), signal.SIGKILL)


def server() -> ForkServerContext:
    """Return the context whose children are forked from a process without threads."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pytest", "tests.integration.crashing"])
    return context


def start(work: Callable[..., None], *values: object) -> ForkServerProcess:
    """Start `work(*values)` in a child."""
    process = server().Process(target=work, args=values, daemon=True)
    process.start()
    return process


def ended(process: ForkServerProcess) -> int:
    """Wait for a child; return its exit code, negative where a signal ended it."""
    process.join(PATIENCE_S)
    code = process.exitcode
    if code is None:
        process.kill()
        process.join()
    process.close()
    assert code is not None, f"the writer still ran after {PATIENCE_S} s"
    return code


def write_new(store: IndexStorage) -> None:
    """Reindex what all writers that are killed reindex."""
    write(store, NEW)


def publish_weights(store: IndexStorage) -> None:
    """Store fitted weights: the same archive once more, of links."""
    weights = FittedWeights(created="now", dataset="a set", questions=20, held_out={}, dense=0.3, max_sim=0.0)
    identity = HashingEmbedder().identity
    publish_fitted(store, ENGINES, lambda fitted: fitted.model_copy(update={"fusion_weights": weights}), identity, KEEP)


def counting_write(store: IndexStorage, work: Work, answer: Connection) -> None:
    """Write and send the counted calls. Runs in a child."""
    calls = Calls()
    watch(calls)
    work(store)
    sys.setprofile(None)
    answer.send(calls.made)


def killed_write(store: IndexStorage, work: Work, at: int, moment: Moment) -> None:
    """Write and die before or after the call numbered `at`. Runs in a child."""
    watch(Calls(at, moment))
    work(store)


def waiting_write(store: IndexStorage, articles: Sequence[Article], gate: Connection) -> None:
    """Reindex once told to, traceable by any process of the same user. Runs in a child."""
    any_process = ctypes.c_ulong(-1)
    ctypes.CDLL(None).prctl(0x59616D61, any_process, 0, 0, 0)  # PR_SET_PTRACER; needed where Yama restricts ptrace
    gate.send("ready")
    gate.recv()
    write(store, articles)


def calls_of(store: IndexStorage, work: Work = write_new) -> list[str]:
    """Return the counted calls of a write, which a child makes."""
    here, there = server().Pipe()
    process = start(counting_write, store, work, there)
    there.close()
    try:
        made: list[str] = here.recv()
    finally:
        here.close()
        assert ended(process) == 0
    return made
