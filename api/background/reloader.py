"""A thread that opens the index and every newer generation of it, while the old one serves on."""

from __future__ import annotations

import logging
import threading

from api.schemas.response import generation_of
from rag.errors import IndexMissingError, ModelError
from rag.service import RagService

log = logging.getLogger(__name__)

MODEL_RETRY_S = 30.0  # a model that cannot be loaded is costly to try again


class IndexReloader:
    """Looks every `settings.reload_s` for a new generation. `fault` is why the last one failed, or None."""

    def __init__(self, service: RagService) -> None:
        self.service = service
        self.fault: Exception | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Go on looking until `stop`."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name="generation-watcher", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let the thread end after the look it is at."""
        self._stop.set()
        if self._thread:
            self._thread.join(timeout=10)

    def look(self) -> None:
        """Open a newer generation if there is one; log a failure once for each message."""
        before = generation_of(self.service)
        try:
            if self.service.is_open:
                self.service.reload()
            else:
                self.service.open()
        except Exception as error:  # noqa: BLE001 - whatever one look meets, the next must still come
            if str(error) != str(self.fault):
                expected = isinstance(error, IndexMissingError)
                log.log(logging.WARNING if expected else logging.ERROR, "%s", error)
            self.fault = error
        else:
            self.fault = None
        if (now := generation_of(self.service)) != before:
            log.info("%s serves", now)

    def _run(self) -> None:
        while not self._stop.wait(self._pause_s()):
            self.look()

    def _pause_s(self) -> float:
        return MODEL_RETRY_S if isinstance(self.fault, ModelError) else self.service.settings.reload_s
