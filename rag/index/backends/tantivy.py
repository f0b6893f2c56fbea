"""BM25 over the passages of one generation (tantivy), the folder `lexical/`: stems of title and text, as one field.

One field did better than a title field of its own at any weight (nDCG@10 .682 to .672 on a set with titles). Stems come
analysed (`rag.text.analysis`) and are only cut at spaces here. Each clause of a filter is a field of the same index and
adds nothing to a score. A query is built of stems, never parsed: no question can be a syntax error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

import tantivy

from rag.errors import IndexCorruptError
from rag.index.base import GenerationRef, IndexedPassage, Ranking
from rag.text import analysis
from rag.types.fields import CLAUSES
from rag.types.filters import Scope, values_of

FOLDER = "lexical"
STEMS, ROW, DAY = "text", "row", "published"
HEAP_BYTES = 128_000_000
WORD_FIELDS = tuple(clause.attribute for clause in CLAUSES if clause.kind in {"any_of", "none_of"})
# The engine, its fields, and the analysis of what stands in them: an index is read by the analysis that wrote it
IDENTITY = f"tantivy-bm25-2/{'+'.join(WORD_FIELDS)}/{analysis.IDENTITY}"
FOLDED = {clause.attribute for clause in CLAUSES if clause.kind == "any_of"}  # compared in any case of letters


class TantivyLexical:
    """The backend: a folder of tantivy's files in the generation's folder."""

    identity = IDENTITY

    def build(self, draft: GenerationRef, passages: Iterable[IndexedPassage]) -> None:
        """Write the index of all passages, which come by row."""
        folder = draft.folder / FOLDER
        folder.mkdir()
        index = tantivy.Index(_schema(), path=str(folder))
        writer = index.writer(heap_size=HEAP_BYTES, num_threads=1)  # one thread: rows stay in order
        for passage in passages:
            fields: dict[str, object] = {ROW: passage.row, STEMS: " ".join(passage.stems)}
            if passage.article.published:
                fields[DAY] = passage.article.published.toordinal()
            for attribute in WORD_FIELDS:
                if words := values_of(passage.article, attribute):
                    fields[attribute] = [_folded(attribute, word) for word in words]
            writer.add_document(tantivy.Document(**fields))
        writer.commit()
        writer.wait_merging_threads()

    def open(self, ref: GenerationRef) -> TantivyLexicalIndex:
        """Open the index; raises FileNotFoundError, IndexCorruptError."""
        return TantivyLexicalIndex(ref.folder / FOLDER)

    def check(self, ref: GenerationRef) -> list[str]:
        """Return nothing where it opens: checksums of files and the count of rows are all there is to check."""
        self.open(ref)
        return []

    def link(self, ref: GenerationRef, draft: GenerationRef) -> None:
        """Do nothing: the index links files."""

    def drop(self, ref: GenerationRef) -> None:
        """Do nothing: the files go with their folder."""


class TantivyLexicalIndex:
    """An open BM25 index (see `LexicalIndex`)."""

    def __init__(self, folder: Path) -> None:
        if not (folder / "meta.json").exists():
            raise FileNotFoundError(folder / "meta.json")
        self._folder = folder
        with _damage_reported(folder):
            self._index = tantivy.Index.open(str(folder))
            self._index.config_reader("manual")  # the default watches meta.json, and locks the folder when it goes
            self._index.reload()
        self._searcher = self._index.searcher()

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    @cached_property
    def _schema(self) -> tantivy.Schema:
        return self._index.schema

    def document_frequency(self, term: str) -> int:
        """See `LexicalIndex`."""
        return int(self._searcher.doc_freq(STEMS, term))

    def search(self, terms: Sequence[str], k: int, scope: Scope) -> Ranking:
        """See `LexicalIndex`."""
        if not terms or k == 0:
            return Ranking.of([], [])
        query = self._any_of([self._term(STEMS, term, "freq") for term in terms])
        musts, nots = self._clauses(scope)
        if musts or nots:  # unfiltered, the query stays a plain union, which tantivy searches by block-max WAND
            unscored = [tantivy.Query.const_score_query(clause, 0.0) for clause in musts]
            refused = [(tantivy.Occur.MustNot, self._any_of(nots))] if nots else []
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, part) for part in (query, *unscored)] + refused)
        return self._search(query, k)

    def rank(self, terms: Sequence[str], row: int, scope: Scope) -> tuple[float, int] | None:
        """See `LexicalIndex`: all passages that hold a term are scored."""
        ranking = self.search(terms, len(self), Scope())
        at = (ranking.rows == row).nonzero()[0]
        if not len(at):
            return None
        score = float(ranking.scores[at[0]])
        before = {int(other) for other in ranking.rows[: at[0]]}
        if scope:
            before &= {int(other) for other in self.search(terms, len(self), scope).rows}
        return score, 1 + len(before)

    def _search(self, query: tantivy.Query, k: int) -> Ranking:
        with _damage_reported(self._folder):
            hits = self._searcher.search(query, k, count=False).hits
            rows = self._searcher.fast_field_values(ROW, [address for _, address in hits])
        return Ranking.of(rows, [score for score, _ in hits])

    def _clauses(self, scope: Scope) -> tuple[list[tantivy.Query], list[tantivy.Query]]:
        """Return what an article must match, and what it must not, one query a clause of the scope."""
        musts: list[tantivy.Query] = []
        nots: list[tantivy.Query] = []
        for clause in CLAUSES:
            if clause.kind in {"any_of", "none_of"} and (words := getattr(scope, clause.name)):
                attribute = clause.attribute
                either = self._any_of([self._term(attribute, _folded(attribute, word)) for word in words])
                (musts if clause.kind == "any_of" else nots).append(either)
        if scope.published_from or scope.published_to:
            musts.append(self._days(scope.published_from or date.min, scope.published_to or date.max))
        if scope.as_of:
            nots.append(self._days(scope.as_of + timedelta(1), date.max))
        return musts, nots

    def _term(self, field: str, value: str, index_option: str = "basic") -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, value, index_option=index_option)

    def _any_of(self, queries: list[tantivy.Query]) -> tantivy.Query:
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])

    def _days(self, first: date, last: date) -> tantivy.Query:
        kind = tantivy.FieldType.Integer
        return tantivy.Query.range_query(self._schema, DAY, kind, first.toordinal(), last.toordinal())


def _schema() -> tantivy.Schema:
    """Return the fields of the index: the stems, the row, the day, and the words that clauses look at."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field(STEMS, tokenizer_name="whitespace", index_option="freq")
    for attribute in WORD_FIELDS:
        builder.add_text_field(attribute, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field(DAY, indexed=True, fast=True)
    builder.add_integer_field(ROW, indexed=False, fast=True)
    return builder.build()


def _folded(attribute: str, word: str) -> str:
    return word.casefold() if attribute in FOLDED else word


@contextmanager
def _damage_reported(folder: Path) -> Iterator[None]:
    """Raise IndexCorruptError for what tantivy says of files that are not what it wrote: ValueError, or a panic."""
    try:
        yield
    except BaseException as error:
        if isinstance(error, ValueError) or type(error).__name__ == "PanicException":  # no module exports the latter
            raise IndexCorruptError(f"{folder}: tantivy cannot read it: {error}; run `rag rollback`") from None
        raise
