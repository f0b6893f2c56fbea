"""Around every request: time it, count it, name the generation; what nobody foresaw becomes a problem."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException

from api import problems
from api.metrics import Metrics
from api.replies import GENERATION_HEADER, generation_of
from rag.service import RagService

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 1 << 20  # a question and a filter are a few thousand

# Everything a page needs comes from here; nothing inline runs, whatever an article says.
SAFETY = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class Observing:
    """ASGI middleware, the outermost of the app's own."""

    def __init__(self, app: ASGIApp, service: RagService, metrics: Metrics) -> None:
        self.app = app
        self.service = service
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0
        inner = _as_get(scope)

        async def stamped(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._stamp(MutableHeaders(scope=message), time.perf_counter() - began)
            await send(message)

        try:
            await self.app(inner, _bounded(receive), stamped)
        except Exception:
            log.exception("%s %r failed", scope["method"], scope["path"])
            if status:  # too late to say so: half an answer must not look whole
                raise
            await problems.unexpected(Request(inner))(inner, receive, stamped)
        finally:
            seconds = time.perf_counter() - began
            self.metrics.count_request(_template(inner), scope["method"], status or 500, seconds)

    def _stamp(self, headers: MutableHeaders, seconds: float) -> None:
        for name, value in SAFETY.items():
            headers.setdefault(name, value)
        headers.append("Server-Timing", f"total;dur={seconds * 1000:.1f}")
        if generation := generation_of(self.service):
            headers.setdefault(GENERATION_HEADER, generation)


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
