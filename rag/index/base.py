"""The seams of an index: a dense index, a lexical index and an article store, and the backends that make them.

Rows join the three. An article's row counts from 0 in the order read, and so does a passage's; the passages of an
article stand together, in order. A row is never left out: all three hold the same rows.

faiss, tantivy and SQLite stand behind these protocols, and any engine can that keeps a generation under its name: a
draft is written by `build` (or a writer), opened by the same code that serves it, and only then named by CURRENT. What
is left of a draft that was never named is removed by `drop`, as are the generations that are not kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from rag.index.rows import ArticleState, OlderVersion, PassageRow, PlacedArticle, Segmentation, StoredArticle
from rag.types.arrays import Float16s, Matrix, Rows, Scores, Vector
from rag.types.articles import Article, ArticleRef
from rag.types.filters import Scope
from rag.types.index import FileRead
from rag.types.reading import Problem, SitemapEntry

T_co = TypeVar("T_co", covariant=True)
Digested = Literal["articles", "passages"]


@dataclass(frozen=True)
class GenerationRef:
    """One generation, or the draft of one: the index, its name, and the local folder for what is kept in files."""

    index: str
    name: str
    folder: Path


@dataclass(frozen=True, eq=False)
class Ranking:
    """Rows with their scores, best first, ties by row: two arrays of one length."""

    rows: Rows
    scores: Scores

    @classmethod
    def of(cls, rows: npt.ArrayLike, scores: npt.ArrayLike) -> Self:
        """Sort rows by score."""
        unsorted, values = np.asarray(rows, np.int64), np.asarray(scores, np.float64)
        best = np.lexsort((unsorted, -values))
        return cls(unsorted[best], values[best])

    def first(self, k: int) -> Ranking:
        """Return the best `k`."""
        return Ranking(self.rows[:k], self.scores[:k])

    def pairs(self) -> list[tuple[int, float]]:
        """Return (row, score) pairs."""
        return list(zip(self.rows.tolist(), self.scores.tolist(), strict=True))


class DenseIndex(Protocol):
    """Searches passages by meaning: cosines of unit vectors. Safe for threads."""

    def __len__(self) -> int:
        """Return how many passages it holds."""
        ...

    def search(self, vector: Vector, k: int, rows: Rows | None) -> Ranking:
        """Return the `k` rows of highest cosine with `vector`, float32 [dim]; `rows`, ascending, are all that may be.

        The restriction comes before the ranking: if k rows are allowed, k come back.
        """
        ...

    def scores(self, vector: Vector, rows: Rows) -> Scores:
        """Return the exact cosine of each of `rows`, float64 [rows]."""
        ...

    def rank(self, vector: Vector, row: int, rows: Rows | None) -> int:
        """Return the place (from 1) that a row has, or would have, among `rows` by exact cosine; ties by row."""
        ...

    def vectors(self, rows: Rows) -> Matrix:
        """Return the vectors of `rows`, float32 [rows, dim], of unit length."""
        ...


class LexicalIndex(Protocol):
    """Searches passages by words: BM25 over stems (k1 = 1.2, b = 0.75). Safe for threads."""

    def __len__(self) -> int:
        """Return how many passages it holds."""
        ...

    def search(self, terms: Sequence[str], k: int, scope: Scope) -> Ranking:
        """Return the `k` rows of highest BM25 among those in scope that hold one of `terms` (distinct stems)."""
        ...

    def rank(self, terms: Sequence[str], row: int, scope: Scope) -> tuple[float, int] | None:
        """Return a row's BM25, and the place (from 1) it has, or would have, in scope; None where it holds no term."""
        ...

    def document_frequency(self, term: str) -> int:
        """Return in how many passages a stem stands."""
        ...


