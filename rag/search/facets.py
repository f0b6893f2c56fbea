"""The articles that match a question, counted: by outlet, author, section and year, and over time.

Everything in an archive is somehow near to a question. An article *matches* where one of its passages scores at
least half of the first, by words (BM25) or by meaning (cosine; and then no less than MIN_COSINE). To a question that
names a time and no subject all that the filter admits is an answer, and matches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rag.errors import QuestionError
from rag.index.generation import Generation
from rag.search import retrieval
from rag.search.fusion import Candidates
from rag.search.pipeline import QueryContext
from rag.types.arrays import Rows, Scores
from rag.types.fields import CLAUSES, DAYS, Unit
from rag.types.filters import Scope, SearchFilter
from rag.types.results import MAX_FACET_VALUES, Bucket, FacetCount, Facets, Total

MIN_SCORE_SHARE = 0.5  # of the first passage's score
MIN_COSINE = 0.35  # MiniLM gives 0.1 to 0.33 to what is unrelated, 0.4 to 0.8 to what answers
UNITS: dict[Unit, int] = {"day": 1, "week": 7, "month": 31, "year": 366}  # and the most days each has
MEAN_DAYS: dict[Unit, float] = {"day": 1, "week": 7, "month": 30.4, "year": 365.2}
MAX_BUCKETS = 120  # of a timeline; a longer one is counted by the next longer unit
MAX_BUCKETS_ASKED = 4_000  # of one whose unit is asked for


class TimelineCounts(NamedTuple):
    """What a `Timeline` counts, by its names."""

    unit: Unit
    buckets: tuple[Bucket, ...]
    undated: int
    matching: Total
    chosen: Bucket | None


def match_set(generation: Generation, listed: Candidates) -> tuple[Rows, Total]:
    """Return the rows of the articles that match, ascending, and how many those are."""
    words, meaning = listed.lexical[listed.lexical_rank > 0], listed.dense[listed.dense_rank > 0]
    matches = _near(listed.lexical, words) | _near(listed.dense, meaning, MIN_COSINE)
    articles = np.unique(generation.archive.articles_of(listed.rows[matches]))
    more = any(
        len(scores) == retrieval.DEPTH and _near(scores, scores, least).all()
        for scores, least in ((words, 0.0), (meaning, MIN_COSINE))
    )
    return articles, Total(value=len(articles), relation="gte" if more else "eq")


def matching(context: QueryContext, scope: Scope) -> tuple[Rows, Total]:
    """Return what matches of all that is in `scope`; what was searched already is not searched again."""
    generation = context.generation
    if context.time_only:
        rows = generation.archive.articles_matching(scope)
        return rows, Total(value=len(rows), relation="eq")
    if scope == context.scope:
        return match_set(generation, context.ranked)
    listed = retrieval.candidates(generation, context.query, context.request.question, scope)
    return match_set(generation, listed)


def facets(context: QueryContext) -> Facets:
    """Count what matches by outlet, author, section and year; a field that the filter narrows, as if it did not."""
    scope, archive = context.scope, context.generation.archive
    matched, total = matching(context, scope)

    def without(*names: str) -> Rows:
        """Return what would match without some clauses of the filter; what none of them narrows is at hand."""
        wider = scope.without(*names)
        return matched if wider == scope else matching(context, wider)[0]

    days = archive.days(without(*DAYS))
    years = Counter(date.fromordinal(day).year for day in days.tolist() if day)
    return Facets(
        matching=total,
        years=tuple(FacetCount(value=str(year), articles=years[year]) for year in sorted(years)),
        **{
            clause.name: _counted(chain.from_iterable(archive.values(without(clause.name), clause.attribute)))
            for clause in CLAUSES
            if clause.kind == "any_of"
        },
    )


def timeline(context: QueryContext, unit: Unit | None) -> TimelineCounts:
    """Return when what matches was published, whatever days the question is narrowed to."""
    rows, total = matching(context, context.scope.without(*DAYS))
    return _counted_over_time(context.generation.archive.days(rows), unit, total, context.scope)


def all_over_time(generation: Generation, filter: SearchFilter, as_of: date, unit: Unit | None) -> TimelineCounts:
    """Return when the articles were published that a filter admits, whatever days it is narrowed to."""
    archive = generation.archive
    days = archive.days(archive.articles_matching(Scope.of(filter.without(*DAYS), as_of=as_of)))
    return _counted_over_time(days, unit, Total(value=len(days), relation="eq"), filter)


def histogram(days: npt.NDArray[np.int64], unit: Unit | None) -> tuple[Unit, tuple[Bucket, ...], int]:
    """Count days (ordinals, 0 for none) by `unit`, or the shortest that gives no more than MOST_BUCKETS.

    Raises QuestionError where a `unit` that was asked for gives more than MOST_ASKED.
    """
    dated = np.sort(days[days > 0])
    undated = len(days) - len(dated)
    if not len(dated):
        return unit or "day", (), undated
    first, last = date.fromordinal(int(dated[0])), date.fromordinal(int(dated[-1]))
    span = (last - first).days
    fitting = unit or _fitting(span)
    if span > MAX_BUCKETS_ASKED * UNITS[fitting]:
        raise QuestionError(
            "unit", f"gives more than {MAX_BUCKETS_ASKED:,} buckets from {first} to {last}; take a longer one"
        )
    starts = _starts(first, last, fitting)
    counts = np.diff(np.searchsorted(dated, [start.toordinal() for start in starts]))
    buckets = tuple(
        Bucket(first=start, last=end - timedelta(1), articles=count)
        for start, end, count in zip(starts[:-1], starts[1:], counts.tolist(), strict=True)
    )
    return fitting, buckets, undated


def _counted_over_time(
    days: npt.NDArray[np.int64], unit: Unit | None, total: Total, filter: SearchFilter
) -> TimelineCounts:
    """Count days of publication over time, and those of them that a filter's own days hold."""
    first, last = filter.published_from, filter.published_to
    inside = (days >= (first or date.min).toordinal()) & (days <= (last or date.max).toordinal())
    chosen = Bucket(first=first, last=last, articles=int(np.count_nonzero(inside))) if first or last else None
    return TimelineCounts(*histogram(days, unit), total, chosen)


