"""HTML -> a tree, and a tree -> its paragraphs: what stands in blocks of text, without menus, scripts and captions."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

PARAGRAPHS = {"p", "h2", "h3", "h4", "li", "blockquote"}  # where a page's text stands, if it is well made
BLOCKS = PARAGRAPHS | set(  # what begins and ends a paragraph; the second row is trafilatura's
    "address article body caption center dd details div dl dt fieldset figure h1 h5 h6 header hr main ol pre section "
    "summary table tbody tfoot thead tr ul  head item list quote row".split()
)
CELLS = {"td", "th", "cell"}
BREAKS = {"br", "lb"}
NOT_TEXT = (
    "nav", "footer", "aside", "script", "style", "form", "figcaption", "noscript", "template", "button", "select",
)  # fmt: skip
HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
END, BREAK = "\0", "\v"  # of a block and of a line, until white space is folded; text holds no NUL
MOST_BESIDE = 60  # characters beside paragraphs that are a heading, a day, a menu
BETWEEN_CELLS = " | "
SPACE = re.compile(r"[ \t\n\f]+")  # what HTML calls white space, and no more
CONTROL = re.compile("[\0-\x08\v\f\x0e-\x1f\ufffe\uffff]")
PARTED = re.compile(f"{END}|{BREAK}[ \t\n\f]*{BREAK}")
MARKUP = re.compile(r"\s*<(?:p|div|h[1-6]|article|section|figure|blockquote|ul|ol)\b[^<>]*>", re.IGNORECASE)


def is_markup(text: str) -> bool:
    """Say whether a text begins as a piece of HTML does."""
    return MARKUP.match(text) is not None


def paragraphs(fragment: str) -> str:
    """Return the text of a piece of HTML, paragraphs apart; text that is in none is one."""
    if "<" not in fragment and "&" not in fragment:  # most titles; a parser costs each 50 µs
        return " ".join(CONTROL.sub(" ", fragment).split())
    found = tree(f"<div>{fragment}</div>")
    return "" if found is None else "\n\n".join(blocks(_shown(found)))


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
    """Return the paragraphs of the longest <article>, else of <main>, else of the page.

    What stands outside of paragraphs is a heading or a menu, unless that is most of it.
    """
    tree = _shown(tree)
    longest = max(tree.iter("article"), key=lambda article: len(article.text_content()), default=None)
    main, body = tree.find(".//main"), tree.find("body")
    inside = next(one for one in (longest, main, body, tree) if one is not None)
    for title in list(inside.iter("h1")):
        title.drop_tree()
    well_made, whole = ("\n\n".join(blocks(inside, tags)) for tags in (PARAGRAPHS, None))
    beside = len(whole) - len(well_made)
    return whole if beside > max(len(well_made), MOST_BESIDE) else well_made


def blocks(inside: etree._Element, only: Collection[str] | None = None) -> list[str]:
    """Return what stands between the ends of blocks, or within the blocks `only`, on one line but for line breaks."""
    folded = (SPACE.sub(" ", block) for block in PARTED.split("".join(pieces(inside, only))))
    lines = (re.sub(rf" *{BREAK} *", "\n", block).strip() for block in folded)
    return list(filter(None, lines))


def line(element: etree._Element) -> str:
    """Return what an element says on one line; what a further element begins in a capital is a word of its own."""
    said, last = list[str](), ""
    for piece in filter(None, pieces(element, None)):
        said += [" ", piece] if last.islower() and piece[0].isupper() else [piece]
        last = piece[-1]
    return " ".join("".join(said).replace(END, " ").replace(BREAK, " ").split())


def _shown(tree: HtmlElement) -> HtmlElement:
    """Take out of a tree what is no text, and what is not shown."""
    hidden = (
        element for element in tree.iter() if "hidden" in element.attrib or HIDDEN.search(element.get("style", ""))
    )
    for element in [*tree.iter(*NOT_TEXT), *hidden]:
        if element.getparent() is not None:
            element.drop_tree()
    return tree


def pieces(inside: etree._Element, only: Collection[str] | None) -> Iterator[str]:
    """Yield the text of an element, or that within the blocks `only`, END at both ends of each block."""
    depth, named = 0, BLOCKS if only is None else only
    for event, element in etree.iterwalk(inside, events=("start", "end")):
        begins, tag = event == "start", element.tag
        is_block = tag in named
        if only is None and tag in CELLS:
            is_block = next(element.iter(*BLOCKS), None) is not None
            if begins and not is_block:
                yield BETWEEN_CELLS if _follows_cell(element) else END
        if is_block:
            yield END
        depth += is_block if begins else -is_block
        if depth or only is None:
            yield (element.text if begins else element.tail if element is not inside else None) or ""
        if tag in BREAKS and begins:
            yield BREAK


def _follows_cell(cell: etree._Element) -> bool:
    before = cell.getprevious()
    return before is not None and before.tag in CELLS and next(before.iter(*BLOCKS), None) is None
