"""Engines of Python dictionaries and numpy: the second implementation of the seams, and the oracle of the first.

They are what an engine on another machine would be: all that a generation holds is kept by a server, under the names of
the index and of the generation, and nothing in the generation's folder. They score every passage and evaluate a filter
article by article, slowly and obviously.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from rag.index.base import Digested, Engines, GenerationRef, IndexedPassage, Ranking
from rag.index.rows import ArticleState, OlderVersion, PassageRow, PlacedArticle, Segmentation, StoredArticle
from rag.text import analysis
from rag.types.arrays import Float16s, Matrix, Rows, Scores, Vector
from rag.types.articles import Article
from rag.types.filters import Scope, unmet, values_of
from rag.types.index import FileRead
from rag.types.reading import Problem, SitemapEntry

K1, B = 1.2, 0.75  # of BM25
EXACT_LENGTHS = 24  # lengths that Lucene's norms keep exactly; of what is beyond, the first four binary digits

Key = tuple[str, str]  # the index and the name of a generation
T = TypeVar("T")


class WrittenArticle(NamedTuple):
    """An article as a writer was given it."""

    article: Article
    digest: bytes
    segmentation: Segmentation
    address: str | None
    since: int


@dataclass
class Tables:
    """The articles of one generation, by id, and what was read beside them."""

    articles: dict[str, WrittenArticle] = field(default_factory=dict)
    versions: dict[str, dict[str, OlderVersion]] = field(default_factory=dict)
    listed: dict[str, SitemapEntry] = field(default_factory=dict)
    files: dict[str, FileRead] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


@dataclass
class PlainServer:
    """Holds what the engines keep of every generation of every index."""

    articles: dict[Key, Tables] = field(default_factory=dict)
    vectors: dict[Key, Float16s] = field(default_factory=dict)
    passages: dict[Key, list[IndexedPassage]] = field(default_factory=dict)

    def generations(self) -> set[Key]:
        """Return the generations, and drafts, that anything is held of."""
        return {*self.articles, *self.vectors, *self.passages}

    def engines(self) -> Engines:
        """Return engines that keep their generations here."""
        return Engines(
            PlainArticles(self.articles, "plain-articles-1"),
            PlainDense(self.vectors, "plain-vectors-1"),
            PlainLexical(self.passages, f"plain-bm25-1/{analysis.IDENTITY}"),
        )


class PlainBackend(Generic[T]):
    """What the three backends have in common: a dictionary on the server, one entry a generation."""

    def __init__(self, kept: dict[Key, T], identity: str) -> None:
        self.kept = kept
        self.identity = identity

    def link(self, ref: GenerationRef, draft: GenerationRef) -> None:
        """Keep what the generation holds under the draft's name too."""
        self.kept[_key(draft)] = self.entry(ref)

    def drop(self, ref: GenerationRef) -> None:
        """Forget a generation; one that is not held is no error."""
        self.kept.pop(_key(ref), None)

    def entry(self, ref: GenerationRef) -> T:
        """Return what is kept of a generation; raises FileNotFoundError where nothing is."""
        if _key(ref) not in self.kept:
            raise FileNotFoundError(f"the plain server holds no {'/'.join(_key(ref))}")
        return self.kept[_key(ref)]


def _key(ref: GenerationRef) -> Key:
    return ref.index, ref.name


class PlainArticles(PlainBackend[Tables]):
    """The backend of articles (see `ArticleBackend`)."""

    def open(self, ref: GenerationRef) -> PlainArticleStore:
        """Open the store; raises FileNotFoundError."""
        return PlainArticleStore(self.entry(ref))

    def check(self, ref: GenerationRef) -> list[str]:
        """Return each article that is kept under another id than its own."""
        return [
            f"{id}: is kept in place of {written.article.id}"
            for id, written in self.entry(ref).articles.items()
            if written.article.id != id
        ]

    @contextmanager
    def writer(self, draft: GenerationRef) -> Iterator[PlainArticleWriter]:
        """Begin a store: from now on, whatever becomes of the writer, the draft has to be dropped."""
        tables = self.kept[_key(draft)] = Tables()
        yield PlainArticleWriter(tables)


