"""One open generation: immutable, shared by requests, and the PassageIndex over faiss, tantivy and SQLite."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from rag.errors import ArticleMissingError, IncompatibleIndexError, IndexCorruptError
from rag.index import storage
from rag.index.archive import SqliteArticleStore
from rag.index.base import Ranking
from rag.index.dense import FaissDenseIndex, Float16s
from rag.index.late_interaction import TokenCodes
from rag.index.lexical import TantivyLexicalIndex
from rag.index.rows import PassageRow, StoredArticle
from rag.index.stories import Stories
from rag.text import urls
from rag.types.arrays import Vector
from rag.types.articles import Article, Passage, Span
from rag.types.filters import SearchFilter
from rag.types.index import IndexManifest


class StoredPassage(NamedTuple):
    """A passage with its article."""

    passage: Passage
    article: Article
    held: StoredArticle

    def sentences(self) -> list[tuple[Span, int]]:
        """Return the article's sentences that stand in the passage, each with its number of tokens."""
        return self.held.sentences(self.passage.start, self.passage.end)


class Generation:
    """Everything that one generation holds, opened eagerly: its files may be pruned while it serves."""

    def __init__(
        self,
        manifest: IndexManifest,
        archive: SqliteArticleStore,
        vectors: Float16s,
        dense: FaissDenseIndex,
        lexical: TantivyLexicalIndex,
        tokens: TokenCodes,
        stories: Stories,
    ) -> None:
        self.manifest = manifest
        self.archive = archive
        self.vectors = vectors
        self.dense = dense
        self.lexical = lexical
        self.tokens = tokens
        self.stories = stories
        self._beside = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="by-words")

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the generation in `folder`; raises FileNotFoundError, IndexCorruptError, IncompatibleIndexError."""
        manifest = storage.read_manifest(folder)
        archive = SqliteArticleStore(folder / storage.ARCHIVE)
        try:
            vectors = np.load(folder / storage.VECTORS, mmap_mode="r")
        except (ValueError, EOFError) as error:
            raise IndexCorruptError(f"{folder / storage.VECTORS}: {error}; run `rag rollback`") from None
        dense = FaissDenseIndex(vectors, folder / storage.DENSE)
        lexical = TantivyLexicalIndex(folder / storage.LEXICAL)
        tokens, stories = TokenCodes(folder), Stories(folder)
        held = {archive.passages, len(vectors), lexical.rows, len(tokens), manifest.counts.passages}
        if len(held) > 1 or {archive.articles, len(stories)} != {manifest.counts.articles}:
            raise IndexCorruptError(f"{folder}: its files do not hold the same passages; run `rag rollback`")
        return cls(manifest, archive, vectors, dense, lexical, tokens, stories)

    @property
    def name(self) -> str:
        """The generation's name."""
        return self.manifest.generation

    def require(self, embedder: str) -> None:
        """Raise IncompatibleIndexError unless the vectors were computed by an embedder of that identity."""
        if self.manifest.embedder != embedder:
            raise IncompatibleIndexError(
                f"{self.name} was embedded by {self.manifest.embedder}, the settings say {embedder}: their vectors "
                "do not compare; set RAG_MODEL back, or run `rag reindex --rebuild`"
            )

    def search_dense(self, vector: Vector, k: int, filter: SearchFilter) -> Ranking:
        """See rag.index.base.PassageIndex."""
        return self.dense.search(vector, k, self.archive.rows_matching(filter))

    def search_lexical(self, text: str, k: int, filter: SearchFilter) -> Ranking:
        """See rag.index.base.PassageIndex."""
        return self.lexical.search(text, k, filter, self.archive.excluded(filter))

    def search(self, vector: Vector, text: str, k: int, filter: SearchFilter) -> tuple[Ranking, Ranking]:
        """Search by meaning and, in another thread meanwhile, by words: 7.6 ms where one after the other took 9.7."""
        by_words = self._beside.submit(self.search_lexical, text, k, filter)
        return self.search_dense(vector, k, filter), by_words.result()

    def rarity(self, term: str) -> float:
        """Return the inverse document frequency of a stem over the passages (BM25's, as tantivy computes it).

        A stem that stands nowhere counts as one that stands in one passage: in a small archive it would
        outweigh all others.
        """
        frequency = max(1, self.lexical.document_frequency(term))
        return math.log(1 + (self.lexical.rows - frequency + 0.5) / (frequency + 0.5))

    def passages(self, rows: Sequence[int]) -> list[StoredPassage]:
        """Return the passage of each row, in the order given."""
        stored = self.archive.passages_at(rows)
        held = self.archive.articles_at({passage.article for passage in stored.values()})
        return [_found(stored[row], held[stored[row].article]) for row in rows]

    def row_of(self, id: str) -> int | None:
        """Return the row of an article by its id, or by the whole address that its id is made of; None without one."""
        row = self.archive.article_row(id)
        if row is None and "://" in id:
            row = self.archive.article_row(urls.normalize(id))
        return row

    def article(self, id: str) -> Article:
        """Return an article, as `row_of` finds it; raises ArticleMissingError."""
        row = self.row_of(id)
        if row is None:
            raise ArticleMissingError(f"no article {id!r} in {self.name}; ids stand in every hit and citation")
        return self.archive.article(row)

    def faults(self) -> list[str]:
        """Check every passage against its article (offsets, cover); return what is wrong, one line a fault."""
        found = []
        for held, rows in self.archive.all_articles():
            article, end = held.article, 0
            for row in rows:
                if not end <= row.start < row.end <= len(article.text):
                    found.append(f"{article.id}: passage {row.start}:{row.end} is out of order or out of its text")
                elif article.text[end : row.start].strip():
                    found.append(f"{article.id}: characters {end}:{row.start} are in no passage")
                end = row.end
            if article.text[end:].strip():
                found.append(f"{article.id}: characters {end}:{len(article.text)} are in no passage")
            ends = [0, *(n for span, _ in held.sentences(0, len(article.text)) for n in (span.start, span.end))]
            if ends != sorted(ends) or ends[-1] > len(article.text):
                found.append(f"{article.id}: its sentences are out of order or out of its text")
        norms = np.linalg.norm(self.vectors.astype(np.float32), axis=1)
        found += [f"row {row}: its vector is not of unit length" for row in np.flatnonzero(abs(norms - 1) > 0.01)]
        return found


def _found(stored: PassageRow, held: StoredArticle) -> StoredPassage:
    article = held.article
    passage = Passage(
        id=f"{article.id}#{stored.row - held.first_passage + 1}",
        article_id=article.id,
        start=stored.start,
        end=stored.end,
        paragraph=stored.paragraph,
        text=article.text[stored.start : stored.end],
    )
    return StoredPassage(passage, article, held)
