"""What reading files yields beside articles: where a file begins, what a sitemap lists, what could not be read."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from rag.types.articles import Article, NonEmpty, Origin, Passage, Record


class FileStart(Record):
    """A file that reading has come to: what follows is from it."""

    path: str


class SitemapEntry(Record):
    """An article that a sitemap says should be there."""

    url: NonEmpty
    origin: Origin
    title: str | None = None
    published: date | None = None


class Problem(Record):
    """Something that could not be read, said as `file:line: field: reason`."""

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