class PlainArticleStore:
    """The articles of one generation (see `ArticleStore`)."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._articles = list(tables.articles.values())
        self._row_of = {id: row for row, id in enumerate(tables.articles)}
        self._passages = [
            (row, part) for row, written in enumerate(self._articles) for part in written.segmentation.passages
        ]
        lengths = [len(written.segmentation.passages) for written in self._articles]
        self._firsts = [0, *np.cumsum(lengths).tolist()]
        self._article_of = np.repeat(np.arange(len(lengths)), lengths)

    @property
    def articles(self) -> int:
        """How many articles it holds."""
        return len(self._articles)

    @property
    def passages(self) -> int:
        """How many passages it holds."""
        return len(self._passages)

    @property
    def published_range(self) -> tuple[date | None, date | None]:
        """The first and the last day of publication."""
        days = [written.article.published for written in self._articles if written.article.published]
        return (min(days), max(days)) if days else (None, None)

    def close(self) -> None:
        """Do nothing: nothing is held open."""

    def article(self, row: int) -> Article:
        """See `ArticleStore`."""
        return self._articles[row].article

    def articles_at(self, rows: Collection[int]) -> dict[int, StoredArticle]:
        """See `ArticleStore`."""
        return {
            row: StoredArticle(written.article, self._firsts[row], written.segmentation.sentences)
            for row in rows
            for written in [self._articles[row]]
        }

    def article_row(self, id: str) -> int | None:
        """See `ArticleStore`."""
        return self._row_of.get(id)

    def state_of(self, id: str) -> ArticleState | None:
        """See `ArticleStore`."""
        written = self._tables.articles.get(id)
        if written is None:
            return None
        article = written.article
        return ArticleState(written.digest, article.origin.path, article.origin.line, article.version, written.since)

    def segmentation_of(self, id: str) -> Segmentation:
        """See `ArticleStore`."""
        return self._tables.articles[id].segmentation

    def has_version(self, id: str, version: str) -> bool:
        """See `ArticleStore`."""
        return version in self._tables.versions.get(id, {})

    def older_versions(self, id: str) -> list[OlderVersion]:
        """See `ArticleStore`."""
        return list(self._tables.versions.get(id, {}).values())[::-1]

    def passages_at(self, rows: Collection[int]) -> dict[int, PassageRow]:
        """See `ArticleStore`."""
        return {int(row): self._passage(row) for row in rows}

    def passages_of(self, article: int) -> list[PassageRow]:
        """See `ArticleStore`."""
        return [self._passage(row) for row in range(self._firsts[article], self._firsts[article + 1])]

    def articles_of(self, rows: Rows) -> Rows:
        """See `ArticleStore`."""
        return self._article_of[rows]

    def all_articles(self) -> Iterator[tuple[StoredArticle, list[PassageRow]]]:
        """See `ArticleStore`."""
        for row in range(self.articles):
            yield self.articles_at([row])[row], self.passages_of(row)

    def rows_matching(self, scope: Scope) -> Rows | None:
        """See `ArticleStore`."""
        articles = set(self.articles_matching(scope).tolist())
        rows = [row for row, (article, _) in enumerate(self._passages) if article in articles]
        return np.array(rows, np.int64) if scope else None

    def articles_matching(self, scope: Scope) -> Rows:
        """See `ArticleStore`."""
        rows = [row for row, written in enumerate(self._articles) if not any(unmet(written.article, scope))]
        return np.array(rows, np.int64)

    def days(self, articles: Rows) -> Rows:
        """See `ArticleStore`."""
        days = [self._articles[row].article.published for row in articles.tolist()]
        return np.array([day.toordinal() if day else 0 for day in days], np.int64)

    def values(self, articles: Rows, attribute: str) -> list[tuple[str, ...]]:
        """See `ArticleStore`."""
        return [values_of(self._articles[row].article, attribute) for row in articles.tolist()]

    def sources(self) -> list[tuple[str, int]]:
        """See `ArticleStore`."""
        counts = Counter(written.article.source for written in self._articles if written.article.source)
        return sorted(counts.items(), key=lambda item: (-item[1], item[0]))

    def digests(self, of: Digested) -> Iterator[tuple[int, bytes]]:
        """See `ArticleStore`."""
        if of == "articles":
            return enumerate(written.digest for written in self._articles)
        return enumerate(part.digest for _, part in self._passages)

    def find_digests(self, of: Digested, digests: Sequence[bytes]) -> dict[bytes, int]:
        """See `ArticleStore`."""
        rows: dict[bytes, int] = {}
        for row, digest in self.digests(of):
            if digest in digests:
                rows.setdefault(digest, row)
        return rows

    def missing(self, limit: int = -1) -> list[SitemapEntry]:
        """See `ArticleStore`."""
        addresses = {written.address for written in self._articles}
        entries = [entry for address, entry in sorted(self._tables.listed.items()) if address not in addresses]
        return entries if limit < 0 else entries[:limit]

    def problems(self, limit: int = -1) -> list[Problem]:
        """See `ArticleStore`."""
        return list(self._tables.problems) if limit < 0 else self._tables.problems[:limit]

    def files(self) -> list[FileRead]:
        """See `ArticleStore`."""
        return list(self._tables.files.values())

    def _passage(self, row: int) -> PassageRow:
        article, part = self._passages[row]
        return PassageRow(int(row), article, part.start, part.end, part.paragraph)


class PlainArticleWriter:
    """Writes the articles of a draft (see `ArticleWriter`)."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    @property
    def articles(self) -> int:
        """How many articles it holds by now."""
        return len(self._tables.articles)

    def add(self, article: Article, digest: bytes, segmentation: Segmentation, address: str | None, since: int) -> None:
        """See `ArticleWriter`."""
        self._tables.articles[article.id] = WrittenArticle(article, digest, segmentation, address, since)

    def placed(self, id: str) -> PlacedArticle | None:
        """See `ArticleWriter`."""
        written = self._tables.articles.get(id)
        return PlacedArticle(written.article, written.digest, written.since) if written else None

    def has_article(self, digest: bytes) -> bool:
        """See `ArticleWriter`."""
        return any(written.digest == digest for written in self._tables.articles.values())

    def has_passage(self, digest: bytes) -> bool:
        """See `ArticleWriter`."""
        segmentations = (written.segmentation for written in self._tables.articles.values())
        return any(part.digest == digest for segmentation in segmentations for part in segmentation.passages)

    def withdraw(self, id: str) -> None:
        """See `ArticleWriter`."""
        del self._tables.articles[id]

    def keep(self, id: str, older: OlderVersion) -> None:
        """See `ArticleWriter`."""
        self._tables.versions.setdefault(id, {}).setdefault(older.article.version, older)

    def orphans(self) -> Sequence[OlderVersion]:
        """See `ArticleWriter`."""
        orphaned = sorted(self._tables.versions.keys() - self._tables.articles.keys())
        return [list(self._tables.versions[id].values())[-1] for id in orphaned]

    def list(self, entry: SitemapEntry, address: str) -> None:
        """See `ArticleWriter`."""
        self._tables.listed.setdefault(address, entry)

    def note(self, problem: Problem) -> None:
        """See `ArticleWriter`."""
        self._tables.problems.append(problem)

    def file(self, path: str, articles: int, copies: int) -> None:
        """See `ArticleWriter`."""
        self._tables.files.pop(path, None)
        self._tables.files[path] = FileRead(path=path, articles=articles, copies=copies)

    def close(self) -> None:
        """Do nothing: rows are numbered as the articles stand."""


