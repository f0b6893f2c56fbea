"""Passages that were embedded and not published yet: what a reindex that was stopped leaves to the next one.

One file, only ever appended to: a line of JSON that says by which embedder, then a record a passage: digest, how many
tokens, checksum, vector (float16), token codes. What a dying writer left half-written is cut off when it is opened.
Nothing is synced: after a loss of power, what the disk does not have is embedded again.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from array import array
from pathlib import Path
from typing import NamedTuple, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from rag.types.arrays import CODE_BITS, Codes

JOURNAL_FILE = "journal"
JOURNAL_FORMAT = 1
HEAD = struct.Struct("<16sII")
CODE_BYTES = CODE_BITS // 8


KeyOrder: TypeAlias = tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]  # keys, ascending, and their places


class JournalEntry(NamedTuple):
    """A passage's vector, float16 [dim], and its token codes."""

    vector: npt.NDArray[np.float16]
    codes: Codes


class EmbeddingJournal:
    """The journal of one index. Read by any thread, written by one, both under the writer's lock of the index."""

    def __init__(self, path: Path, embedder: str, dim: int) -> None:
        self.path = path
        self._dim = dim
        self._about = (json.dumps({"format": JOURNAL_FORMAT, "embedder": embedder, "dim": dim}) + "\n").encode()
        self._keys = array("Q")  # the first half of each digest; the other is compared where it is read
        self._places = array("Q")
        self._file = path.open("a+b")
        self._end = 0
        self._end = self._read()
        self._found = len(self._keys)
        self._order = self._sorted()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if not self._keys:
            self.path.unlink(missing_ok=True)

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, digest: bytes, vector: npt.NDArray[np.float32], codes: Codes) -> None:
        """Append a passage; `flush` makes sure of it."""
        payload = vector.astype("<f2").tobytes() + codes.tobytes()
        self._note(digest)
        self._file.write(HEAD.pack(digest, len(codes), zlib.crc32(digest + payload)) + payload)
        self._end += HEAD.size + len(payload)

    def flush(self) -> None:
        """Hand what was added to the system: a process that dies loses none of it."""
        self._file.flush()

    def holds(self, digest: bytes) -> bool:
        """Say whether an earlier reindex left that passage."""
        return self._found > 0 and self._entry(digest, self._order) is not None

    def find(self, digest: bytes) -> JournalEntry:
        """Return a passage; raises KeyError."""
        if len(self._order[0]) != len(self._keys):
            self.flush()
            self._order = self._sorted()
        entry = self._entry(digest, self._order)
        if entry is None:
            raise KeyError(digest.hex())
        return entry

    def _entry(self, digest: bytes, order: KeyOrder) -> JournalEntry | None:
        keys, places = order
        key = np.uint64(int.from_bytes(digest[:8], "little"))
        for at in range(int(np.searchsorted(keys, key)), len(keys)):
            if keys[at] != key:
                break
            found = self._record(int(places[at]))
            if found and found[0] == digest:
                return found[1]
        return None

    def _record(self, place: int) -> tuple[bytes, JournalEntry, int] | None:
        """Return digest, entry and length of the record at `place`; None where there is no whole one."""
        head = os.pread(self._file.fileno(), HEAD.size, place)
        if len(head) < HEAD.size:
            return None
        digest, count, checksum = HEAD.unpack(head)
        vector_bytes, codes_bytes = 2 * self._dim, count * CODE_BYTES
        payload = os.pread(self._file.fileno(), vector_bytes + codes_bytes, place + HEAD.size)
        if len(payload) < vector_bytes + codes_bytes or zlib.crc32(digest + payload) != checksum:
            return None
        codes = np.frombuffer(payload, np.uint8, offset=vector_bytes).reshape(count, CODE_BYTES)
        return digest, JournalEntry(np.frombuffer(payload, "<f2", self._dim), codes), HEAD.size + len(payload)

    def _read(self) -> int:
        """Note the records that are there, cut off what is not whole, and return the end."""
        if os.pread(self._file.fileno(), len(self._about), 0) != self._about:
            self._file.truncate(0)
            self._file.write(self._about)
            return len(self._about)
        self._end = len(self._about)
        while found := self._record(self._end):
            self._note(found[0])
            self._end += found[2]
        self._file.truncate(self._end)
        return self._end

    def _note(self, digest: bytes) -> None:
        self._keys.append(int.from_bytes(digest[:8], "little"))
        self._places.append(self._end)

    def _sorted(self) -> KeyOrder:
        keys, places = np.array(self._keys, np.uint64), np.array(self._places, np.uint64)
        order = np.argsort(keys)
        return keys[order], places[order]
