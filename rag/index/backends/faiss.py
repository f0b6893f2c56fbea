"""Dense search over the passages of one generation (faiss): exact while that is fast, IVF beyond.

`vectors.npy` (float16, unit rows) holds the vectors as they were computed; the files in `dense/` are derived from it.
Up to `exact_rows` they hold the same float16 values, and all are searched. Beyond, lists of 8-bit codes are searched
and the best are scored again with the vectors themselves.

Measured for the best 100 of 384 dimensions, one thread of a 2-core server: exact takes 1.9 ms at 47,000 rows,
10.8 at 234,000, 35 at 935,000; IVF 1.7 and 5.6 ms at the latter two with recall above .99, built in 19 and
147 s. HNSW with 8-bit codes (M 32, ef 400) took 0.8 ms at 234,000 rows with recall .987, but twice as long to
build, and cannot promise k results under a filter; IVF can, by looking into every list.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import faiss
import numpy as np

from rag.errors import IndexCorruptError
from rag.index.base import GenerationRef, Ranking
from rag.types.arrays import Float16s, Matrix, Rows, Scores, Vector

VECTORS, FOLDER = "vectors.npy", "dense"
IDENTITY = "faiss-float16-1"  # of the files, whichever kind of index is among them; counts up when they change
EXACT = "exact-float16"
IVF = "ivf-sq8-refined"
OVERSAMPLING = 4  # codes kept for each result that is asked for, before the exact scores
PROBED_SHARE = 1 / 8  # share of the lists that a search looks into: recall@100 .990; 1/16 gave .970, 1/4 .997
TRAIN_PER_LIST = 40  # rows; 64 gave recall@100 .997 for .996, for half as much memory again
LEAST_PER_LIST = 39  # training rows below which faiss warns
CHUNK_ROWS = 16_384
SHARD_ROWS = 262_144  # rows a file: what building holds in memory at once
SUFFIX = ".faiss"


class FaissDense:
    """The backend: `vectors.npy` and the folder `dense/` in the generation's folder. Above `exact_rows`, IVF."""

    identity = IDENTITY

    def __init__(self, exact_rows: int) -> None:
        self.exact_rows = exact_rows

    def kind(self, rows: int) -> str:
        """Return which index a generation of that many rows gets."""
        return EXACT if rows <= self.exact_rows else IVF

    def build(self, draft: GenerationRef, blocks: Iterable[Float16s], rows: int, dim: int) -> None:
        """Write the vectors, and the faiss index over them, SHARD_ROWS a file; the seed is faiss's own.

        The vectors are read again, not mapped: however many there are, those of one file at most are in memory.
        """
        path = draft.folder / VECTORS
        with path.open("wb") as file:
            header = {"descr": "<f2", "fortran_order": False, "shape": (rows, dim)}
            np.lib.format.write_array_header_1_0(file, header)
            for block in blocks:
                file.write(block.tobytes())
        faiss.omp_set_num_threads(os.cpu_count() or 1)
        folder, kind = draft.folder / FOLDER, self.kind(rows)
        folder.mkdir()
        for number, start in enumerate(range(0, max(rows, 1), SHARD_ROWS)):
            end = min(start + SHARD_ROWS, rows)
            index = _empty(kind, end - start, dim)
            if not index.is_trained:
                index.train(_sample(path, start, end, step=max(1, (end - start) // _training(index))))
            for vectors in _read(path, start, end):
                index.add(vectors)
            faiss.write_index(index, os.fspath(folder / f"{number:03}{SUFFIX}"))

    def open(self, ref: GenerationRef) -> FaissDenseIndex:
        """Open the vectors and the index; raises FileNotFoundError, IndexCorruptError."""
        path = ref.folder / VECTORS
        try:
            vectors = np.load(path, mmap_mode="r")
        except (ValueError, EOFError) as error:
            raise IndexCorruptError(f"{path}: {error}; run `rag rollback`") from None
        return FaissDenseIndex(vectors, ref.folder / FOLDER)

    def check(self, ref: GenerationRef) -> list[str]:
        """Return each row whose vector is not of unit length."""
        faults, index = [], self.open(ref)
        for start in range(0, len(index), CHUNK_ROWS):
            rows = np.arange(start, min(start + CHUNK_ROWS, len(index)))
            norms = np.linalg.norm(index.vectors(rows), axis=1)
            faults += [
                f"row {start + row}: its vector is not of unit length" for row in np.flatnonzero(abs(norms - 1) > 0.01)
            ]
        return faults

    def link(self, ref: GenerationRef, draft: GenerationRef) -> None:
        """Do nothing: the index links files."""

    def drop(self, ref: GenerationRef) -> None:
        """Do nothing: the files go with their folder."""


def _empty(kind: str, rows: int, dim: int) -> faiss.Index:
    metric = faiss.METRIC_INNER_PRODUCT
    if kind == EXACT:
        return faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_fp16, metric)
    lists = max(1, min(int(4 * rows**0.5), rows // LEAST_PER_LIST))
    kind = faiss.ScalarQuantizer.QT_8bit
    by_residual = False  # training would hold the sample twice
    return faiss.IndexIVFScalarQuantizer(faiss.IndexFlatIP(dim), dim, lists, kind, metric, by_residual)


def _training(index: faiss.Index) -> int:
    return int(index.nlist) * TRAIN_PER_LIST


def _sample(vectors: Path, start: int, end: int, step: int) -> Matrix:
    """Return every `step`th of some rows; they are in memory once."""
    sample: Matrix | None = None
    filled = 0
    for block in _read(vectors, start, end, step):
        if sample is None:
            sample = np.empty((-(-(end - start) // step), block.shape[1]), np.float32)
        sample[filled : filled + len(block)] = block
        filled += len(block)
    assert sample is not None  # an index that is to be trained has rows
    return sample


def _read(vectors: Path, start: int, end: int, step: int = 1) -> Iterator[Matrix]:
    """Yield every `step`th of some rows as float32, in blocks."""
    with vectors.open("rb") as file:
        np.lib.format.read_magic(file)
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        file.seek(start * shape[1] * dtype.itemsize, os.SEEK_CUR)
        for first in range(start, end, CHUNK_ROWS):
            block = np.fromfile(file, dtype, min(CHUNK_ROWS, end - first) * shape[1]).reshape(-1, shape[1])
            yield block[(start - first) % step :: step].astype(np.float32)


class FaissDenseIndex:
    """An open dense index (see `DenseIndex`)."""

    def __init__(self, vectors: Float16s, folder: Path) -> None:
        self._shards = [_opened(path) for path in sorted(folder.glob(f"*{SUFFIX}"))]
        if not self._shards:
            raise FileNotFoundError(folder)
        if (rows := sum(shard.ntotal for shard in self._shards)) != len(vectors):
            raise IndexCorruptError(f"{folder}: {rows} rows, {VECTORS} has {len(vectors)}")
        self._vectors = vectors
        self._ivf = isinstance(self._shards[0], faiss.IndexIVF)

    def __len__(self) -> int:
        return len(self._vectors)

    def search(self, vector: Vector, k: int, rows: Rows | None) -> Ranking:
        """See `DenseIndex`."""
        k = min(k, len(self) if rows is None else len(rows))
        if k == 0:
            return Ranking.of([], [])
        depth = k * OVERSAMPLING if self._ivf else k
        rankings, start = [], 0
        for shard in self._shards:
            end = start + shard.ntotal
            within = None if rows is None else rows[np.searchsorted(rows, start) : np.searchsorted(rows, end)] - start
            ranking = self._in_shard(shard, vector, depth, within)
            rankings.append(Ranking(ranking.rows + start, ranking.scores))
            start = end
        best = np.concatenate([ranking.rows for ranking in rankings])
        scores = self.scores(vector, best) if self._ivf else np.concatenate([ranking.scores for ranking in rankings])
        return Ranking.of(best, scores).first(k)

    def scores(self, vector: Vector, rows: Rows) -> Scores:
        """See `DenseIndex`."""
        return (self.vectors(rows) @ vector).astype(np.float64)

    def rank(self, vector: Vector, row: int, rows: Rows | None) -> int:
        """See `DenseIndex`: every vector is looked at, CHUNK_ROWS at once."""
        others = np.arange(len(self)) if rows is None else rows
        score, before = self.scores(vector, np.array([row]))[0], 0
        for start in range(0, len(others), CHUNK_ROWS):
            some = others[start : start + CHUNK_ROWS]
            scores = self.scores(vector, some)
            ahead = (scores > score) | ((scores == score) & (some < row))
            before += int(np.count_nonzero(ahead & (some != row)))  # in a block, its own score may be rounded up
        return 1 + before

    def vectors(self, rows: Rows) -> Matrix:
        """See `DenseIndex`."""
        return self._vectors[rows].astype(np.float32)

    def _in_shard(self, shard: faiss.Index, vector: Vector, k: int, rows: Rows | None) -> Ranking:
        allowed = shard.ntotal if rows is None else len(rows)
        k = min(k, allowed)
        if k == 0:
            return Ranking.of([], [])
        if not self._ivf:
            return _searched(shard, vector, k, None if rows is None else _exact_parameters(shard, rows))
        probes = max(1, int(shard.nlist * min(1.0, PROBED_SHARE * shard.ntotal / allowed)))
        ranking = _searched(shard, vector, k, _ivf_parameters(shard, rows, probes))
        if len(ranking.rows) == k:
            return ranking
        return _searched(shard, vector, k, _ivf_parameters(shard, rows, shard.nlist))


def _opened(path: Path) -> faiss.Index:
    """Open one file; the lists of an IVF index stay on disk, and in the system's cache."""
    try:
        return faiss.read_index(os.fspath(path), faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY)
    except RuntimeError as error:
        raise IndexCorruptError(f"{path}: faiss cannot read it: {error}; run `rag reindex --rebuild`") from None


def _searched(shard: faiss.Index, vector: Vector, k: int, parameters: faiss.SearchParameters | None) -> Ranking:
    faiss.omp_set_num_threads(1)  # this thread's: one question took 2.3 ms by one thread, 5.3 by two
    scores, rows = shard.search(vector[np.newaxis], k, params=parameters)
    filled = rows[0] >= 0  # faiss fills up with -1 where it has fewer
    return Ranking.of(rows[0][filled], scores[0][filled])


def _exact_parameters(shard: faiss.Index, rows: Rows) -> faiss.SearchParameters:
    return faiss.SearchParameters(sel=_selector(shard, rows))


def _ivf_parameters(shard: faiss.Index, rows: Rows | None, probes: int) -> faiss.SearchParameters:
    if rows is None:
        return faiss.SearchParametersIVF(nprobe=probes)
    return faiss.SearchParametersIVF(nprobe=probes, sel=_selector(shard, rows))


def _selector(shard: faiss.Index, rows: Rows) -> faiss.IDSelector:
    bits = np.zeros(shard.ntotal, np.uint8)
    bits[rows] = 1
    return faiss.IDSelectorBitmap(np.packbits(bits, bitorder="little"))
