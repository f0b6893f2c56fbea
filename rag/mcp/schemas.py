"""What tools return, as small as a model needs it: passages and sentences with their citations, and whole articles."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import Field

from rag import messages
from rag.types import articles, results
from rag.types.articles import Record
from rag.types.results import AbstentionReason, Total

Start = Annotated[int, Field(description="Where the quote begins in the article's text, in characters (code points).")]
End = Annotated[int, Field(description="Where it ends: text[start:end] == quote.")]
Link = Annotated[str | None, Field(description="Opens the source at the quote; None where the article has no address.")]


class ArticleHead(Record):
    """Who wrote an article, where, and when; `id` is what the tool `article` takes."""

    id: str
    version: str
    title: str
    authors: tuple[str, ...]
    source: str | None
    published: date | None
    url: str | None

    @classmethod
    def of(cls, ref: articles.ArticleRef) -> Self:
        """Return the source that an article, a copy or a citation names."""
        return cls(**{name: getattr(ref, name) for name in ArticleHead.model_fields})


class PassageCitation(ArticleHead):
    """A quotation, word for word, and where it stands. `notes` are corrections and updates that the article states."""

    start: Start
    end: End
    quote: str
    link: Link
    notes: tuple[str, ...]

    @classmethod
    def to(cls, given: articles.Citation) -> Self:
        """Return a citation of the archive as a tool says it."""
        return cls(
            **ArticleHead.of(given).model_dump(), start=given.start, end=given.end, quote=given.quote, link=given.link,
            notes=tuple(messages.note_text(note) for note in given.notes),
        )  # fmt: skip


class CitedPassage(Record):
    """A passage that was found; `also_in` are other articles that tell the same story."""

    rank: int
    citation: PassageCitation
    also_in: tuple[ArticleHead, ...]

    @classmethod
    def of(cls, hit: results.Hit) -> Self:
        """Return a hit as a tool says it."""
        return cls(
            rank=hit.rank, citation=PassageCitation.to(hit.citation), also_in=tuple(map(ArticleHead.of, hit.also_in))
        )


class SearchOutput(Record):
    """What a search found, best first. `next` is the cursor that goes on behind these, None at the end."""

    question: str
    index: str
    generation: str
    as_of: date
    interpreted: str | None = Field(description="what was read into the question's time words")
    total: Total
    passages: tuple[CitedPassage, ...]
    next: str | None
    warnings: tuple[str, ...]


class AnswerOutput(Record):
    """The sentences of the archive that answer, or why none does: where `answered` is false, the archive has no answer.

    `passages` are then only the nearest ones, and may be about something else.
    """

    question: str
    index: str
    generation: str
    as_of: date
    interpreted: str | None = Field(description="what was read into the question's time words")
    answered: bool
    reason: AbstentionReason | None
    said: str = Field(description="how sure the answer is, or why there is none, in words")
    confidence: float
    sentences: tuple[PassageCitation, ...]
    passages: tuple[CitedPassage, ...]
    warnings: tuple[str, ...]


class ArticleOutput(ArticleHead):
    """A whole article: what `start` and `end` of citations count in. `newer` is the version that replaced this one."""

    index: str
    generation: str
    text: str
    notes: tuple[str, ...]
    newer: str | None
    copies: tuple[ArticleHead, ...] = Field(description="other articles that tell the same story")
