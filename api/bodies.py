"""What a caller may send: the bodies of POST."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, JsonValue

from api import examples
from api.fields import ArticleId, AsOf, Count, Grouping, Interpret, Page, Question, WithFacets
from rag.results import Searching
from rag.types import Cited, Options, Record, SearchFilter

MAX_SEARCHES = 20  # of a batch
MAX_CITATIONS = 100  # that are checked at once

EXAMPLE: dict[str, JsonValue] = {
    "question": examples.QUESTION,
    "k": 3,
    "filter": {"published_from": "2025-01-01", "sources": ["Saltmarsh Courier"]},
}


class AskBody(Record):
    """A question, and what an article must be to be searched for it."""

    question: Question
    k: Count = 10
    filter: SearchFilter = SearchFilter()
    as_of: AsOf = None
    interpret: Interpret = True

    def options(self) -> Options:
        """Return what is asked beside the question."""
        return {"k": self.k, "filter": self.filter, "as_of": self.as_of, "interpret": self.interpret}


class AnswerBody(AskBody):
    """A question to be answered."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    facets: WithFacets = False


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
        tuple[OneSearch, ...],
        Field(min_length=1, max_length=MAX_SEARCHES, description="What is asked, each as in `/v1/search`."),
    ]


class ExplainBody(AskBody):
    """A question, and the article that is asked about; `k` is how many the list would have."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**EXAMPLE, "article": examples.ARTICLE.id}]})

    article: ArticleId


class CitationsBody(Record):
    """Citations to be checked, whole or as much of each as tells: its article, its place, its words."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"citations": [examples.CITED]}]})

    citations: Annotated[
        tuple[Cited, ...],
        Field(
            min_length=1,
            max_length=MAX_CITATIONS,
            description="As answers hold them; `id`, `start`, `end` and `quote` are enough, `version` tells more.",
        ),
    ]
