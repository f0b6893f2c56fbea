"""Verify old citations: find the quotation in the newest version of its article, or else in older ones."""

from __future__ import annotations

from bisect import bisect_right

from rag.citations.citation import cite
from rag.index.generation import Generation
from rag.text.sentences import paragraphs
from rag.types.articles import Article, Citation, CitationCheck, CitationRef


def verify(generation: Generation, cited: CitationRef) -> CitationCheck:
    """Return whether a quotation still stands where it was cited, has moved, or is gone from the newest version.

    A moved quotation is cited at its nearest place. One that only an older version has is cited in that version, with
    the newest version and its notes; the version that the citation names is tried first.
    """
    row = generation.archive.article_row(cited.id)
    if row is None:
        return CitationCheck(verdict="gone")
    newest = generation.archive.article(row)
    if newest.text[cited.start : cited.end] == cited.quote:
        return CitationCheck(verdict="exact", citation=_cite(generation, newest, cited.start, cited.end))
    places = _places(newest.text, cited.quote)
    if places:
        start = min(places, key=lambda place: abs(place - cited.start))
        return CitationCheck(verdict="moved", citation=_cite(generation, newest, start, start + len(cited.quote)))
    older = [version.article for version in generation.archive.older_versions(cited.id)]
    older.sort(key=lambda article: article.version != cited.version)  # the version that the citation names comes first
    for article in older:
        if places := _places(article.text, cited.quote):
            start = min(places, key=lambda place: abs(place - cited.start))
            citation = _cite(generation, article, start, start + len(cited.quote))
            later = {"superseded_by": newest.version, "notes": newest.notes}
            return CitationCheck(verdict="changed", citation=citation.model_copy(update=later))
    return CitationCheck(verdict="changed")


def _places(text: str, quote: str) -> list[int]:
    """Return every start of `quote` in `text`, overlapping ones too."""
    starts, start = [], text.find(quote) if quote else -1
    while start >= 0:
        starts.append(start)
        start = text.find(quote, start + 1)
    return starts


def _cite(generation: Generation, article: Article, start: int, end: int) -> Citation:
    """Return a citation of a span of any version of an article; only the newest version has passages."""
    starts = [first for first, _ in paragraphs(article.text)]
    archive, row = generation.archive, generation.archive.article_row(article.id)
    passage_id = f"{article.id}@{article.version}"
    if row is not None and archive.article(row).version == article.version:
        firsts = [passage.start for passage in archive.passages_of(row)]
        passage_id = f"{article.id}#{max(1, bisect_right(firsts, start))}"
    return cite(article, passage_id, start, end, max(0, bisect_right(starts, start) - 1))
