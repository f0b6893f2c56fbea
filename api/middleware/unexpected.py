"""What nobody foresaw becomes a problem, inside all that headers are put on by."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from fastapi import Request

from api.errors import handlers
from api.observability import tracing

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)


class Faults:
    """ASGI middleware, the innermost: logs a fault with the request's name, and answers 500."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as fault:
            if scope["type"] != "http":
                raise
            request = Request(scope)
            tracing.record(fault)
            log.exception("%s %r failed (request %s)", request.method, scope["path"], request.state.request_id)
            if started:  # too late to say so: half an answer must not look whole
                raise
            await handlers.unexpected(request)(scope, receive, send)
