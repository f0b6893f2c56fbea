"""What belongs to an article: the other articles of its story, and those of other stories that are about the same."""

from __future__ import annotations

from datetime import date

import numpy as np

from rag.index.generation import Generation
from rag.types.arrays import Vector
from rag.types.articles import Article, Copy
from rag.types.filters import SearchFilter
from rag.types.results import SimilarArticle

NEAREST = 400  # passages that are looked at for similar articles
LEAST_SIMILAR = 0.3  # cosine: below it no subject is shared; to be from one town is worth 0.2 to 0.4


def copies(generation: Generation, article: Article, row: int, admitted: SearchFilter) -> tuple[Copy, ...]:
    """Return the other articles of an article's story that a filter admits, earliest first."""
    found = generation.stories.copies(row)
    if not found:
        return ()
    archive, share = generation.archive, dict(found)
    passes = archive.admitted(admitted)
    held = archive.articles_at([other for other in share if passes[other]])
    known = sorted(held.items(), key=lambda item: (item[1].article.published or date.max, item[0]))
    first = known[0][1].article.published if known else None
    earlier = first is not None and (article.published is None or first < article.published)
    return tuple(
        Copy(**other.article.ref().model_dump(), share=share[at], earliest=earlier and n == 0)
        for n, (at, other) in enumerate(known)
    )


def similar(generation: Generation, row: int, k: int) -> tuple[SimilarArticle, ...]:
    """Return the `k` articles of other stories that hold the passages nearest to the mean of an article's.

    Fewer where the rest are about something else.
    """
    archive, story = generation.archive, generation.stories.of
    own = SearchFilter(exclude=tuple(archive.article(int(each)).id for each in np.flatnonzero(story == story[row])))
    found = generation.search_dense(_mean(generation, row), NEAREST, own)
    articles = archive.article_of[found.rows[found.scores >= LEAST_SIMILAR]]
    _, first = np.unique(story[articles], return_index=True)
    places = np.sort(first)[:k].tolist()
    held = archive.articles_at([int(articles[place]) for place in places])
    return tuple(
        SimilarArticle(**held[int(articles[place])].article.ref().model_dump(), similarity=float(found.scores[place]))
        for place in places
    )


def _mean(generation: Generation, row: int) -> Vector:
    """Return the mean of an article's vectors, of unit length."""
    rows = [passage.row for passage in generation.archive.passages_of(row)]
    mean: Vector = generation.vectors[rows].astype(np.float32).mean(axis=0)
    return mean / np.linalg.norm(mean)
