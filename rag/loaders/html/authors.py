"""The byline that a page shows -> the names of those who wrote it, where no field of the page states them.

Only an element that is marked as a byline is read, by itemprop, rel or class, and only what is a person's name by its
form: a name that is missing does less harm than a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice, takewhile

from lxml.html import HtmlElement  # noqa: TC002 - as rag.loaders.formats.html

from rag.loaders.fields import people
from rag.loaders.html import dom, regions

MAX_CHARS = 200  # of a byline
MAX_MARKED = 50  # elements that may be one
MAX_ABOVE = 5  # elements around one that may hold the next
NEAR_CHARS = 400  # of what holds the bylines of one article, and no other's
MARKED = re.compile(  # a class; "author-bob" marks what Bob wrote
    r"(?:[\w-]*[-_])?(?:by-?line|author|auteur|autore?)s?(?:[-_](?:names?|links?|info|text|wrap(?:per)?|meta|module|default))?",
    re.IGNORECASE,
)
NOT_MARKED = re.compile(r"img|image|photo|picture|caption|credit", re.IGNORECASE)
SCOPES = re.compile(r"/(?:comment|review|book|product|quotation|creativework)\Z", re.IGNORECASE)  # none of an article
BY = re.compile(
    r"\A(?:(?:(?:written|posted|story|words|text|report(?:ed)?)\s+)?(?:by|par|por|von|di|da|door)\b:?"
    r"|(?:authors?|auteur|autore?)(?:/\w+)?:?)\s+",
    re.IGNORECASE,
)
AND = re.compile(r"[;&]|\s(?:and|et|und)\s", re.IGNORECASE)
BETWEEN = re.compile(rf"{people.BETWEEN.pattern}|\s(?:et|und)\s", re.IGNORECASE)
ENDS = re.compile(
    r"\s*[|•·—–(\n/]\s*|\s(?=[@\d-])|\s+(?:for|in|on|at|posted|published|updated)\s+(?!\S*\Z)", re.IGNORECASE
)
PARTICLES = set("al bin da de del den der di do dos du el ibn la le van von".split())
NO_NAMES = people.ROLES | set(  # what makes words that look like a name none
    "bureau desk team news newsroom agency agencies online press redaktion redaction editorial board posts articles "
    "author autor auteur view all more follow about contact email profile published updated themes guest the analyst "
    "service services".split()
)


def names(tree: HtmlElement) -> list[str]:
    """Return the authors that the first byline of a page names, [] where it names none."""
    for marked in (_by_property(tree), _by_link(tree), _by_class(tree)):
        shown = (element for element in islice(marked, MAX_MARKED) if not regions.is_outside(element))
        first = next((element for element in shown if _people(element)), None)
        if first is not None:
            around = _around(first)
            near = (other for other in shown if around in other.iterancestors())
            return list(dict.fromkeys(name for element in chain([first], near) for name in _people(element)))
    return []


def _by_property(tree: HtmlElement) -> Iterator[HtmlElement]:
    for author in tree.iterfind(".//*[@itemprop='author']"):
        scope = next((above.get("itemtype") for above in author.iterancestors() if above.get("itemtype")), "")
        if not SCOPES.search(scope or ""):
            yield next(author.iterfind(".//*[@itemprop='name']"), author)


def _by_link(tree: HtmlElement) -> Iterator[HtmlElement]:
    return (link for link in tree.iterfind(".//a[@rel]") if "author" in str(link.get("rel")).lower().split())


def _by_class(tree: HtmlElement) -> Iterator[HtmlElement]:
    by: HtmlElement | None = None
    for element in regions.near_headline(tree, list(islice(_marked(tree), MAX_MARKED))):
        if by is not None and by not in element.iterancestors():  # it is another article's
            return
        yield element
        by = element if by is None and BY.match(_said(element)) else by


def _marked(tree: HtmlElement) -> Iterator[HtmlElement]:
    for element in tree.iterfind(".//body//*[@class]"):
        classes = str(element.get("class")).split()
        if any(map(MARKED.fullmatch, classes)) and not any(map(NOT_MARKED.search, classes)):
            yield element


def _around(element: HtmlElement) -> HtmlElement:
    """Return the largest element around a byline that holds little else."""
    around = element
    for above in islice(element.iterancestors(), MAX_ABOVE):
        if len(above.text_content()) > NEAR_CHARS:
            break
        around = above
    return around


def _people(element: HtmlElement) -> list[str]:
    """Return the names that a byline begins with, up to the first words that are none.

    Behind a comma stands another name only if "and" stands behind that; else a place, an outlet, a role.
    """
    said = _said(element)
    names, by = BY.subn("", said)
    if len(said) > MAX_CHARS and not by:
        return []
    names = ENDS.split(names[:MAX_CHARS], maxsplit=1)[0]
    parts = BETWEEN.split(names if AND.search(names) else names.partition(",")[0])
    return list(takewhile(_is_name, (BY.sub("", part).strip() for part in parts)))


def _said(element: HtmlElement) -> str:
    """Return the first line of an element that says more than "by"; of a long one, enough to see that it is."""
    said = ""
    for piece in dom.pieces(element, None):
        if piece in {dom.END, dom.BREAK} and said and not BY.fullmatch(f"{said} "):
            break
        said = f"{said} {' '.join(piece.replace(dom.END, ' ').replace(dom.BREAK, ' ').split())}".strip()
        if len(said) > 2 * MAX_CHARS:
            break
    return said


def _is_name(text: str) -> bool:
    words = text.split()
    return (
        2 <= len(words) <= 4
        and words[0].casefold() not in PARTICLES
        and all(re.fullmatch(r"[^\W\d_](?:[^\W\d_]|[.'’-])*", word) for word in words)
        and all(word[0].isupper() or word in PARTICLES for word in words)
        and not NO_NAMES & {word.casefold().rstrip(".") for word in words}
    )
