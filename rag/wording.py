"""Records in words, as every mouth that speaks to people says them: bylines, reasons, how sure an answer is."""

from __future__ import annotations

import textwrap
from datetime import date

from rag.results import Answer, Bucket, Facets, Interpretation, Reason, Total, Unit
from rag.types import ArticleRef, Copy

WIDTH = 100
WHY_NOT: dict[Reason, str] = {
    "no_match": "no passage shares its words",
    "low_confidence": "the nearest passages do not support an answer",
    "outside_dates": "nothing of these days answers, but something of another time does (see --no-interpret)",
    "filter_empty": "no article passes the filter",
}
LIKELY = (  # from which confidence on, and what is said of it
    (0.95, "almost certainly right"),
    (0.8, "very likely right"),
    (0.6, "likely right"),
    (0.4, "perhaps right"),
    (0.0, "a weak guess"),
)
SURE_AT_MOST = 0.99  # nothing that is fitted is certain
FACETS = ("sources", "authors", "sections", "years")
# What a terminal would obey; a tab and a line's end it may
_CONTROLS = {code: "\ufffd" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"}


def why_not(given: Answer) -> str:
    """Return why there is no answer, nothing where there is one."""
    return f"Not in this archive: {WHY_NOT[given.reason]}." if given.reason else ""


def likelihood(confidence: float) -> str:
    """Return what a confidence (0 to 1) means."""
    return next(words for least, words in LIKELY if confidence >= least)


def percent(confidence: float) -> str:
    """Return a confidence as a number that promises no certainty."""
    return f"{min(confidence, SURE_AT_MOST):.0%}"


def sure(confidence: float) -> str:
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


def interpreted(given: Interpretation) -> str:
    """Return what was read into a question."""
    days = [f"from {given.published.first}"] if given.published.first else []
    days += [f"to {given.published.last}"] if given.published.last else []
    how = "only what was" if given.exact else "best what was"
    return f"{how} published {' '.join(days)}: {given.because}"


def counted(given: Facets) -> list[str]:
    """Return a line for each facet that has a value: its values, each with its number of articles."""
    lines = [f"{'articles':<9} {total(given.matching)} match"]
    for name in FACETS:
        if values := getattr(given, name):
            lines.append(f"{name:<9} " + ", ".join(f"{harmless(one.value)} ({one.articles:,})" for one in values))
    return lines


def many(number: int, one: str, several: str) -> str:
    """Return how many there are of something: 1 copy, 1,204 copies."""
    return f"{number:,} {one if number == 1 else several}"


def total(given: Total) -> str:
    """Return how many there are, "or more" where not all were counted."""
    return f"{given.value:,}{' or more' if given.relation == 'gte' else ''}"


def stretch(bucket: Bucket, unit: Unit) -> str:
    """Return the name of a stretch of days: a year, a month, or its first day."""
    first = bucket.first or date.min
    return {"year": f"{first:%Y}", "month": f"{first:%Y-%m}"}.get(unit, str(first))


def wrapped(text: str, indent: str = "", width: int = WIDTH) -> str:
    """Return a text on lines of at most `width` characters."""
    return textwrap.fill(harmless(" ".join(text.split())), width, initial_indent=indent, subsequent_indent=indent)


def harmless(text: str) -> str:
    """Return a text, of the same length, in which nothing steers a terminal: articles come from anywhere."""
    return text.translate(_CONTROLS)
