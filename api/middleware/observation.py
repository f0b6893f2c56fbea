"""Around every request: time it and its stages, count it, name it and the generation that answered."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException

from api.middleware.request_id import REQUEST_ID_HEADER, named
from api.observability import tracing
from api.observability.metrics import Metrics
from api.schemas.response import GENERATION_HEADER, generation_of
from rag.instrumentation import collected
from rag.service import RagService

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 1 << 20  # a question and a filter are a few thousand

# Everything a page needs comes from here; nothing inline runs, whatever an article says.
SAFETY = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
KEEPING = {"Cache-Control": "no-cache"}  # may be kept, but not used without asking
TIMING_HEADER = "Server-Timing"
STAGES = ("embed", "search", "rerank", "answer", "facets")  # in the order they run


class Observing:
    """ASGI middleware, the outermost of the app's own."""

    def __init__(self, app: ASGIApp, service: RagService, metrics: Metrics) -> None:
        self.app = app
        self.service = service
        self.metrics = metrics
        self.watch = tracing.watch()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, name = time.perf_counter(), 0, named(scope)
        inner = _as_get(scope)
        tracing.name_request(name)

        async def stamped(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status, headers = message["status"], MutableHeaders(scope=message)
                self._stamp(headers, name, took, time.perf_counter() - began)
                if status == 304:  # compression, which says so of what it may pack, has no body to pack here
                    headers.add_vary_header("Accept-Encoding")
            await send(message)

        with collected(self.watch) as took:
            try:
                await self.app(inner, _bounded(receive), stamped)
            finally:
                seconds = time.perf_counter() - began
                self.metrics.count_request(_template(inner), scope["method"], status or 500, seconds)

    def _stamp(self, headers: MutableHeaders, name: str, took: Mapping[str, float], seconds: float) -> None:
        for safe, value in (*SAFETY.items(), *KEEPING.items()):
            headers.setdefault(safe, value)
        headers[REQUEST_ID_HEADER] = name
        headers.append(TIMING_HEADER, server_timing(took, seconds))
        if generation := generation_of(self.service):
            headers.setdefault(GENERATION_HEADER, generation)


def server_timing(took: Mapping[str, float], seconds: float) -> str:
    """Return how long each stage took, and all of it, in milliseconds, as `Server-Timing` says it."""
    stages = [(name, took[name]) for name in STAGES if name in took]
    return ", ".join(f"{name};dur={spent * 1000:.1f}" for name, spent in (*stages, ("total", seconds)))


def _as_get(scope: Scope) -> Scope:
    """Return what to route: a HEAD is answered as a GET, and the server leaves its body out."""
    return {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope


def _bounded(receive: Receive) -> Receive:
    """Return `receive`, which refuses to read a body that no question can have."""
    read = 0

    async def bounded() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > MAX_BODY_BYTES:
            raise HTTPException(413, f"The body has more than {MAX_BODY_BYTES:,} bytes")
        return message

    return bounded


def _template(scope: Scope) -> str:
    """Return the route template that served, so that a metric has as many labels as there are routes."""
    if "route" in scope:
        return str(scope["route"].path)
    return "/static/{path}" if scope["path"].startswith("/static/") else "(none)"
