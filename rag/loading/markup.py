"""HTML -> a tree, and a tree -> its paragraphs: what stands in blocks of text, without menus, scripts and captions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

BLOCKS = {"p", "h2", "h3", "h4", "li", "blockquote"}
NOT_TEXT = ("nav", "footer", "aside", "script", "style", "form", "figcaption", "noscript", "template")
END, BREAK = "\0", "\v"  # of a block and of a line, until white space is folded; text holds no NUL
SPACE = re.compile(r"[ \t\n\f]+")  # what HTML calls white space, and no more
CONTROL = re.compile("[\0-\x08\v\f\x0e-\x1f\ufffe\uffff]")
MARKUP = re.compile(r"\s*<(?:p|div|h[1-6]|article|section|figure|blockquote|ul|ol)\b[^<>]*>", re.IGNORECASE)


def is_markup(text: str) -> bool:
    """Say whether a text begins as a piece of HTML does."""
    return MARKUP.match(text) is not None


def paragraphs(fragment: str) -> str:
    """Return the text of a piece of HTML, paragraphs apart; text that is in none is one."""
    if "<" not in fragment and "&" not in fragment:  # most titles; a parser costs each 50 µs
        return " ".join(CONTROL.sub(" ", fragment).split())
    found = tree(f"<div>{fragment}</div>")
    return "" if found is None else text(found) or " ".join(str(found.text_content()).split())


def tree(page: str) -> HtmlElement | None:
    """Parse a page; None where it is empty.

    lxml gets UTF-8 bytes, not str, which it refuses where an XML declaration names an encoding.
    """
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        return _settable(document_fromstring(page.encode(), parser=parser))
    except etree.ParserError:  # nothing in it
        return None


def _settable(tree: HtmlElement) -> HtmlElement:
    """Make spaces of control characters, which lxml reads but refuses to set again."""
    if CONTROL.search(str(tree.text_content())):
        for element in tree.iter(etree.Element):
            element.text, element.tail = (text and CONTROL.sub(" ", text) for text in (element.text, element.tail))
    return tree


def text(tree: HtmlElement) -> str:
    """Return the paragraphs of the longest <article>, else of <main>, else of the page."""
    for element in list(tree.iter(*NOT_TEXT)):
        if element.getparent() is not None:
            element.drop_tree()
    longest = max(tree.iter("article"), key=lambda article: len(article.text_content()), default=None)
    main = tree.find(".//main")
    inside = longest if longest is not None else main if main is not None else tree
    blocks = (SPACE.sub(" ", block) for block in "".join(_pieces(inside)).split(END))
    lines = (re.sub(rf" *{BREAK} *", "\n", block).strip() for block in blocks)
    return "\n\n".join(filter(None, lines))


def _pieces(inside: HtmlElement) -> Iterator[str]:
    """Yield the text within blocks, END at both ends of each."""
    depth = 0
    for event, element in etree.iterwalk(inside, events=("start", "end")):
        is_block = element.tag in BLOCKS
        if is_block:
            yield END
        depth += is_block if event == "start" else -is_block
        if depth:
            yield (element.text if event == "start" else element.tail) or ""
        if depth and element.tag == "br" and event == "start":
            yield BREAK
