"""What an article was before: its versions, read by `<id>@<version>`, and what has become of a citation."""

from __future__ import annotations

from bisect import bisect_right

from rag.citations.citation import cite
from rag.index.generation import Generation
from rag.text.sentences import paragraphs
from rag.types.articles import Article, Citation, CitationCheck, CitationRef


def verify(generation: Generation, cited: CitationRef) -> CitationCheck:
    """Say what has become of a citation."""
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
    older = [each.article for each in generation.archive.older_versions(cited.id)]
    older.sort(key=lambda article: article.version != cited.version)  # the one that is named comes first
    for article in older:
        if places := _places(article.text, cited.quote):
            start = min(places, key=lambda place: abs(place - cited.start))
            found = _cite(generation, article, start, start + len(cited.quote))
            later = {"superseded_by": newest.version, "notes": newest.notes}
            return CitationCheck(verdict="changed", citation=found.model_copy(update=later))
    return CitationCheck(verdict="changed")


def _places(text: str, quote: str) -> list[int]:
    found, start = [], text.find(quote) if quote else -1
    while start >= 0:
        found.append(start)
        start = text.find(quote, start + 1)
    return found


def _cite(generation: Generation, article: Article, start: int, end: int) -> Citation:
    """Cite a stretch of an article in any version; only the newest one has passages."""
    starts = [first for first, _ in paragraphs(article.text)]
    archive, row = generation.archive, generation.archive.article_row(article.id)
    passage = f"{article.id}@{article.version}"
    if row is not None and archive.article(row).version == article.version:
        firsts = [held.start for held in archive.passages_of(row)]
        passage = f"{article.id}#{max(1, bisect_right(firsts, start))}"
    return cite(article, passage, start, end, max(0, bisect_right(starts, start) - 1))
