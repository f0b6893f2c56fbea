"""The headline of a page: the <h1> that its title, wherever it is stated, speaks of; and a title without its site."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from lxml.html import HtmlElement  # noqa: TC002 - as rag.loaders.formats.html

from rag.loaders.fields import sites
from rag.loaders.html import dom

MAX_HEADINGS = 50  # that may be the headline; of a page of nothing else, not all are tried


def headings(tree: HtmlElement, title: str | None) -> Iterator[str | None]:
    """Yield each <h1>, None for a masthead's: it leads to the front page, or ends the page's title behind more."""
    for element in islice(tree.iter("h1"), MAX_HEADINGS):
        link = element.find(".//a")
        said = dom.line(element)
        leads_home = link is not None and sites.is_front(link.get("href"))
        yield None if leads_home or (title or "").find(said) > len(said) else said


def headline(headings: Iterable[str | None], found: Mapping[str, object]) -> str | None:
    """Return the one <h1> whose words the page's title, wherever it is stated, also has."""
    title, json_ld = found.get("title"), found["json-ld"]
    stated = [found.get("og:title"), title, json_ld.get("headline") if isinstance(json_ld, dict) else None]
    words = {word for text in stated if isinstance(text, str) for word in _words(text)}
    for said in filter(None, headings):
        own = _words(said)
        if len(own & words) * 2 > len(own) and (len(own) > 2 or str(title or "").startswith(said)):
            return said
    return None


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def without_site(title: str | None, found: Mapping[str, object]) -> str | None:
    """Return what a browser shows as title without the " | Site" that ends it."""
    publisher = found["json-ld"].get("publisher") if isinstance(found["json-ld"], dict) else None
    named = publisher.get("name") if isinstance(publisher, dict) else None
    title = title and " ".join(title.split())
    for site in (named, found.get("og:site_name"), found["site"]):
        if title and isinstance(site, str) and site.strip():
            title = re.sub(rf"\s+[|•·«–—-]\s+{re.escape(site.strip())}\s*\Z", "", title)
    return title
