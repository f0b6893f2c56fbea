"""What an index says of itself: its manifest, what was fitted to it, its status, and what a reindex did to it."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from pydantic import BaseModel, Field

from rag.types.articles import Record
from rag.types.reading import Problem, SitemapEntry
from rag.types.results import Bucket


class Counts(Record):
    """How much a generation holds."""

    articles: int
    passages: int


class FileChecksum(Record):
    """A file of a generation: its name inside the folder, size in bytes, sha256 in hex."""

    name: str
    bytes: int
    sha256: str


class MetricChange(Record):
    """A metric before something was fitted and after."""

    before: float
    after: float


class Fit(Record):
    """How something was fitted to one archive: when, on which dataset, on how many of its questions.

    `held_out` are metrics on questions that the fit had not seen.
    """

    created: str
    dataset: str
    questions: int
    held_out: dict[str, MetricChange]


class FittedWeights(Fit):
    """The weights that fuse the rankings of a search (`rag.search.fusion.FusionWeights`), as `rag tune` chose them."""

    dense: float = Field(ge=0, le=1)
    max_sim: float = Field(ge=0)


class FittedConfidence(Fit):
    """The coefficients of the confidence (`rag.search.confidence`), as `rag calibrate` fitted them.

    Each stands under the name of its feature, one under "intercept". Where these names are not those that this version
    of Byline uses, the default coefficients stand.
    """

    coefficients: dict[str, float]


class Fitted(Record):
    """What was fitted to the archive of a generation; where it is None, the defaults stand."""

    fusion_weights: FittedWeights | None = None
    confidence: FittedConfidence | None = None


class ManifestFormat(BaseModel):
    """The one field of a manifest that every format has."""

    format: int


class IndexManifest(Record):
    """What a generation says of itself; written last inside its folder.

    Vectors are comparable only where `embedder` is equal. `structures` names, for each structure that was derived, the
    engine, format and analysis that wrote it: one that differs is not read. `roots` are the paths that were read,
    `parent` the generation this one was made from. `noted` sums what was read beside articles: copies, older versions,
    what sitemaps list. `fitted` goes on to the next generation of the same embedder.
    """

    format: int
    generation: str
    parent: str | None
    created: str
    embedder: str
    dim: int
    chunker: str
    dense: str
    structures: dict[str, str]
    counts: Counts
    roots: tuple[str, ...]
    mapping: tuple[tuple[str, str], ...]
    problems: int
    noted: int
    files: tuple[FileChecksum, ...]
    fitted: Fitted = Fitted()


class OpenGeneration(NamedTuple):
    """The generation that answers now: its name, and when it was made (names begin again where an index is new)."""

    name: str
    created: str


class Status(Record):
    """What `rag status` and `/v1/status` say of one index."""

    index: str
    generation: str
    previous: tuple[str, ...]
    created: str
    counts: Counts
    sources: tuple[tuple[str, int], ...]
    published_from: date | None
    published_to: date | None
    embedder: str
    dense: str
    bytes: int
    roots: tuple[str, ...]
    problems: int
    fitted: Fitted = Fitted()


class FileRead(Record):
    """What was read from one file: how many articles, and how many copies of articles that were read before."""

    path: str
    articles: int
    copies: int


class ReindexReport(Record):
    """What a reindex did, in articles, and what it cost.

    `faults` are all problems, `problems` the first of them. `older_versions` were read beside the newest one of their
    article. `missing` is what sitemaps list and no file holds. `by_file` is empty unless asked for.
    """

    index: str
    generation: str | None
    dry_run: bool
    added: int
    changed: int
    removed: int
    unchanged: int
    copies: int
    older_versions: int
    articles: int
    passages: int
    embedded: int
    files: int
    faults: int
    problems: tuple[Problem, ...]
    missing: tuple[SitemapEntry, ...]
    by_file: tuple[FileRead, ...]
    seconds: float


class Health(Record):
    """Alive, or ready to answer; `generation` is None where nothing is open."""

    status: Literal["live", "ready"]
    generation: str | None


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
