"""HTML -> a tree of elements, and a tree -> its paragraphs: blocks of text without menus, scripts and captions."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

PARAGRAPHS = {"p", "h2", "h3", "h4", "li", "blockquote"}  # the elements with the text of a well-made page
BLOCKS = PARAGRAPHS | set(  # elements that begin and end a paragraph; the last five are trafilatura's
    "address article body caption center dd details div dl dt fieldset figure h1 h5 h6 header hr main ol pre section "
    "summary table tbody tfoot thead tr ul  head item list quote row".split()
)
CELLS = {"td", "th", "cell"}
BREAKS = {"br", "lb"}
NOT_TEXT = (
    "nav", "footer", "aside", "script", "style", "form", "figcaption", "noscript", "template", "button", "select",
)  # fmt: skip
HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
END, BREAK = "\0", "\v"  # mark the ends of blocks and of lines until white space is folded; no text contains them
MAX_CHARS_OUTSIDE = 60  # Less text outside of paragraphs is only a heading, a day or a menu
BETWEEN_CELLS = " | "
SPACE = re.compile(r"[ \t\n\f]+")  # the white space of the HTML standard
CONTROL = re.compile("[\0-\x08\v\f\x0e-\x1f\ufffe\uffff]")
SEPARATORS = re.compile(f"{END}|{BREAK}[ \t\n\f]*{BREAK}")
MARKUP = re.compile(r"\s*<(?:p|div|h[1-6]|article|section|figure|blockquote|ul|ol)\b[^<>]*>", re.IGNORECASE)


def is_markup(text: str) -> bool:
    """Return whether a text begins with an HTML element that holds blocks of text."""
    return MARKUP.match(text) is not None


def paragraphs(fragment: str) -> str:
    """Return the text of a piece of HTML with an empty line between paragraphs."""
    if "<" not in fragment and "&" not in fragment:  # saves most titles the 50 µs of a parser
        return " ".join(CONTROL.sub(" ", fragment).split())
    root = tree(f"<div>{fragment}</div>")
    return "" if root is None else "\n\n".join(blocks(_without_invisible(root)))


def tree(page: str) -> HtmlElement | None:
    """Return the tree of a page; None where the page is empty.

    lxml is given UTF-8 bytes, because it refuses a str with an XML declaration that names an encoding.
    """
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        return _without_controls(document_fromstring(page.encode(), parser=parser))
    except etree.ParserError:  # the page is empty
        return None


def _without_controls(tree: HtmlElement) -> HtmlElement:
    """Replace control characters by spaces: lxml reads them, but refuses to set them again."""
    if CONTROL.search(str(tree.text_content())):
        for element in tree.iter(etree.Element):
            element.text, element.tail = (text and CONTROL.sub(" ", text) for text in (element.text, element.tail))
    return tree


def text(tree: HtmlElement) -> str:
    """Return the paragraphs of the longest <article>, else of <main>, else of the page, with empty lines between.

    Text outside of paragraphs is left out as a heading or a menu, unless it is most of the text.
    """
    tree = _without_invisible(tree)
    longest = max(tree.iter("article"), key=lambda article: len(article.text_content()), default=None)
    main, body = tree.find(".//main"), tree.find("body")
    root = next(element for element in (longest, main, body, tree) if element is not None)
    for title in list(root.iter("h1")):
        title.drop_tree()
    paragraphs, everything = ("\n\n".join(blocks(root, tags)) for tags in (PARAGRAPHS, None))
    outside = len(everything) - len(paragraphs)
    return everything if outside > max(len(paragraphs), MAX_CHARS_OUTSIDE) else paragraphs


def blocks(root: etree._Element, only: Collection[str] | None = None) -> list[str]:
    """Return the text of each block, or only of the elements `only`, with its white space folded.

    A block is one line, unless the page breaks it with <br>.
    """
    folded = (SPACE.sub(" ", block) for block in SEPARATORS.split("".join(pieces(root, only))))
    lines = (re.sub(rf" *{BREAK} *", "\n", block).strip() for block in folded)
    return list(filter(None, lines))


def line(element: etree._Element) -> str:
    """Return the text of an element on one line.

    Elements that touch are separated where a capital follows a small letter: "<b>Live</b><b>Bridge</b>".
    """
    parts, last = list[str](), ""
    for piece in filter(None, pieces(element, None)):
        parts += [" ", piece] if last.islower() and piece[0].isupper() else [piece]
        last = piece[-1]
    return " ".join("".join(parts).replace(END, " ").replace(BREAK, " ").split())


def _without_invisible(tree: HtmlElement) -> HtmlElement:
    """Remove from a tree the elements that hold no text of the page and those that are hidden."""
    hidden = (
        element for element in tree.iter() if "hidden" in element.attrib or HIDDEN.search(element.get("style", ""))
    )
    for element in [*tree.iter(*NOT_TEXT), *hidden]:
        if element.getparent() is not None:
            element.drop_tree()
    return tree


def pieces(root: etree._Element, only: Collection[str] | None) -> Iterator[str]:
    """Yield the text of an element piece by piece, or only that within the elements `only`.

    END stands at both ends of each block, BREAK at each <br>, and BETWEEN_CELLS between the cells of a row.
    """
    depth, block_tags = 0, BLOCKS if only is None else only
    for event, element in etree.iterwalk(root, events=("start", "end")):
        begins, tag = event == "start", element.tag
        is_block = tag in block_tags
        if only is None and tag in CELLS:
            is_block = next(element.iter(*BLOCKS), None) is not None
            if begins and not is_block:
                yield BETWEEN_CELLS if _follows_cell(element) else END
        if is_block:
            yield END
        depth += is_block if begins else -is_block
        if depth or only is None:
            yield (element.text if begins else element.tail if element is not root else None) or ""
        if tag in BREAKS and begins:
            yield BREAK


def _follows_cell(cell: etree._Element) -> bool:
    before = cell.getprevious()
    return before is not None and before.tag in CELLS and next(before.iter(*BLOCKS), None) is None
