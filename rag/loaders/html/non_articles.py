"""Pages that hold no article: error pages and walls that a site sends instead, front pages, lists, profiles."""

from __future__ import annotations

import re

from rag.loaders.html.page_facts import PageFacts
from rag.text import urls

END = r"(?:\W*| [|–—-] .*)"
WALLS = re.compile(  # titles of pages that a site sends instead of the article
    rf"(?:error )?[45]0\d(?:\W*(?:error|not found|page|forbidden|unauthorized|bad gateway|gateway|service)\b.*|{END})|"
    rf"(?:.*\b(?:page|file) )?not found{END}|just a moment{END}|access denied{END}|forbidden{END}|"
    rf"attention required\W*(?:cloudflare)?\W*|are you (?:a robot|human){END}|before you continue\b.{{0,40}}|"
    rf"we value your privacy{END}|(?:security|captcha|browser) check{END}|service unavailable{END}|"
    rf"(?:please )?(?:log|sign) in(?: to [\w ]{{1,30}})?{END}",
    re.IGNORECASE,
)
MAX_WALL_TITLE_CHARS = 200
MAX_WALL_CHARS = 1_500  # A page with more text is no wall, whatever its title

# Bounds for a page that does not state that it is an article
MIN_CHARS_PER_LINK = 4
TEASERS_OF_A_LIST = 5  # Headings that are links; so many make a list where there is little text
MIN_CHARS_PER_TEASER = 200


def reason_for_none(facts: PageFacts, text: str) -> str | None:
    """Return why a page with this text holds no article; None for a page that may hold one."""
    if wall := next((title for title in facts.titles if _is_wall(title, text)), None):
        return f"it is titled {wall!r}"
    kind = facts.metas.get("og:type")
    if facts.json_ld or kind == "article":
        return None
    if kind == "profile":
        return "it says that it is a profile"
    address = facts.canonical or facts.metas.get("og:url")
    return f"{address} is a site's first page" if urls.is_front_page(address) else _reason_for_list(facts, text)


def _reason_for_list(facts: PageFacts, text: str) -> str | None:
    """Return why a page is a list of articles rather than one; None for a page that may be an article."""
    if len(text) < MIN_CHARS_PER_LINK * facts.links:
        return f"{facts.links} links and {len(text)} characters of text"
    is_website = facts.metas.get("og:type") == "website"
    if is_website and facts.teasers >= TEASERS_OF_A_LIST and len(text) < MIN_CHARS_PER_TEASER * facts.teasers:
        return f"{facts.teasers} headings that are links and {len(text)} characters of text"
    return None


def _is_wall(title: str, text: str) -> bool:
    is_short = len(text) < MAX_WALL_CHARS and len(title) <= MAX_WALL_TITLE_CHARS
    return is_short and WALLS.fullmatch(title.strip()) is not None