class ArticleStore(Protocol):
    """The articles and passages of one generation, by row and by id. Safe for threads."""

    @property
    def articles(self) -> int:
        """How many articles it holds."""
        ...

    @property
    def passages(self) -> int:
        """How many passages it holds."""
        ...

    @property
    def published_range(self) -> tuple[date | None, date | None]:
        """The first and the last day of publication, None where no article is dated."""
        ...

    def close(self) -> None:
        """Let go of what it holds open; a store that is dropped closes itself."""
        ...

    # articles

    def article(self, row: int) -> Article:
        """Return an article by its row."""
        ...

    def articles_at(self, rows: Collection[int]) -> dict[int, StoredArticle]:
        """Return articles by row."""
        ...

    def article_row(self, id: str) -> int | None:
        """Return the row of the article of that id, None where there is none."""
        ...

    def state_of(self, id: str) -> ArticleState | None:
        """Return what tells whether the article of that id has changed, None where there is none."""
        ...

    def segmentation_of(self, id: str) -> Segmentation:
        """Return an article's sentences and passages as they were written."""
        ...

    def has_version(self, id: str, version: str) -> bool:
        """Return whether the article of that id was that version before."""
        ...

    def older_versions(self, id: str) -> list[OlderVersion]:
        """Return what the article of that id was before, newest first."""
        ...

    # passages

    def passages_at(self, rows: Collection[int]) -> dict[int, PassageRow]:
        """Return passages by row."""
        ...

    def passages_of(self, article: int) -> list[PassageRow]:
        """Return the passages of an article (by row), in order."""
        ...

    def articles_of(self, rows: Rows) -> Rows:
        """Return the row of the article of each passage, int64 [rows]."""
        ...

    def all_articles(self) -> Iterator[tuple[StoredArticle, list[PassageRow]]]:
        """Yield every article with its passages, by row."""
        ...

    # filters and facets

    def rows_matching(self, scope: Scope) -> Rows | None:
        """Return the passages, ascending, whose article is in scope; None where all are."""
        ...

    def articles_matching(self, scope: Scope) -> Rows:
        """Return the articles in scope, by row, ascending."""
        ...

    def days(self, articles: Rows) -> Rows:
        """Return the day of publication (an ordinal) of each article, 0 where it has none, int64 [articles]."""
        ...

    def values(self, articles: Rows, attribute: str) -> list[tuple[str, ...]]:
        """Return the words that each article has for an attribute of `ArticleRef` that a clause looks at."""
        ...

    def sources(self) -> list[tuple[str, int]]:
        """Return each source with the number of its articles, most first."""
        ...

    # reuse

    def digests(self, of: Digested) -> Iterator[tuple[int, bytes]]:
        """Yield each row with the digest of its content, by row."""
        ...

    def find_digests(self, of: Digested, digests: Sequence[bytes]) -> dict[bytes, int]:
        """Return the first row of each digest that is held."""
        ...

    # what was read

    def missing(self, limit: int = -1) -> list[SitemapEntry]:
        """Return what sitemaps list and the store does not hold, by address; -1 for all."""
        ...

    def problems(self, limit: int = -1) -> list[Problem]:
        """Return what could not be read, in the order met; -1 for all."""
        ...

    def files(self) -> list[FileRead]:
        """Return what was read from each file, in the order read."""
        ...


