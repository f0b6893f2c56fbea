"""A reindex: read into a draft and embed what is new, side by side; derive the search structures, check, publish."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rag.errors import BylineError, IncompatibleIndexError, IndexMissingError, UnusableIndexError
from rag.index import storage
from rag.index.base import ArticleStore, Engines, GenerationRef
from rag.index.generation import Generation, identities
from rag.index.storage import IndexStorage
from rag.indexing import build
from rag.indexing.embedding_journal import JOURNAL_FILE, EmbeddingJournal
from rag.indexing.ingest import Ingester, PassageToEmbed, ReindexOptions
from rag.indexing.prefetch import Prefetcher
from rag.indexing.previous import PreviousGeneration
from rag.instrumentation import Progress
from rag.loaders.base import Item
from rag.models.base import Embedder
from rag.types.index import Counts, Fitted, IndexManifest, ReindexReport

LARGE_BATCH = 1024  # passages sorted by length together, and lost when a reindex is stopped; more gains little
SMALL_BATCH = 4  # passages together while reading goes on: one batch, which keeps one processor busy
MAX_MISSING_REPORTED = 1_000  # articles that sitemaps list and no file holds


class Reindexer:
    """One reindex of one index: `run` writes a generation, or finds that nothing changed.

    `check` sees the draft before it is published; what it raises stops the reindex. `share` tells how much of the input
    has been read, 0 to 1.
    """

    def __init__(
        self,
        target: IndexStorage,
        engines: Engines,
        embedder: Embedder,
        options: ReindexOptions,
        progress: Progress = lambda *_: None,
        check: Callable[[Generation], None] = lambda _: None,
        share: Callable[[], float] = lambda: 1.0,
    ) -> None:
        self.storage = target
        self.engines = engines
        self.embedder = embedder
        self.options = options
        self.progress = progress
        self.check = check
        self.share = share
        self._stopped = threading.Event()

    def run(self, items: Iterable[Item]) -> ReindexReport:
        """Read `items` into a new generation and publish it; the old one serves until then, and on failure.

        Raises LoadError (strict, or nothing could be read), IndexLockedError, IncompatibleIndexError, and
        BylineError where the disk fails.
        """
        began = time.monotonic()
        try:
            with self.storage.writing():
                report = self._written(items)
        except (OSError, RuntimeError, ValueError) as error:
            raise BylineError(
                f"{self.storage.folder}: writing failed: {error}; the published generation is unchanged; "
                "free space on the disk or repair it, then run the command again"
            ) from error
        return report.model_copy(update={"seconds": round(time.monotonic() - began, 3)})

    def dry_run(self, items: Iterable[Item]) -> ReindexReport:
        """Report what `run` would do, and write nothing to the index."""
        began = time.monotonic()
        ingester = Ingester(self._previous(), self.embedder, self.options, None)
        with tempfile.TemporaryDirectory(prefix="byline-") as folder:
            draft = GenerationRef(self.storage.name, Path(folder).name, Path(folder))  # no other dry run has that name
            try:
                for _ in self._read(draft, items, ingester):
                    pass
                archive = self.engines.articles.open(draft)
                report = self._report(ingester, None, archive)
                archive.close()
            finally:
                self.engines.drop(draft)
        return report.model_copy(update={"dry_run": True, "seconds": round(time.monotonic() - began, 3)})

    def _serving(self) -> IndexManifest | None:
        """Return the manifest of what serves, None where nothing does; of a damaged one too, for a rebuild."""
        try:
            return self.storage.open(lambda ref: Generation.open(ref, self.engines)).manifest
        except IndexMissingError:
            return None
        except UnusableIndexError:
            return None if self.options.rebuild else self.storage.open(lambda ref: storage.read_manifest(ref.folder))

    def _previous(self) -> PreviousGeneration | None:
        """Return what can be taken over; raises UnusableIndexError where that cannot be read and is to be."""
        if self.options.rebuild:
            return None
        try:
            identity = self.embedder.identity
            return self.storage.open(lambda ref: PreviousGeneration.open(ref, self.engines, identity))
        except IndexMissingError:
            return None
        except IncompatibleIndexError as error:
            raise IncompatibleIndexError(f"index {self.storage.name!r}: {error}") from None

    def _written(self, items: Iterable[Item]) -> ReindexReport:
        previous = self._previous()
        serving = previous.manifest if previous else self._serving()
        draft = self.storage.draft()
        try:
            path = self.storage.folder / JOURNAL_FILE
            with EmbeddingJournal(path, self.embedder.identity, self.embedder.dim) as journal:
                ingester = Ingester(previous, self.embedder, self.options, journal)
                report = self._write(draft, items, previous, serving, ingester, journal)
            self.storage.forget(JOURNAL_FILE)
        finally:  # published drafts have another folder by now; others, Ctrl-C included, leave nothing
            self.storage.discard(draft)
        return report

    def _write(
        self,
        draft: GenerationRef,
        items: Iterable[Item],
        previous: PreviousGeneration | None,
        serving: IndexManifest | None,
        ingester: Ingester,
        journal: EmbeddingJournal,
    ) -> ReindexReport:
        """Fill `draft` and publish it, or drop it where nothing changed."""
        with ThreadPoolExecutor(1, "lexical") as threads, self._stopping():
            with Prefetcher(self._read(draft, items, ingester), LARGE_BATCH, SMALL_BATCH) as reading:
                lexical = threads.submit(self._build_lexical, reading, draft, serving, ingester)
                self._embed(reading, ingester, journal)
            archive = self.engines.articles.open(draft)
            try:
                if self._nothing_changed(serving, ingester, archive.passages):
                    return self._report(ingester, serving.generation if serving else None, archive)
                self._derive(archive, draft, previous, journal, lexical)
                report = self._report(ingester, draft.name, archive)
            finally:
                archive.close()
        storage.write_manifest(draft.folder, self._manifest(draft, report, serving, ingester.tally.noted))
        self.check(Generation.open(draft, self.engines))  # the reader's own code: what it refuses is not published
        self.storage.publish(draft)
        self.storage.prune(self.options.keep_generations)
        return report

    def _read(self, draft: GenerationRef, items: Iterable[Item], ingester: Ingester) -> Iterator[PassageToEmbed]:
        """Write the articles of a draft, and yield the passages to embed as they are read."""
        with self.engines.articles.writer(draft) as writer:
            yield from ingester.write(writer, items, self.progress)

    @contextmanager
    def _stopping(self) -> Iterator[None]:
        """Stop the other thread where anything fails, Ctrl-C included."""
        try:
            yield
        except BaseException:
            self._stopped.set()
            raise

    def _build_lexical(
        self,
        reading: Prefetcher[PassageToEmbed],
        draft: GenerationRef,
        serving: IndexManifest | None,
        ingester: Ingester,
    ) -> None:
        """Write the lexical index once all is read; it needs no vectors."""
        if not reading.completed():
            return
        archive = self.engines.articles.open(draft)
        try:
            if not self._nothing_changed(serving, ingester, archive.passages):
                build.build_lexical(archive, draft, self.engines.lexical, self._stopped.is_set)
        finally:
            archive.close()

    def _derive(
        self,
        archive: ArticleStore,
        draft: GenerationRef,
        previous: PreviousGeneration | None,
        journal: EmbeddingJournal,
        lexical: Future[None],
    ) -> None:
        """Write all else that is searched, the dense index alone: building it takes the most memory."""
        self.progress("index", 1, 3)
        sketches = build.build_sketches(archive, draft, previous, self.progress)
        lexical.result()
        self.progress("index", 2, 3)
        build.build_dense(archive, draft, self.engines.dense, previous, journal, self.embedder.dim)
        build.build_stories(archive, self.engines.dense.open(draft), draft, sketches)
        self.progress("index", 3, 3)

    def _embed(self, batches: Iterable[list[PassageToEmbed]], ingester: Ingester, journal: EmbeddingJournal) -> None:
        """Embed passages into the journal, as they are read."""
        done = 0

        def count(finished: int) -> None:
            nonlocal done
            done += finished
            share = self.share()
            self.progress("embed", done, max(done, round(ingester.tally.fresh / share)) if share else None)

        for batch in batches:
            embedded = self.embedder.embed_passages([passage.text for passage in batch], count)
            for passage, vector, codes in zip(batch, embedded.vectors, embedded.codes, strict=True):
                journal.add(passage.digest, vector, codes)
            journal.flush()

    def _nothing_changed(self, serving: IndexManifest | None, ingester: Ingester, passages: int) -> bool:
        tally, options = ingester.tally, self.options
        if serving is None or options.rebuild or tally.added or tally.changed or tally.moved or ingester.removed:
            return False
        return (
            serving.roots, serving.mapping, serving.chunker, serving.dense, serving.structures,
            serving.problems, serving.noted,
        ) == (
            options.roots, options.mapping, options.chunker, self.engines.dense.kind(passages),
            identities(self.engines), tally.faults, tally.noted,
        )  # fmt: skip

    def _manifest(
        self, draft: GenerationRef, report: ReindexReport, serving: IndexManifest | None, noted: int
    ) -> IndexManifest:
        return IndexManifest(
            format=storage.FORMAT,
            generation=draft.name,
            parent=serving.generation if serving else None,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            embedder=self.embedder.identity,
            dim=self.embedder.dim,
            chunker=self.options.chunker,
            dense=self.engines.dense.kind(report.passages),
            structures=identities(self.engines),
            counts=Counts(articles=report.articles, passages=report.passages),
            roots=self.options.roots,
            mapping=self.options.mapping,
            problems=report.faults,
            noted=noted,
            files=storage.file_checksums(draft.folder),
            fitted=serving.fitted if serving and serving.embedder == self.embedder.identity else Fitted(),
        )

    def _report(self, ingester: Ingester, generation: str | None, archive: ArticleStore) -> ReindexReport:
        tally = ingester.tally
        return ReindexReport(
            index=self.storage.name,
            generation=generation,
            dry_run=False,
            added=tally.added,
            changed=tally.changed,
            removed=ingester.removed,
            unchanged=tally.unchanged,
            copies=tally.copies,
            older_versions=tally.superseded,
            articles=archive.articles,
            passages=archive.passages,
            embedded=tally.fresh,
            files=tally.files,
            faults=tally.faults,
            problems=tuple(tally.problems),
            missing=tuple(archive.missing(MAX_MISSING_REPORTED)),
            by_file=tuple(archive.files()) if self.options.by_file else (),
            seconds=0.0,
        )
