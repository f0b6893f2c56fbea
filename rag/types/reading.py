"""The items that reading files yields beside articles: starts of files, sitemap entries and problems."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from rag.types.articles import Article, NonEmpty, Origin, Passage, Record


class FileStart(Record):
    """The start of a file: the items that follow were read from it."""

    path: str


class SitemapEntry(Record):
    """An article that a sitemap lists."""

    url: NonEmpty
    origin: Origin
    title: str | None = None
    published: date | None = None


class Problem(Record):
    """A problem that prevented something from being read, written as `file:line: field: reason`."""

    path: str
    line: int = Field(ge=1)
    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.field}: {self.reason}"


class ArticlePreview(Record):
    """An article as it would be indexed, with its passages."""

    article: Article
    passages: tuple[Passage, ...]
