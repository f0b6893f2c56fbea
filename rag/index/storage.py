"""Generations on disk: draft, publish, open, prune, roll back, verify. The commit point is CURRENT.

    indexes/<name>/
      CURRENT            "gen-000007\\n": the only file that is ever replaced
      writer.lock        flock of the one writer; the kernel frees it when the writer dies
      gen-000007/        manifest.json (written last), tokens.bin, token_spans.npy, sketches.bin, stories.npy,
                         and the files of the engines: archive.db, vectors.npy, dense/, lexical/
      journal            passages embedded by a write that was stopped; the next one takes them up
      gen-000008.draft/  a write under way, or the remains of one; never read

A write is seen whole or not at all: every file is on disk before the folder gets its name, and the folder
has its name before CURRENT names it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from rag.errors import (
    IncompatibleIndexError,
    IndexCorruptError,
    IndexLockedError,
    IndexMissingError,
    UnusableIndexError,
    reason_of,
)
from rag.index.base import GenerationRef
from rag.settings import DEFAULT_INDEX
from rag.types.index import FileChecksum, IndexManifest, ManifestFormat

FORMAT = 7  # Version of the manifest and of the files that it lists
CURRENT = "CURRENT"
MANIFEST = "manifest.json"
GENERATION = re.compile(r"gen-(\d{6,})")
DRAFT = ".draft"
TO_DELETE = ".old"
OPEN_TRIES = 10  # Attempts to open the current generation while writers publish and prune

T = TypeVar("T")


def reindex_command(index: str) -> str:
    """Return the command that fills an index of that name."""
    return "rag reindex PATH" + (f" --name {index}" if index != DEFAULT_INDEX else "")


def _nothing_outside(_: GenerationRef) -> None:
    """Drop nothing: engines that keep their data in the generation's folder lose it with the folder."""


