"""A call as httpx2 sends it, and what both clients start from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any
from urllib.parse import urlencode, urlsplit

from rag.client.requests import Call
from rag.client.retries import Retry
from rag.errors import IndexMissingError, ModelError, UnreachableError, UnusableIndexError

TIMEOUT_S = 30.0  # for each of connecting, sending and waiting
RETRY = Retry()
NO_HEADERS: Mapping[str, str] = {}
NOT_READY = (IndexMissingError, UnusableIndexError, ModelError)


def address(url: str) -> str:
    """Return where a server is, if it is an address; raises UnreachableError."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UnreachableError(f"{url!r}: is no address of a server; write it as http://127.0.0.1:8000")
    return url


def headers_with(more: Mapping[str, str]) -> dict[str, str]:
    """Return what goes with every request."""
    return {"User-Agent": f"byline/{version('byline')}", "Accept": "application/json", **more}


def request(call: Call[Any]) -> dict[str, Any]:
    """Return a call as httpx2 takes a request; half a surrogate pair in a text is sent as `?` or as its escape."""
    query = urlencode(call.params or {}, doseq=True, errors="replace")
    headers = {"X-Request-ID": call.request_id} if call.request_id else {}
    if call.body is not None:
        headers["Content-Type"] = "application/json"
    return {
        "method": call.method,
        "url": f"{call.path}?{query}" if query else call.path,
        "headers": headers,
        "content": None if call.body is None else json.dumps(call.body),
    }
