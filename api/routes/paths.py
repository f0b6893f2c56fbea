"""Matching of paths below an id: an id may hold slashes, and even end in `/similar`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.routing import Match

from api.middleware.etag import Revalidated

if TYPE_CHECKING:
    from starlette.types import Scope


class Below(Revalidated):
    """A route below an id, as `/v1/articles/{id:path}/similar`: matches only where its last slash was sent unencoded.

    Starlette matches the decoded path, in which `.../one%2Fsimilar` (an article) and `.../one/similar` are the same.
    An id that is sent as one segment, as it should be, always reaches its article.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return how the route matches."""
        sent: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
        if not sent.endswith(b"/" + self.path.rpartition("/")[2].encode()):
            return Match.NONE, {}
        return super().matches(scope)
