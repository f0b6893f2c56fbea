"""The seams: small Protocols, each with at least two implementations today, and what passes through them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from rag.types.arrays import Rows, Scores, Vector
from rag.types.filters import SearchFilter


@dataclass(frozen=True, eq=False)
class Ranking:
    """What a leg lists: rows with their scores, best first, ties by row; two arrays of one length."""

    rows: Rows
    scores: Scores

    @classmethod
    def of(cls, rows: npt.ArrayLike, scores: npt.ArrayLike) -> Self:
        """Sort rows by score."""
        held, given = np.asarray(rows, np.int64), np.asarray(scores, np.float64)
        best = np.lexsort((held, -given))
        return cls(held[best], given[best])

    def first(self, k: int) -> Ranking:
        """Return the best `k`."""
        return Ranking(self.rows[:k], self.scores[:k])

    def pairs(self) -> list[tuple[int, float]]:
        """Return (row, score) pairs."""
        return list(zip(self.rows.tolist(), self.scores.tolist(), strict=True))


class PassageIndex(Protocol):
    """Searches the passages of one generation, by meaning and by words: best first, ties by row.

    The filter is applied before ranking: if k passages of matching articles exist, `search_dense`
    returns k; `search_lexical` returns those of them that share a word with the text.
    """

    def search_dense(self, vector: Vector, k: int, filter: SearchFilter) -> Ranking:
        """Return at most `k` rows with their cosines."""
        ...

    def search_lexical(self, text: str, k: int, filter: SearchFilter) -> Ranking:
        """Return at most `k` rows with their BM25 scores."""
        ...
