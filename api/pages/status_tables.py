"""The archive by month, year and outlet: rows of a table with a bar each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from rag.messages import gap, month, without_gaps
from rag.types.index import Overview, Status

MOST_OUTLETS = 200
MOST_MONTHS = 24  # beyond them, years tell more


class Row(NamedTuple):
    """A name, its number of articles, and the length of its bar, of 100. A `gap` stands for rows left out."""

    name: str
    articles: int
    share: float
    gap: bool = False


def months(overview: Overview) -> tuple[Row, ...]:
    """Return the last months, newest first, long gaps in one row."""
    newest = overview.months[-MOST_MONTHS:]
    most = max((bucket.articles for bucket in newest), default=0) or 1
    return tuple(
        Row(gap(bucket, "month"), 0, 0.0, gap=True)
        if isinstance(bucket, int)  # so many empty ones in a row
        else Row(month(bucket.first or date.min), bucket.articles, _share(bucket.articles, most))
        for bucket in without_gaps(reversed(newest))
    )


def years(overview: Overview) -> tuple[Row, ...]:
    """Return the years that hold anything, newest first; none where the months tell all."""
    if len(overview.months) <= MOST_MONTHS:
        return ()
    counts = Counter[int]()
    for bucket in overview.months:
        counts[(bucket.first or date.min).year] += bucket.articles
    return _rows((str(year), counts[year]) for year in sorted(counts, reverse=True) if counts[year])


def outlets(status: Status) -> tuple[Row, ...]:
    """Return the outlets, those with the most articles first."""
    return _rows(status.sources[:MOST_OUTLETS])


def _rows(counts: Iterable[tuple[str, int]]) -> tuple[Row, ...]:
    rows = list(counts)
    most = max((articles for _, articles in rows), default=1) or 1
    return tuple(Row(name, articles, _share(articles, most)) for name, articles in rows)


def _share(articles: int, most: int) -> float:
    return round(100 * articles / most, 1)
