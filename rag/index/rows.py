"""How articles and passages stand in an archive's tables: its lines, and lines -> records."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, NamedTuple

from rag.index.packing import cut, unpacked
from rag.types.articles import Article, Origin, Span

ARTICLE_FIELDS = (
    "id, version, title, title_from, authors, source, published, url, section, language, beside, path, line, text"
)
BESIDE = {"published_at", "modified", "notes", "fields_from", "pages"}  # kept together, as JSON
PASSAGE_FIELDS = "row, article, start, end, paragraph"


class PassageRow(NamedTuple):
    """A passage as it is stored."""

    row: int
    article: int
    start: int
    end: int
    paragraph: int


class Known(NamedTuple):
    """What tells whether an article has changed; `since` is the day (an ordinal) its version was first held."""

    digest: bytes
    path: str
    line: int
    version: str
    since: int


class Facts(NamedTuple):
    """What articles are counted by; `published` is an ordinal."""

    source: str | None
    authors: tuple[str, ...]
    section: str | None
    published: int | None


class OlderVersion(NamedTuple):
    """What an article was before, and since when (an ordinal) the archive has it."""

    article: Article
    since: int


class HeldArticle(NamedTuple):
    """An article as it is stored, with the row of its first passage."""

    article: Article
    first_passage: int
    packed: bytes

    def sentences(self, start: int, end: int) -> list[tuple[Span, int]]:
        """Return the sentences between two characters, cut to them, each with its number of tokens.

        Where a sentence is cut, that number is its share by characters.
        """
        held = unpacked(self.packed)
        within = held[(held[:, 1] > start) & (held[:, 0] < end)].tolist()
        return [cut(Span(start=a, end=b, paragraph=n), count, start, end) for a, b, n, count in within]


def as_article(found: Sequence[Any]) -> Article:
    """Return the article of a line of ARTICLE_FIELDS."""
    id, version, title, title_from, authors, source, published, url, section, language, beside, path, line, text = found
    return Article(
        id=id, version=version, title=title, title_from=title_from, authors=tuple(json.loads(authors)), source=source,
        published=date.fromordinal(published) if published else None, url=url, section=section,
        language=language, origin=Origin(path=path, line=line), text=text, **json.loads(beside),
    )  # fmt: skip


def marks(values: Collection[object]) -> str:
    """Return as many question marks, for a query."""
    return ", ".join("?" * len(values))
