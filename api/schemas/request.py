"""What a caller may send, derived from `rag.types.requests`: the parameters of a GET and the body of a POST.

An address is flat: each clause of the filter is a parameter of its own, and every value arrives as text. A body nests
the filter and takes JSON's own types: a number is no text, and a truth value no number.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, create_model

from api.openapi import examples
from rag.types.articles import CitationRef, NonEmpty, Record
from rag.types.fields import CLAUSES
from rag.types.requests import Request, SearchRequest, annotated, flat_fields

MAX_SEARCHES = 20  # of a batch
MAX_CITATIONS = 100  # that are verified at once
QUESTION_PARAM = "q"

R = TypeVar("R", bound=Request)

_PARAMS = {"question": QUESTION_PARAM, **{clause.name: clause.param for clause in CLAUSES}}


def _json_number(value: object) -> object:
    """Refuse what pydantic would read as a number but JSON does not call one; 1.0 is 1."""
    if isinstance(value, bool | str):
        raise ValueError("must be a number")
    return value


Number = BeforeValidator(_json_number)
_STRICT: dict[Any, Any] = {int: Number, bool: Strict()}  # by the type of a body's field


def param_of(name: str) -> str:
    """Return the parameter of an address that holds a field of a request: `source` for `sources`."""
    return _PARAMS.get(name, name)


@cache
def address_model(request: type[Request]) -> type[Record]:
    """Return the model of a request's parameters in an address; one that it does not name is refused."""
    fields: dict[str, Any] = {
        param_of(field.name): (_with_example(field.name, field.annotation), field.default)
        for field in flat_fields(request)
    }
    return create_model(_stem(request) + "Params", __base__=Record, __doc__=request.__doc__, **fields)


def from_address(request: type[R], params: BaseModel) -> R:
    """Return the request that validated parameters state; raises QuestionError, e.g. where the days are reversed."""
    return request.parse(**{field.name: getattr(params, param_of(field.name)) for field in flat_fields(request)})


@cache
def body_model(request: type[Request], name: str = "", without: tuple[str, ...] = ()) -> type[Record]:
    """Return the model of a request's body, under a name of its own where some fields are left out."""
    fields = {field: info for field, info in request.model_fields.items() if field not in without}
    example = {field: value for field, value in examples.REQUEST.items() if field in fields}
    stated: dict[str, Any] = {
        field: (_with_example(field, _strict(info)), ... if info.is_required() else info.default)
        for field, info in fields.items()
    }
    return create_model(
        name or _stem(request) + "Body", __base__=Record, __doc__=request.__doc__,
        __config__=ConfigDict(json_schema_extra={"examples": [example]}), **stated,
    )  # fmt: skip


def from_body(request: type[R], body: BaseModel) -> R:
    """Return the request that a validated body states."""
    return request(**dict(body))


@cache
def batch_model() -> type[Record]:
    """Return the model of a batch's body. Its searches take no cursor, which would name a generation of its own."""
    search: Any = body_model(SearchRequest, "BatchSearchBody", without=("cursor",))
    described = Field(
        min_length=1, max_length=MAX_SEARCHES, description="The searches, each as in `/v1/search` but for the cursor."
    )
    searches: Any = Annotated[list[search], described]
    return create_model(
        "SearchBatchBody", __base__=Record, __doc__="Several searches, all answered from one generation.",
        __config__=ConfigDict(json_schema_extra={"examples": [examples.BATCH]}),
        searches=(searches, ...),
    )  # fmt: skip


class CitationBody(CitationRef):
    """A citation, or as much of it as identifies the words; its other fields are ignored."""

    id: Annotated[NonEmpty, Field(description="The article's id.")]
    version: Annotated[str, Field(description="The version it was quoted from, as answers name it.")] = ""
    start: Annotated[int, Field(ge=0, description="The first character of the quote in the article's text."), Number]
    end: Annotated[int, Field(ge=0, description="The character after its last."), Number]
    quote: Annotated[NonEmpty, Field(description="The words themselves.")]


class CitationsBody(Record):
    """Citations to be verified: of each its article, its place and its words."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"citations": [examples.CITED]}]})

    citations: Annotated[
        list[CitationBody],
        Field(
            min_length=1,
            max_length=MAX_CITATIONS,
            description="As answers hold them; `id`, `start`, `end` and `quote` are enough, `version` tells more.",
        ),
    ]


def _stem(request: type[Request]) -> str:
    return request.__name__.removesuffix("Request")


def _strict(info: Any) -> Any:
    """Return a field's annotation, which takes no other type of JSON than its own, and null where it may be None."""
    kinds = get_args(info.annotation) or (info.annotation,)
    strict = next((_STRICT[kind] for kind in kinds if kind in _STRICT), None)
    return Annotated[annotated(info), strict] if strict else annotated(info)


def _with_example(name: str, annotation: Any) -> Any:
    """Return the annotation with the example of its field, where there is one: /docs puts it into a command to try."""
    example = examples.FIELDS.get(name)
    return Annotated[annotation, Field(examples=[example])] if example else annotation