class PlainDense(PlainBackend[Float16s]):
    """The backend of vectors (see `DenseBackend`)."""

    def kind(self, rows: int) -> str:
        """Return the one kind there is."""
        return "brute-force"

    def build(self, draft: GenerationRef, blocks: Iterable[Float16s], rows: int, dim: int) -> None:
        """Keep the vectors of all rows."""
        vectors = np.concatenate([np.zeros((0, dim), np.float16), *blocks])
        assert vectors.shape == (rows, dim)
        self.kept[_key(draft)] = vectors

    def open(self, ref: GenerationRef) -> PlainDenseIndex:
        """Open the index; raises FileNotFoundError."""
        return PlainDenseIndex(self.entry(ref))

    def check(self, ref: GenerationRef) -> list[str]:
        """Return each row whose vector is not of unit length."""
        norms = np.linalg.norm(self.entry(ref).astype(np.float64), axis=1)
        return [f"row {row}: its vector is not of unit length" for row in np.flatnonzero(abs(norms - 1) > 0.01)]


class PlainDenseIndex:
    """The vectors of one generation, all of which are compared (see `DenseIndex`)."""

    def __init__(self, vectors: Float16s) -> None:
        self._vectors = vectors

    def __len__(self) -> int:
        return len(self._vectors)

    def search(self, vector: Vector, k: int, rows: Rows | None) -> Ranking:
        """See `DenseIndex`."""
        searched = np.arange(len(self)) if rows is None else rows
        return Ranking.of(searched, self.scores(vector, searched)).first(k)

    def scores(self, vector: Vector, rows: Rows) -> Scores:
        """See `DenseIndex`."""
        scores: Scores = (self._vectors[rows].astype(np.float64) * vector).sum(axis=1)
        return scores

    def rank(self, vector: Vector, row: int, rows: Rows | None) -> int:
        """See `DenseIndex`."""
        score = float(self.scores(vector, np.array([row]))[0])
        return _place(row, score, self.search(vector, len(self), rows))

    def vectors(self, rows: Rows) -> Matrix:
        """See `DenseIndex`."""
        return self._vectors[rows].astype(np.float32)


