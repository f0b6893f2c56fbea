"""The records that the tools return, no larger than a model needs: quotations with citations, and whole articles."""

from __future__ import annotations

from datetime import date
from typing import Self

from pydantic import Field

from rag import messages
from rag.types import articles, results
from rag.types.articles import Record
from rag.types.results import AbstentionReason, Total


class ArticleHead(Record):
    """Who wrote an article, for which outlet, and when; the tool `article` takes its `id`."""

    id: str
    version: str
    title: str
    authors: tuple[str, ...]
    source: str | None
    published: date | None
    url: str | None

    @classmethod
    def of(cls, ref: articles.ArticleRef) -> Self:
        """Return the head of an article, a copy or a citation."""
        return cls(**{name: getattr(ref, name) for name in ArticleHead.model_fields})


class PassageCitation(ArticleHead):
    """A quotation, word for word, and where it stands. `notes` are corrections and updates that the article states."""

    start: int = Field(description="Where the quote begins in the article's text, in characters (code points).")
    end: int = Field(description="Where it ends: text[start:end] == quote.")
    quote: str
    link: str | None = Field(description="Opens the source at the quote; None where the article has no address.")
    notes: tuple[str, ...]

    @classmethod
    def to(cls, citation: articles.Citation) -> Self:
        """Return a citation of the archive without what no model needs."""
        return cls(
            **ArticleHead.of(citation).model_dump(), start=citation.start, end=citation.end, quote=citation.quote,
            link=citation.link, notes=tuple(messages.note_text(note) for note in citation.notes),
        )  # fmt: skip


class CitedPassage(Record):
    """A passage at its rank; `also_in` are other articles that tell the same story."""

    rank: int
    citation: PassageCitation
    also_in: tuple[ArticleHead, ...]

    @classmethod
    def of(cls, hit: results.Hit) -> Self:
        """Return a hit without its scores."""
        return cls(
            rank=hit.rank, citation=PassageCitation.to(hit.citation), also_in=tuple(map(ArticleHead.of, hit.also_in))
        )


class SearchOutput(Record):
    """The passages that match, in order. `next` is the cursor by which the list goes on, None at its end."""

    question: str
    index: str
    generation: str
    as_of: date
    interpreted: str | None = Field(description="how the time words of the question were read")
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
    interpreted: str | None = Field(description="how the time words of the question were read")
    answered: bool
    reason: AbstentionReason | None
    summary: str = Field(description="the confidence in words, or why there is no answer")
    confidence: float
    sentences: tuple[PassageCitation, ...]
    passages: tuple[CitedPassage, ...]
    warnings: tuple[str, ...]


class ArticleOutput(ArticleHead):
    """A whole article, in whose text `start` and `end` of citations count. `newer` is the version that replaced it."""

    index: str
    generation: str
    text: str
    notes: tuple[str, ...]
    newer: str | None
    copies: tuple[ArticleHead, ...] = Field(description="other articles that tell the same story")
