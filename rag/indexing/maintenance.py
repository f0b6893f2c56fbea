"""What is done to an index: reindex, preview, verify, roll back, clear up, and store what was fitted to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from rag.errors import LoadError
from rag.index import storage
from rag.index.base import Engines, GenerationRef
from rag.index.generation import Generation
from rag.index.storage import IndexStorage
from rag.instrumentation import Progress
from rag.models.on_demand import ModelsOnDemand
from rag.settings import Settings
from rag.types.index import Fitted, ReindexReport
from rag.types.reading import ArticlePreview, Problem, SitemapEntry


class IndexMaintenance:
    """The writing of one index. Each call holds the writer's lock while it writes."""

    def __init__(self, index: IndexStorage, engines: Engines, models: ModelsOnDemand, settings: Settings) -> None:
        self.storage = index
        self._engines = engines
        self._models = models
        self._settings = settings

    def reindex(
        self,
        paths: Sequence[Path] = (),
        *,
        mapping: Mapping[str, str] | None = None,
        strict: bool = False,
        rebuild: bool = False,
        dry_run: bool = False,
        by_file: bool = False,
        progress: Progress = lambda *_: None,
        check: Callable[[Generation], None] = lambda _: None,
    ) -> ReindexReport:
        """Read `paths` (or what the index remembers) into a new generation and publish it.

        `check` sees the new generation before it is published; what it raises leaves the index as it was.
        Raises LoadError, IndexLockedError, IncompatibleIndexError, IndexMissingError (nothing remembered).
        """
        from rag.indexing import ingest, reindex  # asking needs none, and starts 0.2 s sooner without
        from rag.loaders import corpus

        roots, fields = self._remembered() if not paths else (tuple(map(str, paths)), tuple((mapping or {}).items()))
        for root in roots:
            if not Path(root).exists():  # a share that is not mounted must not empty the index
                raise LoadError(f"{root}: does not exist; the index is as it was; give the PATHs to read")
        options = ingest.ReindexOptions(
            roots=roots, mapping=fields, passage_tokens=self._settings.passage_tokens,
            keep_generations=self._settings.keep_generations, strict=strict, rebuild=rebuild, by_file=by_file,
        )  # fmt: skip
        reader = corpus.CorpusReader([Path(root) for root in roots], dict(fields), self._settings)
        work = reindex.Reindexer(
            self.storage, self._engines, self._models.embedder, options, progress, check, lambda: reader.share
        )
        return work.dry_run(reader) if dry_run else work.run(reader)

    def preview(
        self, path: Path, mapping: Mapping[str, str] | None = None
    ) -> Iterator[ArticlePreview | SitemapEntry | Problem]:
        """Yield what a reindex would read out of a file; raises LoadError where there is none."""
        from rag.indexing.preview import preview

        return preview(path, mapping or {}, self._settings, self._models.embedder, self._settings.passage_tokens)

    def verify(self) -> list[str]:
        """Check checksums, counts and offsets of the current generation; return what is wrong, one line a fault."""

        def check(ref: GenerationRef) -> list[str]:
            faults = storage.verify_files(ref.folder, storage.read_manifest(ref.folder))
            if faults:
                return faults
            engines = self._engines
            checked = (*engines.articles.check(ref), *engines.dense.check(ref), *engines.lexical.check(ref))
            return [*Generation.open(ref, engines).faults(), *checked]

        return self.storage.open(check)

    def rollback(self) -> str:
        """Let the generation before the current one answer again; return its name."""
        with self.storage.writing():
            name = self.storage.previous()
            Generation.open(self.storage.ref(name), self._engines)
            self.storage.commit(name)
            return name

    def gc(self) -> list[str]:
        """Remove generations beyond those kept, and the remains of dead writers; return the names of what went."""
        with self.storage.writing() as swept:
            return [*swept, *self.storage.prune(self._settings.keep_generations)]

    def publish_fitted(self, change: Callable[[Fitted], Fitted], embedder: str) -> str:
        """Publish what answers once more with other fitted values; return the name of the new generation.

        Raises IncompatibleIndexError where another `embedder` has written the index meanwhile.
        """
        from rag.indexing.fitted import publish_fitted

        return publish_fitted(self.storage, self._engines, change, embedder, self._settings.keep_generations)

    def _remembered(self) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
        manifest = self.storage.open(lambda ref: storage.read_manifest(ref.folder))
        return manifest.roots, manifest.mapping
