"""The pages that hold no article: what a site sends instead of one, its front, its lists, its people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from rag.loaders.fields import sites

MAX_CHARS = 200  # of such a title
END = r"(?:\W*| [|–—-] .*)"
WALLS = re.compile(  # titles of what a site sends instead of the page
    rf"(?:error )?[45]0\d(?:\W*(?:error|not found|page|forbidden|unauthorized|bad gateway|gateway|service)\b.*|{END})|"
    rf"(?:.*\b(?:page|file) )?not found{END}|just a moment{END}|access denied{END}|forbidden{END}|"
    rf"attention required\W*(?:cloudflare)?\W*|are you (?:a robot|human){END}|before you continue\b.{{0,40}}|"
    rf"we value your privacy{END}|(?:security|captcha|browser) check{END}|service unavailable{END}|"
    rf"(?:please )?(?:log|sign) in(?: to [\w ]{{1,30}})?{END}",
    re.IGNORECASE,
)
WALL_CHARS = 1_500  # of text on such a page


LEAST_CHARS_A_LINK = 4  # of a page that does not say it is an article
MOST_TEASERS = 5  # of such a page: headings that lead to other articles
LEAST_CHARS_A_TEASER = 200  # of its text


def no_article(record: Mapping[str, object], titles: Iterable[str]) -> str | None:
    """Return why a page is none of an article, None where it may be one. `titles` are the fields that may hold one."""
    text = str(record["text"])
    if wall := next((title for name in titles if _is_wall(title := str(record.get(name) or ""), text)), None):
        return f"it is titled {wall!r}"
    if record["json-ld"] or record.get("og:type") == "article":
        return None
    if record.get("og:type") == "profile":
        return "it says that it is a profile"
    address = record.get("canonical") or record.get("og:url")
    if sites.is_front(address):
        return f"{address} is a site's first page"
    return _list(record, len(text))


def _is_wall(title: str, text: str) -> bool:
    return len(text) < WALL_CHARS and len(title) <= MAX_CHARS and WALLS.fullmatch(title.strip()) is not None


def _list(record: Mapping[str, object], chars: int) -> str | None:
    links, teasers = record["links"], record["teasers"]
    if isinstance(links, int) and chars < LEAST_CHARS_A_LINK * links:
        return f"{links} links and {chars} characters of text"
    is_site = record.get("og:type") == "website"
    if is_site and isinstance(teasers, int) and teasers >= MOST_TEASERS and chars < LEAST_CHARS_A_TEASER * teasers:
        return f"{teasers} headings that are links and {chars} characters of text"
    return None
