"""Facets and timelines: the articles that match a question, counted by outlet, author, section, year and over time.

Every article is more or less similar to a question. An article *matches* where one of its passages scores at least half
as much as the first passage, by words (BM25) or by meaning (a cosine of MIN_COSINE or more). For a question that names
a time and no subject, every article that the filter admits is an answer, and matches.
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

MIN_SCORE_SHARE = 0.5  # Least share of the first passage's score
MIN_COSINE = 0.35  # all-MiniLM-L6-v2 gives 0.1 to 0.33 to unrelated passages, 0.4 to 0.8 to answers (decision 0025)
MAX_DAYS: dict[Unit, int] = {"day": 1, "week": 7, "month": 31, "year": 366}  # The longest that each unit can be
MEAN_DAYS: dict[Unit, float] = {"day": 1, "week": 7, "month": 30.4, "year": 365.2}
MAX_BUCKETS = 120  # Buckets of a timeline whose unit is not chosen; more are counted by the next longer unit
MAX_BUCKETS_OF_UNIT = 4_000  # Buckets of a timeline whose unit the caller chose


class TimelineCounts(NamedTuple):
    """The counts of a `Timeline`, under the names of its fields."""

    unit: Unit
    buckets: tuple[Bucket, ...]
    undated: int
    matching: Total
    chosen: Bucket | None


def match_set(generation: Generation, listed: Candidates) -> tuple[Rows, Total]:
    """Return the rows of the articles that match, ascending, and their total.

    The total is a lower bound ("gte") where a leg's list is full and every passage in it matches.
    """
    lexical, dense = listed.lexical[listed.lexical_rank > 0], listed.dense[listed.dense_rank > 0]
    matches = _matches(listed.lexical, lexical) | _matches(listed.dense, dense, MIN_COSINE)
    articles = np.unique(generation.archive.articles_of(listed.rows[matches]))
    more = any(
        len(scores) == retrieval.DEPTH and _matches(scores, scores, min_score).all()
        for scores, min_score in ((lexical, 0.0), (dense, MIN_COSINE))
    )
    return articles, Total(value=len(articles), relation="gte" if more else "eq")


def matching(context: QueryContext, scope: Scope) -> tuple[Rows, Total]:
    """Return the rows of the articles in `scope` that match, ascending, and their total.

    The candidates of `context` are used where `scope` is its own; any other scope is searched.
    """
    generation = context.generation
    if context.time_only:
        rows = generation.archive.articles_matching(scope)
        return rows, Total(value=len(rows), relation="eq")
    if scope == context.scope:
        return match_set(generation, context.ranked)
    listed = retrieval.candidates(generation, context.query, context.request.question, scope)
    return match_set(generation, listed)


def facets(context: QueryContext) -> Facets:
    """Count the matching articles by outlet, author, section and year.

    A field that the filter narrows is counted as if the filter did not, so that its other values can be chosen.
    """
    scope, archive = context.scope, context.generation.archive
    matched, total = matching(context, scope)

    def without(*names: str) -> Rows:
        """Return the rows that would match without some clauses of the filter."""
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
    """Count the matching articles over time, whatever days the question is narrowed to."""
    rows, total = matching(context, context.scope.without(*DAYS))
    return _counted_over_time(context.generation.archive.days(rows), unit, total, context.scope)


def all_over_time(generation: Generation, filter: SearchFilter, as_of: date, unit: Unit | None) -> TimelineCounts:
    """Count the articles that a filter admits over time, whatever days the filter is narrowed to."""
    archive = generation.archive
    days = archive.days(archive.articles_matching(Scope.of(filter.without(*DAYS), as_of=as_of)))
    return _counted_over_time(days, unit, Total(value=len(days), relation="eq"), filter)


def histogram(days: npt.NDArray[np.int64], unit: Unit | None) -> tuple[Unit, tuple[Bucket, ...], int]:
    """Return the unit, the buckets and the number of undated articles of some days of publication.

    `days` are ordinals, 0 where an article has no day. Where `unit` is None, the shortest is taken that gives no more
    than MAX_BUCKETS. Raises QuestionError where a `unit` gives more than MAX_BUCKETS_OF_UNIT.
    """
    dated = np.sort(days[days > 0])
    undated = len(days) - len(dated)
    if not len(dated):
        return unit or "day", (), undated
    first, last = date.fromordinal(int(dated[0])), date.fromordinal(int(dated[-1]))
    span = (last - first).days
    unit = unit or _fitting_unit(span)
    if span > MAX_BUCKETS_OF_UNIT * MAX_DAYS[unit]:
        raise QuestionError(
            "unit", f"gives more than {MAX_BUCKETS_OF_UNIT:,} buckets from {first} to {last}; take a longer one"
        )
    starts = _starts(first, last, unit)
    counts = np.diff(np.searchsorted(dated, [start.toordinal() for start in starts]))
    buckets = tuple(
        Bucket(first=start, last=end - timedelta(1), articles=count)
        for start, end, count in zip(starts[:-1], starts[1:], counts.tolist(), strict=True)
    )
    return unit, buckets, undated


def _counted_over_time(
    days: npt.NDArray[np.int64], unit: Unit | None, total: Total, filter: SearchFilter
) -> TimelineCounts:
    """Count days of publication (ordinals) over time, and apart from it those within the filter's own days."""
    first, last = filter.published_from, filter.published_to
    inside = (days >= (first or date.min).toordinal()) & (days <= (last or date.max).toordinal())
    chosen = Bucket(first=first, last=last, articles=int(np.count_nonzero(inside))) if first or last else None
    return TimelineCounts(*histogram(days, unit), total, chosen)


def _fitting_unit(span: int) -> Unit:
    """Return the shortest unit that gives no more than MAX_BUCKETS over `span` days, or else the longest."""
    return next((unit for unit, days in MEAN_DAYS.items() if span < MAX_BUCKETS * days), "year")


def _starts(first: date, last: date, unit: Unit) -> list[date]:
    """Return the first days of the buckets from `first` to `last`, and of the bucket after `last`."""
    starts = [_start(first, unit)]
    while starts[-1] <= last:
        starts.append(_next(starts[-1], unit))
    return starts


def _start(day: date, unit: Unit) -> date:
    """Return the first day of the bucket that holds a day; weeks begin on Monday."""
    if unit == "week":
        return day - timedelta(day.weekday())
    return day if unit == "day" else day.replace(day=1) if unit == "month" else day.replace(month=1, day=1)


def _next(start: date, unit: Unit) -> date:
    """Return the first day of the bucket after the one that begins at `start`."""
    return _start(start + timedelta(MAX_DAYS[unit]), unit)


def _matches(scores: Scores, listed: Scores, min_score: float = 0.0) -> npt.NDArray[np.bool_]:
    """Return which scores are at least `min_score` and MIN_SCORE_SHARE of the best that a leg listed; nan is none."""
    threshold = max(min_score, MIN_SCORE_SHARE * listed.max(initial=0.0))
    matches: npt.NDArray[np.bool_] = (scores > 0) & (scores >= threshold)
    return matches


def _counted(values: Iterable[str]) -> tuple[FacetCount, ...]:
    """Count values, the most frequent first, at most MAX_FACET_VALUES of them."""
    ordered = sorted(Counter(values).items(), key=lambda item: (-item[1], item[0]))
    return tuple(FacetCount(value=value, articles=count) for value, count in ordered[:MAX_FACET_VALUES])
