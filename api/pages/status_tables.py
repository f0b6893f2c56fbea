"""What the archive holds, month by month and outlet by outlet: rows of a table with a bar each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from rag.messages import gap, month, without_gaps
from rag.search.overview import Overview
from rag.types.index import Status

MOST_OUTLETS = 200
MOST_MONTHS = 24  # beyond them, years tell more


class Row(NamedTuple):
    """A name, how many articles have it, and how long its bar is, of 100. A `gap` has none and names no thing."""

    name: str
    articles: int
    share: float
    gap: bool = False


def months(overview: Overview) -> tuple[Row, ...]:
    """Return the last months, newest first, long gaps in one row."""
    newest = overview.months[-MOST_MONTHS:]
    most = max((bucket.articles for bucket in newest), default=0) or 1
    return tuple(
        Row(gap(each, "month"), 0, 0.0, gap=True)
        if isinstance(each, int)
        else Row(month(each.first or date.min), each.articles, _share(each.articles, most))
        for each in without_gaps(reversed(newest))
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
    held = list(counts)
    most = max((articles for _, articles in held), default=1) or 1
    return tuple(Row(name, articles, _share(articles, most)) for name, articles in held)


def _share(articles: int, most: int) -> float:
    return round(100 * articles / most, 1)
