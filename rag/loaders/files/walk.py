"""Roots -> files, in a fixed order. A folder's `.ragignore` says what in it is not an article."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from pathspec import GitIgnoreSpec

from rag.loaders.base import origin, problem
from rag.loaders.files import encoding
from rag.loaders.files.naming import Names
from rag.types.reading import Problem

IGNORE_FILE = ".ragignore"

Rules: TypeAlias = tuple[tuple[str, GitIgnoreSpec], ...]
Inode: TypeAlias = tuple[int, int]
BUILT_IN: Rules = (
    ("", GitIgnoreSpec.from_lines(["/questions.jsonl", "/gate.toml"])),
)  # what `rag eval` asks and holds


@dataclass(frozen=True)
class FoundFile:
    """A file, and its path below its root ("/" between parts), told apart from that of a file of another root."""

    path: Path
    name: str


def walk(roots: Sequence[Path]) -> Iterator[FoundFile | Problem]:
    """Yield the files of each root, sorted by name; a file that is reached twice is yielded once.

    Hidden files and folders are passed over, and so is a root's `questions.jsonl` (unless its `.ragignore` says
    `!questions.jsonl`). A link that leads back to a folder above is reported.
    """
    names = Names(roots)
    for root, found in _reached(roots):
        if isinstance(found, FoundFile) and len(roots) > 1:
            yield replace(found, name=names.called(found.path, found.name, root))
        else:
            yield found


def size(roots: Sequence[Path]) -> int:
    """Return how many bytes the files of all roots have."""
    found = 0
    for _, file in _reached(roots):
        with suppress(OSError):  # one that goes meanwhile counts nothing
            found += file.path.stat().st_size if isinstance(file, FoundFile) else 0
    return found


def _reached(roots: Sequence[Path]) -> Iterator[tuple[Path, FoundFile | Problem]]:
    seen: set[Path] = set()
    for root in roots:
        for found in _root(root):
            if isinstance(found, FoundFile):
                real = found.path.resolve()
                if real in seen:
                    continue
                seen.add(real)
            yield root, found


def _root(root: Path) -> Iterator[FoundFile | Problem]:
    try:
        root.stat()
    except OSError as error:
        yield problem(origin(root), "path", f"cannot be read: {error.strerror}")
        return
    if root.is_dir():
        yield from _folder(root, "", BUILT_IN, {})
    elif root.is_file():
        yield FoundFile(root, encoding.clean(root.name))
    else:
        yield problem(origin(root), "path", "is neither a file nor a folder")


def _folder(folder: Path, prefix: str, rules: Rules, above: Mapping[Inode, Path]) -> Iterator[FoundFile | Problem]:
    try:
        status = folder.stat()
        entries = [(entry, entry.is_dir(), entry.is_file()) for entry in sorted(folder.iterdir())]
    except OSError as error:
        yield problem(origin(folder), "path", f"cannot be read: {error.strerror}")
        return
    here = (status.st_dev, status.st_ino)
    if here in above:
        yield problem(origin(folder), "path", f"links back to {above[here].as_posix()}; not followed")
        return
    spec, wrong = _ignored_by(folder / IGNORE_FILE)
    yield from wrong
    rules = (*rules, (prefix, spec))
    for entry, is_folder, is_file in entries:
        name = prefix + encoding.clean(entry.name)
        if entry.name.startswith(".") or _is_ignored(name + "/" * is_folder, rules):
            continue
        if is_folder:
            yield from _folder(entry, name + "/", rules, {**above, here: folder})
        elif is_file:
            yield FoundFile(entry, name)
        else:
            yield problem(origin(entry), "path", "is neither a file nor a folder, or a link to nothing")


def _ignored_by(path: Path) -> tuple[GitIgnoreSpec, list[Problem]]:
    """Return the rules of one `.ragignore`, if there is one, and which of its lines are none."""
    try:
        lines = encoding.text(path.read_bytes()).split("\n")
    except FileNotFoundError:
        lines = []
    except OSError as error:
        return GitIgnoreSpec([]), [problem(origin(path), "path", f"cannot be read: {error.strerror}")]
    good, wrong = [], []
    for number, line in enumerate(lines, start=1):
        try:
            GitIgnoreSpec.from_lines([line])
        except ValueError:
            wrong.append(problem(origin(path, number), "pattern", f"{line!r} is not a gitignore pattern"))
        else:
            good.append(line)
    return GitIgnoreSpec.from_lines(good), wrong


def _is_ignored(name: str, rules: Rules) -> bool:
    """Say whether the deepest `.ragignore` that has an opinion on `name` leaves it out."""
    for prefix, spec in reversed(rules):
        include = spec.check_file(name.removeprefix(prefix)).include
        if include is not None:
            return include
    return False
