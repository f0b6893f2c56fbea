"""What the archive holds, month by month and outlet by outlet: rows of a table with a bar each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rag.manifest import Status
from rag.overview import Overview
from rag.wording import month

MOST_OUTLETS = 200


class Row(NamedTuple):
    """A name, how many articles have it, and how long its bar is, of 100."""

    name: str
    articles: int
    share: float


def months(overview: Overview) -> tuple[Row, ...]:
    """Return the months, newest first, from the first that holds anything to the last."""
    return _rows((month(bucket.first), bucket.articles) for bucket in reversed(overview.months) if bucket.first)


def outlets(status: Status) -> tuple[Row, ...]:
    """Return the outlets, those with the most articles first."""
    return _rows(status.sources[:MOST_OUTLETS])


def _rows(counts: Iterable[tuple[str, int]]) -> tuple[Row, ...]:
    held = list(counts)
    most = max((articles for _, articles in held), default=1) or 1
    return tuple(Row(name, articles, round(100 * articles / most, 1)) for name, articles in held)
