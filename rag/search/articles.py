"""The view of one article in one of its versions, by its id or by `<id>@<version>`."""

from __future__ import annotations

from datetime import date

from rag.errors import ArticleMissingError
from rag.index.generation import Generation
from rag.index.rows import OlderVersion
from rag.text.sentences import sentences
from rag.types.articles import Article, ArticleView, Excerpt, Version


def view(generation: Generation, index: str, id: str) -> ArticleView:
    """Return the article of an id, or one of its older versions by `<id>@<version>`.

    An id that is a URL is also found with its scheme, as a browser shows it. Raises ArticleMissingError where the
    archive has no such article or version.
    """
    newest, version = _newest(generation, id)
    older = generation.archive.older_versions(newest.id)
    article = next((previous.article for previous in older if previous.article.version == version), newest)
    if version not in (None, article.version):
        others = ", ".join(previous.article.version for previous in older) or "none"
        raise ArticleMissingError(f"{newest.id!r} has no version {version!r}; older ones that are kept: {others}")
    state = generation.archive.state_of(newest.id)
    since = state.since if state else 0
    return ArticleView(
        index=index,
        generation=generation.name,
        article=article,
        versions=(_version(OlderVersion(newest, since), newest), *(_version(previous, newest) for previous in older)),
        later_notes=() if article is newest else newest.notes,
        dropped=() if article is newest else _only_in(article, newest),
        added=() if article is newest else _only_in(newest, article),
    )


def _newest(generation: Generation, id: str) -> tuple[Article, str | None]:
    """Return the article, and the version that `id` names, if any. An article's own id may hold an "@"."""
    if generation.row_of(id) is None:
        bare, at, version = id.rpartition("@")
        if at and generation.row_of(bare) is not None:
            return generation.article(bare), version
    return generation.article(id), None


def _only_in(article: Article, other: Article) -> tuple[Excerpt, ...]:
    """Return the sentences, notes excluded, that one version has and the other has not; one that moved is in both."""
    others = {other.text[span.start : span.end] for span in sentences(other.text)}
    text, notes = article.text, [(note.start, note.end) for note in article.notes]
    return tuple(
        Excerpt(start=span.start, end=span.end, text=text[span.start : span.end])
        for span in sentences(text)
        if text[span.start : span.end] not in others and not any(start <= span.start < end for start, end in notes)
    )


def _version(older: OlderVersion, newest: Article) -> Version:
    article = older.article
    return Version(
        version=article.version, since=date.fromordinal(older.since), modified=article.modified, title=article.title,
        newest=article.version == newest.version,
    )  # fmt: skip
