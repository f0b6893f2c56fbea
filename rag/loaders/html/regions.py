"""The regions of a page: what is near its headline, and what is in comments, teasers, captions and footers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from rag.loaders.html import dom

OUTSIDE = re.compile(
    r"(?:^|\s)(?:comment|related|sidebar|widget|recommend|footer|teaser|promo|popular|latest|recent|trending|caption|"
    r"(?:pull|block)?quote)",
    re.IGNORECASE,
)
OUTSIDE_TAGS = {"footer", "aside", "nav", "figure", "figcaption", "blockquote"}
NEAR_BEFORE, NEAR_AFTER = 500, 1_500  # Characters of the page before and after its headline
MAX_LEVELS = 4  # How many elements around a headline are searched for its lines
MAX_HEAD_LINES, MAX_LINE_CHARS = 12, 200  # A longer line is text, and so is what follows so many lines
INVISIBLE = {"script", "style", "template"}


def is_outside(element: HtmlElement) -> bool:
    """Return whether an element is in a region outside of the article: a comment, a teaser, a caption, a footer."""
    around = [element, *element.iterancestors()]
    in_article = any(above.tag == "article" for above in around)  # The footer of an <article> may name the author
    return any(
        (above.tag in OUTSIDE_TAGS and not (in_article and above.tag == "footer"))
        or OUTSIDE.search(f"{above.get('class') or ''} {above.get('id') or ''}")
        for above in around
        if above.tag not in {"html", "body"}
    )


def near_headline(tree: HtmlElement, elements: Collection[HtmlElement]) -> Iterator[HtmlElement]:
    """Yield the elements that are near an <h1>; all of them on a page that has none."""
    places, headings, at = dict[HtmlElement, int](), list[int](), 0  # each place counted in characters of text
    candidates = set(elements)
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if event == "start":
            if element in candidates:
                places[element] = at
            if element.tag == "h1":
                headings.append(at)
            at += len((element.text or "").strip()) if element.tag not in INVISIBLE else 0
        else:
            at += len((element.tail or "").strip())
    for element in elements:
        if not headings or any(-NEAR_BEFORE <= places.get(element, at) - heading <= NEAR_AFTER for heading in headings):
            yield element


def head_lines(tree: HtmlElement) -> Iterator[list[str]]:
    """Yield the short lines above the text, once for each element around the headline, the innermost first."""
    heading = tree.find(".//h1")
    around = [tree] if heading is None else islice(heading.iterancestors(), MAX_LEVELS)
    for element in around:
        lines = list[str]()
        for block in dom.blocks(element):
            if len(block) > MAX_LINE_CHARS or len(lines) == MAX_HEAD_LINES:
                break
            lines += block.split("\n")
        yield lines
