"""Archives and compressed files -> the files inside them, as streams.

An archive is recognised by its first bytes, whatever it is called. Members are never written to the path that their
name states, so no name can lead out of the archive. How far a file may unfold is bounded, so that a small one cannot
fill memory or a disk.
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
from typing import IO, BinaryIO, Protocol, TypeAlias, cast

from rag.loaders.base import SourceFile, optional_import, problem
from rag.loaders.files.encoding import UNFORESEEN, clean
from rag.types.reading import Problem

FREE_BYTES = 100_000_000  # Any file may unfold to so much, however small it is
IN_MEMORY_BYTES = 16_000_000  # A larger member that is read out of order waits in a temporary file
ZIP_MAGIC = b"PK\x03\x04"
TAR_MAGIC, TAR_MAGIC_AT = b"ustar", slice(257, 262)

Members: TypeAlias = Iterator[SourceFile | Problem]


class UnfoldsTooFarError(OSError):
    """An archive unfolds to far more than a file of its size plausibly holds."""


def members(source: SourceFile, head: bytes) -> Members | None:
    """Return the files inside `source`, whose first bytes are `head`; None where it is no archive.

    Iterating raises OSError, and the exceptions of `encoding.DAMAGED` where the archive is cut off or broken.
    """
    if head.startswith(ZIP_MAGIC):
        return _zip_members(source)
    if head[TAR_MAGIC_AT] == TAR_MAGIC:
        return _tar_members(source)
    return next((_decompressed(source, begin) for magic, begin in COMPRESSED.items() if head.startswith(magic)), None)


def seekable(source: SourceFile) -> IO[bytes]:
    """Open a source as a file in which one can go back: some formats are read from their end.

    A member of an archive, which is a stream, is copied to memory or to a temporary file. Raises OSError.
    """
    file = source.open()
    if file.seekable():
        return file
    copy = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 - the caller closes it
    try:
        with file:
            shutil.copyfileobj(file, copy)
        copy.seek(0)
    except BaseException:
        copy.close()
        raise
    return cast("IO[bytes]", copy)


# Compressed files


class Stream(Protocol):
    """The part of a decompressing file that is used here."""

    def read1(self, size: int, /) -> bytes:
        """Return up to `size` bytes, b"" at the end; where the data is damaged, first return all bytes before it."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


class _Zstandard:
    """Decompresses Zstandard data, whose library is optional."""

    def __init__(self, file: BinaryIO) -> None:
        with optional_import("byline[zstd]", "Zstandard files"):
            import zstandard
        self._error: type[Exception] = zstandard.ZstdError
        self._out: IO[bytes] = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)

    def read1(self, size: int) -> bytes:
        try:
            return self._out.read(size)
        except self._error as error:
            raise EOFError(str(error)) from None

    def close(self) -> None:
        self._out.close()


COMPRESSED: Mapping[bytes, Callable[[BinaryIO], Stream]] = {  # by their magic bytes
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
    b"\x28\xb5\x2f\xfd": _Zstandard,
}
ENDINGS = {".gz": "", ".bz2": "", ".xz": "", ".zst": "", ".tgz": ".tar", ".tbz2": ".tar", ".txz": ".tar"}


class _Bounded(io.RawIOBase):
    """Reads a decompressing stream, and raises UnfoldsTooFarError where it yields far more bytes than went in."""

    def __init__(self, out: Stream, bytes_in: Callable[[], int], ratio: int, close_after: tuple[BinaryIO, ...]) -> None:
        self._out = out
        self._ratio = ratio
        self._bytes_in = bytes_in
        self._close_after = close_after
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        part = self._out.read1(len(buffer))
        buffer[: len(part)] = part
        self._count += len(part)
        if self._count > FREE_BYTES + self._ratio * self._bytes_in():
            raise UnfoldsTooFarError(0, f"unfolds to more than {self._ratio} times its size; not read on")
        return len(part)

    def tell(self) -> int:
        return self._count

    def close(self) -> None:
        if not self.closed:
            self._out.close()
            for file in self._close_after:
                file.close()
        super().close()


def _bounded(out: Stream, bytes_in: Callable[[], int], ratio: int, *close_after: BinaryIO) -> BinaryIO:
    return io.BufferedReader(_Bounded(out, bytes_in, ratio, close_after))


def _decompressed(source: SourceFile, begin: Callable[[BinaryIO], Stream]) -> Members:
    """Yield the one file that is compressed; its origin is that of the compressed file."""

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


# Zip


def _zip_members(source: SourceFile) -> Members:
    with seekable(source) as file, _zip_file(file) as archive:
        for count, info in enumerate(archive.infolist(), 1):
            why_not = "is encrypted" if info.flag_bits & 1 else None
            place = None if info.filename.endswith("/") else _place(source, info.filename, count, why_not)
            if isinstance(place, str):
                begin = partial(_zip_member, archive, info, source.limits.max_archive_ratio)
                yield replace(source, at=place, name=_name(source, info.filename), open=begin)
            elif place:
                yield place


def _zip_file(file: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except UNFORESEEN as error:  # offsets that lead out of the file
        raise zipfile.BadZipFile(str(error)) from None


def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, ratio: int) -> BinaryIO:
    try:
        member = archive.open(info)
        return _bounded(member, lambda: info.compress_size, ratio)  # type: ignore[arg-type]  # IO lacks read1
    except (OSError, *UNFORESEEN) as error:
        raise zipfile.BadZipFile(str(error)) from None


# Tar


def _tar_members(source: SourceFile) -> Members:
    with source.open() as file, tarfile.open(fileobj=file, mode="r|") as archive:
        for count, info in enumerate(archive, 1):
            why_not = None if info.isfile() else "is a link or a device"
            place = None if info.isdir() else _place(source, info.name, count, why_not)
            if isinstance(place, str) and (member := archive.extractfile(info)):
                # A tar can be read only once, but each member is opened twice: to detect its format and to read it
                with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as copy:
                    shutil.copyfileobj(member, copy)
                    begin = partial(_reopened, copy)
                    yield replace(source, at=place, name=_name(source, info.name), open=begin)
            elif isinstance(place, Problem):
                yield place


class _Borrowed(io.RawIOBase):
    """Reads another file from its beginning, and leaves it open when closed."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        file.seek(0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        part = self._file.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)

    def tell(self) -> int:
        return self._file.tell()


def _reopened(file: IO[bytes]) -> BinaryIO:
    return io.BufferedReader(_Borrowed(file))


# Members of either


def _place(source: SourceFile, name: str, count: int, why_not: str | None) -> str | Problem | None:
    """Return the place of member number `count`, None for a hidden member, a problem for one that is not read."""
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
    """Return the name of a member: its path below the archive, as if that were a folder."""
    return clean(str(PurePosixPath(source.name) / name.replace("\\", "/")))
