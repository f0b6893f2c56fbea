"""Entity tags: a client that has the current answer is told so before any work is done.

An answer depends on the request, the generation, the settings, the version of the program, and the day; nothing else.
A tag is a digest of all of these, so that equal tags mean equal answers. It is weak, because the same answer may be
sent compressed or not. A response is tagged only where none of these changed while it was computed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Coroutine
from datetime import date
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from api.service import ArchiveService

SETTINGS = {
    "index", "embedder", "model", "dense_weight", "max_sim_weight", "reranker", "rerank_depth", "rerank_ms",
    "min_confidence",
}  # fmt: skip
DAYLESS = "/v1/articles/"  # an article does not depend on the day
_TAG = re.compile(r'"[^"]*"')

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Revalidated(APIRoute):
    """A route whose GET is answered with 304, unanswered, where `If-None-Match` names the current tag."""

    def get_route_handler(self) -> Handler:
        """Return the handler that FastAPI makes, with tags around it."""
        handle = super().get_route_handler()

        async def handle_with_tag(request: Request) -> Response:
            tag = tag_of(request)
            if tag and matches(request, tag):
                return _not_modified(tag)
            response = await handle(request)
            return _tagged(request, response, tag)

        return handle_with_tag


class RevalidatedByBody(APIRoute):
    """A route whose answer may change while a generation is open: it is computed, and its body tagged."""

    def get_route_handler(self) -> Handler:
        """Return the handler that FastAPI makes, with tags around it."""
        handle = super().get_route_handler()

        async def handle_with_tag(request: Request) -> Response:
            response = await handle(request)
            response.headers["ETag"] = tag = _weak(bytes(response.body))
            return _not_modified(tag) if matches(request, tag) else response

        return handle_with_tag


def tag_of(request: Request) -> str | None:
    """Return the tag of the answer to a GET as of now; None for other methods and where nothing is open."""
    service: ArchiveService = request.app.state.service
    generation = service.open_generation
    if request.method != "GET" or generation is None:
        return None
    path, query = request.scope["path"], request.query_params
    parts = (
        request.app.version,
        generation.name,
        generation.created,  # a new index counts its generations from one again
        service.settings.model_dump(mode="json", include=SETTINGS),
        sorted(service.settings.model_fields_set & SETTINGS),  # what is set overrides what was fitted
        path,
        sorted((name, value) for name, value in query.multi_items() if name != "as_of"),
        None if path.startswith(DAYLESS) else query.getlist("as_of") or [date.today().isoformat()],
    )
    return _weak(json.dumps(parts, sort_keys=True).encode(errors="replace"))


def matches(request: Request, tag: str) -> bool:
    """Return whether `If-None-Match` names the tag."""
    return tag.removeprefix("W/") in _TAG.findall(request.headers.get("If-None-Match", ""))


def _tagged(request: Request, response: Response, tag: str | None) -> Response:
    """Tag a response, unless it must not be stored, or what the tag covers changed meanwhile."""
    if tag and response.status_code == 200 and "Cache-Control" not in response.headers and tag == tag_of(request):
        response.headers["ETag"] = tag
    return response


def _not_modified(tag: str) -> Response:
    return Response(status_code=304, headers={"ETag": tag})


def _weak(content: bytes) -> str:
    return f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
