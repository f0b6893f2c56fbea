"""Articles -> a new generation. What did not change keeps its passages and vectors."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np

from rag import chunking, lexical, store, vectors
from rag.archive import Archive, ArchiveWriter
from rag.errors import BylineError, IncompatibleIndexError, IndexMissingError, LoadError, UnusableIndexError
from rag.generation import Generation
from rag.ports import Embedder
from rag.types import Article, Counts, IndexManifest, Problem, ReindexReport, Span

READ_AT_ONCE = 64  # articles whose tokens are counted in one call
EMBED_AT_ONCE = 2048  # passages sorted by length together; more gains under 1 % and costs memory

Progress = Callable[[str, int, int | None], None]
Spans = list[tuple[Span, bytes]]
T = TypeVar("T")


@dataclass(frozen=True)
class Recipe:
    """What a reindex is asked to do: what to read, and how to write it."""

    roots: tuple[str, ...]
    mapping: tuple[tuple[str, str], ...] = ()
    passage_tokens: int = 256
    exact_rows: int = 200_000
    keep_generations: int = 2
    strict: bool = False
    rebuild: bool = False

    @property
    def chunker(self) -> str:
        """What decides passages, as the manifest records it."""
        return f"{chunking.VERSION}/{self.passage_tokens}"


@dataclass
class Tally:
    """What a reindex found, counted while it reads."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    moved: int = 0
    seen: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)


