"""What belongs to an article: the other articles of its story, and those of other stories that are about the same."""

from __future__ import annotations

from datetime import date

import numpy as np

from rag.index.generation import Generation
from rag.types.articles import Article, Copy
from rag.types.filters import EVERYTHING, Scope, unmet
from rag.types.results import SimilarArticle

PASSAGES_READ = 400  # passages that are looked at for similar articles
MIN_COSINE = 0.3  # below it no subject is shared; to be from one town is worth 0.2 to 0.4


def copies(generation: Generation, article: Article, scope: Scope = EVERYTHING) -> tuple[Copy, ...]:
    """Return the other articles of an article's story that are in scope, earliest first."""
    row = generation.archive.article_row(article.id)
    shares = dict(generation.stories.copies(row)) if row is not None else {}
    stored = generation.archive.articles_at(list(shares)) if shares else {}
    inside = [(other, copy) for other, (copy, *_) in stored.items() if not any(unmet(copy, scope))]
    inside.sort(key=lambda item: (item[1].published or date.max, item[0]))
    first = inside[0][1].published if inside else None
    is_earlier = first is not None and (article.published is None or first < article.published)
    return tuple(
        Copy(**other.ref().model_dump(), share=shares[row], earliest=is_earlier and n == 0)
        for n, (row, other) in enumerate(inside)
    )


def similar(generation: Generation, article: Article, k: int) -> tuple[SimilarArticle, ...]:
    """Return the `k` articles of other stories that hold the passages nearest to the mean of an article's.

    Fewer where the rest are about something else.
    """
    archive, stories = generation.archive, generation.stories
    row = archive.article_row(article.id)
    assert row is not None  # or there would be no article
    own = Scope(exclude=tuple(stored.article.id for stored in archive.articles_at(stories.members(row)).values()))
    vectors = generation.dense.vectors(np.array([passage.row for passage in archive.passages_of(row)], np.int64))
    mean = vectors.mean(axis=0)
    nearest = generation.dense.search(mean / np.linalg.norm(mean), PASSAGES_READ, archive.rows_matching(own))
    articles = archive.articles_of(nearest.rows[nearest.scores >= MIN_COSINE])
    _, first = np.unique(stories.of(articles), return_index=True)
    places = np.sort(first)[:k].tolist()
    stored = archive.articles_at([int(articles[place]) for place in places])
    return tuple(
        SimilarArticle(
            **stored[int(articles[place])].article.ref().model_dump(), similarity=float(nearest.scores[place])
        )
        for place in places
    )
