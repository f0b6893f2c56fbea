"""What the open generation says of itself, read once a generation: counting an archive takes a while."""

from __future__ import annotations

from api.replies import generation_of
from rag.manifest import Status
from rag.service import RagService


class Facts:
    """The status of what is open, remembered until another generation serves."""

    def __init__(self, service: RagService) -> None:
        self._service = service
        self._last: Status | None = None

    def current(self) -> Status:
        """Return it; raises what `RagService.status` raises."""
        last = self._last
        if last is None or last.generation != generation_of(self._service):
            last = self._last = self._service.status()
        return last
