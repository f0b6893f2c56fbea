"""A process of its own that reads one file after another, and can be killed while it does."""

from __future__ import annotations

import logging
import multiprocessing
import os
import resource
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TypeAlias

from rag.loaders.corpus import CorpusReader
from rag.types.articles import Article
from rag.types.reading import FileStart, Problem, SitemapEntry

ROOT = Path(__file__).parents[2]
MB = 1_000_000
MOST_MB = 1_000  # of memory, beside what the process holds before it reads the first file
MOST_SECONDS = 5.0
MOST_REASON_CHARS = 1_000  # more is no reason but the file itself
START_SECONDS = 120.0  # a slow machine imports for long

Read: TypeAlias = Callable[[Path], Iterable[object]]


def read(path: Path) -> Iterable[object]:
    """Read a file as the library does."""
    return CorpusReader([path])


@dataclass(frozen=True)
class Outcome:
    """How the reading of one file went: `wrong` is None, or what must not happen; `mb` is the most memory so far."""

    wrong: str | None
    items: int
    seconds: float
    mb: float


def wrong_with(item: object) -> str | None:
    """Return what is wrong with something that was read."""
    if not isinstance(item, Article | Problem | SitemapEntry | FileStart):
        return f"{type(item).__name__} came out: {item!r:.200}"
    try:
        held = item.model_dump_json().encode()
    except ValueError as error:  # also where pydantic meets half of a surrogate pair
        return f"{type(item).__name__} cannot be stored: {error}"
    if b"\\u0000" in held.replace(rb"\\", b""):
        return f"{type(item).__name__} holds NUL"
    if isinstance(item, Article) and not item.text.strip():
        return "an Article without text"
    if isinstance(item, Problem) and not 0 < len(item.reason) <= MOST_REASON_CHARS:
        return f"a Problem whose reason has {len(item.reason)} characters: {str(item)!r:.200}"
    return None


def _outcome(path: Path, read: Read) -> Outcome:
    began, items, wrong = time.perf_counter(), 0, None
    try:
        for item in read(path):
            items += 1
            wrong = wrong or wrong_with(item)
    except BaseException as error:  # noqa: BLE001 - whatever comes is a finding
        wrong = f"{type(error).__name__} at {_places(error)}: {error}"[:500]
    return Outcome(wrong, items, time.perf_counter() - began, _peak())


def _places(error: BaseException) -> str:
    """Return the last line of this project that led to an error, and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(ROOT)]
    return " > ".join(dict.fromkeys(f"{Path(at.filename).name}:{at.lineno}" for at in (*ours[-1:], frames[-1])))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MB


def _bound() -> None:
    """From here on, more memory than allowed raises MemoryError; libraries that are mapped do not count."""
    status = Path("/proc/self/status")
    held = 0
    if status.exists():
        held = next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if "VmData" in line)
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (held + MOST_MB * MB, hard))


def _serve(pipe: Connection, warming: Path, read: Read) -> None:
    """Read what the pipe names until it closes; models of language and rules are loaded before the clock runs."""
    logging.disable(logging.CRITICAL)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what libraries print of their faults; the findings name them
    for path in sorted(warming.iterdir()):
        _outcome(path, read)
    _bound()
    start = _peak()
    pipe.send(Outcome(None, 0, 0.0, start))
    try:
        while True:
            outcome = _outcome(Path(pipe.recv()), read)
            if outcome.wrong is None and outcome.mb > start + MOST_MB:
                outcome = Outcome(f"took {outcome.mb - start:.0f} MB", outcome.items, outcome.seconds, outcome.mb)
            pipe.send(outcome)
    except (EOFError, KeyboardInterrupt):
        return


class Reader:
    """Reads files in a process that is begun anew after each that it did not survive.

    `warming` is a folder of files that are read before anything is measured.
    """

    def __init__(self, warming: Path, read: Read = read, most_seconds: float = MOST_SECONDS) -> None:
        self._warming, self._read, self._most_seconds = warming, read, most_seconds
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None

    def outcome(self, path: Path) -> Outcome:
        """Read a file and say how it went."""
        pipe = self._pipe or self._begin()
        try:
            pipe.send(str(path))
            if pipe.poll(self._most_seconds):
                outcome: Outcome = pipe.recv()
                return outcome
        except (EOFError, ConnectionError):
            return Outcome(f"ended the process ({self._ended()})", 0, 0.0, 0.0)
        self.close()
        return Outcome(f"was not read within {self._most_seconds:g} s", 0, self._most_seconds, 0.0)

    def close(self) -> None:
        """End the process."""
        if self._pipe and self._process:
            self._pipe.close()
            self._process.kill()
            self._process.join()
        self._pipe = self._process = None

    def _begin(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._warming, self._read), daemon=True)
        self._process.start()
        theirs.close()
        if not self._pipe.poll(START_SECONDS):
            raise TimeoutError("the reading process did not begin")
        self._pipe.recv()
        return self._pipe

    def _ended(self) -> int | None:
        """Return how the process ended by itself."""
        process = self._process
        if process:
            process.join(1)
        code = process.exitcode if process else None
        self.close()
        return code
