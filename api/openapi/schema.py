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

# Added after FastAPI has made the schema, because it drops every null from an example
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
_PROBLEMS = "x-problems"  # the slugs of a status, until `_complete` puts their examples in place


_OF_ALL = {
    REQUEST_ID_HEADER: ("The request's id: yours, if you sent one, else a new one.", "4bf92f3577b34da6"),
    "Server-Timing": ("Milliseconds that each stage took, and all.", "embed;dur=6.1, search;dur=3.0, total;dur=11.4"),
}
_OF_ANSWERS = {GENERATION_HEADER: ("The generation that answered.", examples.GENERATION)}
_OF_GET = {"ETag": ("Send it as `If-None-Match`: while the answer is the same, it is 304.", 'W/"9f86d081884c7d65"')}
_OF_RETRIES = {"Retry-After": ("Seconds after which it may be over.", "5")}
_PROBLEM_TYPES = {(problem.slug, problem.status): problem for problem in (*problem_types.ALL, problem_types.TOO_LONG)}

_FIRST_HIT = "$response.body#/hits/0/citation/id"
_LINKS = {  # operations that take the id of the first hit
    "article": {"operationId": "get_article", "parameters": {"path.id": _FIRST_HIT}},
    "similar": {"operationId": "get_similar", "parameters": {"path.id": _FIRST_HIT}},
    "explain": {"operationId": "get_explain", "parameters": {"query.article": _FIRST_HIT}},
}


def get_responses(*problems: problem_types.ProblemType) -> Responses:
    """Return the responses of a GET: a record of a generation, not modified, and the problems it may meet."""
    return {
        200: {"description": "Answered", "headers": _headers(_OF_ANSWERS | _OF_GET)},
        304: {"description": "What `If-None-Match` names is the answer still", "headers": _headers(_OF_GET)},
        **problem_responses(*problems),
    }


def post_responses(*problems: problem_types.ProblemType) -> Responses:
    """Return the responses of a POST: a record of a generation, and the problems it may meet."""
    answered = {200: {"description": "Answered", "headers": _headers(_OF_ANSWERS)}}
    return answered | problem_responses(problem_types.REFUSED, problem_types.TOO_LONG, *problems)


def problem_responses(*problems: problem_types.ProblemType) -> Responses:
    """Return the responses of the problems that a route may meet; an internal error is always among them."""
    by_status: dict[int, list[problem_types.ProblemType]] = {}
    for problem in (*problems, problem_types.UNEXPECTED):
        by_status.setdefault(problem.status, []).append(problem)
    return {
        status: {
            "model": ProblemDetail,
            "description": "; ".join(problem.title for problem in same),
            "headers": _headers(_OF_RETRIES if any(problem.retry_s for problem in same) else {}),
            _PROBLEMS: [problem.slug for problem in same],
        }
        for status, same in by_status.items()
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


def _headers(headers: dict[str, tuple[str, str]]) -> Schema:
    return {
        name: {"description": description, "schema": {"type": "string"}, "example": example}
        for name, (description, example) in (headers | _OF_ALL).items()
    }


def _without_null(parameter: Schema) -> Schema:
    """Return the schema of a parameter without null, which no text in an address means."""
    options = [option for option in parameter.get("anyOf", ()) if option.get("type") != "null"]
    rest = {name: value for name, value in parameter.items() if name != "anyOf"}
    return {**options[0], **rest} if len(options) == 1 else parameter


def _complete(path: str, status: str, response: Schema) -> None:
    """Add the examples of a response, and the media type of a problem."""
    response.setdefault("headers", _headers({}))
    if slugs := response.pop(_PROBLEMS, None):
        content = response["content"].pop("application/json")
        instance = path.replace("{id}", examples.ARTICLE.id)
        problems = {slug: problem_examples.example(_PROBLEM_TYPES[slug, int(status)], instance) for slug in slugs}
        content["examples"] = {slug: {"value": one.model_dump(exclude_none=True)} for slug, one in problems.items()}
        response["content"] = {MEDIA_TYPE: content}
    elif content := response.get("content", {}).get("application/json"):
        name = content["schema"]["$ref"].rpartition("/")[2]
        content["example"] = _EXAMPLES[name]
        if name == "SearchResult":
            response["links"] = _LINKS
