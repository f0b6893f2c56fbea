"""A reindex: read into a draft and embed what is new, side by side; derive the search indexes, check, publish."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rag.errors import BylineError, IncompatibleIndexError, IndexMissingError, UnusableIndexError
from rag.index import dense, lexical, storage
from rag.index.archive import SqliteArticleStore
from rag.index.generation import Generation
from rag.indexing import build, embedding_journal
from rag.indexing.embedding_journal import EmbeddingJournal
from rag.indexing.ingest import Ingester, PassageToEmbed, ReindexOptions
from rag.indexing.prefetch import Prefetcher
from rag.instrumentation import Progress
from rag.loaders.base import Item
from rag.models.base import Embedder
from rag.types.index import Counts, Fitted, IndexManifest, ReindexReport

LARGE_BATCH = 1024  # passages sorted by length together, and lost when a reindex is stopped; more gains little
SMALL_BATCH = 4  # passages together while reading goes on: one batch, which keeps one processor busy
MISSING_SHOWN = 1_000  # of what sitemaps list, in a report


class Reindexer:
    """One reindex of one store: `run` writes a generation, or finds that nothing changed."""

    def __init__(
        self,
        target: storage.IndexStorage,
        embedder: Embedder,
        recipe: ReindexOptions,
        progress: Progress = lambda *_: None,
        check: Callable[[Generation], None] = lambda _: None,
        share: Callable[[], float] = lambda: 1.0,
    ) -> None:
        self.store = target
        self.embedder = embedder
        self.recipe = recipe
        self.progress = progress
        self.check = check  # sees the draft before it is published; what it raises stops the reindex
        self.share = share  # how much of the input has been read, 0 to 1
        self._stopped = threading.Event()

    def run(self, items: Iterable[Item]) -> ReindexReport:
        """Read `items` into a new generation and publish it; the old one serves until then, and on failure.

        Raises LoadError (strict, or nothing could be read), IndexLockedError, IncompatibleIndexError, and
        BylineError where the disk fails.
        """
        began = time.monotonic()
        try:
            with self.store.writing():
                report = self._drafted(items)
        except (OSError, sqlite3.Error, RuntimeError, ValueError) as error:
            raise BylineError(
                f"{self.store.folder}: writing failed: {error}; the published generation is unchanged; "
                "free space on the disk or repair it, then run the command again"
            ) from error
        return report.model_copy(update={"seconds": round(time.monotonic() - began, 3)})

    def dry_run(self, items: Iterable[Item]) -> ReindexReport:
        """Report what `run` would do, and write nothing to the index."""
        began = time.monotonic()
        intake = Ingester(self._reused(self._old()), self.embedder, self.recipe, None)
        with tempfile.TemporaryDirectory(prefix="byline-") as folder:
            path = Path(folder) / storage.ARCHIVE
            for _ in intake.write(path, items, self.progress):
                pass
            with SqliteArticleStore(path) as archive:
                report = self._report(intake, None, archive)
        return report.model_copy(update={"dry_run": True, "seconds": round(time.monotonic() - began, 3)})

    def _old(self) -> Generation | None:
        """Return the generation that serves; raises IncompatibleIndexError where it must not be built on."""
        try:
            old = self.store.open(Generation.open)
            if not self.recipe.rebuild:
                old.require(self.embedder.identity)
        except IndexMissingError:
            return None
        except IncompatibleIndexError as error:
            raise IncompatibleIndexError(f"index {self.store.name!r}: {error}") from None
        except UnusableIndexError:
            if not self.recipe.rebuild:
                raise
            return None
        return old

    def _reused(self, old: Generation | None) -> Generation | None:
        return None if self.recipe.rebuild else old

    def _drafted(self, items: Iterable[Item]) -> ReindexReport:
        old = self._old()
        draft = self.store.draft()
        try:
            with EmbeddingJournal(
                self.store.folder / embedding_journal.JOURNAL_FILE, self.embedder.identity, self.embedder.dim
            ) as kept:
                intake = Ingester(self._reused(old), self.embedder, self.recipe, kept)
                report = self._write(draft, items, old, intake, kept)
            self.store.forget(embedding_journal.JOURNAL_FILE)
        finally:  # published drafts have another name by now; others, Ctrl-C included, leave nothing
            shutil.rmtree(draft, ignore_errors=True)
        return report

    def _write(
        self, draft: Path, items: Iterable[Item], old: Generation | None, intake: Ingester, kept: EmbeddingJournal
    ) -> ReindexReport:
        """Fill `draft` and publish it, or drop it where nothing changed."""
        path = draft / storage.ARCHIVE
        with ThreadPoolExecutor(1, "words") as beside, self._stopping():
            with Prefetcher(intake.write(path, items, self.progress), LARGE_BATCH, SMALL_BATCH) as reading:
                words = beside.submit(self._words, reading, draft, old, intake)
                self._embed(reading, intake, kept)
            with SqliteArticleStore(path) as archive:
                if self._nothing_changed(old, intake, archive.passages):
                    return self._report(intake, old.name if old else None, archive)
                self._derive(archive, draft, self._reused(old), kept, words)
                report = self._report(intake, draft.name.removesuffix(storage.DRAFT), archive)
        storage.write_manifest(draft, self._manifest(draft, report, old, intake.tally.noted))
        self.check(Generation.open(draft))  # through the reader's own code: what it refuses is not published
        self.store.publish(draft)
        self.store.prune(self.recipe.keep_generations)
        return report

    @contextmanager
    def _stopping(self) -> Iterator[None]:
        """Stop what runs beside where anything fails, Ctrl-C included."""
        try:
            yield
        except BaseException:
            self._stopped.set()
            raise

    def _words(
        self, reading: Prefetcher[PassageToEmbed], draft: Path, old: Generation | None, intake: Ingester
    ) -> None:
        """Write the index by words once all is read; it needs no vectors."""
        if not reading.completed():
            return
        with SqliteArticleStore(draft / storage.ARCHIVE) as archive:
            if not self._nothing_changed(old, intake, archive.passages):
                build.build_lexical(archive, draft, self._stopped.is_set)

    def _derive(
        self,
        archive: SqliteArticleStore,
        draft: Path,
        old: Generation | None,
        kept: EmbeddingJournal,
        words: Future[None],
    ) -> None:
        """Write all else that is searched, the dense index alone: building it takes the most memory."""
        self.progress("index", 1, 3)
        sketched = build.build_sketches(archive, draft, old, self.progress)
        build.build_vectors_and_codes(archive, draft, old, kept, self.embedder.dim)
        build.build_stories(archive, draft, sketched)
        self.progress("index", 2, 3)
        words.result()
        build.build_dense(draft, archive.passages, self.recipe.exact_rows)
        self.progress("index", 3, 3)

    def _embed(self, fresh: Iterable[list[PassageToEmbed]], intake: Ingester, kept: EmbeddingJournal) -> None:
        """Embed passages into the journal, as they are read."""
        done = 0

        def count(finished: int) -> None:
            nonlocal done
            done += finished
            share = self.share()
            self.progress("embed", done, max(done, round(intake.tally.fresh / share)) if share else None)

        for batch in fresh:
            found = self.embedder.embed_passages([passage.text for passage in batch], count)
            for passage, vector, codes in zip(batch, found.vectors, found.codes, strict=True):
                kept.add(passage.digest, vector, codes)
            kept.flush()

    def _nothing_changed(self, old: Generation | None, intake: Ingester, passages: int) -> bool:
        if old is None:
            return False
        manifest, tally = old.manifest, intake.tally
        if tally.added or tally.changed or tally.moved or intake.removed:
            return False
        kind = dense.kind_for(passages, self.recipe.exact_rows)
        return (
            manifest.roots, manifest.mapping, manifest.chunker, manifest.dense, manifest.problems, manifest.noted
        ) == (
            self.recipe.roots, self.recipe.mapping, self.recipe.chunker, kind, tally.faults, tally.noted
        )  # fmt: skip

    def _manifest(self, draft: Path, report: ReindexReport, old: Generation | None, noted: int) -> IndexManifest:
        return IndexManifest(
            format=storage.FORMAT,
            generation=draft.name.removesuffix(storage.DRAFT),
            parent=old.name if old else None,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            embedder=self.embedder.identity,
            dim=self.embedder.dim,
            chunker=self.recipe.chunker,
            dense=dense.kind_for(report.passages, self.recipe.exact_rows),
            lexical=lexical.NAME,
            counts=Counts(articles=report.articles, passages=report.passages),
            roots=self.recipe.roots,
            mapping=self.recipe.mapping,
            problems=report.faults,
            noted=noted,
            files=storage.file_checksums(draft),
            fitted=old.manifest.fitted if old and old.manifest.embedder == self.embedder.identity else Fitted(),
        )

    def _report(self, intake: Ingester, generation: str | None, archive: SqliteArticleStore) -> ReindexReport:
        tally = intake.tally
        return ReindexReport(
            index=self.store.name,
            generation=generation,
            dry_run=False,
            added=tally.added,
            changed=tally.changed,
            removed=intake.removed,
            unchanged=tally.unchanged,
            copies=tally.copies,
            older_versions=tally.superseded,
            articles=archive.articles,
            passages=archive.passages,
            embedded=tally.fresh,
            files=tally.files,
            faults=tally.faults,
            problems=tuple(tally.problems),
            missing=tuple(archive.listed_but_missing(MISSING_SHOWN)),
            by_file=tuple(archive.files()) if self.recipe.by_file else (),
            seconds=0.0,
        )
