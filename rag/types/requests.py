"""Requests to the service, whose fields are declared in `rag.types.fields`.

The command line, the API, the MCP tools, the page and the client derive their parameters from these records: by
`flat_fields`, which lists the clauses of the filter one by one, and by `Request.parse`, which builds the filter again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple, Required, Self, TypeAlias

from pydantic import AfterValidator, Field, ValidationError

from rag.errors import QuestionError, reason_of
from rag.types.articles import Record
from rag.types.fields import AS_OF, CLAUSES, FIELDS, Clause, GroupBy, Sort, Unit
from rag.types.filters import NO_FILTER, Day, FilterOptions, SearchFilter

# One character that neither Python nor ECMAScript, which differ in this, counts as white space
VISIBLE = r"[^\s\x1c-\x1f\x85\ufeff]"


def _stripped(question: str) -> str:
    if not re.search(VISIBLE, question):
        raise ValueError("is empty")
    return question.strip()


def _declared(name: str) -> Any:
    """Return the bounds and the help of a declared field as a pydantic field."""
    spec = FIELDS[name]
    bounds = ("min_length", "max_length") if spec.kind == "text" else ("ge", "le")
    stated: dict[str, Any] = {
        bound: value for bound, value in zip(bounds, (spec.least, spec.most), strict=True) if value is not None
    }
    return Field(description=spec.help, **stated)


Question: TypeAlias = Annotated[
    str, _declared("question"), Field(json_schema_extra={"pattern": VISIBLE}), AfterValidator(_stripped)
]
Count: TypeAlias = Annotated[int, _declared("k")]
ArticleId: TypeAlias = Annotated[str, _declared("article")]


class Request(Record):
    """The base of all requests, which builds them from flat values: those of the filter are not nested."""

    @classmethod
    def parse(cls, **values: Any) -> Self:
        """Return the request of flat values, in which each clause of the filter has its own name. None is the default.

        Raises QuestionError, which names the invalid field.
        """
        names = {clause.name for clause in CLAUSES}
        stated = {name: value for name, value in values.items() if value is not None}
        clauses = {name: stated.pop(name) for name in names & stated.keys()}
        try:
            if clauses:
                stated["filter"] = SearchFilter(**clauses)
        except ValidationError as error:
            fault = error.errors()[0]
            raise QuestionError(str(fault["loc"][0]) if fault["loc"] else "filter", reason_of(error)) from None
        try:
            return cls(**stated)
        except ValidationError as error:
            raise QuestionError(".".join(map(str, error.errors()[0]["loc"])), reason_of(error)) from None


class AskRequest(Request):
    """A question, the number of hits, the filter of the articles to search, and the day it is asked as of."""

    question: Question
    k: Count = 10
    filter: Annotated[
        SearchFilter, Field(description="What an article must be to be searched at all: applied before ranking.")
    ] = NO_FILTER
    as_of: Annotated[Day, Field(description=AS_OF.help)] = None
    interpret: Annotated[bool, _declared("interpret")] = True


class AnswerRequest(AskRequest):
    """A question to be answered; with `facets`, the matching articles are counted too."""

    facets: Annotated[bool, _declared("facets")] = False


class SearchRequest(AnswerRequest):
    """A question whose hits are listed, with the grouping and order of the list, and the cursor where it goes on."""

    group_by: Annotated[GroupBy, _declared("group_by")] = "story"
    sort: Annotated[Sort, _declared("sort")] = "relevance"
    cursor: Annotated[str | None, _declared("cursor")] = None


class ExplainRequest(AskRequest):
    """A question, and the article whose rank is explained; `k` is the number of hits that the list would have."""

    article: ArticleId


class TimelineRequest(Request):
    """The articles to count over time: those that match a question, or all that pass the filter."""

    question: Annotated[Question | None, Field(description="Counts what matches this; leave it out to count all.")] = (
        None
    )
    filter: SearchFilter = NO_FILTER
    as_of: Annotated[Day, Field(description=AS_OF.help)] = None
    unit: Annotated[Unit | None, _declared("unit")] = None


class FlatField(NamedTuple):
    """One field of a request among its flat fields; `clause` is set if it is a clause of the filter, or `as_of`."""

    name: str
    annotation: Any
    default: Any
    help: str
    clause: Clause | None = None

    @property
    def is_required(self) -> bool:
        """Whether the field has no default."""
        return self.default is ...


def flat_fields(request: type[Request]) -> Iterator[FlatField]:
    """Yield the fields of a request in order, with the clauses of its filter in place of the filter.

    Their annotations carry bounds and validators, so that pydantic can take them.
    """
    for name, info in request.model_fields.items():
        if name == "filter":
            for clause in CLAUSES:
                part = SearchFilter.model_fields[clause.name]
                yield FlatField(clause.name, annotated(part), part.default, clause.help, clause)
        else:
            default = ... if info.is_required() else info.default
            yield FlatField(name, annotated(info), default, info.description or "", AS_OF if name == "as_of" else None)


def annotated(info: Any) -> Any:
    """Return a field's annotation with the bounds, validators, description and pattern that pydantic took off it."""
    stated = Field(description=info.description, json_schema_extra=info.json_schema_extra)
    return Annotated[(info.annotation, *info.metadata, stated)]


class AskOptions(FilterOptions, total=False):
    """The fields of `AskRequest` beside its question, flat."""

    k: int
    interpret: bool


class AnswerOptions(AskOptions, total=False):
    """The fields of `AnswerRequest` beside its question, flat."""

    facets: bool


class SearchOptions(AnswerOptions, total=False):
    """The fields of `SearchRequest` beside its question, flat."""

    group_by: GroupBy
    sort: Sort
    cursor: str


class SearchItem(SearchOptions, total=False):
    """One search of several, flat."""

    question: Required[str]


class TimelineOptions(FilterOptions, total=False):
    """The fields of `TimelineRequest` beside its question, flat."""

    unit: Unit
