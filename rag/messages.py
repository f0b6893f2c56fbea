"""Records in words, as every mouth that speaks to people says them: bylines, reasons, how sure an answer is."""

from __future__ import annotations

import textwrap
from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby

from rag.types.articles import ArticleRef, Copy, Note
from rag.types.fields import Unit
from rag.types.results import NO_TIME, AbstentionReason, Answer, Bucket, DateRange, Facets, QueryInterpretation, Total

WIDTH = 100
ABSENT = "Not in this archive: "
WHY_NOT: dict[AbstentionReason, str] = {
    "no_match": f"{ABSENT}no passage shares its words.",
    "low_confidence": f"{ABSENT}the nearest passages do not support an answer.",
    "outside_dates": f"{ABSENT}nothing of these days answers, but something of another time does (see --no-interpret).",
    "filter_empty": f"{ABSENT}no article passes the filter.",
    "no_subject": "The question names a time and no subject. This is what was published then.",
    "not_covered": f"{ABSENT}nothing was published then.",
}
LIKELY = (  # from which confidence on, and what is said of it
    (0.95, "almost certainly right"),
    (0.8, "very likely right"),
    (0.6, "likely right"),
    (0.4, "perhaps right"),
    (0.0, "a weak guess"),
)
SURE_AT_MOST = 0.99  # nothing that is fitted is certain
LEAST_GAP = 3  # empty stretches in a row that are said in one line
FACETS = ("sources", "authors", "sections", "years")
# What a terminal would obey; a tab and a line's end it may
_CONTROLS = {code: "\ufffd" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"}


def why_not(given: Answer) -> str:
    """Return why there is no answer, nothing where there is one."""
    within, read = days(given), given.interpreted
    if given.reason == "not_covered" and read and read.archive:
        return f"{ABSENT}{uncovered(read)} ({reach(read.published, read.archive)})."
    if given.reason == "filter_empty" and not given.filter:
        return f"{ABSENT}nothing was published {within or f'by {day(given.as_of)}'}."
    if given.reason == "no_match" and within:
        return f"{ABSENT}nothing published {within} shares its words."
    return WHY_NOT[given.reason] if given.reason else ""


def days(given: Answer) -> str:
    """Return in which days alone an answer was looked for (“in May 2025”), nothing where in all."""
    filter, read = given.filter, given.interpreted
    if filter.published_from or filter.published_to:
        return date_range(filter.published_from, filter.published_to, "in", "from")
    if read and read.exact and not read.archive:
        return date_range(read.published.first, read.published.last, "in", "from")
    return ""


def uncovered(given: QueryInterpretation) -> str:
    """Return that the archive holds nothing of the days that were read into a question."""
    return f"nothing was published {date_range(given.published.first, given.published.last, 'in', 'from')}"


def reach(asked: DateRange, archive: DateRange) -> str:
    """Return where an archive begins that lies after the days asked for, or where it ends that lies before them."""
    assert archive.first  # or no days would be outside
    assert archive.last
    if asked.last and asked.last < archive.first:
        return f"the archive begins in {month(archive.first)}"
    return f"the archive ends in {month(archive.last)}"


def passages(given: Answer) -> str:
    """Return what the passages under an answer are called."""
    return "Passages" if given.reason in (None, "no_subject") else "Nearest passages"


def likelihood(confidence: float) -> str:
    """Return what a confidence (0 to 1) means."""
    return next(words for least, words in LIKELY if confidence >= least)


def percent(confidence: float) -> str:
    """Return a confidence as a number that promises no certainty."""
    return f"{min(confidence, SURE_AT_MOST):.0%}"


def confidence_phrase(confidence: float) -> str:
    """Return a confidence in words, with its figure."""
    return f"{likelihood(confidence)} ({percent(confidence)})"


def byline(ref: ArticleRef) -> str:
    """Return who wrote it, where, and when."""
    said = [", ".join(ref.authors), ref.source, str(ref.published) if ref.published else None]
    return harmless(", ".join(part for part in said if part) or "no byline")


def source(ref: ArticleRef) -> str:
    """Return a title with its byline."""
    return f"{harmless(ref.title)} ({byline(ref)})"


def copy(given: Copy) -> str:
    """Return where else a story stands, and how much of the wording it shares."""
    said = ", ".join(str(part) for part in (given.source, given.published) if part) or given.title
    return harmless(
        f"{said} ({given.share:.0%} of its wording{', the earliest' if given.earliest else ''}, {given.id})"
    )


def note_text(given: Note) -> str:
    """Return what an article says of its text, its kind first: most begin with it."""
    text = " ".join(given.text.split())
    return harmless(text if text.casefold().startswith(given.kind) else f"{given.kind}: {text}")


def interpreted(given: QueryInterpretation) -> str:
    """Return what was read into a question."""
    when = date_range(given.published.first, given.published.last, "in", "from")
    if given.archive:
        said = uncovered(given)
        return f"{said[0].upper()}{said[1:]} (“{given.because}”): {reach(given.published, given.archive)}"
    if given.because == NO_TIME:
        return f"Leaning to what was published {when}, since the question names no time"
    if given.exact:
        return f"Only what was published {when} (“{given.because}”)"
    return f"What was published {when} comes first (“{given.because}”)"


def day(value: date) -> str:
    """Return a day as a reader writes it: 4 May 2025."""
    return f"{value.day} {value:%B} {value.year}"


def month(value: date) -> str:
    """Return a month: May 2025."""
    return f"{value:%B} {value.year}"


def date_range(first: date | None, last: date | None, within: str = "", between: str = "") -> str:
    """Return a stretch of days, as short as it can be said; `within` and `between` stand before one and two ends."""
    if first is None or last is None:
        said = f"from {day(first)}" if first else f"until {day(last)}" if last else "at any time"
        return said
    before = f"{within} " if within else ""
    if first == last:
        return f"{'on ' if within else ''}{day(first)}"
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31):
        return f"{before}{first.year}" if first.year == last.year else f"{before}{first.year} to {last.year}"
    if first.day == 1 and last.day == monthrange(last.year, last.month)[1]:
        if (first.year, first.month) == (last.year, last.month):
            return f"{before}{month(first)}"
        return f"{before}{month(first)} to {month(last)}"
    start = day(first)
    if first.year == last.year:
        start = str(first.day) if first.month == last.month else f"{first.day} {first:%B}"
    return f"{between + ' ' if between else ''}{start} to {day(last)}"


