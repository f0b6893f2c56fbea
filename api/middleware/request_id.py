"""A name for each request, so that what a caller met can be found in the log: theirs, if it can be one."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

if TYPE_CHECKING:
    from starlette.types import Scope

REQUEST_ID_HEADER = "X-Request-ID"
_SANE = re.compile(r"[A-Za-z0-9_.:-]{1,128}")  # nothing that could forge a line of a log


def named(scope: Scope) -> str:
    """Return the request's name, and keep it in the request's state for whoever answers it."""
    given = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
    name = given if _SANE.fullmatch(given) else secrets.token_hex(8)
    scope.setdefault("state", {})["request_id"] = name
    return name
