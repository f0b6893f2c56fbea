"""Where an article or a problem was found, in a form that can be shown and stored as UTF-8."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol, TypeAlias

from rag.loaders.files.encoding import clean
from rag.settings import ReadingLimits
from rag.types.articles import Article, Origin
from rag.types.reading import FileStart, Problem, SitemapEntry

MAX_CHARS = 600  # of a reason; a longer one is the file itself, which it quotes


def origin(path: Path, line: int = 1) -> Origin:
    """Return the place `line` of `path`, the path written as it was given, "/" between its parts."""
    return Origin(path=clean(path.as_posix()), line=line)


def problem(at: Origin, field: str, reason: str) -> Problem:
    """Return the problem of `field` at a place; it prints as `file:line: field: reason`, cut where it has no end."""
    said = " ".join(clean(reason).split())
    if len(said) > MAX_CHARS:
        said = f"{said[: MAX_CHARS - 1]}…"
    return Problem(path=at.path, line=at.line, field=field, reason=said)


MB = 1_000_000
Item: TypeAlias = Article | SitemapEntry | FileStart | Problem  # what reading yields


@dataclass(frozen=True)
class SourceFile:
    """One file to be read: a stream of bytes that can be begun again, on disk or inside an archive.

    `at` is where it is, as a person would look for it: `news/2025.zip!/may/ferry.md`. `name` is its path under the
    root that is read, through archives as through folders ("/" between parts): the id of an article that has no
    other. `open` begins its bytes, and `limits` say how many of them are read.
    """

    at: str
    name: str
    open: Callable[[], BinaryIO]
    limits: ReadingLimits = ReadingLimits()  # noqa: RUF009 - a frozen record

    @property
    def suffix(self) -> str:
        """The end of the name, in small letters: ".md"; "" where there is none."""
        return PurePosixPath(self.name).suffix.lower()

    def origin(self, line: int = 1) -> Origin:
        """Return the place `line` of it."""
        return Origin(path=self.at, line=line)

    def read(self, most_mb: int | None = None) -> bytes:
        """Return all its bytes; raises OSError, also where there are more than `most_mb` (or the limit for a file)."""
        most = most_mb or self.limits.max_file_mb
        with self.open() as file:
            raw = file.read(most * MB + 1)
        if len(raw) > most * MB:
            raise OSError(0, f"has more than {most:,} MB, which no article has (see `rag settings`)")
        return raw


class Loader(Protocol):
    """Reads one file of one format into articles, and says what it could not read."""

    def __call__(self, source: SourceFile, mapping: dict[str, str]) -> Iterator[Item]:
        """Yield the articles of `source`, in file order.

        `mapping` names fields: {"title": "headline"}.
        """
        ...
