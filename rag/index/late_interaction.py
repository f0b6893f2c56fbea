"""The binary token embeddings ("codes") of a generation's passages, and their MaxSim with a question's tokens.

`tokens.bin` holds the codes one after the other, in the order written; `token_spans.npy` (int64 [rows, 2]) holds where
the codes of each row begin and how many there are. Rows of equal text share their codes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np

from rag.errors import IndexCorruptError
from rag.types.arrays import CODE_BITS, Codes, Matrix, Rows, Scores

CODES, SPANS = "tokens.bin", "token_spans.npy"
CODE_BYTES = CODE_BITS // 8
IDENTITY = f"sign-codes-{CODE_BITS}-1"  # Version of both files: counts up when their format or the codes change


class TokenWriter:
    """A writer of a new generation's codes; the files are complete only after `close`."""

    def __init__(self, folder: Path, rows: int) -> None:
        self._folder = folder
        self._file = (folder / CODES).open("wb")
        self._spans = np.zeros((rows, 2), np.int64)
        self._written = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, row: int, codes: Codes) -> None:
        """Store the codes of a row, uint8 [tokens, CODE_BYTES]."""
        self._file.write(codes.tobytes())
        self._spans[row] = self._written, len(codes)
        self._written += len(codes)

    def share(self, row: int, other: int) -> None:
        """Let a row share the codes of `other`, which were stored before."""
        self._spans[row] = self._spans[other]

    def close(self) -> None:
        """Write what is buffered, and then the spans of all rows."""
        self._file.close()
        np.save(self._folder / SPANS, self._spans)


class TokenCodes:
    """The codes of an open generation. Safe for threads.

    Raises IndexCorruptError where the files cannot be read or do not fit each other.
    """

    def __init__(self, folder: Path) -> None:
        self._spans = _loaded(folder / SPANS)
        size = (folder / CODES).stat().st_size
        if size % CODE_BYTES or (len(self._spans) and self._spans.sum(axis=1).max() * CODE_BYTES > size):
            raise IndexCorruptError(f"{folder / CODES}: has {size} bytes, its rows say otherwise; run `rag rollback`")
        shape = (size // CODE_BYTES, CODE_BYTES)
        try:
            self._codes = np.memmap(folder / CODES, np.uint8, "r", shape=shape) if size else np.zeros(shape, np.uint8)
        except ValueError as error:  # The file was truncated after its size was read
            raise IndexCorruptError(f"{folder / CODES}: {error}; run `rag rollback`") from None

    def __len__(self) -> int:
        return len(self._spans)

    def of(self, row: int) -> Codes:
        """Return the codes of a row, uint8 [tokens, CODE_BYTES]."""
        start, count = self._spans[row]
        codes: Codes = self._codes[start : start + count]
        return codes

    def passage_sims(self, question: Matrix, weights: Scores, rows: Rows) -> Scores:
        """Return the MaxSim of a question with each passage, float64 [rows], as `_max_sim` computes it."""
        return self._max_sim(question, weights, self._spans[rows])

    def sentence_sims(
        self, question: Matrix, weights: Scores, rows: Rows, lengths: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        """Return the MaxSim of a question with each sentence of each passage; 0 for a sentence that has no codes.

        `lengths` are the numbers of tokens of the sentences of each passage. A passage's codes are those of its title
        prefix, then those of its sentences in order; where the model cut the passage, the last sentences have fewer.
        """
        spans: list[tuple[int, int]] = []
        for sentences, (first, count) in zip(lengths, self._spans[rows].tolist(), strict=True):
            start = first + max(0, count - sum(sentences))
            for length in sentences:
                here = min(length, first + count - start)
                spans.append((start, here))
                start += here
        sims = self._max_sim(question, weights, np.array(spans, np.int64).reshape(-1, 2))
        flat = iter(np.nan_to_num(sims).tolist())
        return [[next(flat) for _ in sentences] for sentences in lengths]

    def _max_sim(self, question: Matrix, weights: Scores, spans: Rows) -> Scores:
        """Return the MaxSim of a question with each span of codes, float64 [spans], -1 to 1.

        It is ColBERT's late interaction (Khattab & Zaharia 2020) with a weighted mean in place of the sum: the mean
        over the question's tokens of the cosine of each with its best match in the span. `question` is float32
        [tokens, CODE_BITS], with a weight for each token; codes are taken as vectors of +1 and -1; `spans` are
        int64 [spans, 2], first and count. The result is nan where question or span has no tokens.
        """
        scores = np.full(len(spans), np.nan)
        filled = np.flatnonzero(spans[:, 1])
        if len(filled) and len(question):
            codes = [self._codes[start : start + count] for start, count in spans[filled]]
            bits = np.unpackbits(np.concatenate(codes), axis=1)
            signed = 2 * (bits.astype(np.float32) @ question.T) - question.sum(axis=1)
            firsts = np.cumsum(spans[filled, 1]) - spans[filled, 1]
            best = np.maximum.reduceat(signed, firsts, axis=0)
            scores[filled] = best @ (weights / weights.sum()) / CODE_BITS**0.5
        return scores


def _loaded(path: Path) -> Rows:
    """Return the spans in a file; raises IndexCorruptError where it is not a whole array."""
    try:
        spans: Rows = np.load(path)
    except (ValueError, EOFError) as error:
        raise IndexCorruptError(f"{os.fspath(path)}: {error}; run `rag rollback`") from None
    return spans
