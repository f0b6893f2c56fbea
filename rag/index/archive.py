"""The articles and passages of one generation, in one SQLite file: written once, then read-only.

An article's `row` and a passage's `row` count from 0 in the order read; an article's passages stand together.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import closing
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from rag.errors import IndexCorruptError
from rag.index.rows import (
    ARTICLE_FIELDS,
    PASSAGE_FIELDS,
    ArticleState,
    FacetRow,
    OlderVersion,
    PassageRow,
    PassageSegment,
    Segmentation,
    StoredArticle,
    article_of_row,
    placeholders,
)
from rag.types.articles import Article
from rag.types.filters import SearchFilter
from rag.types.index import FileRead
from rag.types.reading import Problem, SitemapEntry


class SqliteArticleStore:
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

    def articles_at(self, rows: Collection[int]) -> dict[int, StoredArticle]:
        """Return articles by row."""
        query = (
            f"SELECT row, first_passage, sentences, {ARTICLE_FIELDS} FROM articles WHERE row IN ({placeholders(rows)})"
        )
        found = self._all(query, *rows)
        return {row: StoredArticle(article_of_row(fields), first, packed) for row, first, packed, *fields in found}

    def article_row(self, id: str) -> int | None:
        """Return the row of the article of that id, None where there is none."""
        found = self._all("SELECT row FROM articles WHERE id = ?", id)
        return int(found[0][0]) if found else None

    def known(self, id: str) -> ArticleState | None:
        """Return what tells whether the article of that id has changed."""
        found = self._all("SELECT digest, path, line, version, since FROM articles WHERE id = ?", id)
        return ArticleState(*found[0]) if found else None

    @cached_property
    def has_versions(self) -> bool:
        """Whether any article was another before."""
        return bool(self._all("SELECT 1 FROM versions LIMIT 1"))

    def has_version(self, id: str, version: str) -> bool:
        """Say whether the article of that id was that version before."""
        query = "SELECT 1 FROM versions WHERE article = ? AND version = ?"
        return self.has_versions and bool(self._all(query, id, version))

    def older_versions(self, id: str) -> list[OlderVersion]:
        """Return what the article of that id was before, newest first."""
        found = self._all("SELECT record, since FROM versions WHERE article = ? ORDER BY place DESC", id)
        return [OlderVersion(Article.model_validate_json(record), since) for record, since in found]

    def listed_but_missing(self, most: int = -1) -> list[SitemapEntry]:
        """Return what sitemaps list and the archive does not hold, by address; -1 for all."""
        held = "SELECT 1 FROM articles a WHERE a.address = l.address"
        query = f"SELECT record FROM listed l WHERE NOT EXISTS ({held}) ORDER BY address LIMIT ?"
        return [SitemapEntry.model_validate_json(record) for (record,) in self._all(query, most)]

    def problems(self, most: int = -1) -> list[Problem]:
        """Return what could not be read, in the order met; -1 for all."""
        found = self._all("SELECT path, line, field, reason FROM problems ORDER BY rowid LIMIT ?", most)
        return [Problem(path=path, line=line, field=field, reason=reason) for path, line, field, reason in found]

    def files(self) -> list[FileRead]:
        """Return what was read from each file, in the order read."""
        found = self._all("SELECT path, articles, copies FROM files ORDER BY rowid")
        return [FileRead(path=path, articles=count, copies=copies) for path, count, copies in found]

    def beside(self, older: Path | None, of: Literal["articles", "passages"]) -> Iterator[tuple[int, int, int | None]]:
        """Yield each row, the first row of the same digest, and that digest's row in an older archive, by row."""
        with closing(sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as db:
            there = "NULL"
            if older:
                db.execute("ATTACH ? AS old", (f"{older.resolve().as_uri()}?mode=ro&immutable=1",))
                there = f"(SELECT min(row) FROM old.{of} o WHERE o.digest = n.digest)"
            same = f"(SELECT min(row) FROM {of} s WHERE s.digest = n.digest)"
            yield from db.execute(f"SELECT row, {same}, {there} FROM main.{of} n ORDER BY row")

    def all_articles(self) -> Iterator[tuple[StoredArticle, list[PassageRow]]]:
        """Yield every article with its passages, by row."""
        for row in range(self.articles):
            yield self.articles_at([row])[row], self.passages_of(row)

    def passages_at(self, rows: Collection[int]) -> dict[int, PassageRow]:
        """Return passages by row."""
        query = f"SELECT {PASSAGE_FIELDS} FROM passages WHERE row IN ({placeholders(rows)})"
        return {found[0]: PassageRow(*found) for found in self._all(query, *rows)}

    def passages_of(self, article: int) -> list[PassageRow]:
        """Return the passages of an article (by row), in order."""
        first, count = self._one("SELECT first_passage, passages FROM articles WHERE row = ?", article)
        query = f"SELECT {PASSAGE_FIELDS} FROM passages WHERE row >= ? AND row < ? ORDER BY row"
        return [PassageRow(*found) for found in self._all(query, first, first + count)]

    def division_of(self, id: str) -> Segmentation:
        """Return an article's sentences and passages as they were given to `ArchiveWriter.add`."""
        (packed,) = self._one("SELECT sentences FROM articles WHERE id = ?", id)
        query = (
            "SELECT p.start, p.end, p.paragraph, p.digest FROM articles a JOIN passages p "
            "ON p.row >= a.first_passage AND p.row < a.first_passage + a.passages WHERE a.id = ? ORDER BY p.row"
        )
        return Segmentation(packed, [PassageSegment(*found) for found in self._all(query, id)])

    def digest(self, passage: int) -> bytes:
        """Return the digest of a passage, by row."""
        return bytes(self._one("SELECT digest FROM passages WHERE row = ?", passage)[0])

    def holds(self, digest: bytes) -> bool:
        """Say whether some passage has that digest."""
        return bool(self._all("SELECT 1 FROM passages WHERE digest = ? LIMIT 1", digest))

    def sources(self) -> list[tuple[str, int]]:
        """Return each source with the number of its articles, most first."""
        query = "SELECT source, count(*) FROM articles WHERE source IS NOT NULL GROUP BY source ORDER BY 2 DESC, 1"
        return [(source, count) for source, count in self._all(query)]

    def facts_of(self, rows: Collection[int]) -> list[FacetRow]:
        """Return what articles, by row, can be counted by."""
        query = f"SELECT source, authors, section, published FROM articles WHERE row IN ({placeholders(rows)})"
        found = self._all(query, *rows)
        return [FacetRow(source, tuple(json.loads(authors)), section, day) for source, authors, section, day in found]

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
        published, (sources, authors, sections) = self.days, self._columns
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
        if filter.sections:
            wanted = {section.casefold() for section in filter.sections}
            admitted &= np.fromiter((section in wanted for section in sections), bool, self.articles)
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
    def _columns(self) -> tuple[list[str], list[frozenset[str]], list[str]]:
        found = self._all("SELECT source, authors, section FROM articles ORDER BY row")
        authors = [frozenset(name.casefold() for name in json.loads(line[1])) for line in found]
        sources, sections = ([sys.intern((line[n] or "").casefold()) for line in found] for n in (0, 2))
        return sources, authors, sections

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
