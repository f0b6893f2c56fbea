"""The pages' files: cached for a year where the address names their version, else revalidated each time."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from fastapi.staticfiles import StaticFiles

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Scope

IMMUTABLE = "public, max-age=31536000, immutable"


class VersionedStaticFiles(StaticFiles):
    """Serves a folder. An address with `?v=...` names a file that never changes."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file, or 304."""
        response = await super().get_response(path, scope)
        if parse_qs(scope["query_string"]).get(b"v") and response.status_code in {200, 304}:
            response.headers["Cache-Control"] = IMMUTABLE
        if etag := response.headers.get("ETag"):  # the file may be sent compressed: other bytes, the same tag
            response.headers["ETag"] = f"W/{etag.removeprefix('W/')}"
        return response
