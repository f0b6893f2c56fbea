"""The OpenAPI schema: an example for every status, headers, and problems in their own media type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.openapi.utils import get_openapi

from api.errors import problem_types
from api.errors.handlers import MEDIA_TYPE, ProblemDetail
from api.middleware.request_id import REQUEST_ID_HEADER
from api.openapi import examples, problem_examples
from api.schemas.response import GENERATION_HEADER

if TYPE_CHECKING:
    from fastapi import FastAPI

Schema = dict[str, Any]
Responses = dict[int | str, Schema]

# Put in after FastAPI has made the schema: it drops every null from an example
_EXAMPLES = {
    type(record).__name__: record.model_dump(mode="json")
    for record in (
        examples.ANSWER,
        examples.SEARCH_RESULT,
        examples.SEARCH_BATCH,
        examples.TIMELINE,
        examples.EXPLANATION,
        examples.CHECKED,
        examples.ARTICLE_VIEW,
        examples.SIMILAR,
        examples.STATUS,
        examples.HEALTH,
    )
}
_PROBLEMS = "x-problems"  # which kinds a status stands for, until their examples stand there


_OF_ALL = {
    REQUEST_ID_HEADER: ("The request's name: yours, if you sent one, else a new one.", "4bf92f3577b34da6"),
    "Server-Timing": ("Milliseconds that each stage took, and all.", "embed;dur=6.1, search;dur=3.0, total;dur=11.4"),
}
_OF_ANSWERS = {GENERATION_HEADER: ("The generation this was answered from.", examples.GENERATION)}
_OF_GET = {"ETag": ("Send it as `If-None-Match`: while the answer is the same, it is 304.", 'W/"9f86d081884c7d65"')}
_OF_RETRIES = {"Retry-After": ("Seconds after which it may be over.", "5")}
_KINDS = {(kind.slug, kind.status): kind for kind in (*problem_types.ALL, problem_types.TOO_LONG)}

_FIRST = "$response.body#/hits/0/citation/id"
_LINKS = {  # what the id of the first hit is good for
    "article": {"operationId": "get_article", "parameters": {"path.id": _FIRST}},
    "similar": {"operationId": "get_similar", "parameters": {"path.id": _FIRST}},
    "explain": {"operationId": "get_explain", "parameters": {"query.article": _FIRST}},
}


def success(*problems: problem_types.ProblemType) -> Responses:
    """Declare that a GET answers with a record of a generation, and the problems it may meet."""
    return {
        200: {"description": "Answered", "headers": _headers(_OF_ANSWERS | _OF_GET)},
        304: {"description": "What `If-None-Match` names is the answer still", "headers": _headers(_OF_GET)},
        **failures(*problems),
    }


def sent(*problems: problem_types.ProblemType) -> Responses:
    """Declare that a POST answers with a record of a generation, and the problems it may meet."""
    answered = {200: {"description": "Answered", "headers": _headers(_OF_ANSWERS)}}
    return answered | failures(problem_types.REFUSED, problem_types.TOO_LONG, *problems)


def failures(*problems: problem_types.ProblemType) -> Responses:
    """Declare the problems that a route may meet; the unforeseen one is always among them."""
    found: dict[int, list[problem_types.ProblemType]] = {}
    for kind in (*problems, problem_types.UNEXPECTED):
        found.setdefault(kind.status, []).append(kind)
    return {
        status: {
            "model": ProblemDetail,
            "description": "; ".join(kind.title for kind in met),
            "headers": _headers(_OF_RETRIES if any(kind.retry_s for kind in met) else {}),
            _PROBLEMS: [kind.slug for kind in met],
        }
        for status, met in found.items()
    }


def openapi(app: FastAPI) -> Schema:
    """Return the schema, computed once."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        for path, methods in schema["paths"].items():
            for operation in methods.values():
                for parameter in operation.get("parameters", ()):
                    parameter["schema"] = _without_null(parameter["schema"])
                for status, response in operation["responses"].items():
                    _complete(path, status, response)
        app.openapi_schema = schema
    return app.openapi_schema


def _headers(named: dict[str, tuple[str, str]]) -> Schema:
    return {
        name: {"description": said, "schema": {"type": "string"}, "example": example}
        for name, (said, example) in (named | _OF_ALL).items()
    }


def _without_null(given: Schema) -> Schema:
    """Return what a parameter may be: none is left out, and no word in an address says null."""
    some = [option for option in given.get("anyOf", ()) if option.get("type") != "null"]
    kept = {name: value for name, value in given.items() if name != "anyOf"}
    return {**some[0], **kept} if len(some) == 1 else given


def _complete(path: str, status: str, response: Schema) -> None:
    """Put examples into a response, and its media type right where it is a problem."""
    response.setdefault("headers", _headers({}))
    if slugs := response.pop(_PROBLEMS, None):
        said = response["content"].pop("application/json")
        instance = path.replace("{id}", examples.ARTICLE.id)
        met = {slug: problem_examples.example(_KINDS[slug, int(status)], instance) for slug in slugs}
        said["examples"] = {slug: {"value": one.model_dump(exclude_none=True)} for slug, one in met.items()}
        response["content"] = {MEDIA_TYPE: said}
    elif content := response.get("content", {}).get("application/json"):
        name = content["schema"]["$ref"].rpartition("/")[2]
        content["example"] = _EXAMPLES[name]
        if name == "SearchResult":
            response["links"] = _LINKS
