"""A timeline -> bars to look at and to choose days by: geometry, labels and links, drawn by the template."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from api.pages.forms import Form
from api.pages.phrases import counted
from rag.messages import date_range
from rag.types.fields import Unit
from rag.types.results import Bucket, Timeline

MOST_BARS = 60
WIDTH, HEIGHT, GAP, LEAST = 600.0, 60.0, 1.0, 2.0  # units of the SVG; LEAST is the height of one article among many
LEAST_TOP = 2  # articles, at least, that the full height stands for: a single one is no peak


class Bar(NamedTuple):
    """One bucket: where it is drawn, how high, and the page that is narrowed to its days."""

    x: float
    y: float
    width: float
    height: float
    label: str
    address: str
    chosen: bool


class Histogram(NamedTuple):
    """The bars of the buckets that hold an article, and the `shade` (x, width) behind the chosen ones.

    `days` are the first day of every bucket, and the last day of the last one. `chosen` are the indices of the first
    and last bucket that hold a chosen day; of all, where no day is chosen or none of these is.
    """

    bars: tuple[Bar, ...]
    days: tuple[date, ...]
    chosen: tuple[int, int]
    shade: tuple[float, float] | None
    ticks: tuple[str, ...]
    summary: str


def histogram(timeline: Timeline, form: Form) -> Histogram | None:
    """Return the drawing; None where fewer than two buckets hold an article, which leaves no choice."""
    buckets = _merged(timeline.buckets)
    if sum(bucket.articles > 0 for bucket in buckets) < 2:
        return None
    most = max(LEAST_TOP, *(bucket.articles for bucket in buckets))
    step = WIDTH / len(buckets)
    inside = _chosen(buckets, timeline.chosen)
    first, last = (inside[0], inside[-1]) if inside else (0, len(buckets) - 1)
    bars = tuple(
        _bar(bucket, n, step, most, form)._replace(chosen=n in inside)
        for n, bucket in enumerate(buckets)
        if bucket.articles
    )
    return Histogram(
        bars=bars,
        days=(*(_first(bucket) for bucket in buckets), _last(buckets[-1])),
        chosen=(first, last),
        shade=(round(first * step, 1), round((last - first + 1) * step, 1)) if inside else None,
        ticks=_ticks(buckets, timeline.unit),
        summary=_summary(buckets, timeline),
    )


def _merged(buckets: Sequence[Bucket]) -> list[Bucket]:
    """Return at most MOST_BARS buckets: so many neighbours become one as it takes."""
    size = math.ceil(len(buckets) / MOST_BARS) or 1
    parts = (buckets[start : start + size] for start in range(0, len(buckets), size))
    return [
        Bucket(first=part[0].first, last=part[-1].last, articles=sum(bucket.articles for bucket in part))
        for part in parts
    ]


def _bar(bucket: Bucket, n: int, step: float, most: int, form: Form) -> Bar:
    first, last = _first(bucket), _last(bucket)
    height = max(LEAST, bucket.articles / most * HEIGHT)
    return Bar(
        x=round(n * step, 1), y=round(HEIGHT - height, 1), width=round(step - GAP, 1), height=round(height, 1),
        label=f"{date_range(first, last)}: {counted(bucket.articles, 'article')}",
        address=form.address(published_from=first.isoformat(), published_to=last.isoformat()),
        chosen=False,
    )  # fmt: skip


def _chosen(buckets: Sequence[Bucket], chosen: Bucket | None) -> list[int]:
    """Return the indices of the buckets that hold any of the chosen days."""
    if chosen is None:
        return []
    first, last = chosen.first or date.min, chosen.last or date.max
    return [n for n, bucket in enumerate(buckets) if _last(bucket) >= first and _first(bucket) <= last]


def _ticks(buckets: Sequence[Bucket], unit: Unit) -> tuple[str, ...]:
    """Return the labels under the left end, the middle and the right end, without repeats."""
    end = _last(buckets[-1])
    last = end - timedelta(6) if unit == "week" else end  # a week goes by the name of its Monday
    days = (_first(buckets[0]), _first(buckets[len(buckets) // 2]), last)
    if unit == "year":
        return tuple(dict.fromkeys(str(day.year) for day in days))
    before = {"month": "", "week": "week of {0.day} "}.get(unit, "{0.day} ")
    return tuple(dict.fromkeys(f"{before.format(day)}{day:%b} {day.year}" for day in days))


def _summary(buckets: Sequence[Bucket], timeline: Timeline) -> str:
    """Return what the drawing shows, in a sentence."""
    most = max(buckets, key=lambda bucket: bucket.articles)
    matching, chosen = timeline.matching, timeline.chosen
    text = f"{'at least ' if matching.relation == 'gte' else ''}{counted(matching.value, 'article')}"
    if chosen is None:
        text = f"{text[0].upper()}{text[1:]} match, most"
    else:
        are = "is" if chosen.articles == 1 else "are"
        text = f"{chosen.articles or 'None'} of {text} that match {are} of these days, most of all"
    peak = f" {date_range(most.first, most.last, 'in', 'from')} ({most.articles:,})"
    undated = f"; {timeline.undated:,} without a day" if timeline.undated else ""
    return f"{text + peak if most.articles > 1 else text.partition(', most')[0]}{undated}."


def _first(bucket: Bucket) -> date:
    assert bucket.first  # a timeline's buckets have ends
    return bucket.first


def _last(bucket: Bucket) -> date:
    assert bucket.last
    return bucket.last
