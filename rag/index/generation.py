"""One open generation: immutable, and shared by all requests."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Self

from rag.errors import ArticleMissingError, IncompatibleIndexError, IndexCorruptError
from rag.index import late_interaction, storage, stories
from rag.index.base import ArticleStore, DenseIndex, Engines, GenerationRef, LexicalIndex, Ranking
from rag.index.late_interaction import TokenCodes
from rag.index.rows import PassageRow, StoredArticle
from rag.index.stories import Stories
from rag.text import urls
from rag.types.arrays import Vector
from rag.types.articles import Article, Passage, Span
from rag.types.filters import Scope
from rag.types.index import IndexManifest

TAKEN_OVER = ("articles", "dense", "token_codes")  # what a reindex copies; all other structures are derived of these


class StoredPassage(NamedTuple):
    """A passage with its row and its article."""

    row: int
    passage: Passage
    stored: StoredArticle

    @property
    def article(self) -> Article:
        """The article that it is of."""
        return self.stored.article

    def sentences(self) -> list[tuple[Span, int]]:
        """Return the article's sentences that stand in the passage, each with its number of tokens."""
        return self.stored.sentences(self.passage.start, self.passage.end)


def identities(engines: Engines) -> dict[str, str]:
    """Return what decides how each structure of a generation is read, by the structure's name.

    A manifest records it. A structure that another identity wrote is not opened: it would answer, and wrongly.
    """
    return {
        **engines.identities(),
        "token_codes": late_interaction.IDENTITY,
        "stories": stories.IDENTITY,
    }


class Generation:
    """Everything that one generation holds, opened eagerly: its files may be pruned while it serves."""

    def __init__(
        self,
        manifest: IndexManifest,
        archive: ArticleStore,
        dense: DenseIndex,
        lexical: LexicalIndex,
        tokens: TokenCodes,
        stories: Stories,
    ) -> None:
        self.manifest = manifest
        self.archive = archive
        self.dense = dense
        self.lexical = lexical
        self.tokens = tokens
        self.stories = stories
        self._threads = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="lexical")

    @classmethod
    def open(cls, ref: GenerationRef, engines: Engines) -> Self:
        """Open a generation; raises FileNotFoundError, IndexCorruptError, IncompatibleIndexError."""
        manifest = storage.read_manifest(ref.folder)
        require_identities(manifest, identities(engines))
        archive, dense, lexical = engines.articles.open(ref), engines.dense.open(ref), engines.lexical.open(ref)
        tokens, stories = TokenCodes(ref.folder), Stories(ref.folder)
        passages = {archive.passages, len(dense), len(lexical), len(tokens), manifest.counts.passages}
        if len(passages) > 1 or {archive.articles, len(stories)} != {manifest.counts.articles}:
            raise IndexCorruptError(f"{ref.folder}: its files do not hold the same passages; run `rag rollback`")
        return cls(manifest, archive, dense, lexical, tokens, stories)

    @property
    def name(self) -> str:
        """The generation's name."""
        return self.manifest.generation

    def require_embedder(self, embedder: str) -> None:
        """Raise IncompatibleIndexError unless the vectors were computed by an embedder of that identity."""
        require_embedder(self.manifest, embedder)

    def search(self, vector: Vector, terms: Sequence[str], k: int, scope: Scope) -> tuple[Ranking, Ranking]:
        """Search by meaning and, in another thread, by words: 7.6 ms where one after the other took 9.7."""
        lexical = self._threads.submit(self.lexical.search, terms, k, scope)
        return self.dense.search(vector, k, self.archive.rows_matching(scope)), lexical.result()

    def idf(self, term: str) -> float:
        """Return the inverse document frequency of a stem over the passages, as BM25 computes it.

        A stem that stands nowhere counts as one that stands in one passage: in a small archive it would
        outweigh all others.
        """
        passages, frequency = len(self.lexical), max(1, self.lexical.document_frequency(term))
        return math.log(1 + (passages - frequency + 0.5) / (frequency + 0.5))

    def passages(self, rows: Sequence[int]) -> list[StoredPassage]:
        """Return the passage of each row, in the order given."""
        passages = self.archive.passages_at(rows)
        articles = self.archive.articles_at({passage.article for passage in passages.values()})
        return [_stored_passage(passages[row], articles[passages[row].article]) for row in rows]

    def passages_of(self, article: int) -> list[StoredPassage]:
        """Return the passages of an article, by row, in order."""
        return self.passages([passage.row for passage in self.archive.passages_of(article)])

    def row_of(self, id: str) -> int | None:
        """Return the row of an article by its id, or by the whole address that its id is made of; None without one."""
        row = self.archive.article_row(id)
        return self.archive.article_row(urls.normalize(id)) if row is None and "://" in id else row

    def article(self, id: str) -> Article:
        """Return an article, as `row_of` finds it; raises ArticleMissingError."""
        row = self.row_of(id)
        if row is None:
            raise ArticleMissingError(f"no article {id!r} in {self.name}; ids stand in every hit and citation")
        return self.archive.article(row)

    def faults(self) -> list[str]:
        """Check every passage against its article (offsets, cover); return what is wrong, one line a fault."""
        faults = []
        for stored, rows in self.archive.all_articles():
            article, end = stored.article, 0
            for row in rows:
                if not end <= row.start < row.end <= len(article.text):
                    faults.append(f"{article.id}: passage {row.start}:{row.end} is out of order or out of its text")
                elif article.text[end : row.start].strip():
                    faults.append(f"{article.id}: characters {end}:{row.start} are in no passage")
                end = row.end
            if article.text[end:].strip():
                faults.append(f"{article.id}: characters {end}:{len(article.text)} are in no passage")
            ends = [0, *(n for span, _ in stored.sentences(0, len(article.text)) for n in (span.start, span.end))]
            if ends != sorted(ends) or ends[-1] > len(article.text):
                faults.append(f"{article.id}: its sentences are out of order or out of its text")
        return faults


def require_identities(manifest: IndexManifest, expected: Mapping[str, str]) -> None:
    """Raise IncompatibleIndexError where a structure was written by another engine, format or analysis."""
    for name in sorted(expected, key=lambda name: (name not in TAKEN_OVER, name)):  # first what asks for more
        if (written := manifest.structures.get(name)) != expected[name]:
            remedy = (
                "run `rag reindex --rebuild`, which reads and embeds everything anew"
                if name in TAKEN_OVER
                else "run `rag reindex`, which builds it anew and embeds nothing again"
            )
            raise IncompatibleIndexError(
                f"{manifest.generation}: {name}: written as {written or 'an unknown version'}, this Byline reads "
                f"{expected[name]}; {remedy}"
            )


def require_embedder(manifest: IndexManifest, embedder: str) -> None:
    """Raise IncompatibleIndexError unless a generation's vectors were computed by an embedder of that identity."""
    if manifest.embedder != embedder:
        raise IncompatibleIndexError(
            f"{manifest.generation} was embedded by {manifest.embedder}, the settings say {embedder}: their vectors "
            "do not compare; set RAG_MODEL back, or run `rag reindex --rebuild`"
        )


def _stored_passage(row: PassageRow, stored: StoredArticle) -> StoredPassage:
    article = stored.article
    passage = Passage(
        id=f"{article.id}#{row.row - stored.first_passage + 1}",
        article_id=article.id,
        start=row.start,
        end=row.end,
        paragraph=row.paragraph,
        text=article.text[row.start : row.end],
    )
    return StoredPassage(row.row, passage, stored)
