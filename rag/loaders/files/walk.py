"""Roots -> files, in a fixed order, each with a name of its own. A `.ragignore` in a folder excludes files below it."""

from __future__ import annotations

import filecmp
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from pathspec import GitIgnoreSpec

from rag.loaders.base import origin, problem
from rag.loaders.files import encoding
from rag.types.reading import Problem

IGNORE_FILE = ".ragignore"

Rules: TypeAlias = tuple[tuple[str, GitIgnoreSpec], ...]  # each with the path of its folder below the root
Inode: TypeAlias = tuple[int, int]
BUILT_IN: Rules = (("", GitIgnoreSpec.from_lines(["/questions.jsonl", "/gate.toml"])),)  # the files of `rag eval`


@dataclass(frozen=True)
class FoundFile:
    """A file, and its name: its path below its root, with "/" between parts."""

    path: Path
    name: str


def walk(roots: Sequence[Path]) -> Iterator[FoundFile | Problem]:
    """Yield the files of each root, sorted by name; a file that several paths lead to is yielded once.

    Hidden files and folders are left out, and so is a root's `questions.jsonl`, unless its `.ragignore` says
    `!questions.jsonl`. A link that leads back to a folder above is reported. With several roots, names that would
    clash are told apart (see RootNames).
    """
    names = RootNames(roots)
    for root, file in _files(roots):
        if isinstance(file, FoundFile) and len(roots) > 1:
            yield replace(file, name=names.unique(file.path, file.name, root))
        else:
            yield file


def size(roots: Sequence[Path]) -> int:
    """Return the size of the files of all roots, in bytes."""
    total = 0
    for _, file in _files(roots):
        with suppress(OSError):  # a file that is removed meanwhile counts nothing
            total += file.path.stat().st_size if isinstance(file, FoundFile) else 0
    return total


# Walking


def _files(roots: Sequence[Path]) -> Iterator[tuple[Path, FoundFile | Problem]]:
    seen: set[Path] = set()
    for root in roots:
        for file in _root(root):
            if isinstance(file, FoundFile):
                real = file.path.resolve()
                if real in seen:
                    continue
                seen.add(real)
            yield root, file


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
    """Yield the files below `folder`, whose own path below the root is `prefix`; `above` are the folders around it."""
    try:
        status = folder.stat()
        entries = [(entry, entry.is_dir(), entry.is_file()) for entry in sorted(folder.iterdir())]
    except OSError as error:
        yield problem(origin(folder), "path", f"cannot be read: {error.strerror}")
        return
    inode = (status.st_dev, status.st_ino)
    if inode in above:
        yield problem(origin(folder), "path", f"links back to {above[inode].as_posix()}; not followed")
        return
    spec, problems = _ignore_rules(folder / IGNORE_FILE)
    yield from problems
    rules = (*rules, (prefix, spec))
    for entry, is_folder, is_file in entries:
        name = prefix + encoding.clean(entry.name)
        if entry.name.startswith(".") or _is_ignored(name + "/" * is_folder, rules):
            continue
        if is_folder:
            yield from _folder(entry, name + "/", rules, {**above, inode: folder})
        elif is_file:
            yield FoundFile(entry, name)
        else:
            yield problem(origin(entry), "path", "is neither a file nor a folder, or a link to nothing")


# Ignore files


def _ignore_rules(path: Path) -> tuple[GitIgnoreSpec, list[Problem]]:
    """Return the rules of a `.ragignore`, and a problem for each of its lines that is not one.

    A file that does not exist holds no rules.
    """
    try:
        lines = encoding.text(path.read_bytes()).split("\n")
    except FileNotFoundError:
        lines = []
    except OSError as error:
        return GitIgnoreSpec([]), [problem(origin(path), "path", f"cannot be read: {error.strerror}")]
    patterns, problems = [], []
    for number, line in enumerate(lines, start=1):
        try:
            GitIgnoreSpec.from_lines([line])
        except ValueError:
            problems.append(problem(origin(path, number), "pattern", f"{line!r} is not a gitignore pattern"))
        else:
            patterns.append(line)
    return GitIgnoreSpec.from_lines(patterns), problems


def _is_ignored(name: str, rules: Rules) -> bool:
    """Return whether `name` is excluded: the deepest `.ragignore` with a pattern for it decides."""
    for prefix, spec in reversed(rules):
        include = spec.check_file(name.removeprefix(prefix)).include
        if include is not None:
            return include
    return False


# Names


class RootNames:
    """Names files so that those of different roots stay apart, whatever the order in which the roots are given.

    A file keeps its path below its root as its name, unless another root holds a different file under the same path.
    Exact copies share a name.
    """

    def __init__(self, roots: Sequence[Path]) -> None:
        self._folders = {_absolute(root) for root in roots if root.is_dir()}
        self._file_folders: defaultdict[str, set[Path]] = defaultdict(set)  # name of a root that is a file -> folders
        for root in roots:
            if not root.is_dir():
                self._file_folders[root.name].add(_absolute(root).parent)

    def unique(self, path: Path, name: str, root: Path) -> str:
        """Return the name of the file at `path`: `name`, behind as much of its root's path as tells it apart."""
        folder = _absolute(root) if root.is_dir() else _absolute(root).parent
        below = path.relative_to(root) if root.is_dir() else Path(path.name)
        others = (self._folders | self._file_folders.get(str(below), set())) - {folder}
        rivals = [other for other in others if _differs(path, other / below)]
        return "/".join((*_distinct_end(folder, rivals), name)) if rivals else name


def _absolute(root: Path) -> Path:
    return Path(os.path.abspath(root))  # noqa: PTH100 - unlike resolve(), it keeps the name of a link


def _differs(path: Path, other: Path) -> bool:
    """Return whether there is another file at `other`, with other bytes than that at `path`."""
    try:
        return other.is_file() and not (other.samefile(path) or filecmp.cmp(path, other, shallow=False))
    except OSError:  # a file that cannot be read now may be read next time, and names must not depend on that
        return True


def _distinct_end(folder: Path, rivals: Sequence[Path]) -> Sequence[str]:
    """Return the shortest end of the path of `folder` that no rival's path ends with, as parts."""
    parts = folder.parts[1:]
    count = 1
    while count < len(parts) and any(rival.parts[1:][-count:] == parts[-count:] for rival in rivals):
        count += 1
    return list(map(encoding.clean, parts[-count:]))
