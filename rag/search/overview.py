"""What an operator looks after: which generations are kept, what the serving one holds over time, what was not read."""

from __future__ import annotations

from pydantic import Field

from rag.errors import UnusableIndexError
from rag.index import storage
from rag.index.generation import Generation
from rag.search import facets
from rag.types.articles import Record
from rag.types.filters import SearchFilter
from rag.types.index import Counts, IndexManifest
from rag.types.reading import Problem, SitemapEntry
from rag.types.results import Bucket, Unit

MOST_YEARS = 300  # counted by month
MAX_LISTED = 50  # problems, and missing articles, that are listed
EVERYTHING = SearchFilter()


class GenerationSummary(Record):
    """A generation on disk: when it was made, what it holds, and whether it is the one that serves."""

    name: str
    created: str
    counts: Counts
    bytes: int
    serves: bool
    fitted: bool = Field(description="whether a confidence or fusion weights were fitted to it")


class Overview(Record):
    """What is kept, newest first; what the serving generation holds by month, and the first of what it lacks.

    `faults` counts all that could not be read, of which `problems` are the first. `missing` is what sitemaps list and
    no file holds; `more_missing` says that there is more of it.
    """

    generations: tuple[GenerationSummary, ...]
    months: tuple[Bucket, ...]
    undated: int
    faults: int
    problems: tuple[Problem, ...]
    missing: tuple[SitemapEntry, ...]
    more_missing: bool


def overview(kept: storage.IndexStorage, serving: Generation) -> Overview:
    """Return it, as it stands now."""
    counted = facets.all_over_time(serving, EVERYTHING, _unit(serving))
    missing = serving.archive.listed_but_missing(MAX_LISTED + 1)
    return Overview(
        generations=tuple(_kept(manifest, serving.name) for manifest in reversed(_manifests(kept))),
        months=counted.buckets,
        undated=counted.undated,
        faults=serving.manifest.problems,
        problems=tuple(serving.archive.problems(MAX_LISTED)),
        missing=tuple(missing[:MAX_LISTED]),
        more_missing=len(missing) > MAX_LISTED,
    )


def _unit(serving: Generation) -> Unit | None:
    """Return months; for an archive of centuries, whatever its length allows."""
    first, last = serving.archive.published_range
    return "month" if not first or not last or last.year - first.year < MOST_YEARS else None


def _manifests(kept: storage.IndexStorage) -> list[IndexManifest]:
    found = []
    for name in kept.generations():
        try:
            found.append(storage.read_manifest(kept.folder / name))
        except (FileNotFoundError, UnusableIndexError):  # pruned meanwhile, or of an older format
            continue
    return found


def _kept(manifest: IndexManifest, serving: str) -> GenerationSummary:
    fitted = manifest.fitted
    return GenerationSummary(
        name=manifest.generation, created=manifest.created, counts=manifest.counts,
        bytes=sum(file.bytes for file in manifest.files), serves=manifest.generation == serving,
        fitted=bool(fitted.fusion_weights or fitted.confidence),
    )  # fmt: skip
