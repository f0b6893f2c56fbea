"""Articles and passages in one SQLite file, `archive.db`: written once, then read-only.

Ids and digests are kept apart by the file's own indexes, so that an archive of any size needs no set of them in memory.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from rag.errors import IndexCorruptError
from rag.index.base import Digested, GenerationRef
from rag.index.rows import (
    ArticleState,
    OlderVersion,
    PassageRow,
    PassageSegment,
    PlacedArticle,
    Segmentation,
    StoredArticle,
)
from rag.types.arrays import Rows
from rag.types.articles import Article, Origin
from rag.types.fields import AS_OF, CLAUSES, Clause
from rag.types.filters import Scope
from rag.types.index import FileRead
from rag.types.reading import Problem, SitemapEntry

FILE = "archive.db"
IDENTITY = "sqlite-1"  # of the tables and of what stands in them; counts up when either changes
CACHE_KIB = 65_536  # of the file, in memory: ids and digests come in no order
ROWS_AT_ONCE = 10_000  # named in one statement; SQLite takes 32,766 values
DIGESTS_AT_ONCE = 512  # looked up by one statement

SCHEMA = """
CREATE TABLE articles (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, version TEXT NOT NULL, title TEXT NOT NULL,
    title_from TEXT NOT NULL, authors TEXT NOT NULL, source TEXT, published INTEGER, url TEXT, section TEXT,
    language TEXT, beside TEXT NOT NULL, path TEXT NOT NULL, line INTEGER NOT NULL, address TEXT,
    since INTEGER NOT NULL, digest BLOB NOT NULL, first_passage INTEGER NOT NULL, passages INTEGER NOT NULL,
    sentences BLOB NOT NULL, text TEXT NOT NULL);
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, article INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,
    paragraph INTEGER NOT NULL, digest BLOB NOT NULL);
CREATE TABLE versions (
    place INTEGER PRIMARY KEY, article TEXT NOT NULL, version TEXT NOT NULL, since INTEGER NOT NULL,
    record TEXT NOT NULL, UNIQUE (article, version));
CREATE TABLE listed (address TEXT PRIMARY KEY, record TEXT NOT NULL);
CREATE TABLE files (path TEXT PRIMARY KEY, articles INTEGER NOT NULL, copies INTEGER NOT NULL);
CREATE TABLE problems (path TEXT NOT NULL, line INTEGER NOT NULL, field TEXT NOT NULL, reason TEXT NOT NULL);
CREATE INDEX articles_by_digest ON articles (digest);
CREATE INDEX articles_by_address ON articles (address);
CREATE INDEX passages_by_digest ON passages (digest);
"""
# Rows are set to -1 - their number first: on the way to its number a row must not meet another
RENUMBER = """
CREATE TEMP TABLE a AS SELECT row AS was, row_number() OVER (ORDER BY row) - 1 AS now FROM articles;
CREATE TEMP TABLE p AS SELECT row AS was, row_number() OVER (ORDER BY row) - 1 AS now FROM passages;
CREATE INDEX temp.a_was ON a (was);
CREATE INDEX temp.p_was ON p (was);
UPDATE articles SET
    row = -1 - (SELECT now FROM a WHERE was = articles.row),
    first_passage = coalesce((SELECT now FROM p WHERE was = first_passage), 0);
UPDATE passages SET
    row = -1 - (SELECT now FROM p WHERE was = passages.row), article = (SELECT now FROM a WHERE was = article);
