"""The parts of a page: what stands near its headline, and what stands in comments, teasers, captions and footers."""

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
BEFORE, BEHIND = 500, 1_500  # characters of a page before and behind its headline that are near it
LEVELS = 4  # elements around a headline in which its lines may stand
LINES, LINE_CHARS = 12, 200  # of what stands there, before the text begins
UNSEEN = {"script", "style", "template"}


def is_outside(element: HtmlElement) -> bool:
    """Say whether an element stands in what is none of the article: comments, teasers of others, captions, a footer."""
    around = [element, *element.iterancestors()]
    in_article = any(above.tag == "article" for above in around)  # whose footer says who wrote it
    return any(
        (above.tag in OUTSIDE_TAGS and not (in_article and above.tag == "footer"))
        or OUTSIDE.search(f"{above.get('class') or ''} {above.get('id') or ''}")
        for above in around
        if above.tag not in {"html", "body"}
    )


def near_headline(tree: HtmlElement, elements: Collection[HtmlElement]) -> Iterator[HtmlElement]:
    """Yield those of some elements that stand near an <h1>; all on a page that has none."""
    places, headings, at = dict[HtmlElement, int](), list[int](), 0
    wanted = set(elements)
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if event == "start":
            if element in wanted:
                places[element] = at
            if element.tag == "h1":
                headings.append(at)
            at += len((element.text or "").strip()) if element.tag not in UNSEEN else 0
        else:
            at += len((element.tail or "").strip())
    for element in elements:
        if not headings or any(-BEFORE <= places.get(element, at) - heading <= BEHIND for heading in headings):
            yield element


def head_lines(tree: HtmlElement) -> Iterator[list[str]]:
    """Yield the short lines before the text, in ever more of what stands around the headline."""
    heading = tree.find(".//h1")
    around = [tree] if heading is None else islice(heading.iterancestors(), LEVELS)
    for element in around:
        lines = list[str]()
        for block in dom.blocks(element):
            if len(block) > LINE_CHARS or len(lines) == LINES:
                break
            lines += block.split("\n")
        yield lines