def counted(given: Facets) -> list[str]:
    """Return a line for each facet that has a value: its values, each with its number of articles."""
    lines = [f"{'articles':<9} {total(given.matching)} match"]
    for name in FACETS:
        if values := getattr(given, name):
            lines.append(f"{name:<9} " + ", ".join(f"{harmless(one.value)} ({one.articles:,})" for one in values))
    return lines


def plural(number: int, one: str, several: str) -> str:
    """Return how many there are of something: 1 copy, 1,204 copies."""
    return f"{number:,} {one if number == 1 else several}"


def total(given: Total) -> str:
    """Return how many there are, "or more" where not all were counted."""
    return f"{given.value:,}{' or more' if given.relation == 'gte' else ''}"


def bucket_label(bucket: Bucket, unit: Unit) -> str:
    """Return the name of a stretch of days: a year, a month, or its first day."""
    first = bucket.first or date.min
    return {"year": f"{first:%Y}", "month": f"{first:%Y-%m}"}.get(unit, str(first))


def without_gaps(buckets: Iterable[Bucket]) -> Iterator[Bucket | int]:
    """Yield the buckets; in place of empty ones, LEAST_GAP or more in a row, how many these are."""
    for empty, run in groupby(buckets, lambda bucket: not bucket.articles):
        held = list(run)
        if empty and len(held) >= LEAST_GAP:
            yield len(held)
        else:
            yield from held


def gap(number: int, unit: Unit) -> str:
    """Return what stands for so many empty stretches."""
    return f"… {number:,} {unit}s without articles"


def wrapped(text: str, indent: str = "", width: int = WIDTH) -> str:
    """Return a text on lines of at most `width` characters."""
    return textwrap.fill(harmless(" ".join(text.split())), width, initial_indent=indent, subsequent_indent=indent)


def harmless(text: str) -> str:
    """Return a text, of the same length, in which nothing steers a terminal: articles come from anywhere."""
    return text.translate(_CONTROLS)