class Indexing:
    """One reindex of one store: `run` writes a generation, or finds that nothing changed."""

    def __init__(
        self, target: store.Store, embedder: Embedder, recipe: Recipe, progress: Progress = lambda *_: None
    ) -> None:
        self.store = target
        self.embedder = embedder
        self.recipe = recipe
        self.progress = progress
        self.tally = Tally()
        self.old: Generation | None = None
        self._known: dict[str, tuple[bytes, str, int]] = {}

    def run(self, items: Iterable[Article | Problem]) -> ReindexReport:
        """Read `items` into a new generation and publish it; the old one serves until then, and on failure.

        Raises LoadError (strict, or nothing could be read), IndexLockedError, IncompatibleIndexError.
        """
        began = time.monotonic()
        with self.store.writing():
            self._open_old()
            draft = self.store.draft()
            try:
                name, embedded = self._write(draft, items)
            except (OSError, sqlite3.Error, RuntimeError, ValueError) as error:
                shutil.rmtree(draft, ignore_errors=True)
                raise BylineError(
                    f"{draft}: writing failed: {error}; the index that served before is untouched; "
                    "make room or mend the disk and run again"
                ) from error
            except BaseException:  # Ctrl-C and our own errors too: a draft is never left on purpose
                shutil.rmtree(draft, ignore_errors=True)
                raise
            return self._report(name, embedded, time.monotonic() - began, dry_run=False)

    def dry_run(self, items: Iterable[Article | Problem]) -> ReindexReport:
        """Report what `run` would do, and write nothing to the index."""
        began = time.monotonic()
        self._open_old()
        with tempfile.TemporaryDirectory(prefix="byline-") as folder:
            with Archive(self._read(Path(folder), items)) as archive:
                _, embedded = self._kept_rows(archive)
                self._counts = Counts(articles=archive.articles, passages=archive.passages)
        return self._report(None, len(embedded), time.monotonic() - began, dry_run=True)

    def _open_old(self) -> None:
        try:
            self.old = self.store.open(Generation.open)
        except IndexMissingError:
            return
        except UnusableIndexError:
            if not self.recipe.rebuild:
                raise
            return
        if self.recipe.rebuild:
            return
        if self.old.manifest.embedder != self.embedder.identity:
            raise IncompatibleIndexError(
                f"index {self.store.name!r} was embedded by {self.old.manifest.embedder}, the settings say "
                f"{self.embedder.identity}; set RAG_MODEL back, or run `rag reindex --rebuild`"
            )
        self._known = self.old.archive.article_digests()

    def _write(self, draft: Path, items: Iterable[Article | Problem]) -> tuple[str, int]:
        """Fill `draft` and publish it; return the generation that serves now and the passages embedded."""
        path = self._read(draft, items)
        if self._nothing_changed():
            assert self.old is not None
            shutil.rmtree(draft)
            self._counts = self.old.manifest.counts
            return self.old.name, 0
        with Archive(path) as archive:
            self._counts = Counts(articles=archive.articles, passages=archive.passages)
            embedded = self._embed(archive, draft)
            self._derive(archive, draft)
        store.write_manifest(draft, self._manifest(draft))
        Generation.open(draft)  # through the reader's own code: what it refuses is not published
        name = self.store.publish(draft)
        self.store.prune(self.recipe.keep_generations)
        return name, embedded

    def _read(self, folder: Path, items: Iterable[Article | Problem]) -> Path:
        """Write the archive of all articles; return its path."""
        writer = ArchiveWriter(folder / store.ARCHIVE)
        for batch in _batched(self._articles(items), READ_AT_ONCE):
            for article in batch:
                digest = article_digest(article)
                writer.add(article, digest, self._spans(article, digest))
            self.progress("read", writer.articles, None)
        writer.close()
        if not writer.articles:
            first = f": {self.tally.problems[0]}" if self.tally.problems else ""
            raise LoadError(f"no article in {', '.join(self.recipe.roots)}{first}; the index is as it was")
        return folder / store.ARCHIVE

    def _articles(self, items: Iterable[Article | Problem]) -> Iterator[Article]:
        for item in items:
            if isinstance(item, Article):
                self.tally.seen.add(item.id)
                yield item
            elif self.recipe.strict:
                raise LoadError(f"{item}; stopped (strict), the index is as it was")
            else:
                self.tally.problems.append(item)

    def _spans(self, article: Article, digest: bytes) -> Spans:
        known = self._known.get(article.id)
        if known is None:
            self.tally.added += 1
        elif known[0] != digest:
            self.tally.changed += 1
        else:
            self.tally.unchanged += 1
            self.tally.moved += known[1:] != (article.origin.path, article.origin.line)
            if self.old and self.old.manifest.chunker == self.recipe.chunker:
                row = self.old.archive.article_row(article.id)
                assert row is not None
                return self.old.archive.spans_of(row)
        return self._chunked(article)

    def _chunked(self, article: Article) -> Spans:
        budget = min(self.recipe.passage_tokens, self.embedder.max_tokens)
        head = chunking.cut_header(chunking.header(article), self.embedder.tokens, budget)
        spans = chunking.chunk(article.text, head, self.embedder.tokens, budget)
        return [(span, passage_digest(head + article.text[span.start : span.end])) for span in spans]

    def _nothing_changed(self) -> bool:
        if self.old is None or self.recipe.rebuild:
            return False
        manifest, tally = self.old.manifest, self.tally
        same_articles = tally.unchanged == len(self._known) and not (tally.added or tally.changed or tally.moved)
        same_recipe = (manifest.roots, manifest.mapping, manifest.chunker, manifest.dense, manifest.problems) == (
            self.recipe.roots, self.recipe.mapping, self.recipe.chunker,
            vectors.kind_for(manifest.counts.passages, self.recipe.exact_rows), len(tally.problems),
        )  # fmt: skip
        return same_articles and same_recipe

    def _kept_rows(self, archive: Archive) -> tuple[dict[int, int], dict[bytes, list[int]]]:
        """Return new row -> old row where a vector can be copied, and digest -> new rows where it cannot."""
        digests = archive.digests()
        keep = self.old is not None and not self.recipe.rebuild
        old = self.old.archive.rows_by_digest(dict.fromkeys(digests)) if self.old and keep else {}
        kept, fresh = {}, {}
        for row, digest in enumerate(digests):
            if digest in old:
                kept[row] = old[digest]
            else:
                fresh.setdefault(digest, []).append(row)
        return kept, fresh

    def _embed(self, archive: Archive, draft: Path) -> int:
        kept, fresh = self._kept_rows(archive)
        shape = (archive.passages, self.embedder.dim)
        out = np.lib.format.open_memmap(draft / store.VECTORS, "w+", np.float16, shape)
        if kept and self.old:
            out[list(kept)] = self.old.vectors[list(kept.values())]
        done = 0

        def count(finished: int) -> None:
            nonlocal done
            done += finished
            self.progress("embed", done, len(fresh))

        for batch in _batched(self._texts(archive, fresh), EMBED_AT_ONCE):
            found = self.embedder.embed_passages([text for text, _ in batch], count)
            for vector, (_, rows) in zip(found, batch, strict=True):
                out[rows] = vector
        out.flush()
        return len(fresh)

    def _texts(self, archive: Archive, fresh: dict[bytes, list[int]]) -> Iterator[tuple[str, list[int]]]:
        """Yield each text to embed, with the rows that get its vector."""
        first_of = {rows[0]: rows for rows in fresh.values()}
        budget = min(self.recipe.passage_tokens, self.embedder.max_tokens)
        for article, rows in archive.all_articles() if first_of else ():
            wanted = [row for row in rows if row.row in first_of]
            if wanted:
                head = chunking.cut_header(chunking.header(article), self.embedder.tokens, budget)
                for row in wanted:
                    yield head + article.text[row.start : row.end], first_of[row.row]

    def _derive(self, archive: Archive, draft: Path) -> None:
        self.progress("index", 0, 2)
        truth = np.load(draft / store.VECTORS, mmap_mode="r")
        vectors.build(truth, vectors.kind_for(len(truth), self.recipe.exact_rows), draft / store.DENSE)
        self.progress("index", 1, 2)
        (draft / store.LEXICAL).mkdir()
        lexical.build(_lines(archive), draft / store.LEXICAL)
        self.progress("index", 2, 2)

    def _manifest(self, draft: Path) -> IndexManifest:
        return IndexManifest(
            format=store.FORMAT,
            generation=draft.name.removesuffix(store.DRAFT),
            parent=self.old.name if self.old else None,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            embedder=self.embedder.identity,
            dim=self.embedder.dim,
            chunker=self.recipe.chunker,
            dense=vectors.kind_for(self._counts.passages, self.recipe.exact_rows),
            lexical=lexical.NAME,
            counts=self._counts,
            roots=self.recipe.roots,
            mapping=self.recipe.mapping,
            problems=len(self.tally.problems),
            files=store.file_sums(draft),
        )

    def _report(self, name: str | None, embedded: int, seconds: float, *, dry_run: bool) -> ReindexReport:
        tally = self.tally
        return ReindexReport(
            index=self.store.name, generation=name, dry_run=dry_run, added=tally.added, changed=tally.changed,
            removed=len(self._known.keys() - tally.seen), unchanged=tally.unchanged,
            articles=self._counts.articles, passages=self._counts.passages, embedded=embedded,
            problems=tuple(tally.problems), seconds=round(seconds, 3),
        )  # fmt: skip


def article_digest(article: Article) -> bytes:
    """Return 16 bytes over all that an article says, not over where it was read."""
    return hashlib.sha256(article.model_dump_json(exclude={"origin"}).encode()).digest()[:16]


def passage_digest(embedded: str) -> bytes:
    """Return 16 bytes over the text that is embedded for a passage, header included."""
    return hashlib.sha256(embedded.encode()).digest()[:16]


def _lines(archive: Archive) -> Iterator[lexical.Line]:
    for article, rows in archive.all_articles():
        for row in rows:
            yield lexical.Line(
                row.row, chunking.header(article) + article.text[row.start : row.end],
                article.published, article.source, article.authors,
            )  # fmt: skip


def _batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch
