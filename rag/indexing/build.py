"""A draft's articles, a previous generation and the journal come in; the draft's derived structures go out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice, takewhile

import numpy as np

from rag.index import late_interaction, minhash, stories
from rag.index.base import ArticleStore, DenseBackend, DenseIndex, GenerationRef, IndexedPassage, LexicalBackend
from rag.index.late_interaction import TokenWriter
from rag.indexing.embedding_journal import EmbeddingJournal
from rag.indexing.previous import PreviousGeneration
from rag.instrumentation import Progress
from rag.text import analysis, chunking
from rag.types.arrays import Float16s, Rows, Vector

ROWS_AT_ONCE = 16_384  # rows whose vectors are in memory together
REPORT_EVERY = 64  # articles between two reports of progress


def build_dense(
    archive: ArticleStore,
    draft: GenerationRef,
    engine: DenseBackend,
    previous: PreviousGeneration | None,
    journal: EmbeddingJournal,
    dim: int,
) -> None:
    """Write what each passage was embedded to, its vector and its token codes, and the dense index over the vectors.

    The previous generation has it, or else the journal. Rows of equal text share their codes.
    """
    with late_interaction.TokenWriter(draft.folder, archive.passages) as codes:
        engine.build(draft, _vectors(archive, previous, journal, codes, dim), archive.passages, dim)
        codes.close()


def _vectors(
    archive: ArticleStore,
    previous: PreviousGeneration | None,
    journal: EmbeddingJournal,
    codes: TokenWriter,
    dim: int,
) -> Iterator[Float16s]:
    """Yield the vectors of all passages in blocks, float16 [block, dim], and write each passage's codes meanwhile."""
    rows, first_of = archive.digests("passages"), dict[bytes, int]()
    while block := list(islice(rows, ROWS_AT_ONCE)):
        vectors = np.zeros((len(block), dim), np.float16)
        old_rows = previous.rows_of("passages", [digest for _, digest in block]) if previous else {}
        copied = [(place, old_rows[digest]) for place, (_, digest) in enumerate(block) if digest in old_rows]
        if copied and previous:
            places, olds = zip(*copied, strict=True)
            vectors[list(places)] = previous.vectors(olds)
        for place, (row, digest) in enumerate(block):
            entry = None if digest in old_rows else journal.find(digest)
            if entry:
                vectors[place] = entry.vector
            if (first := first_of.setdefault(digest, row)) != row:
                codes.share(row, first)
            elif entry:
                codes.add(row, entry.codes)
            elif previous and digest in old_rows:
                codes.add(row, previous.tokens.of(old_rows[digest]))
        yield vectors


def build_lexical(
    archive: ArticleStore, draft: GenerationRef, engine: LexicalBackend, stopped: Callable[[], bool]
) -> None:
    """Write the lexical index, or, once `stopped`, some of it."""
    engine.build(draft, takewhile(lambda _: not stopped(), _indexed_passages(archive)))


def build_sketches(
    archive: ArticleStore, draft: GenerationRef, previous: PreviousGeneration | None, progress: Progress
) -> minhash.Sketches:
    """Write each article's sketch; that of an article that has not changed is copied."""
    rows, sketch_of = archive.digests("articles"), previous.sketch_of if previous else None
    with minhash.SketchWriter(draft.folder) as writer:
        while block := list(islice(rows, ROWS_AT_ONCE)):
            old_rows = previous.rows_of("articles", [digest for _, digest in block]) if previous and sketch_of else {}
            for row, digest in block:
                known = sketch_of is not None and digest in old_rows
                writer.add(
                    sketch_of(old_rows[digest]) if known and sketch_of else minhash.sketch(archive.article(row).text)
                )
                if row % REPORT_EVERY == 0:
                    progress("sketch", row, archive.articles)
        progress("sketch", archive.articles, archive.articles)
        return writer.close()


def build_stories(archive: ArticleStore, dense: DenseIndex, draft: GenerationRef, sketches: minhash.Sketches) -> None:
    """Write which articles are one story."""
    ends = _passage_ends(archive)

    def vector(row: int) -> Vector:
        """Return the mean of an article's vectors, of unit length."""
        mean: Vector = dense.vectors(np.arange(ends[row - 1] if row else 0, ends[row])).mean(axis=0)
        return mean / np.linalg.norm(mean)

    stories.write(draft.folder, sketches, archive.days(np.arange(archive.articles)).tolist(), vector)


def _passage_ends(archive: ArticleStore) -> Rows:
    """Return the row after the last passage of each article, int64 [articles]."""
    articles = archive.articles_of(np.arange(archive.passages))
    return np.cumsum(np.bincount(articles, minlength=archive.articles))


def _indexed_passages(archive: ArticleStore) -> Iterator[IndexedPassage]:
    for stored, passages in archive.all_articles():
        article = stored.article
        prefix, ref = chunking.title_prefix(article), article.ref()
        for passage in passages:
            stems = analysis.analyse(prefix + article.text[passage.start : passage.end])
            yield IndexedPassage(passage.row, stems, ref)
