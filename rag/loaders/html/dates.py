"""The day of publication that the elements and lines of a page show, where its metadata state none."""

from __future__ import annotations

import re
from copy import deepcopy

from lxml.html import HtmlElement  # noqa: TC002 - as in rag.loaders.html.page_facts

from rag.loaders.fields import datelines
from rag.loaders.files import encoding
from rag.loaders.html import regions

UPDATED = re.compile(r"updated|modified|edited|corrected", re.IGNORECASE)
LABEL_CHARS = 30  # A label, "Updated", stands in so many characters before a <time>
DAY_CHARS = len("2025-06-03")


def itemprop(tree: HtmlElement, name: str) -> str | None:
    """Return the first value of a microdata property that an attribute states; None where there is none."""
    elements = tree.iterfind(f".//*[@itemprop='{name}']")
    values = (element.get("content") or element.get("datetime") for element in elements)
    return next(filter(None, values), None)


def time_element(tree: HtmlElement) -> str | None:
    """Return the first <time> of the <article> that holds the headline; None where there is none.

    A page without such an <article> must have the <time> elements of one day only.
    """
    root = next((article for article in tree.iter("article") if article.find(".//h1") is not None), tree)
    elements = (time for time in root.iterfind(".//time[@datetime]") if not regions.is_outside(time))
    times = [str(time.get("datetime")) for time in elements if not _is_update(time)]
    return times[0] if times and (root is not tree or len({time[:DAY_CHARS] for time in times}) == 1) else None


def _is_update(time: HtmlElement) -> bool:
    """Return whether a <time> is that of a change, by its text, its attributes or the label before it."""
    before = time.getprevious()
    label = (time.getparent().text if before is None else before.tail) or ""
    text = f"{label[-LABEL_CHARS:]} {time.text_content()} {time.get('class')} {time.get('itemprop')}"
    return UPDATED.search(text) is not None


def near_headline(tree: HtmlElement) -> str | None:
    """Return the day that the lines near the headline state by itself; None where they state none."""
    days = filter(None, map(datelines.day, regions.head_lines(tree)))
    return next((str(day) for day in days), None)


def in_text(tree: HtmlElement) -> str | None:
    """Return the day of publication that htmldate finds in the text of a page; None where it finds none."""
    from htmldate import find_date

    page = deepcopy(tree)
    for time in list(page.iterfind(".//time[@datetime]")):  # `time_element` has found none of them to be the day
        time.drop_tree()
    try:
        day: str | None = find_date(page, extensive_search=False, original_date=True)
    except encoding.UNFORESEEN:
        return None
    return day
