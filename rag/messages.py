"""Records -> English phrases for the command line, the MCP tools and the pages: bylines, dates, reasons, counts."""

from __future__ import annotations

import textwrap
from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby

from rag.text.english import MONTHS
from rag.types.articles import ArticleRef, Copy, Note
from rag.types.fields import Unit
from rag.types.results import NO_TIME, AbstentionReason, Answer, Bucket, DateRange, Facets, QueryInterpretation, Total

WIDTH = 100  # columns of plain output
ABSENT = "Not in this archive: "
WHY_NOT: dict[AbstentionReason, str] = {
    "no_match": f"{ABSENT}no passage shares its words.",
    "low_confidence": f"{ABSENT}the nearest passages do not support an answer.",
    "outside_dates": f"{ABSENT}nothing of these days answers, but something of another time does (see --no-interpret).",
    "filter_empty": f"{ABSENT}no article passes the filter.",
    "no_subject": "The question names a time and no subject. This is what was published then.",
    "not_covered": f"{ABSENT}nothing was published then.",
}
LIKELY = (  # the least confidence for each phrase
    (0.95, "almost certainly right"),
    (0.8, "very likely right"),
    (0.6, "likely right"),
    (0.4, "perhaps right"),
    (0.0, "a weak guess"),
)
MAX_CONFIDENCE = 0.99  # a fitted probability never means certainty
MIN_GAP = 3  # empty buckets in a row that are printed as one line
FACETS = tuple(name for name in Facets.model_fields if name != "matching")
# Control characters (C0 and C1) steer a terminal; only the tab and the line feed may pass
_CONTROLS = {code: "\ufffd" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"}


def why_not(answer: Answer) -> str:
    """Return why the question has no answer; an empty string if it has one."""
    within, interpretation = days(answer), answer.interpreted
    if answer.reason == "not_covered" and interpretation and interpretation.archive:
        return f"{ABSENT}{uncovered(interpretation)} ({reach(interpretation.published, interpretation.archive)})."
    if answer.reason == "filter_empty" and not answer.filter:
        return f"{ABSENT}nothing was published {within or f'by {day(answer.as_of)}'}."
    if answer.reason == "no_match" and within:
        return f"{ABSENT}nothing published {within} shares its words."
    return WHY_NOT[answer.reason] if answer.reason else ""


def days(answer: Answer) -> str:
    """Return the days to which the search was limited ("in May 2025"); an empty string if it was not limited."""
    filter, interpretation = answer.filter, answer.interpreted
    if filter.published_from or filter.published_to:
        return date_range(filter.published_from, filter.published_to, "in", "from")
    if interpretation and interpretation.exact and not interpretation.archive:
        return date_range(interpretation.published.first, interpretation.published.last, "in", "from")
    return ""


def uncovered(interpretation: QueryInterpretation) -> str:
    """Return a clause saying that nothing was published in the days that the question names."""
    published = interpretation.published
    return f"nothing was published {date_range(published.first, published.last, 'in', 'from')}"


def reach(wanted: DateRange, archive: DateRange) -> str:
    """Return where the archive begins or ends, whichever end is nearer to the days that the question names."""
    assert archive.first  # or no days would be outside
    assert archive.last
    if wanted.last and wanted.last < archive.first:
        return f"the archive begins in {month(archive.first)}"
    return f"the archive ends in {month(archive.last)}"


def passages(answer: Answer) -> str:
    """Return the heading of the passages below an answer."""
    return "Passages" if answer.reason in (None, "no_subject") else "Nearest passages"


def likelihood(confidence: float) -> str:
    """Return a phrase for a confidence (0 to 1)."""
    return next(phrase for least, phrase in LIKELY if confidence >= least)


def percent(confidence: float) -> str:
    """Return a confidence (0 to 1) as a percentage, at most MAX_CONFIDENCE."""
    return f"{min(confidence, MAX_CONFIDENCE):.0%}"


def confidence_phrase(confidence: float) -> str:
    """Return a phrase for a confidence (0 to 1), with the percentage behind it."""
    return f"{likelihood(confidence)} ({percent(confidence)})"


def byline(ref: ArticleRef) -> str:
    """Return the authors, the source and the date of an article, in one line."""
    parts = [", ".join(ref.authors), ref.source, str(ref.published) if ref.published else None]
    return harmless(", ".join(part for part in parts if part) or "no byline")


def attribution(ref: ArticleRef) -> str:
    """Return the title of an article with its byline in brackets."""
    return f"{harmless(ref.title)} ({byline(ref)})"


def copy_line(copy: Copy) -> str:
    """Return where a copy of an article was published, and the share of the wording that both have."""
    where = ", ".join(str(part) for part in (copy.source, copy.published) if part) or copy.title
    return harmless(f"{where} ({copy.share:.0%} of its wording{', the earliest' if copy.earliest else ''}, {copy.id})")


def note_text(note: Note) -> str:
    """Return a note with its kind in front, unless it begins with the name of its kind, as most do."""
    text = " ".join(note.text.split())
    return harmless(text if text.casefold().startswith(note.kind) else f"{note.kind}: {text}")


def interpreted(interpretation: QueryInterpretation) -> str:
    """Return a sentence, without its full stop, on the dates that were read from the question's words."""
    published, words = interpretation.published, interpretation.because
    when = date_range(published.first, published.last, "in", "from")
    if interpretation.archive:
        clause = uncovered(interpretation)
        return f"{clause[0].upper()}{clause[1:]} (“{words}”): {reach(published, interpretation.archive)}"
    if words == NO_TIME:
        return f"Leaning to what was published {when}, since the question names no time"
    if interpretation.exact:
        return f"Only what was published {when} (“{words}”)"
    return f"What was published {when} comes first (“{words}”)"


def listed(items: Sequence[str], last: str = " and ") -> str:
    """Return the items as an English list: "a", "a and b", "a, b and c"; `last` joins the last two."""
    return last.join(filter(None, (", ".join(items[:-1]), *items[-1:])))


def day(value: date) -> str:
    """Return a date as readers write it: 4 May 2025."""
    return f"{value.day} {month(value)}"


def month(value: date) -> str:
    """Return the month of a date: May 2025."""
    return f"{MONTHS[value.month - 1]} {value.year}"


def date_range(first: date | None, last: date | None, within: str = "", between: str = "") -> str:
    """Return a range of days in as few words as it takes: "May 2025", "3 to 9 May 2025", "2019 to 2021".

    The preposition `within` goes before a year or a month, `between` before two days: "in May 2025", "from 3 to 9 May".
    """
    if first is None or last is None:
        return f"from {day(first)}" if first else f"until {day(last)}" if last else "at any time"
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
        start = str(first.day) if first.month == last.month else f"{first.day} {MONTHS[first.month - 1]}"
    return f"{between + ' ' if between else ''}{start} to {day(last)}"


def facet_lines(facets: Facets) -> list[str]:
    """Return the number of matching articles, then a line for each facet with the counts of its values."""
    lines = [f"{'articles':<9} {total(facets.matching)} match"]
    for name in FACETS:
        if counts := getattr(facets, name):
            lines.append(f"{name:<9} " + ", ".join(f"{harmless(count.value)} ({count.articles:,})" for count in counts))
    return lines


def plural(number: int, one: str, several: str) -> str:
    """Return a number with its noun: 1 copy, 1,204 copies."""
    return f"{number:,} {one if number == 1 else several}"


def total(count: Total) -> str:
    """Return a total, with "or more" if counting stopped at it."""
    return f"{count.value:,}{' or more' if count.relation == 'gte' else ''}"


def bucket_label(bucket: Bucket, unit: Unit) -> str:
    """Return the label of a bucket of a timeline: its year, its month or its first day."""
    first = bucket.first or date.min
    return {"year": f"{first:%Y}", "month": f"{first:%Y-%m}"}.get(unit, str(first))


def without_gaps(buckets: Iterable[Bucket]) -> Iterator[Bucket | int]:
    """Yield the buckets, with a number in place of each run of MIN_GAP or more empty ones: how many they are."""
    for empty, group in groupby(buckets, lambda bucket: not bucket.articles):
        run = list(group)
        if empty and len(run) >= MIN_GAP:
            yield len(run)
        else:
            yield from run


def gap(number: int, unit: Unit) -> str:
    """Return the line that stands for `number` empty buckets."""
    return f"… {number:,} {unit}s without articles"


def wrapped(text: str, indent: str = "", width: int = WIDTH) -> str:
    """Return a text on lines of at most `width` characters, each after `indent`."""
    return textwrap.fill(harmless(" ".join(text.split())), width, initial_indent=indent, subsequent_indent=indent)


def harmless(text: str) -> str:
    """Return a text of the same length without control characters: an article could steer the terminal with them."""
    return text.translate(_CONTROLS)
