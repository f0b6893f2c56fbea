"""Times every request and its stages, counts it, and adds the headers that every response has."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException

from api.middleware.request_id import REQUEST_ID_HEADER, assign_request_id
from api.observability import tracing
from api.observability.metrics import Metrics
from api.schemas.response import GENERATION_HEADER, generation_of
from api.service import ArchiveService
from rag.instrumentation import collected

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 1 << 20  # a question with its filter has a few thousand

# A page loads from its own host alone, and no inline script runs, whatever an article contains
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
CACHING_HEADERS = {"Cache-Control": "no-cache"}  # may be stored, but must be revalidated before it is used
TIMING_HEADER = "Server-Timing"
STAGES = ("embed", "search", "rerank", "answer", "facets")  # in the order they run


class ObservationMiddleware:
    """ASGI middleware, the outermost of the app's own."""

    def __init__(self, app: ASGIApp, service: ArchiveService, metrics: Metrics) -> None:
        self.app = app
        self.service = service
        self.metrics = metrics
        self.stage_spans = tracing.stage_spans()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, request_id = time.perf_counter(), 0, assign_request_id(scope)
        inner = _as_get(scope)
        tracing.set_request_id(request_id)

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status, headers = message["status"], MutableHeaders(scope=message)
                self._add_headers(headers, request_id, took, time.perf_counter() - began)
                if status == 304:  # without a body, GZipMiddleware does not add it, but the cached response has it
                    headers.add_vary_header("Accept-Encoding")
            await send(message)

        with collected(self.stage_spans) as took:
            try:
                await self.app(inner, _bounded(receive), send_with_headers)
            finally:
                seconds = time.perf_counter() - began
                self.metrics.count_request(_template(inner), scope["method"], status or 500, seconds)

    def _add_headers(self, headers: MutableHeaders, request_id: str, took: Mapping[str, float], seconds: float) -> None:
        for header, value in (*SECURITY_HEADERS.items(), *CACHING_HEADERS.items()):
            headers.setdefault(header, value)
        headers[REQUEST_ID_HEADER] = request_id
        headers.append(TIMING_HEADER, server_timing(took, seconds))
        if generation := generation_of(self.service):
            headers.setdefault(GENERATION_HEADER, generation)


def server_timing(took: Mapping[str, float], seconds: float) -> str:
    """Return the value of `Server-Timing`: the milliseconds of each stage that ran, and of the whole request."""
    stages = [(name, took[name]) for name in STAGES if name in took]
    return ", ".join(f"{name};dur={spent * 1000:.1f}" for name, spent in (*stages, ("total", seconds)))


def _as_get(scope: Scope) -> Scope:
    """Return the scope to route: a HEAD is answered as a GET, and the server leaves its body out."""
    return {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope


def _bounded(receive: Receive) -> Receive:
    """Return a `receive` that raises 413 once the body has more than MAX_BODY_BYTES."""
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
    """Return the template of the route that answered: a metric then has no more labels than there are routes."""
    if "route" in scope:
        return str(scope["route"].path)
    return "/static/{path}" if scope["path"].startswith("/static/") else "(none)"
