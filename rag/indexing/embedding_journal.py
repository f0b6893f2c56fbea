"""The embedding journal: passages that were embedded but not published, which a stopped reindex leaves to the next one.

It is one file that is only appended to: a line of JSON that names the embedder, then one record per passage: digest,
number of tokens, checksum, vector (float16), token codes. A record that a dying writer left incomplete is cut off when
the file is opened. Nothing is synced: after a loss of power, passages that are not on disk are embedded again.
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
HEAD = struct.Struct("<16sII")  # Digest, number of tokens, CRC-32 of digest and payload
CODE_BYTES = CODE_BITS // 8


KeyOrder: TypeAlias = tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]  # Keys, ascending; their records' offsets


class JournalEntry(NamedTuple):
    """A passage's vector, float16 [dim], and its token codes, uint8 [tokens, CODE_BYTES]."""

    vector: npt.NDArray[np.float16]
    codes: Codes


class EmbeddingJournal:
    """The journal of one index. Read by any thread, written by one, both under the writer's lock of the index."""

    def __init__(self, path: Path, embedder: str, dim: int) -> None:
        self.path = path
        self._dim = dim
        self._about = (json.dumps({"format": JOURNAL_FORMAT, "embedder": embedder, "dim": dim}) + "\n").encode()
        self._keys = array("Q")  # The first half of each digest; the whole digest is compared with the record
        self._places = array("Q")
        self._file = path.open("a+b")
        self._end = 0
        self._end = self._read()
        self._left_over = len(self._keys)
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
        """Append a passage. It is safe from the death of the process only after `flush`."""
        payload = vector.astype("<f2").tobytes() + codes.tobytes()
        self._note(digest)
        self._file.write(HEAD.pack(digest, len(codes), zlib.crc32(digest + payload)) + payload)
        self._end += HEAD.size + len(payload)

    def flush(self) -> None:
        """Write what was added to the operating system, so that a process that dies loses none of it."""
        self._file.flush()

    def holds(self, digest: bytes) -> bool:
        """Return whether an earlier reindex left the passage of this digest."""
        return self._left_over > 0 and self._entry(digest, self._order) is not None

    def find(self, digest: bytes) -> JournalEntry:
        """Return the passage of a digest; raises KeyError if the journal has none."""
        if len(self._order[0]) != len(self._keys):
            self.flush()
            self._order = self._sorted()
        entry = self._entry(digest, self._order)
        if entry is None:
            raise KeyError(digest.hex())
        return entry

    def _entry(self, digest: bytes, order: KeyOrder) -> JournalEntry | None:
        """Return the passage of a digest by binary search of its key, None if `order` has none."""
        keys, places = order
        key = np.uint64(int.from_bytes(digest[:8], "little"))
        for at in range(int(np.searchsorted(keys, key)), len(keys)):
            if keys[at] != key:
                break
            record = self._record(int(places[at]))
            if record and record[0] == digest:
                return record[1]
        return None

    def _record(self, place: int) -> tuple[bytes, JournalEntry, int] | None:
        """Return digest, entry and length in bytes of the record at `place`, None if it is missing or incomplete."""
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
        """Note the complete records of the file, cut off the rest, and return the file's length in bytes."""
        if os.pread(self._file.fileno(), len(self._about), 0) != self._about:
            self._file.truncate(0)
            self._file.write(self._about)
            return len(self._about)
        self._end = len(self._about)
        while record := self._record(self._end):
            self._note(record[0])
            self._end += record[2]
        self._file.truncate(self._end)
        return self._end

    def _note(self, digest: bytes) -> None:
        self._keys.append(int.from_bytes(digest[:8], "little"))
        self._places.append(self._end)

    def _sorted(self) -> KeyOrder:
        keys, places = np.array(self._keys, np.uint64), np.array(self._places, np.uint64)
        order = np.argsort(keys)
        return keys[order], places[order]
