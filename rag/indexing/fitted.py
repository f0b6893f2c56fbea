"""A generation with another record of what was fitted to it -> the next generation. Its files are links, not copies."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime

from rag.errors import BylineError, IncompatibleIndexError
from rag.index import storage
from rag.index.generation import Generation
from rag.types.index import Fitted


def publish_fitted(target: storage.IndexStorage, change: Callable[[Fitted], Fitted], embedder: str, keep: int) -> str:
    """Publish what serves once more, with `change` of what was fitted to it; return the new generation's name.

    A reindex meanwhile loses nothing: what serves now is revised. `keep` generations stay. Raises IndexLockedError,
    IndexMissingError, UnusableIndexError (also where another `embedder` wrote what serves now), and BylineError where
    the disk fails.
    """
    try:
        with target.writing():
            draft = target.draft()
            try:
                return _publish(target, draft.name.removesuffix(storage.DRAFT), change, embedder, keep)
            finally:  # as in a reindex: nothing but a published generation stays
                shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise BylineError(
            f"{target.folder}: writing failed: {error}; the published generation is unchanged; "
            "free space on the disk or repair it, then run the command again"
        ) from error


def _publish(
    target: storage.IndexStorage, name: str, change: Callable[[Fitted], Fitted], embedder: str, keep: int
) -> str:
    old = target.open(storage.read_manifest)
    if old.embedder != embedder:
        raise IncompatibleIndexError(
            f"index {target.name!r}: was embedded anew by {old.embedder} meanwhile; what was fitted is of {embedder}; "
            "run again"
        )
    draft = target.folder / f"{name}{storage.DRAFT}"
    storage.link_files(target.folder / old.generation, draft, old)
    made = datetime.now(UTC).isoformat(timespec="seconds")
    update = {"generation": name, "parent": old.generation, "created": made, "fitted": change(old.fitted)}
    storage.write_manifest(draft, old.model_copy(update=update))
    Generation.open(draft)  # through the reader's own code, as a reindex's draft is
    target.publish(draft)
    target.prune(keep)
    return name
