"""Articles, passages, citations and versions: frozen records, each of whose invariants has a test.

Offsets are code points into `Article.text` as stored, and spans are half-open. A `row` is the integer that joins
vectors, BM25 and texts inside one generation; outside of it, a passage is identified by its `id`.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

TitleFrom: TypeAlias = Literal["given", "lead"]
NoteKind: TypeAlias = Literal["correction", "clarification", "update", "editor", "retraction"]

NonEmpty = Annotated[str, StringConstraints(min_length=1)]


class Record(BaseModel):
    """The base of all records: immutable, and refusing unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Origin(Record):
    """The file, and the line in it (from 1), that an article was read from."""

    path: str
    line: int = Field(ge=1)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class Note(Record):
    """An article's statement about its own text, such as a correction: `article.text[start:end] == text`."""

    kind: NoteKind
    start: int = Field(ge=0)
    end: int
    text: NonEmpty


class Excerpt(Record):
    """A verbatim part of an article: `article.text[start:end] == text`."""

    start: int = Field(ge=0)
    end: int
    text: NonEmpty


class ArticleRef(Record):
    """The metadata of an article, which hits and citations carry: all of it except the text.

    `version` identifies the title and text, whichever file they were read from. `published` is the day as written;
    `published_at` is the time, with its zone if one is written, or None where only the day is written.
    """

    id: NonEmpty
    version: str = ""
    title: NonEmpty
    title_from: TitleFrom = "given"
    authors: tuple[str, ...] = ()
    source: str | None = None
    published: date | None = None
    published_at: datetime | None = None
    modified: date | None = None
    url: str | None = None
    section: str | None = None
    language: str | None = None
    notes: tuple[Note, ...] = ()


class Article(ArticleRef):
    """One news article. `id` is stable across reindexes and unique in a generation.

    `title_from` is "lead" where the title was derived from the first sentence and "given" where the
    file states it. `text` holds at least one character that is not white space, and no lone surrogate
    (it could not be stored as UTF-8). `fields_from` maps each field to the name under which the file holds it.
    `pages` are the offsets in the text at which the pages of a paged file begin.
    """

    text: str
    origin: Origin
    fields_from: dict[str, str] = {}
    pages: tuple[int, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _versioned(cls, fields: Any) -> Any:
        if isinstance(fields, dict) and not fields.get("version"):
            return {**fields, "version": version_of(str(fields.get("title")), str(fields.get("text")))}
        return fields

    @model_validator(mode="after")
    def _storable(self) -> Self:
        if not self.text.strip():
            raise ValueError("text: is empty")
        for name, value in (("id", self.id), ("title", self.title), ("text", self.text)):
            try:
                value.encode()
            except UnicodeEncodeError:
                raise ValueError(f"{name}: holds half of a surrogate pair") from None
        return self

    def ref(self) -> ArticleRef:
        """Return the metadata of the article."""
        return ArticleRef(**{name: getattr(self, name) for name in ArticleRef.model_fields})


def version_of(title: str, text: str) -> str:
    """Return the identifier of one version of an article: 12 hex digits of the SHA-256 of its title and text."""
    return hashlib.sha256(f"{title}\n{text}".encode(errors="replace")).hexdigest()[:12]


class Span(Record):
    """A span of an article's text; `paragraph` is the one in which it starts, counted from 0."""

    start: int = Field(ge=0)
    end: int
    paragraph: int = Field(ge=0)


class Passage(Record):
    """A span of whole sentences: `article.text[start:end] == text`.

    An article's passages are in order, do not overlap, and cover every character that is not white space.
    """

    id: NonEmpty
    article_id: NonEmpty
    start: int = Field(ge=0)
    end: int
    paragraph: int = Field(ge=0)
    text: NonEmpty

    @model_validator(mode="after")
    def _length(self) -> Self:
        if self.end - self.start != len(self.text):
            raise ValueError(f"passage {self.id}: span {self.start}:{self.end} is not its text's length")
        return self


class Citation(ArticleRef):
    """A quotation that leads back to its source: `article.text[start:end] == quote`.

    `prefix` and `suffix` are the characters around the quote (W3C TextQuoteSelector). `link` opens the
    source at the quote (`#:~:text=`, URL fragment text directives), if the article has a url. `page`, from 1, is the
    page of a paged file on which the quote begins. `superseded_by` is the version that has replaced the cited one; the
    `notes` are then those of the newer version.
    """

    passage_id: NonEmpty
    paragraph: int
    start: int
    end: int
    quote: NonEmpty
    prefix: str
    suffix: str
    link: str | None
    page: int | None = None
    superseded_by: str | None = None


class Copy(ArticleRef):
    """Another article of the same story: a wire copy, a re-post, an update.

    `share` is the share (0 to 1) of the shorter article's wording that both have, as MinHash sketches estimate it.
    """

    share: float = Field(ge=0, le=1)
    earliest: bool = Field(description="whether it was published before all others of the story")


class Version(Record):
    """One version of an article's title and text, the day the archive first had it, and whether it is the newest."""

    version: NonEmpty
    since: date
    modified: date | None
    title: NonEmpty
    newest: bool


class ArticleView(Record):
    """One whole article in one of its versions, and the generation it was read from.

    `versions` are all that the archive holds, newest first. Where `article` is an older version, `later_notes` are the
    corrections and updates of the newest one, `dropped` the sentences that the newest no longer has, and `added` those
    that only the newest has, with offsets in its text; both leave notes out. `copies` are the other articles of its
    story, earliest first.
    """

    index: str
    generation: str
    article: Article
    versions: tuple[Version, ...] = ()
    later_notes: tuple[Note, ...] = ()
    dropped: tuple[Excerpt, ...] = ()
    added: tuple[Excerpt, ...] = ()
    copies: tuple[Copy, ...] = ()


class CitationRef(BaseModel):
    """The fields of a citation that are needed to check it; any other fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: NonEmpty
    version: str = ""
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    quote: NonEmpty


class CitationCheck(Record):
    """The outcome of checking a citation against the archive.

    `exact`: the newest version has the quote at its place. `moved`: it has the quote elsewhere. `changed`: it does not
    have the quote; `citation` then cites the older version that does, if the archive keeps it. `gone`: the archive has
    no such article.
    """

    verdict: Literal["exact", "moved", "changed", "gone"]
    citation: Citation | None = None
