"""Folders that are followed: each burst of changes leads to one reindex, within seconds."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from rag.errors import BylineError, SettingsError

QUIET_MS, LONGEST_MS = 400, 4_000  # a burst ends after so long without a change, or goes on so long at most

log = logging.getLogger(__name__)


def follow(roots: Sequence[Path], beside: Path, reindex: Callable[[], object], stop: threading.Event) -> None:
    """Call `reindex` after each burst of changes in `roots`, until `stop` is set; changes below `beside` are no news.

    Ctrl-C ends it too, unless `reindex` is at work, out of which it leads. What `reindex` raises on purpose is said,
    and the next burst awaited. Raises SettingsError where watchfiles is not installed.
    """
    try:
        import watchfiles
    except ImportError:
        raise SettingsError("following folders needs `pip install 'byline[watch]'`") from None
    own = beside.resolve()

    def counts(_: watchfiles.Change, path: str) -> bool:
        place = Path(path)
        return not place.is_relative_to(own) and not any(part.startswith(".") for part in _below(place, roots))

    for _ in watchfiles.watch(
        *roots, watch_filter=counts, step=QUIET_MS, debounce=LONGEST_MS, stop_event=stop, raise_interrupt=False
    ):
        try:
            reindex()
        except BylineError as error:
            log.warning("%s", error)


def _below(place: Path, roots: Sequence[Path]) -> Sequence[str]:
    """Return the names below the root that a path is in; `.ragignore` is one that counts."""
    for root in roots:
        if place.is_relative_to(root.resolve()):
            names = place.relative_to(root.resolve()).parts
            return names[:-1] if names and names[-1] == ".ragignore" else names
    return ()
