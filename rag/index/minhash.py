"""MinHash sketches of articles: the share of wording that two articles have in common, and the file of all sketches.

A sketch is the SKETCH_HASHES smallest hashes of the article's word 3-grams: bottom-k MinHash (Broder 1997, "On the
resemblance and containment of documents"). Two sketches estimate which share of one article's wording stands in the
other, however much longer the other is.
"""

from __future__ import annotations

import os
import re
import weakref
import zlib
from pathlib import Path
from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt

from rag.errors import IndexCorruptError

Sketch: TypeAlias = npt.NDArray[np.uint32]
Ends: TypeAlias = npt.NDArray[np.int64]
HashWeights: TypeAlias = npt.NDArray[np.float32]

SKETCHES_FILE = "sketches.bin"
IDENTITY = "minhash-3grams-1"  # Version of the sketches: counts up when a text gets another sketch, or the file changes
SKETCH_HASHES = 256  # Hashes per article: they estimate the share of a text that was cut to a tenth to within 0.1

WORD = re.compile(r"\w+")
# Odd 64-bit multipliers, one per word of a 3-gram: the constants of xxHash and SplitMix64
GRAM_MULTIPLIERS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
MAX_HASH = np.uint32(0xFFFFFFFF)
HASH_BYTES = 4


def sketch(text: str) -> Sketch:
    """Return the sketch of a text: the smallest hashes of its word 3-grams, ascending, at most SKETCH_HASHES of them.

    It is empty for a text of fewer than three words.
    """
    words = np.array([zlib.crc32(word.encode()) for word in WORD.findall(text.lower())], np.uint64)
    if len(words) < len(GRAM_MULTIPLIERS):
        return np.zeros(0, np.uint32)
    grams = sum(words[n : len(words) - 2 + n] * GRAM_MULTIPLIERS[n] for n in range(len(GRAM_MULTIPLIERS)))
    grams ^= grams >> np.uint64(29)
    grams *= np.uint64(0xBF58476D1CE4E5B9)
    hashes = np.unique((grams >> np.uint64(32)).astype(np.uint32))
    return hashes[:SKETCH_HASHES]


def containment(
    first: Sketch, second: Sketch, weights: tuple[HashWeights, HashWeights] | None = None
) -> tuple[float, int]:
    """Return the share of the shorter article's wording that both articles have, 0 to 1, and the hashes in common.

    `weights` are the weights of each hash of the first and of the second sketch, 1 by default. Only hashes up to the
    largest that both sketches cover are compared: beyond it, one of them is incomplete.
    """
    end = min(_covered(first), _covered(second))
    here, there = (int(np.searchsorted(hashes, end, "right")) for hashes in (first, second))
    both, places, _ = np.intersect1d(first[:here], second[:there], assume_unique=True, return_indices=True)
    if weights is None:
        shorter, common = float(min(here, there)), float(len(both))
    else:
        shorter = float(min(weights[0][:here].sum(), weights[1][:there].sum()))
        common = float(weights[0][places].sum())
    return (common / shorter if shorter else 0.0), len(both)


def _covered(sketch: Sketch) -> np.uint32:
    """Return the largest hash up to which a sketch holds every hash of its article."""
    return sketch[-1] if len(sketch) == SKETCH_HASHES else MAX_HASH


class SketchWriter:
    """A writer of a new generation's sketches, one article after the other in the order of their rows."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / SKETCHES_FILE
        self._file = self._path.open("wb")
        self._counts: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, sketch: Sketch) -> None:
        """Append the next article's sketch."""
        self._file.write(sketch.tobytes())
        self._counts.append(len(sketch))

    def close(self) -> Sketches:
        """Write what is buffered; return all the sketches, open for reading."""
        self._file.close()
        return Sketches(self._path, np.cumsum(self._counts, dtype=np.int64))


class Sketches:
    """The sketches of a generation. Safe for threads.

    A sketch is read from the file when it is asked for, not memory-mapped: a pass over a million articles then takes no
    memory. `ends`, int64 [articles], are the places in the file, in hashes, where the sketches end.

    Raises IndexCorruptError where the file is not as long as `ends` say.
    """

    def __init__(self, path: Path, ends: Ends) -> None:
        self.ends = ends
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)
        size, expected = os.fstat(self._file).st_size, HASH_BYTES * int(ends[-1] if len(ends) else 0)
        if size != expected:
            raise IndexCorruptError(f"{path}: has {size} bytes, stories say {expected}; run `rag rollback`")

    def of(self, article: int) -> Sketch:
        """Return the sketch of an article by the article's row."""
        start = int(self.ends[article - 1]) if article else 0
        length = int(self.ends[article]) - start
        return np.frombuffer(os.pread(self._file, HASH_BYTES * length, HASH_BYTES * start), np.uint32)