class ArticleWriter(Protocol):
    """Writes the article store of a draft; `close` makes it whole. Used by one thread."""

    @property
    def articles(self) -> int:
        """How many articles it holds by now."""
        ...

    def add(self, article: Article, digest: bytes, segmentation: Segmentation, address: str | None, since: int) -> None:
        """Append an article with its sentences and passages; `since` is the day (an ordinal) it was first held."""
        ...

    def placed(self, id: str) -> PlacedArticle | None:
        """Return the article of that id, None where there is none yet."""
        ...

    def has_article(self, digest: bytes) -> bool:
        """Return whether an article of that content digest is held."""
        ...

    def has_passage(self, digest: bytes) -> bool:
        """Return whether a passage of that digest is held."""
        ...

    def withdraw(self, id: str) -> None:
        """Take an article out again; the rows after it move up when the writer is closed."""
        ...

    def keep(self, id: str, older: OlderVersion) -> None:
        """Keep what the article of that id was before; what is kept later is newer."""
        ...

    def orphans(self) -> Sequence[OlderVersion]:
        """Return the newest of the versions kept of each article that is not held itself."""
        ...

    def list(self, entry: SitemapEntry, address: str) -> None:
        """Note what a sitemap says should be there."""
        ...

    def note(self, problem: Problem) -> None:
        """Note what could not be read."""
        ...

    def file(self, path: str, articles: int, copies: int) -> None:
        """Note a file that was read."""
        ...

    def close(self) -> None:
        """Number the rows without gaps and make everything durable but the file system's own caches."""
        ...


class IndexedPassage(NamedTuple):
    """One passage as a lexical index takes it: the stems of its title and text, and its article for the filters."""

    row: int
    stems: Sequence[str]
    article: ArticleRef


class Backend(Protocol[T_co]):
    """Opens, checks and drops one structure of a generation. Files in the generation's folder go with the folder.

    `identity` names the engine, its format and all that decides what it holds. The manifest records it; a generation
    whose identity differs is not opened but built anew.
    """

    @property
    def identity(self) -> str:
        """The engine and its format, as one string."""
        ...

    def open(self, ref: GenerationRef) -> T_co:
        """Open it for reading; raises FileNotFoundError, and IndexCorruptError where it is damaged."""
        ...

    def check(self, ref: GenerationRef) -> list[str]:
        """Return what is wrong beyond the checksums of files, one line a fault."""
        ...

    def link(self, ref: GenerationRef, draft: GenerationRef) -> None:
        """Let a draft hold what a generation holds; what is in files is linked by the index itself."""
        ...

    def drop(self, ref: GenerationRef) -> None:
        """Remove what is kept outside the generation's folder, if anything is; a name that is not held is no error."""
        ...


class ArticleBackend(Backend[ArticleStore], Protocol):
    """Keeps articles, passages, versions and what could not be read."""

    def writer(self, draft: GenerationRef) -> AbstractContextManager[ArticleWriter]:
        """Begin the store of a draft; raises OSError where it cannot be written, as does all that the writer does."""
        ...


class DenseBackend(Backend[DenseIndex], Protocol):
    """Keeps vectors, and what finds the nearest of them."""

    def kind(self, rows: int) -> str:
        """Return which kind of index so many rows get: where it changes, the index is built anew."""
        ...

    def build(self, draft: GenerationRef, blocks: Iterable[Float16s], rows: int, dim: int) -> None:
        """Write the vectors of all rows, which come in blocks, float16 [block, dim], and the index over them."""
        ...


class LexicalBackend(Backend[LexicalIndex], Protocol):
    """Keeps an inverted index of stems."""

    def build(self, draft: GenerationRef, passages: Iterable[IndexedPassage]) -> None:
        """Write the index of all passages, which come by row."""
        ...


@dataclass(frozen=True)
class Engines:
    """The engines that an index is kept by: the one place to exchange them is `rag.wiring`."""

    articles: ArticleBackend
    dense: DenseBackend
    lexical: LexicalBackend

    def identities(self) -> Mapping[str, str]:
        """Return the identity of each structure that an engine keeps, by the structure's name."""
        return {name: backend.identity for name, backend in self._named()}

    def link(self, ref: GenerationRef, draft: GenerationRef) -> None:
        """Let a draft hold what a generation holds in all engines."""
        for _, backend in self._named():
            backend.link(ref, draft)

    def drop(self, ref: GenerationRef) -> None:
        """Remove a generation from all engines."""
        for _, backend in self._named():
            backend.drop(ref)

    def _named(self) -> tuple[tuple[str, Backend[object]], ...]:
        return ("articles", self.articles), ("dense", self.dense), ("lexical", self.lexical)
