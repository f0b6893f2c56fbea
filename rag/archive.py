"""The articles and passages of one generation, in one SQLite file: written once, then read-only.

An article's `row` and a passage's `row` count from 0 in the order read; an article's passages stand together.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from rag.errors import IndexCorruptError
from rag.types import Article, Origin, SearchFilter, Span

SCHEMA = """
CREATE TABLE articles (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, title_from TEXT NOT NULL,
    authors TEXT NOT NULL, source TEXT, published INTEGER, url TEXT, section TEXT, language TEXT,
    path TEXT NOT NULL, line INTEGER NOT NULL, digest BLOB NOT NULL, text TEXT NOT NULL,
    sentences BLOB NOT NULL, first_passage INTEGER NOT NULL, passages INTEGER NOT NULL);
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, article INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,
    paragraph INTEGER NOT NULL, digest BLOB NOT NULL);
"""
INDEXES = "CREATE INDEX passages_by_digest ON passages (digest)"
ARTICLE_FIELDS = "id, title, title_from, authors, source, published, url, section, language, path, line, text"
PASSAGE_FIELDS = "row, article, start, end, paragraph"
SENTENCE = np.dtype("<i4"), 4  # a sentence is four of these: start, end, paragraph, and how many tokens


class PassageRow(NamedTuple):
    """A passage as it is stored."""

    row: int
    article: int
    start: int
    end: int
    paragraph: int


class Division(NamedTuple):
    """How an article is divided: its sentences, with the number of tokens of each, and its passages, with the digest
    of what is embedded for each."""

    sentences: Sequence[tuple[Span, int]]
    passages: Sequence[tuple[Span, bytes]]


class HeldArticle(NamedTuple):
    """An article as it is stored, with the row of its first passage."""

    article: Article
    first_passage: int
    packed: bytes

    def sentences(self, start: int, end: int) -> list[tuple[Span, int]]:
        """Return the sentences between two characters, cut to them, each with its number of tokens.

        Where a sentence is cut, that number is its share by characters.
        """
        held = _unpacked(self.packed)
        within = held[(held[:, 1] > start) & (held[:, 0] < end)].tolist()
        return [_cut(Span(start=a, end=b, paragraph=n), count, start, end) for a, b, n, count in within]


class ArchiveWriter:
    """Writes a new archive; `close` makes it whole. Used by one thread."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + SCHEMA + "BEGIN;")
        self.articles = 0
        self.passages = 0

    def add(self, article: Article, digest: bytes, division: Division) -> None:
        """Append an article with its sentences and passages."""
        published = article.published.toordinal() if article.published else None
        self._db.execute(
            f"INSERT INTO articles VALUES ({_marks(range(17))})",
            (
                self.articles, article.id, article.title, article.title_from, json.dumps(article.authors),
                article.source, published, article.url, article.section, article.language,
                article.origin.path, article.origin.line, digest, article.text,
                _packed(division.sentences), self.passages, len(division.passages),
            ),
        )  # fmt: skip
        self._db.executemany(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)",
            (
                (self.passages + n, self.articles, span.start, span.end, span.paragraph, code)
                for n, (span, code) in enumerate(division.passages)
            ),
        )
        self.articles += 1
        self.passages += len(division.passages)

    def close(self) -> None:
        """Build the lookup by digest, commit and close."""
        self._db.execute(INDEXES)
        self._db.execute("COMMIT")
        self._db.close()


