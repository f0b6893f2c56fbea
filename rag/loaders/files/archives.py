"""Compressed files and archives -> the files inside them, as streams. Nothing is unpacked to where a name would lead.

What a file is shows in its first bytes, whatever it is called. How far it may unfold is bounded, so that a small file
cannot fill memory or a disk.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from typing import IO, BinaryIO, Protocol, TypeAlias

from rag.loaders.base import SourceFile, problem
from rag.loaders.files.encoding import UNFORESEEN, clean
from rag.loaders.files.seeking import IN_MEMORY_BYTES, seekable
from rag.types.reading import Problem

FREE_BYTES = 100_000_000
TAR_MAGIC = slice(257, 262), b"ustar"

Inside: TypeAlias = Iterator[SourceFile | Problem]


class UnfoldsTooFarError(OSError):
    """An archive that holds far more than its size can honestly hold."""


def inside(source: SourceFile, head: bytes) -> Inside | None:
    """Return the files that `source`, which begins with `head`, holds; None where it is no archive.

    Reading on raises OSError and what `decoding.DAMAGED` lists where it is cut off or broken.
    """
    if head.startswith(b"PK\x03\x04"):
        return _zip(source)
    if head[TAR_MAGIC[0]] == TAR_MAGIC[1]:
        return _tar(source)
    return next((_compressed(source, begin) for magic, begin in COMPRESSED.items() if head.startswith(magic)), None)


class _Zstandard:
    """Zstandard data, whose library is not everyone's."""

    def __init__(self, file: BinaryIO) -> None:
        try:
            import zstandard
        except ImportError:
            raise OSError(0, "zstandard data needs `pip install 'byline[zstd]'`") from None
        self._broken: type[Exception] = zstandard.ZstdError
        self._out: IO[bytes] = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)

    def read1(self, size: int) -> bytes:
        try:
            return self._out.read(size)
        except self._broken as error:
            raise EOFError(str(error)) from None

    def close(self) -> None:
        self._out.close()


class Stream(Protocol):
    """What is read of a stream."""

    def read1(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end: those before a damage, and only then raise."""
        ...

    def close(self) -> None:
        """Let it go."""
        ...


COMPRESSED: Mapping[bytes, Callable[[BinaryIO], Stream]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
    b"\x28\xb5\x2f\xfd": _Zstandard,
}
ENDINGS = {".gz": "", ".bz2": "", ".xz": "", ".zst": "", ".tgz": ".tar", ".tbz2": ".tar", ".txz": ".tar"}


class _Bounded(io.RawIOBase):
    """What comes out of a compressed stream, as long as it is not far more than what went in."""

    def __init__(self, out: Stream, read: Callable[[], int], ratio: int, held: tuple[BinaryIO, ...]) -> None:
        self._out = out
        self._ratio = ratio
        self._read = read  # bytes that went in so far
        self._held = held  # what to close after it
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        found = self._out.read1(len(buffer))
        buffer[: len(found)] = found
        self._count += len(found)
        if self._count > FREE_BYTES + self._ratio * self._read():
            raise UnfoldsTooFarError(0, f"unfolds to more than {self._ratio} times its size; not read on")
        return len(found)

    def tell(self) -> int:
        return self._count

    def close(self) -> None:
        if not self.closed:
            self._out.close()
            for file in self._held:
                file.close()
        super().close()


def _bounded(out: Stream, read: Callable[[], int], ratio: int, *held: BinaryIO) -> BinaryIO:
    return io.BufferedReader(_Bounded(out, read, ratio, held))


def _compressed(source: SourceFile, begin: Callable[[BinaryIO], Stream]) -> Inside:
    """Yield the one file that is compressed; it stands where its container stands."""

    def start() -> BinaryIO:
        file = source.open()
        try:
            return _bounded(begin(file), file.tell, source.limits.max_archive_ratio, file)
        except BaseException:
            file.close()
            raise

    path = PurePosixPath(source.name)
    ending = path.suffix.lower()
    name = str(path.with_suffix(ENDINGS[ending])) if ending in ENDINGS else source.name
    yield replace(source, name=name, open=start)


def _zip(source: SourceFile) -> Inside:
    with seekable(source) as file, _zip_file(file) as archive:
        for count, info in enumerate(archive.infolist(), 1):
            why_not = "is encrypted" if info.flag_bits & 1 else None
            wanted = None if info.filename.endswith("/") else _named(source, info.filename, count, why_not)
            if isinstance(wanted, str):
                begin = partial(_unzipped, archive, info, source.limits.max_archive_ratio)
                yield replace(source, at=wanted, name=_name(source, info.filename), open=begin)
            elif wanted:
                yield wanted


def _zip_file(file: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except UNFORESEEN as error:  # numbers that lead out of the file
        raise zipfile.BadZipFile(str(error)) from None


def _unzipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo, ratio: int) -> BinaryIO:
    try:
        member = archive.open(info)
        return _bounded(member, lambda: info.compress_size, ratio)  # type: ignore[arg-type]  # IO, which knows no read1
    except (OSError, *UNFORESEEN) as error:
        raise zipfile.BadZipFile(str(error)) from None


def _tar(source: SourceFile) -> Inside:
    with source.open() as file, tarfile.open(fileobj=file, mode="r|") as archive:
        for count, info in enumerate(archive, 1):
            why_not = None if info.isfile() else "is a link or a device"
            wanted = None if info.isdir() else _named(source, info.name, count, why_not)
            if isinstance(wanted, str) and (member := archive.extractfile(info)):
                with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as kept:  # a tar is read once, a member twice
                    shutil.copyfileobj(member, kept)
                    begin = partial(_again, kept)
                    yield replace(source, at=wanted, name=_name(source, info.name), open=begin)
            elif isinstance(wanted, Problem):
                yield wanted


class _Lent(io.RawIOBase):
    """Reads another stream from its beginning, and leaves it open."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        file.seek(0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        found = self._file.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def tell(self) -> int:
        return self._file.tell()


def _again(kept: IO[bytes]) -> BinaryIO:
    return io.BufferedReader(_Lent(kept))


def _named(source: SourceFile, name: str, count: int, why_not: str | None) -> str | Problem | None:
    """Return where the `count`th member is, None for one that is hidden, a problem for one that is not read."""
    if count > source.limits.max_archive_files:
        raise UnfoldsTooFarError(0, f"holds more than {source.limits.max_archive_files:,} files; the rest is not read")
    if not name:
        return problem(source.origin(), "archive", "holds a file without a name; not read")
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or (path.parts and path.parts[0].endswith(":")):
        return problem(source.origin(), "archive", f"the name {name!r} leads out of the archive; not read")
    if not path.parts or any(part.startswith(".") for part in path.parts) or path.parts[0] == "__MACOSX":
        return None
    if why_not:
        return problem(source.origin(), "archive", f"{name!r} {why_not}; not read")
    return f"{source.at}!/{clean(str(path))}"


def _name(source: SourceFile, name: str) -> str:
    """Return the name of a member: its path below the archive, as if that were a folder, so that two stay apart."""
    return clean(str(PurePosixPath(source.name) / name.replace("\\", "/")))
