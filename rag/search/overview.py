"""What an operator looks after: the status of an index, which generations are kept, what could not be read."""

from __future__ import annotations

from datetime import date

from rag.errors import UnusableIndexError
from rag.index import storage
from rag.index.generation import Generation
from rag.index.storage import IndexStorage
from rag.search import facets
from rag.types.fields import Unit
from rag.types.filters import NO_FILTER
from rag.types.index import GenerationSummary, IndexManifest, Overview, Status

MAX_YEARS_BY_MONTH = 300  # an archive of more is counted by whatever its length allows
MAX_LISTED = 50  # problems, and missing articles


def overview(index: IndexStorage, generation: Generation) -> Overview:
    """Return what is kept, and what the open generation holds, as it stands now."""
    counts = facets.all_over_time(generation, NO_FILTER, date.max, _unit(generation))
    missing = generation.archive.missing(MAX_LISTED + 1)
    return Overview(
        generations=tuple(_summary(manifest, generation.name) for manifest in reversed(_manifests(index))),
        months=counts.buckets,
        undated=counts.undated,
        faults=generation.manifest.problems,
        problems=tuple(generation.archive.problems(MAX_LISTED)),
        missing=tuple(missing[:MAX_LISTED]),
        more_missing=len(missing) > MAX_LISTED,
    )


def _unit(generation: Generation) -> Unit | None:
    first, last = generation.archive.published_range
    return "month" if not first or not last or last.year - first.year < MAX_YEARS_BY_MONTH else None


def _manifests(index: IndexStorage) -> list[IndexManifest]:
    manifests = []
    for name in index.generations():
        try:
            manifests.append(storage.read_manifest(index.folder / name))
        except (FileNotFoundError, UnusableIndexError):  # pruned meanwhile, or of an older format
            continue
    return manifests


def _summary(manifest: IndexManifest, serving: str) -> GenerationSummary:
    fitted = manifest.fitted
    return GenerationSummary(
        name=manifest.generation, created=manifest.created, counts=manifest.counts,
        bytes=sum(file.bytes for file in manifest.files), serves=manifest.generation == serving,
        fitted=bool(fitted.fusion_weights or fitted.confidence),
    )  # fmt: skip


def status(index: IndexStorage, generation: Generation) -> Status:
    """Return what an index holds, by a generation of it."""
    manifest, archive = generation.manifest, generation.archive
    first, last = archive.published_range
    return Status(
        index=index.name, generation=manifest.generation,
        previous=tuple(name for name in index.generations() if name != manifest.generation),
        created=manifest.created, counts=manifest.counts, sources=tuple(archive.sources()),
        published_from=first, published_to=last, embedder=manifest.embedder, dense=manifest.dense,
        bytes=sum(file.bytes for file in manifest.files), roots=manifest.roots, problems=manifest.problems,
        fitted=manifest.fitted,
    )  # fmt: skip
