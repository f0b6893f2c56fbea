"""What a caller may ask: the bodies of POST, the parameters of GET, and the one call that answers both."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Depends, Request
from pydantic import ConfigDict, Field, JsonValue, ValidationError

from api.examples import ARTICLE, QUESTION
from api.metrics import Metrics
from rag.errors import QuestionError
from rag.results import Answer, GroupBy
from rag.service import MAX_K, MAX_QUESTION_CHARS, RagService
from rag.types import NonEmpty, Options, Record, SearchFilter

Question = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_QUESTION_CHARS,
        description="What you want to know, best as a whole sentence.",
        examples=[QUESTION],
    ),
]
ArticleId = Annotated[str, Field(min_length=1, description="As it stands in every citation.", examples=[ARTICLE.id])]
Count = Annotated[int, Field(ge=1, le=MAX_K, description="How many passages, articles or stories come back at most.")]
Grouping = Annotated[
    GroupBy,
    Field(
        description="`story`: the best passage of each story, its wire copies in `also_in`. `article`: the best "
        "passage of each article. `passage`: every passage."
    ),
]
Day = Annotated[date | None, Field(description="A day, inclusive; articles without a date match no day.")]
AsOf = Annotated[
    date | None,
    Field(
        description="The day the question is asked as of, default today: nothing published after it is found, and "
        "words like `this week` are read against it."
    ),
]
Interpret = Annotated[
    bool, Field(description="Read time words in the question; what was read is `interpreted` in the response.")
]
Names = Annotated[tuple[NonEmpty, ...], Field(description="Any of these, in any case of letters; may be repeated.")]

EXAMPLE: dict[str, JsonValue] = {
    "question": QUESTION,
    "k": 3,
    "filter": {"published_from": "2025-01-01", "sources": ["Saltmarsh Courier"]},
}


class AnswerBody(Record):
    """A question, and what an article must be to be searched for it."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    question: Question
    k: Count = 10
    filter: SearchFilter = SearchFilter()
    as_of: AsOf = None
    interpret: Interpret = True

    def options(self) -> Options:
        """Return what is asked beside the question."""
        return {"k": self.k, "filter": self.filter, "as_of": self.as_of, "interpret": self.interpret}


class SearchBody(AnswerBody):
    """A question, and how its hits are grouped."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**EXAMPLE, "group_by": "passage"}]})

    group_by: Grouping = "story"


class ExplainBody(AnswerBody):
    """A question, and the article that is asked about; `k` is how many the list would have."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**EXAMPLE, "article": ARTICLE.id}]})

    article: ArticleId


class AnswerParams(Record):
    """The same in an address, where a filter's parts stand one by one."""

    q: Question
    k: Count = 10
    published_from: Day = None
    published_to: Day = None
    source: Names = ()
    author: Names = ()
    as_of: AsOf = None
    interpret: Interpret = True

    @property
    def question(self) -> str:
        """The question, by its name in a body."""
        return self.q

    def options(self) -> Options:
        """Return what is asked beside the question; raises QuestionError where the days are the wrong way round."""
        try:
            filter = SearchFilter(
                published_from=self.published_from,
                published_to=self.published_to,
                sources=self.source,
                authors=self.author,
            )
        except ValidationError as error:
            raise QuestionError("filter", error.errors()[0]["msg"].removeprefix("Value error, ")) from None
        return {"k": self.k, "filter": filter, "as_of": self.as_of, "interpret": self.interpret}


class ExplainParams(AnswerParams):
    """The parameters of an answer, and the article that is asked about."""

    article: ArticleId


class SearchParams(AnswerParams):
    """The parameters of an answer, and how the hits are grouped."""

    group_by: Grouping = "story"


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
    answer = service.answer(asked.question, **asked.options())
    metrics.count_answer(answer)
    return answer
