"""An id for each request, by which it is found in the log: the caller's own, where it is safe to log."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

if TYPE_CHECKING:
    from starlette.types import Scope

REQUEST_ID_HEADER = "X-Request-ID"
_SAFE = re.compile(r"[A-Za-z0-9_.:-]{1,128}")  # nothing that could forge a line of the log


def assign_request_id(scope: Scope) -> str:
    """Return the request's id, and keep it in the request's state for its handlers."""
    sent = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
    request_id = sent if _SAFE.fullmatch(sent) else secrets.token_hex(8)
    scope.setdefault("state", {})["request_id"] = request_id
    return request_id
