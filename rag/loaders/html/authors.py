"""The byline on a page -> the names of its authors, where no metadata of the page state them.

Only elements that itemprop, rel or class mark as a byline are read, and only names that have the form of a person's
name: a missing name does less harm than a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice, takewhile

from lxml.html import HtmlElement  # noqa: TC002 - as in rag.loaders.html.page_facts

from rag.loaders.fields import people
from rag.loaders.html import dom, regions

MAX_CHARS = 200  # A longer line is no byline, unless it begins with "By"
MAX_MARKED = 50  # How many marked elements are tried as the byline
MAX_LEVELS = 5  # How many elements around the first byline may hold others of the same article
MAX_GROUP_CHARS = 400  # A longer element holds more than the bylines of one article
MARKED = re.compile(  # a class; not "author-bob", which marks all that Bob wrote
    r"(?:[\w-]*[-_])?(?:by-?line|author|auteur|autore?)s?(?:[-_](?:names?|links?|info|text|wrap(?:per)?|meta|module|default))?",
    re.IGNORECASE,
)
NOT_MARKED = re.compile(r"img|image|photo|picture|caption|credit", re.IGNORECASE)
OTHER_ITEMS = re.compile(r"/(?:comment|review|book|product|quotation|creativework)\Z", re.IGNORECASE)
BY = re.compile(
    r"\A(?:(?:(?:written|posted|story|words|text|report(?:ed)?)\s+)?(?:by|par|por|von|di|da|door)\b:?"
    r"|(?:authors?|auteur|autore?)(?:/\w+)?:?)\s+",
    re.IGNORECASE,
)
AND = re.compile(r"[;&]|\s(?:and|et|und)\s", re.IGNORECASE)
BETWEEN = re.compile(rf"{people.BETWEEN.pattern}|\s(?:et|und)\s", re.IGNORECASE)
END_OF_NAMES = re.compile(
    r"\s*[|•·—–(\n/]\s*|\s(?=[@\d-])|\s+(?:for|in|on|at|posted|published|updated)\s+(?!\S*\Z)", re.IGNORECASE
)
PARTICLES = set("al bin da de del den der di do dos du el ibn la le van von".split())
NOT_IN_NAMES = people.ROLES | set(  # words that only look like part of a name
    "bureau desk team news newsroom agency agencies online press redaktion redaction editorial board posts articles "
    "author autor auteur view all more follow about contact email profile published updated themes guest the analyst "
    "service services".split()
)


def names(tree: HtmlElement) -> list[str]:
    """Return the authors that the first byline of a page names; [] for a page without one."""
    for marked in (_by_property(tree), _by_link(tree), _by_class(tree)):
        bylines = (element for element in islice(marked, MAX_MARKED) if not regions.is_outside(element))
        first = next((byline for byline in bylines if _names_in(byline)), None)
        if first is not None:
            group = _group(first)
            others = (byline for byline in bylines if group in byline.iterancestors())
            return list(dict.fromkeys(name for byline in chain([first], others) for name in _names_in(byline)))
    return []


def _by_property(tree: HtmlElement) -> Iterator[HtmlElement]:
    for author in tree.iterfind(".//*[@itemprop='author']"):
        scope = next((above.get("itemtype") for above in author.iterancestors() if above.get("itemtype")), "")
        if not OTHER_ITEMS.search(scope or ""):
            yield next(author.iterfind(".//*[@itemprop='name']"), author)


def _by_link(tree: HtmlElement) -> Iterator[HtmlElement]:
    return (link for link in tree.iterfind(".//a[@rel]") if "author" in str(link.get("rel")).lower().split())


def _by_class(tree: HtmlElement) -> Iterator[HtmlElement]:
    with_by: HtmlElement | None = None  # the first element that begins with "By"
    for element in regions.near_headline(tree, list(islice(_marked(tree), MAX_MARKED))):
        if with_by is not None and with_by not in element.iterancestors():  # the byline of another article
            return
        yield element
        with_by = element if with_by is None and BY.match(_first_line(element)) else with_by


def _marked(tree: HtmlElement) -> Iterator[HtmlElement]:
    for element in tree.iterfind(".//body//*[@class]"):
        classes = str(element.get("class")).split()
        if any(map(MARKED.fullmatch, classes)) and not any(map(NOT_MARKED.search, classes)):
            yield element


def _group(byline: HtmlElement) -> HtmlElement:
    """Return the largest element around a byline that holds little else."""
    group = byline
    for above in islice(byline.iterancestors(), MAX_LEVELS):
        if len(above.text_content()) > MAX_GROUP_CHARS:
            break
        group = above
    return group


def _names_in(byline: HtmlElement) -> list[str]:
    """Return the names at the beginning of a byline, up to the first words that are no name.

    A comma separates names only in a list with "and"; otherwise a place, an outlet or a role follows it.
    """
    line = _first_line(byline)
    names, by = BY.subn("", line)
    if len(line) > MAX_CHARS and not by:
        return []
    names = END_OF_NAMES.split(names[:MAX_CHARS], maxsplit=1)[0]
    parts = BETWEEN.split(names if AND.search(names) else names.partition(",")[0])
    return list(takewhile(_is_name, (BY.sub("", part).strip() for part in parts)))


def _first_line(element: HtmlElement) -> str:
    """Return the first line of an element, with the next line where the first is only "by".

    Of a line that is longer than a byline, only enough is returned to show that it is longer.
    """
    line = ""
    for piece in dom.pieces(element, None):
        if piece in {dom.END, dom.BREAK} and line and not BY.fullmatch(f"{line} "):
            break
        line = f"{line} {' '.join(piece.replace(dom.END, ' ').replace(dom.BREAK, ' ').split())}".strip()
        if len(line) > 2 * MAX_CHARS:
            break
    return line


def _is_name(text: str) -> bool:
    words = text.split()
    return (
        2 <= len(words) <= 4
        and words[0].casefold() not in PARTICLES
        and all(re.fullmatch(r"[^\W\d_](?:[^\W\d_]|[.'’-])*", word) for word in words)
        and all(word[0].isupper() or word in PARTICLES for word in words)
        and not NOT_IN_NAMES & {word.casefold().rstrip(".") for word in words}
    )