class IndexStorage:
    """The folder of one index. Readers need no lock; writers hold the one that `writing` takes.

    `drop` is called with each generation and draft that is removed, so that engines that keep their data outside the
    folder remove theirs too.
    """

    def __init__(self, folder: Path, drop: Callable[[GenerationRef], None] = _nothing_outside) -> None:
        self.folder = folder
        self._drop = drop

    @property
    def name(self) -> str:
        """The index's name."""
        return self.folder.name

    def current(self) -> str:
        """Return the generation that CURRENT names.

        Raises IndexMissingError where nothing was published yet, IndexCorruptError where CURRENT names no generation.
        """
        try:
            text = (self.folder / CURRENT).read_text("utf-8")
        except (FileNotFoundError, NotADirectoryError):
            raise IndexMissingError(
                f"index {self.name!r} in {self.folder.parent} holds nothing yet; run `{reindex_command(self.name)}`"
            ) from None
        if not GENERATION.fullmatch(text.removesuffix("\n")):
            raise IndexCorruptError(f"{self.folder / CURRENT}: says {text[:40]!r}; run `{reindex_command(self.name)}`")
        return text.removesuffix("\n")

    def generations(self) -> list[str]:
        """Return the complete generations on disk, oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted((entry.name for entry in self.folder.iterdir() if GENERATION.fullmatch(entry.name)), key=_number)

    def ref(self, name: str) -> GenerationRef:
        """Return the generation of that name, which must be complete."""
        return GenerationRef(self.name, name, self.folder / name)

    def open(self, opener: Callable[[GenerationRef], T]) -> T:
        """Open the current generation with `opener`, and return its result.

        A file that is missing or cannot be read means that a writer pruned the generation, if CURRENT has moved
        meanwhile: then the generation that CURRENT names now is opened. Raises IndexCorruptError where CURRENT has not
        moved: then the generation is damaged.
        """
        name = self.current()
        for _ in range(OPEN_TRIES):
            try:
                return opener(self.ref(name))
            except (FileNotFoundError, IndexCorruptError) as error:
                moved = self.current()
                if moved == name:
                    if isinstance(error, IndexCorruptError):
                        raise
                    raise IndexCorruptError(f"{error.filename or error}: is missing; run `rag rollback`") from None
                name = moved
        raise IndexCorruptError(f"{self.folder}: CURRENT moved {OPEN_TRIES} times while opening; try again")

    @contextmanager
    def writing(self) -> Iterator[list[str]]:
        """Hold the writer's lock; yield the names of the remains of dead writers, which were removed.

        Raises IndexLockedError where another process holds the lock.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        sync(self.folder.parent)  # At a first write, the name of the index's folder must be on disk too
        lock = os.open(self.folder / "writer.lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise IndexLockedError(
                    f"index {self.name!r} is being written by another process; wait for it and run again"
                ) from None
            yield self._sweep()
        finally:
            os.close(lock)

    def forget(self, name: str) -> None:
        """Remove a file that lies beside the generations, if it exists. Needs the lock."""
        (self.folder / name).unlink(missing_ok=True)

    def draft(self) -> GenerationRef:
        """Make the folder of the next generation's draft, and return it under the name it will have. Needs the lock."""
        taken = [*self.generations(), *self._named_by_current()]
        name = f"gen-{1 + max((_number(name) for name in taken), default=0):06d}"
        draft = GenerationRef(self.name, name, self.folder / f"{name}{DRAFT}")
        draft.folder.mkdir()
        return draft

    def discard(self, draft: GenerationRef) -> None:
        """Remove a draft, unless it was published. Needs the lock."""
        if draft.folder.exists():
            self._drop(draft)
            shutil.rmtree(draft.folder, ignore_errors=True)

    def publish(self, draft: GenerationRef) -> str:
        """Make a complete draft (manifest written) the current generation; return its name. Needs the lock."""
        for path in sorted(draft.folder.rglob("*")):
            sync(path)
        sync(draft.folder)
        os.rename(draft.folder, self.folder / draft.name)
        sync(self.folder)
        self.commit(draft.name)
        return draft.name

    def commit(self, name: str) -> None:
        """Make CURRENT name a generation: this is the commit. Needs the lock."""
        new = self.folder / f"{CURRENT}.new"
        new.write_text(f"{name}\n", "utf-8")
        sync(new)
        os.replace(new, self.folder / CURRENT)
        sync(self.folder)

    def previous(self) -> str:
        """Return the generation that the current one was made from; raises IndexMissingError where it is not kept."""
        return self._ancestors(self.current(), 2)[-1]

    def prune(self, keep: int) -> list[str]:
        """Remove all but the current generation and its `keep - 1` ancestors; return the names removed.

        The generation with the highest number stays too, even where a roll-back left it unused, so that no number is
        used twice. Needs the lock.
        """
        current = self.current()
        kept = {*self._ancestors(current, keep, strict=False), *self.generations()[-1:]}
        removed = [name for name in self.generations() if name not in kept]
        for name in removed:
            self._remove(self.ref(name))
        return removed

    def _ancestors(self, name: str, most: int, strict: bool = True) -> list[str]:
        """Return `name` and its ancestors that are kept, newest first, at most `most` generations in all.

        Raises IndexMissingError, if `strict`, where fewer are kept.
        """
        line = [name]
        while len(line) < most:
            parent = self._parent(line[-1])
            if parent is None or not (self.folder / parent).is_dir():
                break
            line.append(parent)
        if strict and len(line) < most:
            raise IndexMissingError(f"index {self.name!r} keeps no generation before {name}; reindex instead")
        return line

    def _parent(self, name: str) -> str | None:
        """Return the generation that `name` was made from, None for a first one."""
        try:
            return read_manifest(self.folder / name).parent
        except (FileNotFoundError, UnusableIndexError):  # It is damaged: the number before it is the best guess
            older = [other for other in self.generations() if _number(other) < _number(name)]
            return older[-1] if older else None

    def _named_by_current(self) -> list[str]:
        """Return the one generation that CURRENT names, or an empty list where it names none."""
        try:
            return [self.current()]
        except (IndexMissingError, IndexCorruptError):
            return []

    def _remove(self, ref: GenerationRef) -> None:
        """Rename a generation, then delete it: if the writer dies in between, no name is left that lacks its files."""
        renamed = ref.folder.with_name(ref.name + TO_DELETE)
        os.rename(ref.folder, renamed)
        self._drop(replace(ref, folder=renamed))
        shutil.rmtree(renamed, ignore_errors=True)  # an engine may lock it meanwhile; the next writer sweeps the rest

    def _sweep(self) -> list[str]:
        """Remove what writers left that died; return the names removed."""
        remains = sorted(
            entry for entry in self.folder.iterdir() if entry.name.endswith((DRAFT, TO_DELETE, f"{CURRENT}.new"))
        )
        for entry in remains:
            if entry.is_dir():
                self._drop(GenerationRef(self.name, entry.name.removesuffix(DRAFT).removesuffix(TO_DELETE), entry))
                shutil.rmtree(entry)
            else:
                entry.unlink()
        return [entry.name for entry in remains]


