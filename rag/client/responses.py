"""Replies -> records, or the error that a problem stands for.

A newer server may add a field to a record, and must break no client by it: fields that this version does not know are
left out, at every depth. Elsewhere the records refuse unknown fields, because there Byline reads what it wrote itself,
and a field too many is a slip. What is missing, or has a value that it cannot have, is an error here too.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
from pydantic import ValidationError

from rag.client.requests import Call, T
from rag.client.retries import Reply
from rag.errors import (
    ApiError,
    ArticleMissingError,
    BylineError,
    GenerationGoneError,
    IndexMissingError,
    ModelError,
    QuestionError,
    UnreachableError,
    UnreadableReplyError,
    UnusableIndexError,
    faults_of,
)

SHOWN = 200  # characters of a reply that is no RFC 9457 problem
_OF_KIND: dict[str, Callable[[str], BylineError]] = {
    "article-missing": ArticleMissingError,
    "generation-gone": GenerationGoneError,
    "index-missing": IndexMissingError,
    "index-unusable": UnusableIndexError,
    "model-unavailable": ModelError,
}


def read(call: Call[T], reply: Reply, base: str, attempts: int) -> T:
    """Return the record of a reply; raises the BylineError that stands for what came instead."""
    if isinstance(reply, httpx2.RequestError):
        tried = f" ({attempts} attempts)" if attempts > 1 else ""
        reason = str(reply) or type(reply).__name__
        raise UnreachableError(f"{base}: {reason}{tried}; is a server running there?") from reply
    if reply.status_code != 200:
        raise failure(reply)
    try:
        return call.record.model_validate_json(reply.content, extra="ignore")
    except ValidationError as error:
        field, reason = faults_of(error)[0]
        raise UnreadableReplyError(
            f"{reply.url}: is no {call.record.__name__} that this version reads: {field or 'body'}: {reason}; "
            "check the address, or update byline"
        ) from error


def failure(reply: httpx2.Response) -> BylineError:
    """Return the error that a reply other than 200 stands for; its `__cause__` is the server's whole problem."""
    problem = _problem(reply)
    kind = str(problem.get("type", "")).rpartition("#problem-")[2]
    detail = str(problem.get("detail") or problem.get("title") or "")
    whole = ApiError(
        _message(reply, problem, detail), status=reply.status_code, kind=kind, problem=problem,
        request_id=reply.headers.get("X-Request-ID"),
    )  # fmt: skip
    error: BylineError | None = None
    if kind == "invalid-request" and (faults := _faults(problem)):
        error = QuestionError(faults[0][0], "; ".join([faults[0][1], *(f"{name}: {why}" for name, why in faults[1:])]))
    elif kind in _OF_KIND:
        error = _OF_KIND[kind](detail)
    if error is None:
        return whole
    error.__cause__ = whole
    return error


def _problem(reply: httpx2.Response) -> dict[str, Any]:
    """Return the RFC 9457 document that a reply holds, empty where it is none: a proxy answers with a page."""
    if "json" not in reply.headers.get("Content-Type", ""):
        return {}
    try:
        document = json.loads(reply.content)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _faults(problem: dict[str, Any]) -> list[tuple[str, str]]:
    faults = problem.get("errors") or []
    return [(str(fault.get("field")), str(fault.get("reason"))) for fault in faults if isinstance(fault, dict)]


def _message(reply: httpx2.Response, problem: dict[str, Any], detail: str) -> str:
    name = f"{reply.status_code} {reply.reason_phrase}".strip()
    if problem:
        return f"{reply.url}: {name}: {detail}"
    if reply.is_redirect:
        return f"{reply.url}: {name}: leads to {reply.headers.get('Location')}; use that address"
    text = " ".join(reply.text.split())[:SHOWN]
    return f"{reply.url}: {name}: {text or 'nothing else was said'}"
