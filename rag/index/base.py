"""The seams: small Protocols, each with at least two implementations today, and what passes through them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, NamedTuple, Protocol, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from rag.limits import Limits
from rag.types.articles import Article, Origin
from rag.types.filters import SearchFilter
from rag.types.reading import FileStart, Problem, SitemapEntry

Matrix: TypeAlias = npt.NDArray[np.float32]
Vector: TypeAlias = npt.NDArray[np.float32]
Codes: TypeAlias = npt.NDArray[np.uint8]
CODE_BITS = 128  # a token's code
MB = 1_000_000
Item: TypeAlias = Article | SitemapEntry | FileStart | Problem  # what reading yields
Progress: TypeAlias = Callable[[str, int, int | None], None]  # what is under way, how many are done, of how many
Rows: TypeAlias = npt.NDArray[np.int64]
Scores: TypeAlias = npt.NDArray[np.float64]


class Query(NamedTuple):
    """A question, embedded: its vector [dim], and a vector for each of its tokens [tokens, CODE_BITS]; unit rows.

    `spans` are the characters of the question that each token stands for.
    """

    vector: Vector
    tokens: Matrix
    spans: list[tuple[int, int]]


class Embedded(NamedTuple):
    """Passages, embedded: unit rows [passages, dim], and each passage's token codes [tokens, CODE_BITS / 8]."""

    vectors: Matrix
    codes: list[Codes]


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


@dataclass(frozen=True)
class Source:
    """One file to be read: a stream of bytes that can be begun again, on disk or inside an archive.

    `at` is where it is, as a person would look for it: `news/2025.zip!/may/ferry.md`. `name` is its path under the
    root that is read, through archives as through folders ("/" between parts): the id of an article that has no
    other. `open` begins its bytes, and `limits` say how many of them are read.
    """

    at: str
    name: str
    open: Callable[[], BinaryIO]
    limits: Limits = Limits()  # noqa: RUF009 - a frozen record

    @property
    def suffix(self) -> str:
        """The end of the name, in small letters: ".md"; "" where there is none."""
        return PurePosixPath(self.name).suffix.lower()

    def origin(self, line: int = 1) -> Origin:
        """Return the place `line` of it."""
        return Origin(path=self.at, line=line)

    def read(self, most_mb: int | None = None) -> bytes:
        """Return all its bytes; raises OSError, also where there are more than `most_mb` (or the limit for a file)."""
        most = most_mb or self.limits.max_file_mb
        with self.open() as file:
            raw = file.read(most * MB + 1)
        if len(raw) > most * MB:
            raise OSError(0, f"has more than {most:,} MB, which no article has (see `rag settings`)")
        return raw


class Loader(Protocol):
    """Reads one file of one format into articles, and says what it could not read."""

    def __call__(self, source: Source, mapping: dict[str, str]) -> Iterator[Item]:
        """Yield the articles of `source`, in file order.

        `mapping` names fields: {"title": "headline"}.
        """
        ...


class Embedder(Protocol):
    """Turns text into unit vectors. Two embedders of equal `identity` give comparable vectors."""

    @property
    def identity(self) -> str:
        """Weights, pooling, window and prompts, as one string."""
        ...

    @property
    def dim(self) -> int:
        """Vector length."""
        ...

    @property
    def max_tokens(self) -> int:
        """How many tokens of text one passage may hold; special tokens and prompts are already taken off."""
        ...

    def tokens(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Return, for each text, the code-point span of every token; never cut, no special tokens."""
        ...

    def embed_query(self, text: str) -> Query:
        """Return the question's vectors, float32. A longer question is cut at the window's end."""
        ...

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] = ...) -> Embedded:
        """Return the texts' vectors, float32, and codes; raises EmbedderError where a text exceeds the window.

        `progress` is called with the number of texts just finished.
        """
        ...


class Reranker(Protocol):
    """Reads a question and a passage together, which tells better than two vectors how well the one answers the other.

    It is slow: only the first passages of a list are given to it.
    """

    def scores(self, question: str, passages: Sequence[str]) -> Scores:
        """Return float64 [len(passages)], higher for a better passage; comparable within one question only."""
        ...


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
