"""What a caller may send: the bodies of POST."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, JsonValue

from api.openapi import examples
from api.schemas.fields import (
    ArticleId,
    AsOf,
    Authors,
    Count,
    Excluded,
    From,
    Grouping,
    Interpret,
    Number,
    Page,
    Question,
    Sections,
    Sources,
    To,
    Truth,
    WithFacets,
)
from rag.types.articles import CitationRef, NonEmpty, Record
from rag.types.filters import SearchFilter
from rag.types.requests import Options, Searching

MAX_SEARCHES = 20  # of a batch
MAX_CITATIONS = 100  # that are checked at once

EXAMPLE: dict[str, JsonValue] = {
    "question": examples.QUESTION,
    "k": 3,
    "filter": {"published_from": "2025-01-01", "sources": ["Saltmarsh Courier"]},
}


class FilterBody(SearchFilter):
    """What an article must be to be searched at all: applied before ranking."""

    published_from: From = None
    published_to: To = None
    sources: Sources = ()
    authors: Authors = ()
    sections: Sections = ()
    exclude: Excluded = ()
    as_of: AsOf = None


class AskBody(Record):
    """A question, and what an article must be to be searched for it."""

    question: Question
    k: Annotated[Count, Number] = 10
    filter: FilterBody = FilterBody()
    as_of: AsOf = None
    interpret: Annotated[Interpret, Truth] = True

    def options(self) -> Options:
        """Return what is asked beside the question."""
        filter = SearchFilter(**self.filter.model_dump())  # one that is equal to any other's
        return {"k": self.k, "filter": filter, "as_of": self.as_of, "interpret": self.interpret}


class AnswerBody(AskBody):
    """A question to be answered."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    facets: Annotated[WithFacets, Truth] = False


class OneSearch(AnswerBody):
    """A question, and how its hits are grouped: one of several."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**EXAMPLE, "group_by": "passage"}]})

    group_by: Grouping = "story"

    def searching(self) -> Searching:
        """Return the whole search."""
        return {**self.options(), "question": self.question, "group_by": self.group_by, "facets": self.facets}


class SearchBody(OneSearch):
    """A question, how its hits are grouped, and where the list goes on."""

    cursor: Page = None


class SearchBatchBody(Record):
    """Several searches, all answered from one generation; a cursor would name a generation of its own."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"searches": [EXAMPLE, {"question": "Who owns it?"}]}]})

    searches: Annotated[
        list[OneSearch],
        Field(min_length=1, max_length=MAX_SEARCHES, description="What is asked, each as in `/v1/search`."),
    ]


class ExplainBody(AskBody):
    """A question, and the article that is asked about; `k` is how many the list would have."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**EXAMPLE, "article": examples.ARTICLE.id}]})

    article: ArticleId


class CitedBody(CitationRef):
    """A citation, or as much of it as tells; what else it holds is not looked at."""

    id: Annotated[NonEmpty, Field(description="The article's id.")]
    version: Annotated[str, Field(description="The version it was quoted from, as answers name it.")] = ""
    start: Annotated[int, Field(ge=0, description="The first character of the quote in the article's text."), Number]
    end: Annotated[int, Field(ge=0, description="The character after its last."), Number]
    quote: Annotated[NonEmpty, Field(description="The words themselves.")]


class CitationsBody(Record):
    """Citations to be checked, whole or as much of each as tells: its article, its place, its words."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"citations": [examples.CITED]}]})

    citations: Annotated[
        list[CitedBody],
        Field(
            min_length=1,
            max_length=MAX_CITATIONS,
            description="As answers hold them; `id`, `start`, `end` and `quote` are enough, `version` tells more.",
        ),
    ]