def _fitting(span: int) -> Unit:
    """Return the shortest unit that gives no more than MOST_BUCKETS over so many days, else the longest."""
    return next((unit for unit, days in MEAN_DAYS.items() if span < MAX_BUCKETS * days), "year")


def _starts(first: date, last: date, unit: Unit) -> list[date]:
    """Return the first day of each bucket from the one that holds `first`, and of the one after `last`."""
    starts = [_start(first, unit)]
    while starts[-1] <= last:
        starts.append(_next(starts[-1], unit))
    return starts


def _start(day: date, unit: Unit) -> date:
    if unit == "week":  # it begins on Monday
        return day - timedelta(day.weekday())
    return day if unit == "day" else day.replace(day=1) if unit == "month" else day.replace(month=1, day=1)


def _next(start: date, unit: Unit) -> date:
    return _start(start + timedelta(UNITS[unit]), unit)


def _near(scores: Scores, listed: Scores, least: float = 0.0) -> npt.NDArray[np.bool_]:
    """Return which scores are at least `least`, and the share of the best of those that a leg listed; nan is none."""
    near: npt.NDArray[np.bool_] = (scores > 0) & (scores >= max(least, MIN_SCORE_SHARE * listed.max(initial=0.0)))
    return near


def _counted(values: Iterable[str]) -> tuple[FacetCount, ...]:
    ordered = sorted(Counter(values).items(), key=lambda item: (-item[1], item[0]))
    return tuple(FacetCount(value=value, articles=count) for value, count in ordered[:MAX_FACET_VALUES])
