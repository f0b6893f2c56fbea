"""HTML: one article a page. Its fields are what JSON-LD, <meta> and the page itself state; its text is what trafilatura
finds between menus, captions and notices, or on a page too small for that, the paragraphs of <article>.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin

from lxml.html import HtmlElement  # noqa: TC002 - as TC001

from rag.loaders.base import SourceFile, problem
from rag.loaders.fields import article_fields, ids, sites
from rag.loaders.files import encoding
from rag.loaders.html import authors, dates, dom, json_ld, non_articles, repeated_bylines, text, titles  # fmt: skip
from rag.types.articles import Article, Origin
from rag.types.reading import Problem

NAMES: article_fields.Names = {
    "id": (),
    "title": ("headline", "json-ld.headline", "og:title", "h1", "title"),
    "text": ("text",),
    "authors": (
        "signed", "json-ld.author", "author", "parsely-author", "sailthru.author", "dc.creator", "article:author",
        "byl", "byline",
    ),
    "source": ("json-ld.publisher.name", "og:site_name", "application-name", "site"),
    "published": (
        "json-ld.datePublished", "article:published_time", "itemprop.datePublished", "date", "pubdate", "dc.date",
        "time", "shown", "found",
    ),
    "modified": (
        "json-ld.dateModified", "article:modified_time", "itemprop.dateModified", "og:updated_time", "last-modified",
    ),
    "url": ("canonical", "og:url", "fetched"),
    "section": ("article:section", "json-ld.articleSection"),
    "language": ("lang", "json-ld.inLanguage", "og:locale"),
}  # fmt: skip
TITLES = ("headline", "h1", "title", "og:title")  # what a first paragraph may say again
CHARSET = re.compile(rb"<meta[^>]*?charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
CHARSET_BYTES = 4096
BEFORE_TITLE = 3  # paragraphs of which the last may be the headline: a day or a section stands above it
BEFORE_CHARS = 60  # of such a paragraph


def load(
    source: SourceFile,
    mapping: dict[str, str],  # noqa: ARG001 - there are no fields to map
) -> Iterator[Article | Problem]:
    """Read one article; a page whose paragraphs hold no text is reported."""
    yield from articles(source.read(source.limits.max_page_mb), source.origin(), source.name)


def articles(raw: bytes, at: Origin, name: str, fetched: str | None = None) -> Iterator[Article | Problem]:
    """Read one article from the bytes of a page, as `load` does; `fetched` is the address it came from, if known."""
    declared = CHARSET.search(raw[:CHARSET_BYTES])
    page = encoding.clean(encoding.decode(raw, declared[1].decode() if declared else None))
    tree = dom.tree(page)
    record = {} if tree is None else _record(tree, at, fetched)
    if not record.get("text"):
        yield problem(at, "text", "no paragraph with text in <article>, <main> or <body>")
    elif reason := non_articles.no_article(record, TITLES):
        yield problem(at, "text", f"the page holds no article: {reason}")
    else:
        record["text"] = _without_byline(record, at)
        yield from article_fields.articles(record, at, name, NAMES, alone=True)


def _record(tree: HtmlElement, at: Origin, fetched: str | None) -> dict[str, object]:
    found = _metas(tree) | {"fetched": fetched}
    found["canonical"] = _canonical(tree, _one(found.get("og:url")) or fetched)
    found["json-ld"] = json_ld.article(tree, _one(found["canonical"]))
    found["lang"] = tree.get("lang") or tree.get("xml:lang")
    found["links"] = sum(1 for _ in tree.iter("a"))
    found["teasers"] = sum(1 for heading in tree.iter("h2", "h3") if heading.find(".//a") is not None)
    host = sites.host(article_fields.Fields(found, at, NAMES).address())
    title = _said(tree, ".//title")
    found |= {"title": title, "site": sites.named_last(title, host)}
    headings = list(titles.headings(tree, title))
    found |= {"h1": next(iter(headings), None), "headline": titles.headline(headings, found)}
    found["og:title"] = titles.without_site(_one(found.get("og:title")), found)
    found["title"] = titles.without_site(title, found)
    for name in ("datePublished", "dateModified"):
        found[f"itemprop.{name}"] = dates.stated(tree, name)
    found["time"] = dates.timed(tree)
    said = article_fields.Fields(found, at, NAMES)
    if not said.day("published")[0]:
        found["shown"] = dates.shown(tree)
        found["found"] = None if found["shown"] else dates.found(tree)
    if not article_fields.but_outlet(said.authors(), said.line("source"), host):
        found["signed"] = authors.names(tree)  # they come first: what is stated is no more than the outlet
    found["text"] = "\n\n".join(_without_title(text.extracted(tree), found) or text.paragraphs(tree))
    return found


def _canonical(tree: HtmlElement, base: str | None) -> str | None:
    """Return the address that a page says is its own, whole; None where no base makes it so.

    Some sites say of every page that it is the first one: what else is known of its address is better then.
    """
    said = _attribute(tree, ".//link[@rel='canonical']", "href")
    try:
        whole = ids.address(urljoin(base or "", said)) if said else None
    except ValueError:
        return None
    return None if sites.is_front(whole) and base and not sites.is_front(base) else whole


def _one(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _without_byline(record: dict[str, object], at: Origin) -> str:
    """Leave out paragraphs above the story that only say again what its fields say."""
    said = article_fields.Fields(record, at, NAMES)
    headlines = [str(record[name]) for name in TITLES if record.get(name)]
    return repeated_bylines.without(
        str(record["text"]), headlines, said.authors(), said.line("source"), said.day("published")[0]
    )


def _without_title(parts: list[str], found: dict[str, object]) -> list[str]:
    """Leave out the headline where it stands in the first paragraphs, and what little stands above it."""
    known = {" ".join(str(found.get(name) or "").split()) for name in TITLES}
    kept: list[str] = []
    for part in parts[:BEFORE_TITLE]:
        if " ".join(part.split()) in known:
            kept = [above for above in kept if len(above) > BEFORE_CHARS]
        else:
            kept.append(part)
    return kept + parts[BEFORE_TITLE:] or parts


def _metas(tree: HtmlElement) -> dict[str, object]:
    """Return the first content of each <meta>, and every one that names an author."""
    found: dict[str, list[str]] = {}
    for meta in tree.iter("meta"):
        name = str(meta.get("property") or meta.get("name") or "").lower()
        found.setdefault(name, []).append(str(meta.get("content") or ""))
    several = {name for name in NAMES["authors"] if len(found.get(name, ())) > 1}
    return {name: values if name in several else values[0] for name, values in found.items()}


def _said(tree: HtmlElement, path: str) -> str | None:
    found = tree.find(path)
    return None if found is None else dom.line(found)


def _attribute(tree: HtmlElement, path: str, name: str) -> str | None:
    found = tree.find(path)
    return None if found is None else found.get(name)
