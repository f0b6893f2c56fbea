"""The nouns of Byline. Frozen records, unknown fields refused; each invariant named here has a test.

Offsets are code points, half-open, into `Article.text` as stored. A `row` is the integer that joins
vectors, BM25 and texts inside one generation; outside a generation a passage goes by its `id`.
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
    """What every noun is: immutable, and refusing fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Origin(Record):
    """The file and the line (from 1) an article was read from."""

    path: str
    line: int = Field(ge=1)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class Note(Record):
    """What an article says of its own text: a correction, an update ... `article.text[start:end] == text`."""

    kind: NoteKind
    start: int = Field(ge=0)
    end: int
    text: NonEmpty


class Excerpt(Record):
    """Words of an article, verbatim: `article.text[start:end] == text`."""

    start: int = Field(ge=0)
    end: int
    text: NonEmpty


class ArticleRef(Record):
    """What a hit and a citation say of their article: all but its text.

    `version` names its title and text, whichever file they were read from. `published` is the day as it is written,
    `published_at` also the time, with its zone where one is written; None where only the day is.
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
    (it could not be stored as UTF-8). `fields_from` says of each field under which name the file holds it.
    `pages` are the characters at which the pages of a paged file begin.
    """

    text: str
    origin: Origin
    fields_from: dict[str, str] = {}
    pages: tuple[int, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _versioned(cls, given: Any) -> Any:
        if isinstance(given, dict) and not given.get("version"):
            return {**given, "version": version_of(str(given.get("title")), str(given.get("text")))}
        return given

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
        """Return the article without its text."""
        return ArticleRef(**{name: getattr(self, name) for name in ArticleRef.model_fields})


def version_of(title: str, text: str) -> str:
    """Return what names one version of an article: 12 hex digits over its title and text."""
    return hashlib.sha256(f"{title}\n{text}".encode(errors="replace")).hexdigest()[:12]


class Span(Record):
    """A stretch of an article's text, `paragraph` counted from 0 at the span's start."""

    start: int = Field(ge=0)
    end: int
    paragraph: int = Field(ge=0)


class Passage(Record):
    """A stretch of whole sentences: `article.text[start:end] == text`.

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
    source at the quote (`#:~:text=`, URL fragment text directives), where the article has a url. `page`, from 1, is
    where the quotation begins in a paged file. `superseded_by` names the version that has taken the cited one's place,
    and `notes` are then the newer one's.
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

    `share` is the part (0 to 1) of the shorter one's wording that both articles have, as their sketches estimate it.
    """

    share: float = Field(ge=0, le=1)
    earliest: bool = Field(description="whether it was published before all others of the story")


class Version(Record):
    """One version of an article's title and text: since when the archive has it, and whether it is the newest."""

    version: NonEmpty
    since: date
    modified: date | None
    title: NonEmpty
    newest: bool


class ArticleView(Record):
    """One whole article in one of its versions, and the generation it was read from.

    `versions` are all that the archive holds, newest first. `later_notes` are the newest one's corrections and
    updates, where an older one is shown; `dropped` are then the sentences that the newest does not have, `added` those
    that only the newest has, counted in its text, notes apart. `copies` are the other articles of its story, earliest
    first.
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
    """A citation that is handed back to be checked, or as much of it as tells: what else it holds is not looked at."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: NonEmpty
    version: str = ""
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    quote: NonEmpty


class CitationCheck(Record):
    """What has become of a citation.

    `exact`: the newest version holds the quote at its place. `moved`: it holds it elsewhere. `changed`: it does not;
    `citation` then names the older version that does, if it is held. `gone`: there is no such article.
    """

    verdict: Literal["exact", "moved", "changed", "gone"]
    citation: Citation | None = None
