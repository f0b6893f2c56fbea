"""Errors -> RFC 9457 `application/problem+json`, or the same words on a page where a page was asked for.

A problem's `type` is a relative reference to its paragraph on /docs, so that it can be followed and compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import Field
from starlette.exceptions import HTTPException

from api.errors import problem_types
from api.pages.rendering import render
from api.schemas.response import generation_of
from rag.errors import BylineError, QuestionError
from rag.messages import listed
from rag.types.articles import Record

MEDIA_TYPE = "application/problem+json"
SEE_DOCS = "See /docs for what is accepted."
REASONS = {
    "extra_forbidden": "no field or parameter has this name",
    "missing": "a value is required",
    "json_invalid": "must be valid JSON",
    "model_attributes_type": "must be a JSON object, sent with Content-Type: application/json",
}


class FieldError(Record):
    """What is wrong with one field (of a body, dotted) or parameter."""

    field: str = Field(examples=["k"])
    reason: str = Field(examples=["Input should be less than or equal to 100"])


class ProblemDetail(Record):
    """The one shape of every error (RFC 9457); `detail` says what to do next."""

    type: str = Field(description="Where this kind of problem is explained, relative to the server.")
    title: str
    status: int
    detail: str
    instance: str = Field(description="The path that was asked for.")
    request_id: str = Field(description="The request's name, as in `X-Request-ID` and in the server's log.")
    generation: str | None = Field(None, description="The generation that was open, where one was.")
    errors: tuple[FieldError, ...] | None = Field(None, description="Each field at fault (422 only).")


def install(app: FastAPI) -> None:
    """Let every error of `app` become a problem."""
    app.add_exception_handler(BylineError, _purposeful)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)


def respond(
    request: Request,
    kind: problem_types.ProblemType,
    detail: str,
    errors: tuple[FieldError, ...] | None = None,
    status: int = 0,
) -> Response:
    """Return the problem as JSON, or as a page to who asked for a page."""
    problem = ProblemDetail(
        type=kind.type,
        title=kind.title,
        status=status or kind.status,
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
    if kind.retry_s:
        response.headers["Retry-After"] = str(kind.retry_s)
    return response


def of_error(request: Request, error: BylineError) -> Response:
    """Return the response to an error that Byline raised on purpose."""
    kind = problem_types.of(error)
    if not isinstance(error, QuestionError):
        return respond(request, kind, str(error))
    named = "q" if request.method == "GET" and error.field == "question" else error.field
    errors = (FieldError(field=named, reason=error.reason),)
    return respond(request, kind, _invalid_detail(errors), errors)


def unexpected(request: Request) -> Response:
    """Return what a caller is told of a fault that nobody foresaw: nothing of its inside."""
    return respond(request, problem_types.UNEXPECTED, "Try again; if it stays, the server's log says what went wrong.")


def field_errors(errors: Iterable[Mapping[str, Any]]) -> tuple[FieldError, ...]:
    """Turn pydantic's errors into ours; what was sent is not echoed, half a surrogate pair is `?`."""
    return tuple(
        FieldError(
            field=_field(error).encode("utf-8", "replace").decode(),
            reason=REASONS.get(error["type"], error["msg"].removeprefix("Value error, ")),
        )
        for error in errors
    )


def _field(error: Mapping[str, Any]) -> str:
    where = [str(part) for part in error["loc"]]
    if where[0] in {"body", "query", "path"} and error["type"] != "json_invalid":
        return ".".join(where[1:]) or where[0]
    return where[0]


def _invalid_detail(errors: Sequence[FieldError]) -> str:
    """Return a sentence that names each field at fault, with the reason where it is the only one."""
    if len(errors) == 1:
        return f"Invalid value for `{errors[0].field}`: {errors[0].reason}. {SEE_DOCS}"
    return f"Invalid values for {listed([f'`{error.field}`' for error in errors])}. {SEE_DOCS}"


def _wants_page(request: Request) -> bool:
    if "route" in request.scope:
        return getattr(request.state, "is_page", False)
    looks = "text/html" in request.headers.get("accept", "")
    return looks and not request.scope["path"].startswith("/v1/")


async def _purposeful(request: Request, error: Exception) -> Response:
    assert isinstance(error, BylineError)
    return of_error(request, error)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = field_errors(error.errors())
    return respond(request, problem_types.INVALID, _invalid_detail(errors), errors)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = {404: problem_types.NO_ROUTE, 405: problem_types.NO_METHOD, 413: problem_types.TOO_LONG}.get(
        error.status_code, problem_types.REFUSED
    )
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = _allowed(request, headers["Allow"])
    detail = {
        404: "Check the address. /docs lists every endpoint.",
        405: f"Use {headers.get('Allow')}. {SEE_DOCS}",
    }.get(error.status_code, f"{error.detail}. {SEE_DOCS}")
    response = respond(request, kind, detail, status=error.status_code)
    response.headers.update(headers)
    return response


def _allowed(request: Request, said: str) -> str:
    """Return all methods of the path: a route knows only its own, and two routes may share a path."""
    path = getattr(request.scope.get("route"), "path_format", None)
    methods = {method.upper() for method in request.app.openapi()["paths"].get(path, ())}
    methods |= set(said.split(", "))
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
