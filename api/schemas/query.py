"""What a caller may ask in an address: the parameters of GET, and the one call that answers both GET and POST."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from pydantic import Field, ValidationError

from api.observability.metrics import Metrics
from api.schemas.body import AnswerBody
from api.schemas.fields import (
    ArticleId,
    AsOf,
    Authors,
    Count,
    From,
    Grouping,
    Interpret,
    Page,
    Question,
    Sections,
    Sources,
    To,
    UnitOfTime,
    WithFacets,
)
from rag.errors import QuestionError
from rag.service import RagService
from rag.types.articles import Record
from rag.types.filters import SearchFilter
from rag.types.requests import Options, Searching
from rag.types.results import Answer


class FilterParams(Record):
    """A filter in an address, where its parts stand one by one, and the day that is today."""

    published_from: From = None
    published_to: To = None
    source: Sources = ()
    author: Authors = ()
    section: Sections = ()
    as_of: AsOf = None

    def filter(self) -> SearchFilter:
        """Return the filter; raises QuestionError where the days are the wrong way round."""
        try:
            return SearchFilter(
                published_from=self.published_from,
                published_to=self.published_to,
                sources=self.source,
                authors=self.author,
                sections=self.section,
            )
        except ValidationError as error:
            raise QuestionError("filter", error.errors()[0]["msg"].removeprefix("Value error, ")) from None


class QuestionParam(Record):
    """A question in an address."""

    q: Question


class AskParams(FilterParams, QuestionParam):
    """A question, and what an article must be to be searched for it; pydantic puts the last base's fields first."""

    k: Count = 10
    interpret: Interpret = True

    @property
    def question(self) -> str:
        """The question, by its name in a body."""
        return self.q

    def options(self) -> Options:
        """Return what is asked beside the question; raises QuestionError."""
        return {"k": self.k, "filter": self.filter(), "as_of": self.as_of, "interpret": self.interpret}


class AnswerParams(AskParams):
    """A question in an address, to be answered."""

    facets: WithFacets = False


class SearchParams(AnswerParams):
    """The parameters of an answer, how the hits are grouped, and where the list goes on."""

    group_by: Grouping = "story"
    cursor: Page = None

    def searching(self) -> Searching:
        """Return the whole search; raises QuestionError."""
        return {**self.options(), "question": self.question, "group_by": self.group_by, "facets": self.facets}


class ExplainParams(AskParams):
    """A question in an address, and the article that is asked about."""

    article: ArticleId


class TimelineParams(FilterParams):
    """What is counted over time: the articles that match a question, or all that pass the filter."""

    q: Annotated[Question | None, Field(description="Counts what matches this; leave it out to count all.")] = None
    unit: UnitOfTime = None


async def _service(request: Request) -> RagService:
    service = request.app.state.service
    assert isinstance(service, RagService)
    return service


async def _metrics(request: Request) -> Metrics:
    metrics = request.app.state.metrics
    assert isinstance(metrics, Metrics)
    return metrics


Service = Annotated[RagService, Depends(_service)]
Measured = Annotated[Metrics, Depends(_metrics)]


def ask(service: RagService, metrics: Metrics, asked: AnswerBody | AnswerParams) -> Answer:
    """Answer, and count whether there was an answer: for the API and the page alike."""
    answer = service.answer(asked.question, **asked.options(), facets=asked.facets)
    metrics.count_answer(answer)
    return answer