UPDATE articles SET row = -1 - row;
UPDATE passages SET row = -1 - row;
DROP TABLE a;
DROP TABLE p
"""
ARTICLE_FIELDS = (
    "id, version, title, title_from, authors, source, published, url, section, language, beside, path, line, text"
)
BESIDE = {"published_at", "modified", "notes", "fields_from", "pages"}  # kept in one column, as JSON
PASSAGE_FIELDS = "row, article, start, end, paragraph"


class SqliteArticles:
    """The backend: one file in the generation's folder."""

    identity = IDENTITY

    def open(self, ref: GenerationRef) -> SqliteArticleStore:
        """Open the store; raises FileNotFoundError, IndexCorruptError."""
        return SqliteArticleStore(ref.folder / FILE)

    def check(self, ref: GenerationRef) -> list[str]:
        """Return what SQLite itself finds wrong with the file."""
        with self.open(ref) as store:
            return [f"{store.path}: {fault}" for fault in store.integrity() if fault != "ok"]

    def link(self, ref: GenerationRef, draft: GenerationRef) -> None:
        """Do nothing: the index links files."""

    def drop(self, ref: GenerationRef) -> None:
        """Do nothing: the file goes with its folder."""

    @contextmanager
    def writer(self, draft: GenerationRef) -> Iterator[SqliteArticleWriter]:
        """Begin a store; what SQLite says of a full or failing disk is raised as OSError."""
        try:
            writer = SqliteArticleWriter(draft.folder / FILE)
            try:
                yield writer
            finally:
                writer.abandon()
        except sqlite3.Error as error:
            raise OSError(f"{draft.folder / FILE}: {error}") from error


