"""The paragraphs of a page: what trafilatura extracts or, where that is too little, all but menus and notices."""

from __future__ import annotations

import re
from copy import deepcopy
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement  # noqa: TC002 - as in rag.loaders.html.page_facts

from rag.loaders.files import encoding
from rag.loaders.html import dom

BLOCKS = ("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "tr", "td", "th", "blockquote", "option", "dd", "dt")
MAX_BLOCKS = 3_000  # trafilatura compares blocks with their neighbours, which takes the square of their number
MAX_DEPTH = 400  # trafilatura descends nested elements by recursion
MIN_CHARS = 250  # Where its own text is shorter, trafilatura takes the whole page for the text
PLAIN = set(
    "p h1 h2 h3 h4 h5 h6 br ul ol li blockquote em strong b i u s a span time sup sub q cite abbr header".split()
)

# Notices: calls to subscribe and to read on, credits, rules, as whole paragraphs
MAX_NOTICE_CHARS = 200
LISTS = r"(?:articles?|stor(?:y|ies)|content|topics?|links?|coverage|news|reading|posts?)"
WAYS = r"(?:newsletters?|accounts?|subscri\w+|reading|free|now|today|here|inbox|updates|alerts|e-?mails?|members?)"
NOTICE_FORMS = (
    r"(?:main content|\W+)\W*",
    rf"(?:advertisement|related|sponsored)(?: {LISTS})?\W*",
    rf"(?:advertisement|sponsored|related|more|see also|read (?:more|also|next))(?: {LISTS})?(?: on| from)?[:|»>].*",
    r"(?:read more|continue reading|follow us|share this|click here)\b.*(?<![.!?])",
    rf"(?:subscribe|sign up|log in|sign in|register|create an? (?:free )?account)\b.*\b{WAYS}\b.*",
    r"(?:(?:this|the) )?(?:article|story|content) is (?:only )?(?:for|available to|exclusive to) "
    r"(?:our )?(?:subscribers|members)\b.*",
    r"already an? (?:subscriber|member)\b.*",
    r"(?:to continue|keep) reading\b.*",
    r"you(?:['’]ve| have) .{0,30}\bfree (?:articles?|stories)\b.*",
    r"(?:we (?:use|value)|this site uses) (?:cookies|your privacy)\b.*",
    r"(?:image|photo(?:graph)?|picture|illustration|graphic)s?(?: credits?)?(?:: ?| by | courtesy )"
    r".{1,80}(?<![.!?])",
    r"courtesy (?:of )?.{1,60}(?<![.!?])",
    r"loading\b.{0,40}\.\.\.",
)
NOTICE = re.compile("|".join(NOTICE_FORMS), re.IGNORECASE | re.DOTALL)


def extracted(tree: HtmlElement) -> list[str]:
    """Return the paragraphs that trafilatura extracts, without notices.

    Returns [] for a page that needs no extraction, that is too large for it, or of which it extracts too little.
    """
    from trafilatura import bare_extraction
    from trafilatura.settings import Document

    if _depth(tree) > MAX_DEPTH or sum(1 for _ in islice(tree.iter(*BLOCKS), MAX_BLOCKS)) == MAX_BLOCKS:
        return []
    if _is_plain(tree):
        return []
    try:
        document = bare_extraction(deepcopy(tree), include_comments=False, with_metadata=False)
    except encoding.UNFORESEEN:
        return []
    body = document.body if isinstance(document, Document) else None
    parts = [part for part in (() if body is None else dom.blocks(body)) if not _is_notice(part)]
    return parts if sum(map(len, parts)) >= MIN_CHARS else []


def paragraphs(tree: HtmlElement) -> list[str]:
    """Return all paragraphs of a page; notices are left out unless the page is plain."""
    plain = _is_plain(tree)
    return [part for part in dom.text(tree).split("\n\n") if plain or not _is_notice(part)]


def _is_notice(paragraph: str) -> bool:
    """Return whether a whole paragraph is a notice; a sentence that only begins like one is text."""
    return len(paragraph) <= MAX_NOTICE_CHARS and NOTICE.fullmatch(paragraph) is not None


def _is_plain(tree: HtmlElement) -> bool:
    """Return whether the page's one <article>, or its <body>, holds most of its paragraphs and nothing but text."""
    articles = list(tree.iter("article"))
    root = articles[0] if len(articles) == 1 else None if articles else tree.find("body")
    if root is None or any(str(element.tag).lower() not in PLAIN for element in root.iterdescendants()):
        return False
    chars = sum(len(element.text_content()) for element in root.iter("p"))
    return chars > 0 and 2 * chars > sum(len(element.text_content()) for element in tree.iter("p"))


def _depth(tree: HtmlElement) -> int:
    deepest = depth = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    return deepest
