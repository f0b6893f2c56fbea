"""The status of the open generation and its suggested questions, computed once a generation: both take a while."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet

from api.schemas.response import generation_of
from api.service import ArchiveService
from rag.types.index import Status

log = logging.getLogger(__name__)

PATIENCE_S = 0.1  # that the first page waits for questions; the next one has them


class StatusCache:
    """Keeps the status and the questions of a generation until another one answers. Safe for threads."""

    def __init__(self, service: ArchiveService) -> None:
        self._service = service
        self._status: Status | None = None
        self._lock = threading.Lock()
        self._questions: tuple[str, Future[tuple[str, ...]]] | None = None  # of which generation

    def current(self) -> Status:
        """Return the status; raises what `ArchiveService.status` raises."""
        status = self._status
        if status is None or status.generation != generation_of(self._service):
            status = self._status = self._service.status()
        return status

    def questions(self, patience_s: float = PATIENCE_S) -> tuple[str, ...]:
        """Return questions that the archive answers; none while a thread is still looking for them."""
        generation = generation_of(self._service)
        if generation is None:
            return ()
        with self._lock:
            if self._questions is None or self._questions[0] != generation:
                self._questions = generation, Future()
                threading.Thread(
                    target=self._suggest, args=(self._questions[1],), name="suggested-questions", daemon=True
                ).start()
            questions = self._questions[1]
        try:
            return questions.result(timeout=patience_s)
        except NotYet:
            return ()

    def _suggest(self, questions: Future[tuple[str, ...]]) -> None:
        try:
            questions.set_result(self._service.suggested_questions())
        except Exception:
            log.exception("no questions could be suggested for the first page")
            questions.set_result(())
