"""A draft's archive, an older generation and the journal -> the draft's vectors, token codes, indexes and stories."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice, takewhile
from pathlib import Path

import numpy as np

from rag.index import dense, late_interaction, lexical, minhash, storage, stories
from rag.index.archive import SqliteArticleStore
from rag.index.generation import Generation
from rag.indexing.embedding_journal import EmbeddingJournal
from rag.instrumentation import Progress
from rag.text import chunking
from rag.types.arrays import Vector

AT_ONCE = 16_384  # rows whose vectors are in memory together
SAY_EVERY = 64  # articles between two reports of progress


def build_vectors_and_codes(
    archive: SqliteArticleStore, draft: Path, old: Generation | None, journal: EmbeddingJournal, dim: int
) -> None:
    """Write what each passage was embedded to: the old generation has it, or else the journal.

    Rows of equal text share their codes.
    """
    rows = archive.beside(old.archive.path if old else None, "passages")
    with late_interaction.TokenWriter(draft, archive.passages) as coded, (draft / storage.VECTORS).open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f2", "fortran_order": False, "shape": (archive.passages, dim)}
        )
        while block := list(islice(rows, AT_ONCE)):
            out = np.zeros((len(block), dim), np.float16)
            copied = [(n, there) for n, (_, _, there) in enumerate(block) if there is not None]
            if copied and old:
                places, olds = np.array(copied).T
                out[places] = old.vectors[olds]
            for n, (row, first, there) in enumerate(block):
                entry = journal.find(archive.digest(row)) if there is None else None
                if entry:
                    out[n] = entry.vector
                if first != row:
                    coded.share(row, first)
                elif entry:
                    coded.add(row, entry.codes)
                elif old and there is not None:
                    coded.add(row, old.tokens.of(there))
            file.write(out.tobytes())
        coded.close()


def build_dense(draft: Path, rows: int, exact_rows: int) -> None:
    """Write the index by meaning, from the draft's vectors."""
    dense.build(draft / storage.VECTORS, dense.kind_for(rows, exact_rows), draft / storage.DENSE)


def build_lexical(archive: SqliteArticleStore, draft: Path, stopped: Callable[[], bool]) -> None:
    """Write the index by words, or, once `stopped`, some of it."""
    (draft / storage.LEXICAL).mkdir()
    lexical.build(takewhile(lambda _: not stopped(), _lines(archive)), draft / storage.LEXICAL)


def build_sketches(
    archive: SqliteArticleStore, draft: Path, old: Generation | None, progress: Progress
) -> minhash.Sketches:
    """Write each article's sketch; that of an article that has not changed is copied."""
    with minhash.SketchWriter(draft) as writer:
        for row, _, there in archive.beside(old.archive.path if old else None, "articles"):
            copied = old.stories.sketch(there) if old and there is not None else None
            writer.add(minhash.sketch(archive.article(row).text) if copied is None else copied)
            if row % SAY_EVERY == 0:
                progress("sketch", row, archive.articles)
        progress("sketch", archive.articles, archive.articles)
        return writer.close()


def build_stories(archive: SqliteArticleStore, draft: Path, held: minhash.Sketches) -> None:
    """Write which articles are one story."""
    truth, ends = np.load(draft / storage.VECTORS, mmap_mode="r"), np.cumsum(np.bincount(archive.article_of))

    def vector(row: int) -> Vector:
        mean: Vector = truth[ends[row - 1] if row else 0 : ends[row]].astype(np.float32).mean(axis=0)
        return mean / np.linalg.norm(mean)

    stories.write(draft, held, archive.days.tolist(), vector)


def _lines(archive: SqliteArticleStore) -> Iterator[lexical.IndexedPassage]:
    for (article, *_), passages in archive.all_articles():
        title = chunking.title_prefix(article)
        for row in passages:
            text = title + article.text[row.start : row.end]
            yield lexical.IndexedPassage(
                row.row, text, article.published, article.source, article.authors, article.section
            )
