"""Publish what serves once more, with another record of what was fitted to it; its files are links, not copies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from rag.errors import BylineError, IncompatibleIndexError
from rag.index import storage
from rag.index.base import Engines, GenerationRef
from rag.index.generation import Generation
from rag.index.storage import IndexStorage
from rag.types.index import Fitted


def publish_fitted(
    target: IndexStorage, engines: Engines, change: Callable[[Fitted], Fitted], embedder: str, keep: int
) -> str:
    """Publish what serves once more, with `change` of what was fitted to it; return the new generation's name.

    A reindex meanwhile loses nothing: what serves now is published. `keep` generations stay. Raises IndexLockedError,
    IndexMissingError, UnusableIndexError (also where another `embedder` wrote what serves now), and BylineError where
    the disk fails.
    """
    try:
        with target.writing():
            draft = target.draft()
            try:
                _publish(target, engines, draft, change, embedder)
                target.prune(keep)
            finally:  # as in a reindex: nothing but a published generation stays
                target.discard(draft)
    except OSError as error:
        raise BylineError(
            f"{target.folder}: writing failed: {error}; the published generation is unchanged; "
            "free space on the disk or repair it, then run the command again"
        ) from error
    return draft.name


def _publish(
    target: IndexStorage, engines: Engines, draft: GenerationRef, change: Callable[[Fitted], Fitted], embedder: str
) -> None:
    serving = target.open(lambda ref: storage.read_manifest(ref.folder))
    if serving.embedder != embedder:
        raise IncompatibleIndexError(
            f"index {target.name!r}: was embedded anew by {serving.embedder} meanwhile; what was fitted is of "
            f"{embedder}; run again"
        )
    ref = target.ref(serving.generation)
    storage.link_files(ref.folder, draft.folder, serving)
    engines.link(ref, draft)
    created = datetime.now(UTC).isoformat(timespec="seconds")
    update = {
        "generation": draft.name, "parent": serving.generation, "created": created, "fitted": change(serving.fitted)
    }  # fmt: skip
    storage.write_manifest(draft.folder, serving.model_copy(update=update))
    Generation.open(draft, engines)  # through the reader's own code, as a reindex's draft is
    target.publish(draft)