class SqliteArticleStore:
    """An open archive (see `ArticleStore`): one connection under a lock, since look-ups are short."""

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
        """Close the file."""
        with self._lock:
            self._db.close()

    def integrity(self) -> list[str]:
        """Return what SQLite's quick check says: "ok" alone where nothing is wrong."""
        return [line for (line,) in self._all("PRAGMA quick_check")]

    def article(self, row: int) -> Article:
        """See `ArticleStore`."""
        return self.articles_at([row])[row].article

    def articles_at(self, rows: Collection[int]) -> dict[int, StoredArticle]:
        """See `ArticleStore`."""
        query = (
            f"SELECT row, first_passage, sentences, {ARTICLE_FIELDS} FROM articles WHERE row IN ({placeholders(rows)})"
        )
        return {
            row: StoredArticle(article_of_line(fields), first, packed)
            for row, first, packed, *fields in self._all(query, *rows)
        }

    def article_row(self, id: str) -> int | None:
        """See `ArticleStore`."""
        lines = self._all("SELECT row FROM articles WHERE id = ?", id)
        return int(lines[0][0]) if lines else None

    def state_of(self, id: str) -> ArticleState | None:
        """See `ArticleStore`."""
        lines = self._all("SELECT digest, path, line, version, since FROM articles WHERE id = ?", id)
        return ArticleState(*lines[0]) if lines else None

    def segmentation_of(self, id: str) -> Segmentation:
        """See `ArticleStore`."""
        (packed,) = self._one("SELECT sentences FROM articles WHERE id = ?", id)
        query = (
            "SELECT p.start, p.end, p.paragraph, p.digest FROM articles a JOIN passages p "
            "ON p.row >= a.first_passage AND p.row < a.first_passage + a.passages WHERE a.id = ? ORDER BY p.row"
        )
        return Segmentation(packed, [PassageSegment(*line) for line in self._all(query, id)])

    @cached_property
    def _has_versions(self) -> bool:
        return bool(self._all("SELECT 1 FROM versions LIMIT 1"))

    def has_version(self, id: str, version: str) -> bool:
        """See `ArticleStore`."""
        query = "SELECT 1 FROM versions WHERE article = ? AND version = ?"
        return self._has_versions and bool(self._all(query, id, version))

    def older_versions(self, id: str) -> list[OlderVersion]:
        """See `ArticleStore`."""
        if not self._has_versions:
            return []
        lines = self._all("SELECT record, since FROM versions WHERE article = ? ORDER BY place DESC", id)
        return [OlderVersion(Article.model_validate_json(record), since) for record, since in lines]

    def passages_at(self, rows: Collection[int]) -> dict[int, PassageRow]:
        """See `ArticleStore`."""
        query = f"SELECT {PASSAGE_FIELDS} FROM passages WHERE row IN ({placeholders(rows)})"
        return {line[0]: PassageRow(*line) for line in self._all(query, *rows)}

    def passages_of(self, article: int) -> list[PassageRow]:
        """See `ArticleStore`."""
        first, count = self._one("SELECT first_passage, passages FROM articles WHERE row = ?", article)
        query = f"SELECT {PASSAGE_FIELDS} FROM passages WHERE row >= ? AND row < ? ORDER BY row"
        return [PassageRow(*line) for line in self._all(query, first, first + count)]

    def articles_of(self, rows: Rows) -> Rows:
        """See `ArticleStore`."""
        return self._article_of[rows].astype(np.int64)

    def all_articles(self) -> Iterator[tuple[StoredArticle, list[PassageRow]]]:
        """See `ArticleStore`."""
        for row in range(self.articles):
            yield self.articles_at([row])[row], self.passages_of(row)

    def rows_matching(self, scope: Scope) -> Rows | None:
        """See `ArticleStore`."""
        return np.flatnonzero(self._in_scope(scope)[self._article_of]) if scope else None

    def articles_matching(self, scope: Scope) -> Rows:
        """See `ArticleStore`."""
        return np.flatnonzero(self._in_scope(scope))

    def days(self, articles: Rows) -> Rows:
        """See `ArticleStore`."""
        return self._days[articles]

    def values(self, articles: Rows, attribute: str) -> list[tuple[str, ...]]:
        """See `ArticleStore`."""
        rows: list[int] = articles.tolist()
        words: dict[int, str | None] = {}
        for start in range(0, len(rows), ROWS_AT_ONCE):
            some = rows[start : start + ROWS_AT_ONCE]
            words.update(self._all(f"SELECT row, {attribute} FROM articles WHERE row IN ({placeholders(some)})", *some))
        return [_words(words[row], attribute) for row in rows]

    def sources(self) -> list[tuple[str, int]]:
        """See `ArticleStore`."""
        query = "SELECT source, count(*) FROM articles WHERE source IS NOT NULL GROUP BY source ORDER BY 2 DESC, 1"
        return [(source, count) for source, count in self._all(query)]

    @cached_property
    def published_range(self) -> tuple[date | None, date | None]:
        """See `ArticleStore`."""
        first, last = self._one("SELECT min(published), max(published) FROM articles")
        return (date.fromordinal(first), date.fromordinal(last)) if first else (None, None)

    def digests(self, of: Digested) -> Iterator[tuple[int, bytes]]:
        """See `ArticleStore`."""
        after = -1
        while lines := self._all(
            f"SELECT row, digest FROM {of} WHERE row > ? ORDER BY row LIMIT {DIGESTS_AT_ONCE}", after
        ):
            yield from lines
            after = lines[-1][0]

    def find_digests(self, of: Digested, digests: Sequence[bytes]) -> dict[bytes, int]:
        """See `ArticleStore`."""
        rows: dict[bytes, int] = {}
        for start in range(0, len(digests), DIGESTS_AT_ONCE):
            some = digests[start : start + DIGESTS_AT_ONCE]
            query = f"SELECT digest, min(row) FROM {of} WHERE digest IN ({placeholders(some)}) GROUP BY digest"
            rows.update(self._all(query, *some))
        return rows

    def missing(self, limit: int = -1) -> list[SitemapEntry]:
        """See `ArticleStore`."""
        stored = "SELECT 1 FROM articles a WHERE a.address = l.address"
        query = f"SELECT record FROM listed l WHERE NOT EXISTS ({stored}) ORDER BY address LIMIT ?"
        return [SitemapEntry.model_validate_json(record) for (record,) in self._all(query, limit)]

    def problems(self, limit: int = -1) -> list[Problem]:
        """See `ArticleStore`."""
        lines = self._all("SELECT path, line, field, reason FROM problems ORDER BY rowid LIMIT ?", limit)
        return [Problem(path=path, line=line, field=field, reason=reason) for path, line, field, reason in lines]

    def files(self) -> list[FileRead]:
        """See `ArticleStore`."""
        lines = self._all("SELECT path, articles, copies FROM files ORDER BY rowid")
        return [FileRead(path=path, articles=count, copies=copies) for path, count, copies in lines]

    def _in_scope(self, scope: Scope) -> npt.NDArray[np.bool_]:
        """Return whether each article is in scope, bool [articles]."""
        inside = np.ones(self.articles, bool)
        for clause in (*CLAUSES, AS_OF):
            if asked := getattr(scope, clause.name):
                inside &= self._meets(clause, asked)
        return inside

    def _meets(self, clause: Clause, asked: Any) -> npt.NDArray[np.bool_]:
        """Return whether each article meets one clause: the same as `rag.types.filters.unmet`, over columns."""
        if clause.kind == "none_of":
            allowed = np.ones(self.articles, bool)
            allowed[[row for id in asked if (row := self.article_row(id)) is not None]] = False
            return allowed
        if clause.kind == "any_of":
            wanted = {value.casefold() for value in asked}
            column = self._column(clause.attribute)
            return np.fromiter((not wanted.isdisjoint(words) for words in column), bool, self.articles)
        day: int = asked.toordinal()
        if clause.kind == "from":
            return self._days >= day
        early: npt.NDArray[np.bool_] = self._days <= day
        return early & (self._days > 0) if clause.kind == "to" else early

    def _column(self, attribute: str) -> list[frozenset[str]]:
        """Return the words that each article has for an attribute, without case; read once."""
        with self._lock:
            column = self._columns.get(attribute)
        if column is None:
            lines = self._all(f"SELECT {attribute} FROM articles ORDER BY row")
            distinct: dict[str | None, frozenset[str]] = {}
            column = [
                distinct.setdefault(value, frozenset(sys.intern(word.casefold()) for word in _words(value, attribute)))
                for (value,) in lines
            ]
            with self._lock:
                self._columns[attribute] = column
        return column

    @cached_property
    def _columns(self) -> dict[str, list[frozenset[str]]]:
        return {}

    @cached_property
    def _article_of(self) -> npt.NDArray[np.int32]:
        """The article's row of each passage, int32 [passages]."""
        counts = [count for (count,) in self._all("SELECT passages FROM articles ORDER BY row")]
        return np.repeat(np.arange(len(counts), dtype=np.int32), counts)

    @cached_property
    def _days(self) -> Rows:
        """The day of publication of each article (an ordinal), 0 where it has none, int64 [articles]."""
        return np.array(self._all("SELECT coalesce(published, 0) FROM articles ORDER BY row"), np.int64).ravel()

    def _one(self, query: str, *values: object) -> tuple[Any, ...]:
        lines = self._all(query, *values)
        if not lines:
            raise IndexCorruptError(f"{self.path}: a row is missing; run `rag verify`")
        return lines[0]

    def _all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._db.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise IndexCorruptError(f"{self.path}: {error}; run `rag verify`, then `rag rollback`") from None


