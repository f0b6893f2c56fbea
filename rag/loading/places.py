"""Where an article or a problem was found, in a form that can be shown and stored as UTF-8."""

from __future__ import annotations

from pathlib import Path

from rag.loading.decoding import clean
from rag.ports import Source
from rag.types import Origin, Problem


def origin(path: Path, line: int = 1) -> Origin:
    """Return the place `line` of `path`, the path written as it was given, "/" between its parts."""
    return Origin(path=clean(path.as_posix()), line=line)


def on_disk(path: Path, name: str) -> Source:
    """Return a file to be read, `name` being its path under its root; opening it raises OSError."""
    return Source(origin(path).path, name, lambda: path.open("rb"))


def problem(at: Origin, field: str, reason: str) -> Problem:
    """Return the problem of `field` at a place; it prints as `file:line: field: reason`."""
    return Problem(path=at.path, line=at.line, field=field, reason=" ".join(clean(reason).split()))