def read_manifest(folder: Path) -> IndexManifest:
    """Read the manifest of the generation in `folder`.

    Raises FileNotFoundError where it is missing, IndexCorruptError where it cannot be read, and IncompatibleIndexError
    where it is of another format.
    """
    path = folder / MANIFEST
    raw = path.read_bytes()
    try:
        written = ManifestFormat.model_validate_json(raw).format  # All other fields may differ in another format
        if written != FORMAT:
            raise IncompatibleIndexError(
                f"{folder}: format {written}, this Byline reads {FORMAT}; run `rag reindex --rebuild`"
            )
        return IndexManifest.model_validate_json(raw)
    except ValidationError as error:
        raise IndexCorruptError(f"{path}: {reason_of(error)}; run `rag rollback`") from None


def write_manifest(folder: Path, manifest: IndexManifest) -> None:
    """Write the manifest of the draft in `folder`, which must be its last file."""
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")


def link_files(generation: Path, draft: Path, manifest: IndexManifest) -> None:
    """Link the files of a generation into `draft`, or copy them where hard links fail. Nobody ever writes to them.

    Raises IndexCorruptError where one of them is missing.
    """
    for file in manifest.files:
        here, there = generation / file.name, draft / file.name
        there.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(here, there)
        except FileNotFoundError:
            raise IndexCorruptError(f"{here}: is missing; run `rag rollback`") from None
        except OSError:  # The file system has no hard links
            shutil.copy2(here, there)


def file_checksums(folder: Path) -> tuple[FileChecksum, ...]:
    """Return name, size and sha256 of every file of a generation but its manifest and what is hidden, as locks are."""
    return tuple(
        FileChecksum(name=path.relative_to(folder).as_posix(), bytes=path.stat().st_size, sha256=_sha256(path))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST and not path.name.startswith(".")
    )


def verify_files(folder: Path, manifest: IndexManifest) -> list[str]:
    """Compare a generation's files with its manifest; return one line for each fault.

    Raises FileNotFoundError where the whole folder is gone: the generation was pruned, not damaged.
    """
    faults = []
    for file in manifest.files:
        path = folder / file.name
        if not path.exists():
            faults.append(f"{path}: is missing")
        elif path.stat().st_size != file.bytes:
            faults.append(f"{path}: {path.stat().st_size} bytes, the manifest says {file.bytes}")
        elif _sha256(path) != file.sha256:
            faults.append(f"{path}: its sha256 is not the manifest's")
    folder.stat()
    return faults


def sync(path: Path) -> None:
    """Wait until the content of a file or folder is on disk (fsync)."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _number(name: str) -> int:
    """Return the number in a generation's name, 0 for any other name."""
    match = GENERATION.match(name)
    return int(match[1]) if match else 0


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