class SqliteArticleWriter:
    """Writes a new archive (see `ArticleWriter`). Used by one thread."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        fast = f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -{CACHE_KIB};"
        self._db.executescript(fast + SCHEMA + "BEGIN;")
        self._next_article = 0
        self._next_passage = 0
        self._withdrawn = 0

    @property
    def articles(self) -> int:
        """See `ArticleWriter`."""
        return self._next_article - self._withdrawn

    def add(self, article: Article, digest: bytes, segmentation: Segmentation, address: str | None, since: int) -> None:
        """See `ArticleWriter`."""
        published = article.published.toordinal() if article.published else None
        beside = article.model_dump_json(include=BESIDE, exclude_defaults=True)
        self._db.execute(
            f"INSERT INTO articles VALUES ({placeholders(range(21))})",
            (
                self._next_article, article.id, article.version, article.title, article.title_from,
                json.dumps(article.authors), article.source, published, article.url, article.section, article.language,
                beside, article.origin.path, article.origin.line, address, since, digest, self._next_passage,
                len(segmentation.passages), segmentation.sentences, article.text,
            ),
        )  # fmt: skip
        self._db.executemany(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)",
            (
                (self._next_passage + n, self._next_article, part.start, part.end, part.paragraph, part.digest)
                for n, part in enumerate(segmentation.passages)
            ),
        )
        self._next_article += 1
        self._next_passage += len(segmentation.passages)

    def placed(self, id: str) -> PlacedArticle | None:
        """See `ArticleWriter`."""
        query = f"SELECT digest, since, {ARTICLE_FIELDS} FROM articles WHERE id = ?"
        line = self._db.execute(query, (id,)).fetchone()
        return PlacedArticle(article_of_line(line[2:]), line[0], line[1]) if line else None

    def has_article(self, digest: bytes) -> bool:
        """See `ArticleWriter`."""
        return self._has("articles", digest)

    def has_passage(self, digest: bytes) -> bool:
        """See `ArticleWriter`."""
        return self._has("passages", digest)

    def withdraw(self, id: str) -> None:
        """See `ArticleWriter`."""
        self._db.execute("DELETE FROM passages WHERE article = (SELECT row FROM articles WHERE id = ?)", (id,))
        self._db.execute("DELETE FROM articles WHERE id = ?", (id,))
        self._withdrawn += 1

    def keep(self, id: str, older: OlderVersion) -> None:
        """See `ArticleWriter`."""
        self._db.execute(
            "INSERT OR IGNORE INTO versions (article, version, since, record) VALUES (?, ?, ?, ?)",
            (id, older.article.version, older.since, older.article.model_dump_json()),
        )

    def orphans(self) -> Sequence[OlderVersion]:
        """See `ArticleWriter`."""
        stored = "SELECT 1 FROM articles a WHERE a.id = v.article"
        query = f"SELECT record, since, max(place) FROM versions v WHERE NOT EXISTS ({stored}) GROUP BY article"
        lines = self._db.execute(query).fetchall()
        return [OlderVersion(Article.model_validate_json(record), since) for record, since, _ in lines]

    def list(self, entry: SitemapEntry, address: str) -> None:
        """See `ArticleWriter`."""
        self._db.execute("INSERT OR IGNORE INTO listed VALUES (?, ?)", (address, entry.model_dump_json()))

    def note(self, problem: Problem) -> None:
        """See `ArticleWriter`."""
        self._db.execute(
            "INSERT INTO problems VALUES (?, ?, ?, ?)", (problem.path, problem.line, problem.field, problem.reason)
        )

    def file(self, path: str, articles: int, copies: int) -> None:
        """See `ArticleWriter`."""
        self._db.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", (path, articles, copies))

    def close(self) -> None:
        """See `ArticleWriter`."""
        if self._withdrawn:
            for statement in RENUMBER.split(";"):
                self._db.execute(statement)
        self._db.execute("COMMIT")
        self._db.close()

    def abandon(self) -> None:
        """Let go of the file as it is; after `close` nothing is left to do."""
        self._db.close()

    def _has(self, table: str, digest: bytes) -> bool:
        return self._db.execute(f"SELECT 1 FROM {table} WHERE digest = ? LIMIT 1", (digest,)).fetchone() is not None


def article_of_line(line: Sequence[Any]) -> Article:
    """Return the article of a line of ARTICLE_FIELDS."""
    id, version, title, title_from, authors, source, published, url, section, language, beside, path, at, text = line
    return Article(
        id=id, version=version, title=title, title_from=title_from, authors=tuple(json.loads(authors)), source=source,
        published=date.fromordinal(published) if published else None, url=url, section=section,
        language=language, origin=Origin(path=path, line=at), text=text, **json.loads(beside),
    )  # fmt: skip


def placeholders(values: Collection[object] | npt.NDArray[Any]) -> str:
    """Return as many question marks, for a query."""
    return ", ".join("?" * len(values))


def _words(value: str | None, attribute: str) -> tuple[str, ...]:
    """Return the words of a column: authors are kept as JSON, all else as it is."""
    if not value:
        return ()
    return tuple(json.loads(value)) if attribute == "authors" else (value,)
