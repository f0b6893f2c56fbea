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
WIDTH, HEIGHT, GAP, LEAST = 600.0, 60.0, 1.0, 2.0  # of the drawing; LEAST is the height of one article among many
LEAST_TOP = 2  # articles that the full height stands for, at least: one alone is no peak


class Bar(NamedTuple):
    """One stretch of days: where it is drawn, how high, and the page that is narrowed to it."""

    x: float
    y: float
    width: float
    height: float
    label: str
    address: str
    chosen: bool


class Histogram(NamedTuple):
    """The bars, and the chosen stretch (x, width). `days` begin each bar; the last is the end of the last bar.

    `chosen` are the first and last bar of the days asked for (from 0), all where none are, or none of these.
    """

    bars: tuple[Bar, ...]
    days: tuple[date, ...]
    chosen: tuple[int, int]
    shade: tuple[float, float] | None
    ticks: tuple[str, ...]
    said: str


def histogram(timeline: Timeline, form: Form) -> Histogram | None:
    """Return the drawing; None where fewer than two stretches hold anything to choose from."""
    buckets = _gathered(timeline.buckets)
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
        said=_said(buckets, timeline),
    )


def _gathered(buckets: Sequence[Bucket]) -> list[Bucket]:
    """Return the buckets, as many of them taken together as it takes to draw them."""
    size = math.ceil(len(buckets) / MOST_BARS) or 1
    parts = (buckets[start : start + size] for start in range(0, len(buckets), size))
    return [
        Bucket(first=part[0].first, last=part[-1].last, articles=sum(each.articles for each in part)) for part in parts
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
    """Return the buckets, from 0, that hold any of the days asked for."""
    if chosen is None:
        return []
    first, last = chosen.first or date.min, chosen.last or date.max
    return [n for n, bucket in enumerate(buckets) if _last(bucket) >= first and _first(bucket) <= last]


def _ticks(buckets: Sequence[Bucket], unit: Unit) -> tuple[str, ...]:
    """Return what stands under the left end, the middle and the right end, each once."""
    end = _last(buckets[-1])
    last = end - timedelta(6) if unit == "week" else end  # a week goes by the name of its Monday
    days = (_first(buckets[0]), _first(buckets[len(buckets) // 2]), last)
    if unit == "year":
        return tuple(dict.fromkeys(str(day.year) for day in days))
    before = {"month": "", "week": "week of {0.day} "}.get(unit, "{0.day} ")
    return tuple(dict.fromkeys(f"{before.format(day)}{day:%b} {day.year}" for day in days))


def _said(buckets: Sequence[Bucket], timeline: Timeline) -> str:
    """Return what a look at the drawing tells, in words."""
    most = max(buckets, key=lambda bucket: bucket.articles)
    matching, chosen = timeline.matching, timeline.chosen
    said = f"{'at least ' if matching.relation == 'gte' else ''}{counted(matching.value, 'article')}"
    if chosen is None:
        said = f"{said[0].upper()}{said[1:]} match, most"
    else:
        are = "is" if chosen.articles == 1 else "are"
        said = f"{chosen.articles or 'None'} of {said} that match {are} of these days, most of all"
    peak = f" {date_range(most.first, most.last, 'in', 'from')} ({most.articles:,})"
    undated = f"; {timeline.undated:,} without a day" if timeline.undated else ""
    return f"{said + peak if most.articles > 1 else said.partition(', most')[0]}{undated}."


def _first(bucket: Bucket) -> date:
    assert bucket.first  # a timeline's buckets have ends
    return bucket.first


def _last(bucket: Bucket) -> date:
    assert bucket.last
    return bucket.last
