"""Where an article or a problem was found, in a form that can be shown and stored as UTF-8."""

from __future__ import annotations

from pathlib import Path

from rag.loaders.files.encoding import clean
from rag.types.articles import Origin
from rag.types.reading import Problem

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
