"""The day of publication that a page's own elements and lines show."""

from __future__ import annotations

import re
from copy import deepcopy

from lxml.html import HtmlElement  # noqa: TC002 - as rag.loaders.formats.html

from rag.loaders.fields import datelines
from rag.loaders.files import encoding
from rag.loaders.html import regions

LATER = re.compile(r"updated|modified|edited|corrected", re.IGNORECASE)
LATER_CHARS = 30  # before a <time> that may say so
DAY_CHARS = len("2025-06-03")


def stated(tree: HtmlElement, name: str) -> str | None:
    """Return the first value of an itemprop that an attribute gives."""
    values = (one.get("content") or one.get("datetime") for one in tree.iterfind(f".//*[@itemprop='{name}']"))
    return next(filter(None, values), None)


def timed(tree: HtmlElement) -> str | None:
    """Return the <time> of the <article> that holds the headline, or the page's, where it has those of one day only."""
    within = next((article for article in tree.iter("article") if article.find(".//h1") is not None), tree)
    shown = [
        time for time in within.iterfind(".//time[@datetime]") if not regions.is_outside(time) and not _is_later(time)
    ]
    times = [str(time.get("datetime")) for time in shown]
    return times[0] if times and (within is not tree or len({time[:DAY_CHARS] for time in times}) == 1) else None


def _is_later(time: HtmlElement) -> bool:
    """Say whether a <time> is that of a change."""
    before = time.getprevious()
    said = (time.getparent().text if before is None else before.tail) or ""
    return (
        LATER.search(f"{said[-LATER_CHARS:]} {time.text_content()} {time.get('class')} {time.get('itemprop')}")
        is not None
    )


def shown(tree: HtmlElement) -> str | None:
    """Return the day that stands by itself in the lines about the headline."""
    found = filter(None, map(datelines.day, regions.head_lines(tree)))
    return next((str(day) for day in found), None)


def found(tree: HtmlElement) -> str | None:
    """Return the day of publication that the page's own text gives, year and all; None where it gives none."""
    from htmldate import find_date

    page = deepcopy(tree)
    for time in list(page.iterfind(".//time[@datetime]")):  # of several days, or of none; see _time
        time.drop_tree()
    try:
        found: str | None = find_date(page, extensive_search=False, original_date=True)
    except encoding.UNFORESEEN:
        return None
    return found