class Archive:
    """An open archive. One connection under a lock: look-ups are short, and threads need no more."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise FileNotFoundError(path)
        self.path = path
        self._lock = threading.Lock()
        try:
            uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
            self._db = sqlite3.connect(uri, uri=True, check_same_thread=False)
            self.articles = int(self._one("SELECT count(*) FROM articles")[0])
            self.passages = int(self._one("SELECT coalesce(max(row) + 1, 0) FROM passages")[0])
        except sqlite3.DatabaseError as error:
            raise IndexCorruptError(f"{path}: {error}; run `rag rollback`, or `rag reindex --rebuild`") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; an archive that is dropped closes itself."""
        with self._lock:
            self._db.close()

    def article(self, row: int) -> Article:
        """Return an article by its row."""
        return self.articles_at([row])[row].article

    def articles_at(self, rows: Collection[int]) -> dict[int, HeldArticle]:
        """Return articles by row."""
        query = f"SELECT row, first_passage, sentences, {ARTICLE_FIELDS} FROM articles WHERE row IN ({_marks(rows)})"
        return {
            row: HeldArticle(_article(fields), first, packed) for row, first, packed, *fields in self._all(query, *rows)
        }

    def article_row(self, id: str) -> int | None:
        """Return the row of the article of that id, None where there is none."""
        found = self._all("SELECT row FROM articles WHERE id = ?", id)
        return int(found[0][0]) if found else None

    def article_digests(self) -> dict[str, tuple[bytes, str, int]]:
        """Return content digest, path and line of every article by id."""
        found = self._all("SELECT id, digest, path, line FROM articles")
        return {id: (digest, path, line) for id, digest, path, line in found}

    def all_articles(self) -> Iterator[tuple[HeldArticle, list[PassageRow]]]:
        """Yield every article with its passages, by row."""
        for row in range(self.articles):
            yield self.articles_at([row])[row], self.passages_of(row)

    def passages_at(self, rows: Collection[int]) -> dict[int, PassageRow]:
        """Return passages by row."""
        query = f"SELECT {PASSAGE_FIELDS} FROM passages WHERE row IN ({_marks(rows)})"
        return {found[0]: PassageRow(*found) for found in self._all(query, *rows)}

    def passages_of(self, article: int) -> list[PassageRow]:
        """Return the passages of an article (by row), in order."""
        first, count = self._one("SELECT first_passage, passages FROM articles WHERE row = ?", article)
        query = f"SELECT {PASSAGE_FIELDS} FROM passages WHERE row >= ? AND row < ? ORDER BY row"
        return [PassageRow(*found) for found in self._all(query, first, first + count)]

    def division_of(self, id: str) -> Division:
        """Return an article's sentences and passages as they were given to `ArchiveWriter.add`."""
        (packed,) = self._one("SELECT sentences FROM articles WHERE id = ?", id)
        query = (
            "SELECT p.start, p.end, p.paragraph, p.digest FROM articles a JOIN passages p "
            "ON p.row >= a.first_passage AND p.row < a.first_passage + a.passages WHERE a.id = ? ORDER BY p.row"
        )
        passages = [(Span(start=a, end=b, paragraph=n), digest) for a, b, n, digest in self._all(query, id)]
        sentences = [(Span(start=a, end=b, paragraph=n), count) for a, b, n, count in _unpacked(packed).tolist()]
        return Division(sentences, passages)

    def digests(self, of: Literal["articles", "passages"] = "passages") -> list[bytes]:
        """Return the digest of every passage or article, by row."""
        return [digest for (digest,) in self._all(f"SELECT digest FROM {of} ORDER BY row")]

    def rows_by_digest(self, digests: Iterable[bytes]) -> dict[bytes, int]:
        """Return a row for each of `digests` that some passage has."""
        found = {}
        for digest in digests:
            rows = self._all("SELECT min(row) FROM passages WHERE digest = ?", digest)
            if rows[0][0] is not None:
                found[digest] = int(rows[0][0])
        return found

    def sources(self) -> list[tuple[str, int]]:
        """Return each source with the number of its articles, most first."""
        query = "SELECT source, count(*) FROM articles WHERE source IS NOT NULL GROUP BY source ORDER BY 2 DESC, 1"
        return [(source, count) for source, count in self._all(query)]

    @cached_property
    def published_range(self) -> tuple[date | None, date | None]:
        """The first and the last day of publication, None where no article is dated."""
        first, last = self._one("SELECT min(published), max(published) FROM articles")
        return (date.fromordinal(first), date.fromordinal(last)) if first else (None, None)

    def rows_matching(self, filter: SearchFilter) -> npt.NDArray[np.int64] | None:
        """Return the sorted rows of the passages whose article the filter admits; None where it admits all."""
        return np.flatnonzero(self.admitted(filter)[self.article_of]) if filter else None

    def admitted(self, filter: SearchFilter) -> npt.NDArray[np.bool_]:
        """Return whether the filter admits each article, bool [articles]."""
        published, (sources, authors) = self.days, self._columns
        admitted = np.ones(self.articles, bool)
        if filter.published_from:
            admitted &= published >= filter.published_from.toordinal()
        if filter.published_to:
            admitted &= (published <= filter.published_to.toordinal()) & (published > 0)
        if filter.as_of:
            admitted &= published <= filter.as_of.toordinal()
        if filter.sources:
            wanted = {source.casefold() for source in filter.sources}
            admitted &= np.fromiter((source in wanted for source in sources), bool, self.articles)
        if filter.authors:
            wanted = {author.casefold() for author in filter.authors}
            admitted &= np.fromiter((not wanted.isdisjoint(names) for names in authors), bool, self.articles)
        admitted[[row for id in filter.exclude if (row := self.article_row(id)) is not None]] = False
        return admitted

    def excluded(self, filter: SearchFilter) -> list[tuple[int, int]]:
        """Return the first and last row of the passages of each article that the filter excludes by id."""
        query = "SELECT first_passage, first_passage + passages - 1 FROM articles WHERE id = ? AND passages > 0"
        return [(first, last) for id in filter.exclude for first, last in self._all(query, id)]

    @cached_property
    def article_of(self) -> npt.NDArray[np.int32]:
        """The article's row of each passage, [passages]."""
        counts = [count for (count,) in self._all("SELECT passages FROM articles ORDER BY row")]
        return np.repeat(np.arange(len(counts), dtype=np.int32), counts)

    @cached_property
    def days(self) -> npt.NDArray[np.int64]:
        """The day of publication of each article (an ordinal), 0 where it has none, [articles]."""
        return np.array(self._all("SELECT coalesce(published, 0) FROM articles ORDER BY row"), np.int64).ravel()

    def days_of(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the day of publication of each passage, as `days`."""
        return self.days[self.article_of[rows]]

    @cached_property
    def _columns(self) -> tuple[list[str], list[frozenset[str]]]:
        found = self._all("SELECT source, authors FROM articles ORDER BY row")
        sources = [(line[0] or "").casefold() for line in found]
        return sources, [frozenset(name.casefold() for name in json.loads(line[1])) for line in found]

    def _one(self, query: str, *values: object) -> tuple[Any, ...]:
        found = self._all(query, *values)
        if not found:
            raise IndexCorruptError(f"{self.path}: a row is missing; run `rag verify`")
        return found[0]

    def _all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._db.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise IndexCorruptError(f"{self.path}: {error}; run `rag verify`, then `rag rollback`") from None


def _article(found: Sequence[Any]) -> Article:
    id, title, title_from, authors, source, published, url, section, language, path, line, text = found
    return Article(
        id=id, title=title, title_from=title_from, authors=tuple(json.loads(authors)), source=source,
        published=date.fromordinal(published) if published else None, url=url, section=section,
        language=language, origin=Origin(path=path, line=line), text=text,
    )  # fmt: skip


def _packed(sentences: Sequence[tuple[Span, int]]) -> bytes:
    rows = [(span.start, span.end, span.paragraph, tokens) for span, tokens in sentences]
    return np.array(rows, SENTENCE[0]).tobytes()


def _unpacked(packed: bytes) -> npt.NDArray[np.int32]:
    return np.frombuffer(packed, SENTENCE[0]).reshape(-1, SENTENCE[1])


def _cut(span: Span, tokens: int, start: int, end: int) -> tuple[Span, int]:
    if start <= span.start and span.end <= end:
        return span, tokens
    kept = Span(start=max(span.start, start), end=min(span.end, end), paragraph=span.paragraph)
    return kept, round(tokens * (kept.end - kept.start) / (span.end - span.start))


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))
