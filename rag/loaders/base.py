"""What every loader shares: the file it reads, the format it belongs to, and how it reports a problem."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO, TypeAlias

from rag.loaders.files.encoding import clean
from rag.settings import ReadingLimits
from rag.types.articles import Article, Origin
from rag.types.reading import FileStart, Problem, SitemapEntry

MB = 1_000_000
MAX_REASON_CHARS = 600  # A longer reason quotes the whole file

Item: TypeAlias = Article | SitemapEntry | FileStart | Problem  # what reading yields


class MissingLibraryError(Exception):
    """A file needs a library that is not installed; the message says how to install it."""


@contextmanager
def optional_import(requirement: str, needed_by: str) -> Iterator[None]:
    """Turn the ImportError of the imports inside the block into a MissingLibraryError.

    The message reads "`needed_by` need `pip install 'requirement'`", so `needed_by` is a plural: "PDF files".
    """
    try:
        yield
    except ImportError:
        raise MissingLibraryError(f"{needed_by} need `pip install '{requirement}'`") from None


def origin(path: Path, line: int = 1) -> Origin:
    """Return the origin at `line` of `path`, the path as it was given, with "/" between its parts."""
    return Origin(path=clean(path.as_posix()), line=line)


def problem(at: Origin, field: str, reason: str) -> Problem:
    """Return a problem of `field`; its reason is put on one line and cut at MAX_REASON_CHARS."""
    line = " ".join(clean(reason).split())
    if len(line) > MAX_REASON_CHARS:
        line = f"{line[: MAX_REASON_CHARS - 1]}…"
    return Problem(path=at.path, line=at.line, field=field, reason=line)


@dataclass(frozen=True)
class SourceFile:
    """One file to be read: a stream of bytes that can be opened repeatedly, on disk or inside an archive.

    `at` is the place that is shown to a person: `news/2025.zip!/may/ferry.md`. `name` is the path under the root
    that is read, with archives counted as folders and "/" between parts; it is the id of an article that has no
    other. `open` begins the bytes. `limits` bound how much is read. `mapping` names fields of records,
    {"title": "headline"}; only formats whose files hold records look at it.
    """

    at: str
    name: str
    open: Callable[[], BinaryIO]
    limits: ReadingLimits = field(default_factory=ReadingLimits)
    mapping: Mapping[str, str] = field(default_factory=dict)

    @property
    def suffix(self) -> str:
        """The end of the name in lower case, ".md"; "" where the name has none."""
        return PurePosixPath(self.name).suffix.lower()

    def origin(self, line: int = 1) -> Origin:
        """Return the origin at `line` of the file."""
        return Origin(path=self.at, line=line)

    def read(self, max_mb: int | None = None) -> bytes:
        """Return all bytes of the file.

        Raises OSError, also where the file has more than `max_mb` megabytes (by default the limit for a file).
        """
        limit = max_mb or self.limits.max_file_mb
        with self.open() as file:
            raw = file.read(limit * MB + 1)
        if len(raw) > limit * MB:
            raise OSError(0, f"has more than {limit:,} MB, which no article has (see `rag settings`)")
        return raw


# Reads one file and yields its articles in file order, with a Problem for whatever cannot be read
Loader: TypeAlias = Callable[[SourceFile], Iterator[Item]]


@dataclass(frozen=True)
class Format:
    """One entry of the registry: a loader, the suffixes of its files, and how its files are recognised.

    `magic` matches the first bytes of a file that is of this format whatever it is called.
    `sign` matches the beginning of a text that is of this format where the suffix does not decide.
    `doubt` belongs to formats that can read any text, so that their suffix proves little: a file whose first bytes
    match it is compared with the signs of all formats, and a file full of control characters is refused.
    `is_archive` marks formats whose files are archives themselves, as a .docx is a zip: under their suffix, such a
    file goes to the loader and is not opened in search of articles.
    """

    load: Loader
    suffixes: tuple[str, ...]
    magic: re.Pattern[bytes] | None = None
    sign: re.Pattern[str] | None = None
    doubt: re.Pattern[bytes] | None = None
    is_archive: bool = False
