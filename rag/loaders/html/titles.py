"""The headline of a page: the <h1> that agrees with the titles that the page states; and a title without its site."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from lxml.html import HtmlElement  # noqa: TC002 - as in rag.loaders.html.page_facts

from rag.loaders.html import dom
from rag.text import urls

MAX_HEADINGS = 50  # How many headings are tried as the headline; a page may be nothing but headings


def headings(tree: HtmlElement, title: str | None) -> Iterator[str | None]:
    """Yield the text of each <h1>, or None for a masthead.

    A masthead links to the front page, or it is the last part of the page's title.
    """
    for element in islice(tree.iter("h1"), MAX_HEADINGS):
        link = element.find(".//a")
        heading = dom.line(element)
        leads_home = link is not None and urls.is_front_page(link.get("href"))
        yield None if leads_home or (title or "").find(heading) > len(heading) else heading


def headline(headings: Iterable[str | None], title: str | None, stated: Iterable[str | None]) -> str | None:
    """Return the first heading of which more than half the words are in the titles that the page states.

    A heading of one or two words must also begin the page's `title`. Returns None where no heading agrees.
    """
    words = {word for text in stated if text for word in _words(text)}
    for heading in filter(None, headings):
        own = _words(heading)
        if len(own & words) * 2 > len(own) and (len(own) > 2 or (title or "").startswith(heading)):
            return heading
    return None


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def publisher_name(json_ld: Mapping[str, object]) -> str | None:
    """Return the name of the publisher in the JSON-LD of an article; None where there is none."""
    publisher = json_ld.get("publisher")
    name = publisher.get("name") if isinstance(publisher, dict) else None
    return name if isinstance(name, str) else None


def without_site(title: str | None, site_names: Iterable[str | None]) -> str | None:
    """Return a title on one line without the " | Site" at its end, for each name that the site may have."""
    title = title and " ".join(title.split())
    for site in site_names:
        if title and site and site.strip():
            title = re.sub(rf"\s+[|•·«–—-]\s+{re.escape(site.strip())}\s*\Z", "", title)
    return title
