"""HTML: one article a page. Its fields are in JSON-LD and <meta>, its text in the paragraphs of <article>."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from rag.loading import decoding, fields
from rag.loading.places import origin, problem
from rag.types import Article, Problem

NAMES: fields.Names = {
    "id": (),
    "title": ("json-ld.headline", "og:title", "h1", "title"),
    "text": ("text",),
    "authors": ("json-ld.author", "author", "article:author"),
    "source": ("json-ld.publisher.name", "og:site_name"),
    "published": ("json-ld.datePublished", "article:published_time", "date", "pubdate", "dc.date", "time"),
    "url": ("canonical", "og:url"),
    "section": ("article:section",),
    "language": ("lang",),
}
BLOCKS = {"p", "h2", "h3", "h4", "li", "blockquote"}
NOT_TEXT = ("nav", "footer", "aside", "script", "style", "form", "figcaption", "noscript", "template")
END, BREAK = "\0", "\v"  # of a block and of a line, until white space is folded; text holds no NUL
SPACE = re.compile(r"[ \t\n\f]+")  # what HTML calls white space, and no more
CHARSET = re.compile(rb"<meta[^>]*?charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
CHARSET_BYTES = 4096


def load(
    path: Path,
    name: str,
    mapping: dict[str, str],  # noqa: ARG001 - there are no fields to map
) -> Iterator[Article | Problem]:
    """Read one article; a page whose paragraphs hold no text is reported."""
    raw = path.read_bytes()
    declared = CHARSET.search(raw[:CHARSET_BYTES])
    page = decoding.clean(decoding.decode(raw, declared[1].decode() if declared else None))
    at, tree = origin(path), _tree(page)
    record = {} if tree is None else _record(tree)
    if record.get("text"):
        yield from fields.articles(record, at, name, NAMES, alone=True)
    else:
        yield problem(at, "text", "no paragraph with text in <article>, <main> or <body>")


def _tree(page: str) -> HtmlElement | None:
    """Parse UTF-8 bytes, not str, which lxml refuses where an XML declaration names an encoding."""
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        return document_fromstring(page.encode(), parser=parser)
    except etree.ParserError:  # nothing in it
        return None


def _record(tree: HtmlElement) -> dict[str, object]:
    found = _metas(tree)
    found["json-ld"] = _json_ld(tree)
    found["h1"] = _said(tree, ".//h1")
    found["title"] = _without_site(_said(tree, ".//title"), found)
    found["time"] = _attribute(tree, ".//time[@datetime]", "datetime")
    found["canonical"] = _attribute(tree, ".//link[@rel='canonical']", "href")
    found["lang"] = tree.get("lang") or tree.get("xml:lang")
    found["text"] = _text(tree)
    return found


def _metas(tree: HtmlElement) -> dict[str, object]:
    """Return the first content of each <meta>, and every one that names an author."""
    found: dict[str, list[str]] = {}
    for meta in tree.iter("meta"):
        name = str(meta.get("property") or meta.get("name") or "").lower()
        found.setdefault(name, []).append(str(meta.get("content") or ""))
    several = {name for name in NAMES["authors"] if len(found.get(name, ())) > 1}
    return {name: values if name in several else values[0] for name, values in found.items()}


def _json_ld(tree: HtmlElement) -> dict[str, object]:
    """Return the first object of a type like NewsArticle; a script that is not JSON says nothing."""
    for script in tree.iterfind(".//script[@type='application/ld+json']"):
        try:
            waiting: list[object] = [json.loads(script.text or "null")]
        except (ValueError, RecursionError):
            continue
        while waiting:
            thing = waiting.pop(0)
            if isinstance(thing, list):
                waiting.extend(thing)
            elif isinstance(thing, dict):
                if _is_article(thing.get("@type")):
                    return thing
                waiting.append(thing.get("@graph"))
    return {}


def _is_article(kind: object) -> bool:
    kinds = kind if isinstance(kind, list) else [kind]
    return any(str(one).endswith(("Article", "BlogPosting")) for one in kinds)


def _said(tree: HtmlElement, path: str) -> str | None:
    found = tree.find(path)
    return None if found is None else str(found.text_content())


def _attribute(tree: HtmlElement, path: str, name: str) -> str | None:
    found = tree.find(path)
    return None if found is None else found.get(name)


def _without_site(title: str | None, found: dict[str, object]) -> str | None:
    """Return what a browser shows as title without the " | Site" that ends it."""
    publisher = found["json-ld"].get("publisher") if isinstance(found["json-ld"], dict) else None
    named = publisher.get("name") if isinstance(publisher, dict) else None
    for site in (named, found.get("og:site_name")):
        if title and isinstance(site, str) and site.strip():
            title = re.sub(rf"\s+[|–—-]\s+{re.escape(site.strip())}\s*\Z", "", title)
    return title


def _text(tree: HtmlElement) -> str:
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
