"""What the open generation says of itself, read once a generation: counting an archive takes a while."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet

from api.schemas.response import generation_of
from rag.service import RagService
from rag.types.index import Status

log = logging.getLogger(__name__)

PATIENCE_S = 0.1  # that the first page waits for questions; the next one has them


class StatusCache:
    """The status of what is open, remembered until another generation serves. Safe for threads."""

    def __init__(self, service: RagService) -> None:
        self._service = service
        self._last: Status | None = None
        self._asking = threading.Lock()
        self._asked: tuple[str, Future[tuple[str, ...]]] | None = None

    def current(self) -> Status:
        """Return it; raises what `RagService.status` raises."""
        last = self._last
        if last is None or last.generation != generation_of(self._service):
            last = self._last = self._service.status()
        return last

    def questions(self, patience_s: float = PATIENCE_S) -> tuple[str, ...]:
        """Return questions that the archive answers; none while they are still being looked for, beside requests."""
        generation = generation_of(self._service)
        if generation is None:
            return ()
        with self._asking:
            if self._asked is None or self._asked[0] != generation:
                self._asked = generation, Future()
                threading.Thread(target=self._look, args=(self._asked[1],), name="invitation", daemon=True).start()
            asked = self._asked[1]
        try:
            return asked.result(timeout=patience_s)
        except NotYet:
            return ()

    def _look(self, found: Future[tuple[str, ...]]) -> None:
        try:
            found.set_result(self._service.invitation())
        except Exception:
            log.exception("no questions could be made for the first page")
            found.set_result(())
