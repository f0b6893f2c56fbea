"""Watching folders: each burst of changes in them leads to one reindex, within seconds."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from rag.errors import BylineError, SettingsError

# A burst of changes ends after QUIET_MS milliseconds without a change, or MAX_BURST_MS after it began
QUIET_MS, MAX_BURST_MS = 400, 4_000

log = logging.getLogger(__name__)


def follow(roots: Sequence[Path], ignored: Path, reindex: Callable[[], object], stop: threading.Event) -> None:
    """Call `reindex` after each burst of changes in `roots`, until `stop` is set. Changes below `ignored` do not count.

    Ctrl-C ends the watching too; while `reindex` runs, it raises KeyboardInterrupt there. A BylineError of `reindex` is
    logged, and the next burst is awaited. Raises SettingsError where watchfiles is not installed.
    """
    try:
        import watchfiles
    except ImportError:
        raise SettingsError("following folders needs `pip install 'byline[watch]'`") from None
    own = ignored.resolve()

    def counts(_: watchfiles.Change, path: str) -> bool:
        place = Path(path)
        return not place.is_relative_to(own) and not any(part.startswith(".") for part in _below(place, roots))

    for _ in watchfiles.watch(
        *roots, watch_filter=counts, step=QUIET_MS, debounce=MAX_BURST_MS, stop_event=stop, raise_interrupt=False
    ):
        try:
            reindex()
        except BylineError as error:
            log.warning("%s", error)


def _below(place: Path, roots: Sequence[Path]) -> Sequence[str]:
    """Return the parts of a path below its root, of which hidden ones are ignored, without a final `.ragignore`."""
    for root in roots:
        if place.is_relative_to(root.resolve()):
            names = place.relative_to(root.resolve()).parts
            return names[:-1] if names and names[-1] == ".ragignore" else names
    return ()
