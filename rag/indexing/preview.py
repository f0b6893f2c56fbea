"""One file -> what Byline reads out of it, before anything is indexed: fields and where from, passages, problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from rag.errors import LoadError
from rag.indexing.ingest import Ingester, ReindexOptions
from rag.loaders.corpus import CorpusReader
from rag.models.base import Embedder
from rag.settings import ReadingLimits
from rag.types.articles import Article, Passage
from rag.types.reading import ArticlePreview, Problem, SitemapEntry


def preview(
    path: Path, mapping: Mapping[str, str], limits: ReadingLimits, embedder: Embedder, passage_tokens: int
) -> Iterator[ArticlePreview | SitemapEntry | Problem]:
    """Yield each article of a file or folder with the passages it would have, in the order read; and what is wrong.

    Raises LoadError where there is no such file.
    """
    if not path.exists():
        raise LoadError(f"{path}: does not exist")
    options = ReindexOptions(roots=(str(path),), passage_tokens=passage_tokens)
    ingester = Ingester(None, embedder, options, None)
    for item in CorpusReader([path], mapping, limits):
        if isinstance(item, Article):
            yield ArticlePreview(article=item, passages=tuple(_passages(item, ingester)))
        elif isinstance(item, SitemapEntry | Problem):
            yield item


def _passages(article: Article, ingester: Ingester) -> Iterator[Passage]:
    for number, part in enumerate(ingester.segmented(article).passages, 1):
        yield Passage(
            id=f"{article.id}#{number}", article_id=article.id, start=part.start, end=part.end,
            paragraph=part.paragraph, text=article.text[part.start : part.end],
        )  # fmt: skip
