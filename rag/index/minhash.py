"""An article's wording as a sketch: what share of it two articles have in common, and the file that holds all sketches.

A sketch is the SKETCH smallest hashes of the article's word 3-grams: bottom-k MinHash (Broder 1997, "On the resemblance
and containment of documents"). Two sketches tell what share of the one article's wording stands in the other, however
much longer that is.
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
IDENTITY = "minhash-3grams-1"  # of the sketches; counts up when a text gets another one, or the file changes
SKETCH_HASHES = 256  # hashes an article; the share of a text cut to a tenth is then known to within .1

WORD = re.compile(r"\w+")
GRAM_MULTIPLIERS = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64
)  # odd, from xxHash and splitmix
LAST = np.uint32(0xFFFFFFFF)
HASH_BYTES = 4


def sketch(text: str) -> Sketch:
    """Return the smallest hashes of the text's word 3-grams, ascending, at most SKETCH; empty for under three words."""
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
    """Return the share of the shorter article's wording that both have, 0 to 1, and by how many hashes it is told.

    `weights` are what each hash of the first and of the second counts, 1 by default. Only hashes up to the end of both
    sketches are compared: beyond, one of them does not say.
    """
    end = min(_end(first), _end(second))
    here, there = (int(np.searchsorted(held, end, "right")) for held in (first, second))
    both, places, _ = np.intersect1d(first[:here], second[:there], assume_unique=True, return_indices=True)
    if weights is None:
        least, common = float(min(here, there)), float(len(both))
    else:
        least, common = float(min(weights[0][:here].sum(), weights[1][:there].sum())), float(weights[0][places].sum())
    return (common / least if least else 0.0), len(both)


def _end(sketch: Sketch) -> np.uint32:
    """Return up to where a sketch holds every hash of its article."""
    return sketch[-1] if len(sketch) == SKETCH_HASHES else LAST


class SketchWriter:
    """Writes the sketches of a new generation, an article after the other by row."""

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
        """Write what is left; return what was written."""
        self._file.close()
        return Sketches(self._path, np.cumsum(self._counts, dtype=np.int64))


class Sketches:
    """The sketches of a generation. Safe for threads.

    They are read when asked for, not mapped: to go through those of a million articles takes no memory. `ends` are
    where each ends, int64 [articles], counted in hashes.
    """

    def __init__(self, path: Path, ends: Ends) -> None:
        self.ends = ends
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)
        size, expected = os.fstat(self._file).st_size, HASH_BYTES * int(ends[-1] if len(ends) else 0)
        if size != expected:
            raise IndexCorruptError(f"{path}: has {size} bytes, stories say {expected}; run `rag rollback`")

    def of(self, article: int) -> Sketch:
        """Return the sketch of an article, by row."""
        start = int(self.ends[article - 1]) if article else 0
        length = int(self.ends[article]) - start
        return np.frombuffer(os.pread(self._file, HASH_BYTES * length, HASH_BYTES * start), np.uint32)
