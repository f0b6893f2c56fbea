"""Entity tags: who has an answer already is told so before any work is done for it.

What a question is answered depends on the generation, on what the operator set, on the program, and on the day;
nothing else. A tag names all of these and the request, so that an equal tag is an equal answer. It is weak, for the
same answer may be sent compressed or not. A tag is only given where all of that stayed the same while it was made.
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

from rag.service import RagService

SETTINGS = {
    "index", "embedder", "model", "dense_weight", "max_sim_weight", "reranker", "rerank_depth", "rerank_ms",
    "min_confidence",
}  # fmt: skip
DAYLESS = "/v1/articles/"  # an article is the same on every day
_TAG = re.compile(r'"[^"]*"')

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Revalidated(APIRoute):
    """A route whose GET is answered with 304 where `If-None-Match` names the answer's tag."""

    def get_route_handler(self) -> Handler:
        """Return the handler that FastAPI makes, with tags around it."""
        answer = super().get_route_handler()

        async def revalidated(request: Request) -> Response:
            tag = tag_of(request)
            if tag and holds(request, tag):
                return _not_modified(tag)
            response = await answer(request)
            return _tagged(request, response, tag)

        return revalidated


class RevalidatedByBody(APIRoute):
    """The same for what may change while a generation serves: it is made, and then compared."""

    def get_route_handler(self) -> Handler:
        """Return the handler that FastAPI makes, with tags around it."""
        answer = super().get_route_handler()

        async def revalidated(request: Request) -> Response:
            response = await answer(request)
            response.headers["ETag"] = tag = _weak(bytes(response.body))
            return _not_modified(tag) if holds(request, tag) else response

        return revalidated


def tag_of(request: Request) -> str | None:
    """Return the tag of what a GET is answered now; None where nothing is open."""
    service: RagService = request.app.state.service
    if request.method != "GET" or not service.is_open:
        return None
    path, query = request.scope["path"], request.query_params
    says = (
        request.app.version,
        service.generation.name,
        service.generation.manifest.created,  # names begin again where an index is made anew
        service.settings.model_dump(mode="json", include=SETTINGS),
        sorted(service.settings.model_fields_set & SETTINGS),  # what is set wins over what was fitted
        path,
        sorted((name, value) for name, value in query.multi_items() if name != "as_of"),
        None if path.startswith(DAYLESS) else query.getlist("as_of") or [date.today().isoformat()],
    )
    return _weak(json.dumps(says, sort_keys=True).encode(errors="replace"))


def holds(request: Request, tag: str) -> bool:
    """Return whether the caller says that it has the answer of that tag."""
    return tag.removeprefix("W/") in _TAG.findall(request.headers.get("If-None-Match", ""))


def _tagged(request: Request, response: Response, tag: str | None) -> Response:
    """Tag a response, unless it is not to be kept, or something changed while it was made."""
    if tag and response.status_code == 200 and "Cache-Control" not in response.headers and tag == tag_of(request):
        response.headers["ETag"] = tag
    return response


def _not_modified(tag: str) -> Response:
    return Response(status_code=304, headers={"ETag": tag})


def _weak(said: bytes) -> str:
    return f'W/"{hashlib.sha256(said).hexdigest()[:32]}"'
