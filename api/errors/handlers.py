"""Errors -> RFC 9457 `application/problem+json`, or a page with the same words where a page was requested.

The `type` of a problem is a relative reference to its paragraph on /docs, so that it can be followed and compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import Field
from starlette.exceptions import HTTPException

from api.errors import problem_types
from api.pages.rendering import render
from api.schemas.request import param_of
from api.schemas.response import generation_of
from rag.errors import BylineError, QuestionError
from rag.types.articles import Record

MEDIA_TYPE = "application/problem+json"
SEE_DOCS = "/docs lists what is accepted."

UNKNOWN, MISSING = "is not known here", "is missing"
REASONS = {  # pydantic's types of error -> reasons that name no Python
    "extra_forbidden": UNKNOWN,
    "missing": MISSING,
    "json_invalid": "is not JSON",
    "model_attributes_type": "must be a JSON object, sent with Content-Type: application/json",
}


class FieldError(Record):
    """What is wrong with one field (of a body, dotted) or parameter."""

    field: str = Field(examples=["k"])
    reason: str = Field(examples=["Input should be less than or equal to 100"])


class ProblemDetail(Record):
    """The one shape of every error (RFC 9457); `detail` says what to do next."""

    type: str = Field(description="Where this type of problem is explained, relative to the server.")
    title: str
    status: int
    detail: str
    instance: str = Field(description="The path of the request.")
    request_id: str = Field(description="The request's id, as in `X-Request-ID` and in the server's log.")
    generation: str | None = Field(None, description="The generation that was open, where one was.")
    errors: tuple[FieldError, ...] | None = Field(None, description="Each invalid field (422 only).")


def install(app: FastAPI) -> None:
    """Register the handlers that turn every error of `app` into a problem."""
    app.add_exception_handler(BylineError, _byline_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)


def respond(
    request: Request,
    problem_type: problem_types.ProblemType,
    detail: str,
    errors: tuple[FieldError, ...] | None = None,
    status: int = 0,
) -> Response:
    """Return the problem as JSON, or as a page where a page was requested."""
    problem = ProblemDetail(
        type=problem_type.type,
        title=problem_type.title,
        status=status or problem_type.status,
        detail=detail,
        instance=quote(request.scope["path"]),
        request_id=request.state.request_id,
        generation=generation_of(request.app.state.service),
        errors=errors,
    )
    if _wants_page(request):
        response: Response = render("message.html", problem.status, problem=problem)
    else:
        response = Response(problem.model_dump_json(exclude_none=True), problem.status, media_type=MEDIA_TYPE)
    if problem_type.retry_s:
        response.headers["Retry-After"] = str(problem_type.retry_s)
    return response


def respond_to_error(request: Request, error: BylineError) -> Response:
    """Return the response to an error that Byline raised on purpose."""
    if isinstance(error, QuestionError):
        return _respond_invalid(request, (field_error(error, in_address=request.method != "POST"),))
    return respond(request, problem_types.type_of(error), str(error))


def respond_unexpected(request: Request) -> Response:
    """Return the response to an exception that nobody expected: it tells nothing of the server's inside."""
    detail = "Try again; if it fails again, the server's log has the cause under this `request_id`."
    return respond(request, problem_types.UNEXPECTED, detail)


def field_error(error: QuestionError, *, in_address: bool) -> FieldError:
    """Return the field that a QuestionError names, under the name that the caller sent it by."""
    return FieldError(field=param_of(error.field) if in_address else error.field, reason=error.reason)


def field_errors(errors: Iterable[Mapping[str, Any]]) -> tuple[FieldError, ...]:
    """Return pydantic's errors as ours: values are not echoed, and half a surrogate pair becomes `?`."""
    return tuple(
        FieldError(
            field=_field(error).encode("utf-8", "replace").decode(),
            reason=_reason(error),
        )
        for error in errors
    )


def _field(error: Mapping[str, Any]) -> str:
    place = [str(part) for part in error["loc"]]
    if place[0] in {"body", "query", "path"} and error["type"] != "json_invalid":
        return ".".join(place[1:]) or place[0]
    return place[0]


def _reason(error: Mapping[str, Any]) -> str:
    """Return why a value was refused: for a check of ours in its own words, without pydantic's prefix."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return REASONS.get(error["type"], str(error["msg"]))


def _respond_invalid(request: Request, errors: tuple[FieldError, ...]) -> Response:
    return respond(request, problem_types.INVALID, _invalid_detail(errors), errors)


def _invalid_detail(errors: tuple[FieldError, ...]) -> str:
    """Return the first error in a sentence, and how many others there are."""
    field, reason = errors[0].field, errors[0].reason
    sentence = {UNKNOWN: f"Unknown field `{field}`.", MISSING: f"Missing field `{field}`."}.get(
        reason, f"Invalid value for `{field}`: {reason}."
    )
    others = f" The first of {len(errors)} errors, see `errors`." if len(errors) > 1 else ""
    return f"{sentence}{others} {SEE_DOCS}"


def _wants_page(request: Request) -> bool:
    if "route" in request.scope:
        return getattr(request.state, "is_page", False)
    accepts_html = "text/html" in request.headers.get("accept", "")
    return accepts_html and not request.scope["path"].startswith("/v1/")


async def _byline_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, BylineError)
    return respond_to_error(request, error)


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _respond_invalid(request, field_errors(error.errors()))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    problem_type = {
        404: problem_types.NO_ROUTE,
        405: problem_types.NO_METHOD,
        413: problem_types.TOO_LONG,
    }.get(error.status_code, problem_types.REFUSED)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = _allowed_methods(request, headers["Allow"])
    detail = {
        404: "Check the address; /docs lists what is served.",
        405: f"Use {headers.get('Allow')}; {SEE_DOCS}",
    }.get(error.status_code, f"{error.detail}; {SEE_DOCS}")
    response = respond(request, problem_type, detail, status=error.status_code)
    response.headers.update(headers)
    return response


def _allowed_methods(request: Request, of_route: str) -> str:
    """Return all methods of the path: a route knows only its own, and two routes may share a path."""
    path = getattr(request.scope.get("route"), "path_format", None)
    methods = {method.upper() for method in request.app.openapi()["paths"].get(path, ())}
    methods |= set(of_route.split(", "))
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
