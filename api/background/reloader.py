"""A thread that opens the index and every newer generation of it, while the old one goes on answering."""

from __future__ import annotations

import logging
import threading

from api.schemas.response import generation_of
from api.service import ArchiveService
from rag.errors import IndexMissingError, ModelError

log = logging.getLogger(__name__)

MODEL_RETRY_S = 30.0  # loading a model that cannot be loaded takes seconds of a processor each time


class IndexReloader:
    """Checks every `settings.reload_s` for a new generation. `last_error` is why the last check failed, or None."""

    def __init__(self, service: ArchiveService) -> None:
        self.service = service
        self.last_error: Exception | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread, which checks until `stop`."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name="index-reloader", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the check under way."""
        self._stop.set()
        if self._thread:
            self._thread.join(timeout=10)

    def check(self) -> None:
        """Open a newer generation if there is one; log a failure once for each message."""
        before = generation_of(self.service)
        try:
            if before is None:
                self.service.open()
            else:
                self.service.reload()
        except Exception as error:  # noqa: BLE001 - whatever fails in one check, the next one must still come
            if str(error) != str(self.last_error):
                expected = isinstance(error, IndexMissingError)
                log.log(logging.WARNING if expected else logging.ERROR, "%s", error)
            self.last_error = error
        else:
            self.last_error = None
        if (now := generation_of(self.service)) != before:
            log.info("%s answers", now)

    def _run(self) -> None:
        while not self._stop.wait(self._pause_s()):
            self.check()

    def _pause_s(self) -> float:
        return MODEL_RETRY_S if isinstance(self.last_error, ModelError) else self.service.settings.reload_s
