"""A reindex: read into a draft, embed what is new, derive the search indexes, check, publish."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np

from rag import chunking, lexical, store, stories, tokens, vectors
from rag.archive import Archive
from rag.errors import BylineError, IncompatibleIndexError, IndexMissingError, UnusableIndexError
from rag.generation import Generation
from rag.intake import SAY_EVERY, Intake, Recipe
from rag.manifest import Counts, Fitted, IndexManifest, ReindexReport
from rag.ports import Embedder, Progress, Vector
from rag.types import Article, Problem

EMBED_AT_ONCE = 2048  # passages sorted by length together; more gains under 1 % and costs memory

T = TypeVar("T")


class Indexing:
    """One reindex of one store: `run` writes a generation, or finds that nothing changed."""

    def __init__(
        self,
        target: store.Store,
        embedder: Embedder,
        recipe: Recipe,
        progress: Progress = lambda *_: None,
        check: Callable[[Generation], None] = lambda _: None,
    ) -> None:
        self.store = target
        self.embedder = embedder
        self.recipe = recipe
        self.progress = progress
        self.check = check  # sees the draft before it is published; what it raises stops the reindex

    def run(self, items: Iterable[Article | Problem]) -> ReindexReport:
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
                f"{self.store.folder}: writing failed: {error}; nothing half-written serves; "
                "make room or mend the disk and run again"
            ) from error
        return report.model_copy(update={"seconds": round(time.monotonic() - began, 3)})

    def dry_run(self, items: Iterable[Article | Problem]) -> ReindexReport:
        """Report what `run` would do, and write nothing to the index."""
        began = time.monotonic()
        old = self._reused(self._old())
        intake = Intake(old, self.embedder, self.recipe)
        with tempfile.TemporaryDirectory(prefix="byline-") as folder:
            path = Path(folder) / store.ARCHIVE
            intake.write(path, items, self.progress)
            with Archive(path) as archive:
                _, fresh = _divided(archive, old)
                report = self._report(intake, None, archive, len(fresh))
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

    def _drafted(self, items: Iterable[Article | Problem]) -> ReindexReport:
        old = self._old()
        intake = Intake(self._reused(old), self.embedder, self.recipe)
        draft = self.store.draft()
        try:
            return self._write(draft, items, old, intake)
        finally:  # published drafts have another name by now; others, Ctrl-C included, leave nothing
            shutil.rmtree(draft, ignore_errors=True)

    def _write(
        self, draft: Path, items: Iterable[Article | Problem], old: Generation | None, intake: Intake
    ) -> ReindexReport:
        """Fill `draft` and publish it, or drop it where nothing changed."""
        intake.write(draft / store.ARCHIVE, items, self.progress)
        with Archive(draft / store.ARCHIVE) as archive:
            if old and self._nothing_changed(old, intake):
                return self._report(intake, old.name, archive, 0)
            embedded = self._embed(archive, draft, self._reused(old), intake)
            self._derive(archive, draft)
            self._fold(archive, draft, self._reused(old))
            name = draft.name.removesuffix(store.DRAFT)
            report = self._report(intake, name, archive, embedded)
        store.write_manifest(draft, self._manifest(draft, report, old))
        self.check(Generation.open(draft))  # through the reader's own code: what it refuses is not published
        self.store.publish(draft)
        self.store.prune(self.recipe.keep_generations)
        return report

    def _nothing_changed(self, old: Generation, intake: Intake) -> bool:
        manifest, tally = old.manifest, intake.tally
        same_articles = tally.unchanged == len(intake.known) and not (tally.added or tally.changed or tally.moved)
        kind = vectors.kind_for(manifest.counts.passages, self.recipe.exact_rows)
        return same_articles and (
            (manifest.roots, manifest.mapping, manifest.chunker, manifest.dense, manifest.problems)
            == (self.recipe.roots, self.recipe.mapping, self.recipe.chunker, kind, len(tally.problems))
        )

    def _embed(self, archive: Archive, draft: Path, old: Generation | None, intake: Intake) -> int:
        """Write vectors and token codes: copied where the old generation has the passage, embedded where it has not."""
        kept, fresh = _divided(archive, old)
        shape = (archive.passages, self.embedder.dim)
        out = np.lib.format.open_memmap(draft / store.VECTORS, "w+", np.float16, shape)
        _take_room(draft / store.VECTORS)
        coded = tokens.TokenWriter(draft, archive.passages)
        if kept and old:
            out[list(kept)] = old.vectors[list(kept.values())]
            coded.take(old.tokens, kept)
        done = 0

        def count(finished: int) -> None:
            nonlocal done
            done += finished
            self.progress("embed", done, len(fresh))

        for batch in _batched(_texts(archive, fresh, intake), EMBED_AT_ONCE):
            found = self.embedder.embed_passages([text for text, _ in batch], count)
            for vector, codes, (_, rows) in zip(found.vectors, found.codes, batch, strict=True):
                out[rows] = vector
                coded.add(rows, codes)
        out.flush()
        coded.close()
        return len(fresh)

    def _derive(self, archive: Archive, draft: Path) -> None:
        self.progress("index", 0, 2)
        truth = np.load(draft / store.VECTORS, mmap_mode="r")
        vectors.build(truth, vectors.kind_for(len(truth), self.recipe.exact_rows), draft / store.DENSE)
        self.progress("index", 1, 2)
        (draft / store.LEXICAL).mkdir()
        lexical.build(_lines(archive), draft / store.LEXICAL)
        self.progress("index", 2, 2)

    def _fold(self, archive: Archive, draft: Path, old: Generation | None) -> None:
        """Write which articles are one story; the sketch of an article that has not changed is copied."""
        sketched = stories.StoryWriter(draft)
        known = {digest: row for row, digest in enumerate(old.archive.digests("articles"))} if old else {}
        for row, digest in enumerate(archive.digests("articles")):
            held = old.stories.sketch(known[digest]) if old and digest in known else None
            sketched.add(stories.sketch(archive.article(row).text) if held is None else held)
            if row % SAY_EVERY == 0:
                self.progress("sketch", row, archive.articles)
        truth, ends = np.load(draft / store.VECTORS, mmap_mode="r"), np.cumsum(np.bincount(archive.article_of))

        def vector(row: int) -> Vector:
            mean: Vector = truth[ends[row - 1] if row else 0 : ends[row]].astype(np.float32).mean(axis=0)
            return mean / np.linalg.norm(mean)

        sketched.close(archive.days.tolist(), vector)
        self.progress("sketch", archive.articles, archive.articles)

    def _manifest(self, draft: Path, report: ReindexReport, old: Generation | None) -> IndexManifest:
        return IndexManifest(
            format=store.FORMAT,
            generation=draft.name.removesuffix(store.DRAFT),
            parent=old.name if old else None,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            embedder=self.embedder.identity,
            dim=self.embedder.dim,
            chunker=self.recipe.chunker,
            dense=vectors.kind_for(report.passages, self.recipe.exact_rows),
            lexical=lexical.NAME,
            counts=Counts(articles=report.articles, passages=report.passages),
            roots=self.recipe.roots,
            mapping=self.recipe.mapping,
            problems=len(report.problems),
            files=store.file_sums(draft),
            fitted=old.manifest.fitted if old and old.manifest.embedder == self.embedder.identity else Fitted(),
        )

    def _report(self, intake: Intake, generation: str | None, archive: Archive, embedded: int) -> ReindexReport:
        tally = intake.tally
        return ReindexReport(
            index=self.store.name,
            generation=generation,
            dry_run=False,
            added=tally.added,
            changed=tally.changed,
            removed=len(intake.known.keys() - tally.seen),
            unchanged=tally.unchanged,
            articles=archive.articles,
            passages=archive.passages,
            embedded=embedded,
            problems=tuple(tally.problems),
            seconds=0.0,
        )


def _take_room(path: Path) -> None:
    """Take the room of a file that is written through memory: on a full disk that would end in SIGBUS."""
    if sys.platform != "darwin":  # which has no posix_fallocate
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)


def _divided(archive: Archive, old: Generation | None) -> tuple[dict[int, int], dict[bytes, list[int]]]:
    """Return new row -> old row where a vector can be copied, and digest -> new rows where it cannot."""
    digests = archive.digests()
    held = old.archive.rows_by_digest(dict.fromkeys(digests)) if old else {}
    kept: dict[int, int] = {}
    fresh: dict[bytes, list[int]] = {}
    for row, digest in enumerate(digests):
        if digest in held:
            kept[row] = held[digest]
        else:
            fresh.setdefault(digest, []).append(row)
    return kept, fresh


def _texts(archive: Archive, fresh: dict[bytes, list[int]], intake: Intake) -> Iterator[tuple[str, list[int]]]:
    """Yield each text to embed, once, with the rows that get its vector."""
    rows_of = {rows[0]: rows for rows in fresh.values()}
    for held, passages in archive.all_articles() if rows_of else ():
        for passage in passages:
            if passage.row in rows_of:
                yield intake.embedded_text(held.article, passage.start, passage.end), rows_of[passage.row]


def _lines(archive: Archive) -> Iterator[lexical.Line]:
    for (article, *_), passages in archive.all_articles():
        title = chunking.header(article)
        for row in passages:
            text = title + article.text[row.start : row.end]
            yield lexical.Line(row.row, text, article.published, article.source, article.authors)


def _batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch
