"""Articles and passages -> the archive of a draft, one SQLite file. It keeps ids apart, so that memory need not."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rag.index.rows import ARTICLE_FIELDS, BESIDE, OlderVersion, Segmentation, article_of_row, placeholders
from rag.types.articles import Article
from rag.types.reading import Problem, SitemapEntry

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
CACHE_KIB = 65_536  # of the file, in memory: ids and digests come in no order


class PlacedArticle(NamedTuple):
    """An article that is in the draft already: its content digest and since when its text is held."""

    article: Article
    digest: bytes
    since: int


class SqliteArticleWriter:
    """Writes a new archive; `close` makes it whole. Used by one thread."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        fast = f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -{CACHE_KIB};"
        self._db.executescript(fast + SCHEMA + "BEGIN;")
        self._next_article = 0
        self._next_passage = 0
        self._withdrawn = 0

    @property
    def articles(self) -> int:
        """How many articles it holds."""
        return self._next_article - self._withdrawn

    def add(self, article: Article, digest: bytes, division: Segmentation, address: str | None, since: int) -> None:
        """Append an article with its sentences and passages; `since` is the day (an ordinal) it was first held."""
        published = article.published.toordinal() if article.published else None
        beside = article.model_dump_json(include=BESIDE, exclude_defaults=True)
        self._db.execute(
            f"INSERT INTO articles VALUES ({placeholders(range(21))})",
            (
                self._next_article, article.id, article.version, article.title, article.title_from,
                json.dumps(article.authors), article.source, published, article.url, article.section, article.language,
                beside, article.origin.path, article.origin.line, address, since, digest, self._next_passage,
                len(division.passages), division.sentences, article.text,
            ),
        )  # fmt: skip
        self._db.executemany(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)",
            (
                (self._next_passage + n, self._next_article, part.start, part.end, part.paragraph, part.digest)
                for n, part in enumerate(division.passages)
            ),
        )
        self._next_article += 1
        self._next_passage += len(division.passages)

    def placed(self, id: str) -> PlacedArticle | None:
        """Return the article of that id, if there is one."""
        query = f"SELECT digest, since, {ARTICLE_FIELDS} FROM articles WHERE id = ?"
        found = self._db.execute(query, (id,)).fetchone()
        return PlacedArticle(article_of_row(found[2:]), found[0], found[1]) if found else None

    def has_article(self, digest: bytes) -> bool:
        """Say whether an article of that content digest is held."""
        return self._has("articles", digest)

    def has_passage(self, digest: bytes) -> bool:
        """Say whether a passage of that digest is held."""
        return self._has("passages", digest)

    def withdraw(self, id: str) -> None:
        """Take an article out again; the rows after it move up when the archive is closed."""
        self._db.execute("DELETE FROM passages WHERE article = (SELECT row FROM articles WHERE id = ?)", (id,))
        self._db.execute("DELETE FROM articles WHERE id = ?", (id,))
        self._withdrawn += 1

    def keep(self, id: str, older: OlderVersion) -> None:
        """Keep what the article of that id was before; what is kept later is newer."""
        self._db.execute(
            "INSERT OR IGNORE INTO versions (article, version, since, record) VALUES (?, ?, ?, ?)",
            (id, older.article.version, older.since, older.article.model_dump_json()),
        )

    def orphans(self) -> Sequence[OlderVersion]:
        """Return the newest of the versions kept of each article that is not held itself."""
        held = "SELECT 1 FROM articles a WHERE a.id = v.article"
        query = f"SELECT record, since, max(place) FROM versions v WHERE NOT EXISTS ({held}) GROUP BY article"
        found = self._db.execute(query)
        return [OlderVersion(Article.model_validate_json(record), since) for record, since, _ in found.fetchall()]

    def list(self, listed: SitemapEntry, address: str) -> None:
        """Note what a sitemap says should be there."""
        self._db.execute("INSERT OR IGNORE INTO listed VALUES (?, ?)", (address, listed.model_dump_json()))

    def note(self, problem: Problem) -> None:
        """Note what could not be read."""
        self._db.execute(
            "INSERT INTO problems VALUES (?, ?, ?, ?)", (problem.path, problem.line, problem.field, problem.reason)
        )

    def file(self, path: str, articles: int, copies: int) -> None:
        """Note a file that was read."""
        self._db.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", (path, articles, copies))

    def close(self) -> None:
        """Number the rows without gaps, commit and close."""
        if self._withdrawn:
            for statement in MOVED_UP.split(";"):
                self._db.execute(statement)
        self._db.execute("COMMIT")
        self._db.close()

    def _has(self, table: str, digest: bytes) -> bool:
        return self._db.execute(f"SELECT 1 FROM {table} WHERE digest = ? LIMIT 1", (digest,)).fetchone() is not None


# Rows are set to -1 - their number first: on the way to its number a row must not meet another
MOVED_UP = """
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
