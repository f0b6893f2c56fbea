"""Records of an index: its manifest, the parameters fitted to it, its status, and the report of a reindex."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from pydantic import BaseModel, Field

from rag.types.articles import Record
from rag.types.reading import Problem, SitemapEntry
from rag.types.results import Bucket


class Counts(Record):
    """The numbers of articles and passages of a generation."""

    articles: int
    passages: int


class FileChecksum(Record):
    """A file of a generation: its name inside the folder, its size in bytes, and its SHA-256 in hex digits."""

    name: str
    bytes: int
    sha256: str


class MetricChange(Record):
    """A metric before a fit and after it."""

    before: float
    after: float


class Fit(Record):
    """The circumstances of a fit to one archive: its time, its dataset, and the number of questions it used.

    `held_out` are metrics on questions that the fit did not see.
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

    Each is stored under the name of its feature, one under "intercept". If these names are not those that this version
    of Byline uses, the default coefficients apply.
    """

    coefficients: dict[str, float]


class Fitted(Record):
    """The parameters that were fitted to the archive of a generation; the defaults apply for those that are None."""

    fusion_weights: FittedWeights | None = None
    confidence: FittedConfidence | None = None


class ManifestFormat(BaseModel):
    """The one field of a manifest that every format has."""

    format: int


class IndexManifest(Record):
    """The manifest of a generation, written last inside its folder.

    Vectors are comparable only if their `embedder` is equal. `structures` names, for each derived structure, the
    engine, format and analysis that wrote it; a structure of another identity is not read. `roots` are the paths that
    were read, `parent` is the generation that this one was made from. `noted` is the number of items read beside
    articles: copies, older versions, and entries of sitemaps. `fitted` is kept by the next generation of the same
    embedder.
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
    """The generation that answers now: its name, and when it was made, because a new index uses the names again."""

    name: str
    created: str


class Status(Record):
    """The status of one index, as `rag status` and `/v1/status` show it."""

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
    """The numbers of articles, and of copies of articles read before, that were read from one file."""

    path: str
    articles: int
    copies: int


class ReindexReport(Record):
    """The report of a reindex: what it did, in articles, and what it cost.

    `faults` is the number of all problems, `problems` are the first of them. `older_versions` is the number of versions
    that were read beside the newest one of their article. `missing` are the articles that sitemaps list and no file
    holds. `by_file` is empty unless the caller asks for it.
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
    """The health of a server: alive, or ready to answer. `generation` is None if none is open."""

    status: Literal["live", "ready"]
    generation: str | None


class GenerationSummary(Record):
    """A generation on disk: when it was made, what it holds, and whether it is the serving one."""

    name: str
    created: str
    counts: Counts
    bytes: int
    serves: bool
    fitted: bool = Field(description="whether a confidence or fusion weights were fitted to it")


class Overview(Record):
    """The generations that are kept, newest first, and the months, problems and missing articles of the serving one.

    `faults` is the number of all problems, `problems` are the first of them. `missing` are the first articles that
    sitemaps list and no file holds; `more_missing` says whether there are more of them.
    """

    generations: tuple[GenerationSummary, ...]
    months: tuple[Bucket, ...]
    undated: int
    faults: int
    problems: tuple[Problem, ...]
    missing: tuple[SitemapEntry, ...]
    more_missing: bool
