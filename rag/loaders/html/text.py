"""The paragraphs of a page: what trafilatura finds, or where it finds too little, all that is no menu and no notice."""

from __future__ import annotations

from copy import deepcopy
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement  # noqa: TC002 - as rag.loaders.formats.html

from rag.loaders.files import encoding
from rag.loaders.html import boilerplate, dom

BLOCKS = ("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "tr", "td", "th", "blockquote", "option", "dd", "dt")
MAX_BLOCKS = 3_000  # of a page; trafilatura compares each with those around it, which costs their square
MAX_DEPTH = 400  # elements within elements; trafilatura goes down them by recursion
LEAST_CHARS = 250  # of a text by trafilatura; below, it takes the whole page for its text
PLAIN = set(
    "p h1 h2 h3 h4 h5 h6 br ul ol li blockquote em strong b i u s a span time sup sub q cite abbr header".split()
)


def extracted(tree: HtmlElement) -> list[str]:
    """Return the paragraphs that trafilatura finds; none on a page that needs none, or where it finds too little."""
    from trafilatura import bare_extraction
    from trafilatura.settings import Document

    if _depth(tree) > MAX_DEPTH or sum(1 for _ in islice(tree.iter(*BLOCKS), MAX_BLOCKS)) == MAX_BLOCKS:
        return []
    if _is_plain(tree):  # there is nothing to tell its paragraphs from
        return []
    try:
        found = bare_extraction(deepcopy(tree), include_comments=False, with_metadata=False)
    except encoding.UNFORESEEN:
        return []
    body = found.body if isinstance(found, Document) else None
    parts = [part for part in (() if body is None else dom.blocks(body)) if not boilerplate.is_one(part)]
    return parts if sum(map(len, parts)) >= LEAST_CHARS else []


def paragraphs(tree: HtmlElement) -> list[str]:
    """Return all paragraphs of a page; of one that is not plain, those that are no notices."""
    plain = _is_plain(tree)
    return [part for part in dom.text(tree).split("\n\n") if plain or not boilerplate.is_one(part)]


def _is_plain(tree: HtmlElement) -> bool:
    """Say whether a page's one <article>, or its <body>, holds paragraphs and nothing to tell them from."""
    articles = list(tree.iter("article"))
    inside = articles[0] if len(articles) == 1 else None if articles else tree.find("body")
    if inside is None or any(str(element.tag).lower() not in PLAIN for element in inside.iterdescendants()):
        return False
    within = sum(len(element.text_content()) for element in inside.iter("p"))
    return within > 0 and 2 * within > sum(len(element.text_content()) for element in tree.iter("p"))


def _depth(tree: HtmlElement) -> int:
    most = depth = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        most = max(most, depth)
    return most
