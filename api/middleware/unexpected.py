"""Unexpected exceptions become a problem, inside the middleware that adds headers."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from fastapi import Request

from api.errors import handlers
from api.observability import tracing

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)


class UnexpectedErrorMiddleware:
    """ASGI middleware, the innermost: logs an exception with the request's id, and answers 500."""

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
        except Exception as error:
            if scope["type"] != "http":
                raise
            request = Request(scope)
            tracing.record_exception(error)
            log.exception("%s %r failed (request %s)", request.method, scope["path"], request.state.request_id)
            if started:  # too late for a 500, and half an answer must not look whole
                raise
            await handlers.respond_unexpected(request)(scope, receive, send)
