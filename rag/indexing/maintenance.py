"""What is done to an index: reindex, verify, roll back, clear up; and what a file would bring to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from rag.errors import LoadError
from rag.index import storage
from rag.index.generation import Generation
from rag.index.live import LiveIndex
from rag.instrumentation import Progress
from rag.types.index import ReindexReport
from rag.types.reading import ArticlePreview, Problem, SitemapEntry


class IndexMaintenance(LiveIndex):
    """One index, and the writing of it."""

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
        recipe = ingest.ReindexOptions(
            roots=roots, mapping=fields, passage_tokens=self.settings.passage_tokens,
            exact_rows=self.settings.exact_rows, keep_generations=self.settings.keep_generations,
            strict=strict, rebuild=rebuild, by_file=by_file,
        )  # fmt: skip
        reading = corpus.CorpusReader([Path(root) for root in roots], dict(fields), self.settings)
        work = reindex.Reindexer(self.store, self.embedder, recipe, progress, check, lambda: reading.share)
        return work.dry_run(reading) if dry_run else work.run(reading)

    def inspect(
        self, path: Path, mapping: Mapping[str, str] | None = None
    ) -> Iterator[ArticlePreview | SitemapEntry | Problem]:
        """Yield what a reindex would read out of a file; raises LoadError where there is none."""
        from rag.indexing.preview import preview

        return preview(path, mapping or {}, self.settings, self.embedder, self.settings.passage_tokens)

    def verify(self) -> list[str]:
        """Check checksums, counts and offsets of the current generation; return what is wrong."""

        def check(folder: Path) -> list[str]:
            manifest = storage.read_manifest(folder)
            return storage.verify_files(folder, manifest) or Generation.open(folder).faults()

        return self.store.open(check)

    def rollback(self) -> str:
        """Let the generation before the current one serve again; return its name."""
        with self.store.writing():
            name = self.store.previous()
            Generation.open(self.store.folder / name)
            self.store.point(name)
            return name

    def gc(self) -> list[str]:
        """Remove generations beyond those kept, and the remains of dead writers; return what went."""
        with self.store.writing() as swept:
            return [*swept, *self.store.prune(self.settings.keep_generations)]

    def _remembered(self) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
        manifest = self.store.open(storage.read_manifest)
        return manifest.roots, manifest.mapping
