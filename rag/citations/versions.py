"""What an article was before: its versions, read by `<id>@<version>`, and what has become of a citation."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date

from rag.citations.citation import cite
from rag.errors import ArticleMissingError
from rag.index.generation import Generation
from rag.index.rows import OlderVersion
from rag.text.sentences import paragraphs, sentences
from rag.types.articles import Article, ArticleView, Citation, CitationCheck, CitationRef, Excerpt, Version


def view(generation: Generation, index: str, id: str) -> ArticleView:
    """Return the article of an id, or one of its older versions by `<id>@<version>`; raises ArticleMissingError.

    An id that is an address is also known with its scheme, as a browser shows it.
    """
    newest, asked = _newest(generation, id)
    older = generation.archive.older_versions(newest.id)
    shown = next((each.article for each in older if each.article.version == asked), newest)
    if asked not in (None, shown.version):
        others = ", ".join(each.article.version for each in older) or "none"
        raise ArticleMissingError(f"{newest.id!r} has no version {asked!r}; older ones that are held: {others}")
    known = generation.archive.known(newest.id)
    since = known.since if known else 0
    return ArticleView(
        index=index,
        generation=generation.name,
        article=shown,
        versions=(_version(OlderVersion(newest, since), newest), *(_version(each, newest) for each in older)),
        later_notes=() if shown is newest else newest.notes,
        dropped=() if shown is newest else _only_in(shown, newest),
        added=() if shown is newest else _only_in(newest, shown),
    )


def check(generation: Generation, cited: CitationRef) -> CitationCheck:
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


def _newest(generation: Generation, id: str) -> tuple[Article, str | None]:
    """Return the article, and the version that is asked for, if one is; an id may hold an "@" of its own."""
    if generation.row_of(id) is None:
        bare, at, version = id.rpartition("@")
        if at and generation.row_of(bare) is not None:
            return generation.article(bare), version
    return generation.article(id), None


def _only_in(article: Article, other: Article) -> tuple[Excerpt, ...]:
    """Return the sentences, its notes apart, that a version has and another has not; one that moved is in both."""
    held = {other.text[span.start : span.end] for span in sentences(other.text)}
    text, noted = article.text, [(note.start, note.end) for note in article.notes]
    return tuple(
        Excerpt(start=span.start, end=span.end, text=text[span.start : span.end])
        for span in sentences(text)
        if text[span.start : span.end] not in held and not any(start <= span.start < end for start, end in noted)
    )


def _version(held: OlderVersion, newest: Article) -> Version:
    article = held.article
    return Version(
        version=article.version, since=date.fromordinal(held.since), modified=article.modified, title=article.title,
        newest=article.version == newest.version,
    )  # fmt: skip


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