class PlainLexical(PlainBackend[list[IndexedPassage]]):
    """The backend of stems (see `LexicalBackend`)."""

    def build(self, draft: GenerationRef, passages: Iterable[IndexedPassage]) -> None:
        """Keep the stems of all passages."""
        self.kept[_key(draft)] = list(passages)

    def open(self, ref: GenerationRef) -> PlainLexicalIndex:
        """Open the index; raises FileNotFoundError."""
        return PlainLexicalIndex(self.entry(ref))

    def check(self, ref: GenerationRef) -> list[str]:
        """Return each passage that does not stand at its row."""
        return [f"row {row}: holds {kept.row}" for row, kept in enumerate(self.entry(ref)) if kept.row != row]


class PlainLexicalIndex:
    """The stems of one generation, scored by BM25 (see `LexicalIndex`; Robertson & Zaragoza 2009)."""

    def __init__(self, passages: Sequence[IndexedPassage]) -> None:
        self._passages = passages
        self._counts = [Counter(passage.stems) for passage in passages]
        self._frequencies = Counter(stem for counts in self._counts for stem in counts)
        self._mean_length = sum(counts.total() for counts in self._counts) / max(1, len(passages))

    def __len__(self) -> int:
        return len(self._passages)

    def document_frequency(self, term: str) -> int:
        """See `LexicalIndex`."""
        return self._frequencies[term]

    def search(self, terms: Sequence[str], k: int, scope: Scope) -> Ranking:
        """See `LexicalIndex`."""
        holding = [
            row
            for row, passage in enumerate(self._passages)
            if not self._counts[row].keys().isdisjoint(terms) and not any(unmet(passage.article, scope))
        ]
        return Ranking.of(holding, [self._score(terms, row) for row in holding]).first(k)

    def rank(self, terms: Sequence[str], row: int, scope: Scope) -> tuple[float, int] | None:
        """See `LexicalIndex`."""
        if self._counts[row].keys().isdisjoint(terms):
            return None
        score = self._score(terms, row)
        return score, _place(row, score, self.search(terms, len(self), scope))

    def _score(self, terms: Sequence[str], row: int) -> float:
        counts = self._counts[row]
        norm = K1 * (1 - B + B * rounded_length(counts.total()) / self._mean_length)
        return sum(self._idf(term) * (K1 + 1) * counts[term] / (counts[term] + norm) for term in terms)

    def _idf(self, term: str) -> float:
        holding = self._frequencies[term]
        return math.log(1 + (len(self) - holding + 0.5) / (holding + 0.5))


def _place(row: int, score: float, others: Ranking) -> int:
    """Return the place (from 1) of a row of that score among others, ties by row."""
    return 1 + sum((-other_score, other) < (-score, row) for other, other_score in others.pairs())


def rounded_length(length: int) -> int:
    """Return the number of stems of a passage as Lucene's norms keep it, in one byte."""
    beyond = max(0, length - EXACT_LENGTHS)
    digits = max(0, beyond.bit_length() - 4)
    return min(length, EXACT_LENGTHS) + (beyond >> digits << digits)
