"""HTML: one article a page.

Its fields are those that JSON-LD, <meta> elements and the page itself state. Its text is what trafilatura finds between
menus, captions and notices or, on a page that is too small for that, the paragraphs of <article>.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lxml.html import HtmlElement  # noqa: TC002 - as in rag.loaders.html.page_facts

from rag.loaders.base import SourceFile, problem
from rag.loaders.fields import article_fields
from rag.loaders.fields.article_fields import RecordFields
from rag.loaders.files import encoding
from rag.loaders.files.detect import XML_PROLOG
from rag.loaders.html import authors, dates, dom, non_articles, page_facts, repeated_bylines, text
from rag.loaders.html.page_facts import NAMES, PageFacts
from rag.types.articles import Article, Origin
from rag.types.reading import Problem

SIGN = re.compile(XML_PROLOG + r"<(?:!doctype html|html)\b", re.IGNORECASE | re.DOTALL)
CHARSET = re.compile(rb"<meta[^>]*?charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
CHARSET_BYTES = 4096  # The charset is declared in so much of a page
HEAD_PARAGRAPHS = 3  # One of the first paragraphs may be the headline, below a day or a section
MAX_KICKER_CHARS = 60  # A longer paragraph above the headline is text, not a day or a section


def load(source: SourceFile) -> Iterator[Article | Problem]:
    """Yield the article of a page; a page without text and a page that is no article are reported."""
    yield from articles(source.read(source.limits.max_page_mb), source.origin(), source.name)


def articles(raw: bytes, at: Origin, name: str, fetched: str | None = None) -> Iterator[Article | Problem]:
    """Yield the article of a page's bytes, as `load` does.

    `fetched` is the address from which the page was fetched, if known.
    """
    declared = CHARSET.search(raw[:CHARSET_BYTES])
    tree = dom.tree(encoding.clean(encoding.decode(raw, declared[1].decode() if declared else None)))
    no_text = problem(at, "text", "no paragraph with text in <article>, <main> or <body>")
    if tree is None:
        yield no_text
        return
    facts = page_facts.gather(tree, fetched)
    record = _record(tree, facts, at)
    if not record["text"]:
        yield no_text
    elif reason := non_articles.reason_for_none(facts, str(record["text"])):
        yield problem(at, "text", f"the page holds no article: {reason}")
    else:
        record["text"] = _without_byline(record, facts, at)
        yield from article_fields.articles(record, at, name, NAMES, alone=True)


def _record(tree: HtmlElement, facts: PageFacts, at: Origin) -> dict[str, object]:
    """Return the record of a page: its facts, its text, and what is only shown on it where no fact states it."""
    record = facts.record()
    stated = RecordFields(record, at, NAMES)
    if not stated.day("published")[0]:
        record["shown"] = dates.near_headline(tree)
        record["found"] = None if record["shown"] else dates.in_text(tree)
    if not article_fields.without_outlet(stated.authors(), stated.line("source"), facts.host):
        record["signed"] = authors.names(tree)  # before the stated authors, which are only the outlet
    record["text"] = "\n\n".join(_without_title(text.extracted(tree), facts.titles) or text.paragraphs(tree))
    return record


def _without_byline(record: dict[str, object], facts: PageFacts, at: Origin) -> str:
    """Return the text without the paragraphs above the story that only repeat its authors, outlet and day."""
    fields = RecordFields(record, at, NAMES)
    return repeated_bylines.without(
        str(record["text"]), facts.titles, fields.authors(), fields.line("source"), fields.day("published")[0]
    )


def _without_title(parts: list[str], titles: Sequence[str]) -> list[str]:
    """Return the paragraphs without a headline among the first ones, and without the short lines above it."""
    known = {" ".join(title.split()) for title in titles}
    head: list[str] = []
    for part in parts[:HEAD_PARAGRAPHS]:
        if " ".join(part.split()) in known:
            head = [above for above in head if len(above) > MAX_KICKER_CHARS]
        else:
            head.append(part)
    return head + parts[HEAD_PARAGRAPHS:] or parts
