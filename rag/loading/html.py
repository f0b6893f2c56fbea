"""HTML: one article a page. Its fields are what JSON-LD, <meta> and the page itself state; its text is what trafilatura
finds between menus, captions and notices, or on a page too small for that, the paragraphs of <article>.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from itertools import islice
from urllib.parse import urljoin

from lxml import etree
from lxml.html import HtmlElement  # noqa: TC002 - as TC001

from rag.loading import (
    bylines,
    datelines,
    decoding,
    fields,
    ids,
    json_ld,
    markup,
    notices,
    regions,
    signing,
    sites,
    walls,
)
from rag.loading.places import problem
from rag.ports import Source
from rag.types import Article, Origin, Problem

NAMES: fields.Names = {
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
BLOCKS = ("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "tr", "td", "th", "blockquote", "option", "dd", "dt")
MAX_BLOCKS = 3_000  # of a page; trafilatura compares each with those around it, which costs their square
MAX_HEADINGS = 50  # that may be the headline; of a page of nothing else, not all are tried
MAX_DEPTH = 400  # elements within elements; trafilatura goes down them by recursion
LEAST_CHARS = 250  # of a text by trafilatura; below, it takes the whole page for its text
PLAIN = set(
    "p h1 h2 h3 h4 h5 h6 br ul ol li blockquote em strong b i u s a span time sup sub q cite abbr header".split()
)
LATER = re.compile(r"updated|modified|edited|corrected", re.IGNORECASE)
LATER_CHARS = 30  # before a <time> that may say so
DAY_CHARS = len("2025-06-03")
BEFORE_TITLE = 3  # paragraphs of which the last may be the headline: a day or a section stands above it
BEFORE_CHARS = 60  # of such a paragraph


def load(
    source: Source,
    mapping: dict[str, str],  # noqa: ARG001 - there are no fields to map
) -> Iterator[Article | Problem]:
    """Read one article; a page whose paragraphs hold no text is reported."""
    yield from articles(source.read(source.limits.max_page_mb), source.origin(), source.name)


def articles(raw: bytes, at: Origin, name: str, fetched: str | None = None) -> Iterator[Article | Problem]:
    """Read one article from the bytes of a page, as `load` does; `fetched` is the address it came from, if known."""
    declared = CHARSET.search(raw[:CHARSET_BYTES])
    page = decoding.clean(decoding.decode(raw, declared[1].decode() if declared else None))
    tree = markup.tree(page)
    record = {} if tree is None else _record(tree, at, fetched)
    if not record.get("text"):
        yield problem(at, "text", "no paragraph with text in <article>, <main> or <body>")
    elif reason := walls.no_article(record, TITLES):
        yield problem(at, "text", f"the page holds no article: {reason}")
    else:
        record["text"] = _without_byline(record, at)
        yield from fields.articles(record, at, name, NAMES, alone=True)


def _record(tree: HtmlElement, at: Origin, fetched: str | None) -> dict[str, object]:
    found = _metas(tree) | {"fetched": fetched}
    found["canonical"] = _canonical(tree, _one(found.get("og:url")) or fetched)
    found["json-ld"] = json_ld.article(tree, _one(found["canonical"]))
    found["lang"] = tree.get("lang") or tree.get("xml:lang")
    found["links"] = sum(1 for _ in tree.iter("a"))
    found["teasers"] = sum(1 for heading in tree.iter("h2", "h3") if heading.find(".//a") is not None)
    host = sites.host(fields.Fields(found, at, NAMES).address())
    title = _said(tree, ".//title")
    found |= {"title": title, "site": sites.named_last(title, host)}
    headings = list(_headings(tree, title))
    found |= {"h1": next(iter(headings), None), "headline": _headline(headings, found)}
    found["og:title"] = _without_site(_one(found.get("og:title")), found)
    found["title"] = _without_site(title, found)
    for name in ("datePublished", "dateModified"):
        found[f"itemprop.{name}"] = _property(tree, name)
    found["time"] = _time(tree)
    said = fields.Fields(found, at, NAMES)
    if not said.day("published")[0]:
        found["shown"] = _shown_day(tree)
        found["found"] = None if found["shown"] else _date(tree)
    if not fields.but_outlet(said.authors(), said.line("source"), host):
        found["signed"] = signing.names(tree)  # they come first: what is stated is no more than the outlet
    found["text"] = "\n\n".join(_without_title(_extracted(tree), found) or _paragraphs(tree))
    return found


def _canonical(tree: HtmlElement, base: str | None) -> str | None:
    """Return the address that a page says is its own, whole; None where no base makes it so."""
    said = _attribute(tree, ".//link[@rel='canonical']", "href")
    try:
        return ids.address(urljoin(base or "", said)) if said else None
    except ValueError:
        return None


def _one(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _headings(tree: HtmlElement, title: str | None) -> Iterator[str | None]:
    """Yield each <h1>, None for a masthead's: it leads to the front page, or ends the page's title behind more."""
    for element in islice(tree.iter("h1"), MAX_HEADINGS):
        link = element.find(".//a")
        said = markup.line(element)
        leads_home = link is not None and sites.is_front(link.get("href"))
        yield None if leads_home or (title or "").find(said) > len(said) else said


def _headline(headings: Iterable[str | None], found: dict[str, object]) -> str | None:
    """Return the one <h1> whose words the page's title, wherever it is stated, also has."""
    title, json_ld = found.get("title"), found["json-ld"]
    stated = [found.get("og:title"), title, json_ld.get("headline") if isinstance(json_ld, dict) else None]
    words = {word for text in stated if isinstance(text, str) for word in _words(text)}
    for said in filter(None, headings):
        own = _words(said)
        if len(own & words) * 2 > len(own) and (len(own) > 2 or str(title or "").startswith(said)):
            return said
    return None


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def _property(tree: HtmlElement, name: str) -> str | None:
    """Return the first value of an itemprop that an attribute gives."""
    values = (one.get("content") or one.get("datetime") for one in tree.iterfind(f".//*[@itemprop='{name}']"))
    return next(filter(None, values), None)


def _time(tree: HtmlElement) -> str | None:
    """Return the <time> of the <article> that holds the headline, or the page's, where it has those of one day only."""
    within = next((article for article in tree.iter("article") if article.find(".//h1") is not None), tree)
    shown = [
        time for time in within.iterfind(".//time[@datetime]") if not regions.is_outside(time) and not _is_later(time)
    ]
    times = [str(time.get("datetime")) for time in shown]
    return times[0] if times and (within is not tree or len({time[:DAY_CHARS] for time in times}) == 1) else None


def _is_later(time: HtmlElement) -> bool:
    """Say whether a <time> is that of a change."""
    before = time.getprevious()
    said = (time.getparent().text if before is None else before.tail) or ""
    return (
        LATER.search(f"{said[-LATER_CHARS:]} {time.text_content()} {time.get('class')} {time.get('itemprop')}")
        is not None
    )


def _shown_day(tree: HtmlElement) -> str | None:
    """Return the day that stands by itself in the lines about the headline."""
    found = filter(None, map(datelines.day, regions.head_lines(tree)))
    return next((str(day) for day in found), None)


def _date(tree: HtmlElement) -> str | None:
    """Return the day of publication that the page's own text gives, year and all; None where it gives none."""
    from htmldate import find_date

    page = deepcopy(tree)
    for time in list(page.iterfind(".//time[@datetime]")):  # of several days, or of none; see _time
        time.drop_tree()
    try:
        found: str | None = find_date(page, extensive_search=False, original_date=True)
    except decoding.UNFORESEEN:
        return None
    return found


def _extracted(tree: HtmlElement) -> list[str]:
    """Return the paragraphs that trafilatura finds; none on a page that needs none, or where it finds too little."""
    from trafilatura import bare_extraction
    from trafilatura.settings import Document

    if _depth(tree) > MAX_DEPTH or sum(1 for _ in islice(tree.iter(*BLOCKS), MAX_BLOCKS)) == MAX_BLOCKS:
        return []
    if _is_plain(tree):  # there is nothing to tell its paragraphs from
        return []
    try:
        found = bare_extraction(deepcopy(tree), include_comments=False, with_metadata=False)
    except decoding.UNFORESEEN:
        return []
    body = found.body if isinstance(found, Document) else None
    parts = [part for part in (() if body is None else markup.blocks(body)) if not notices.is_one(part)]
    return parts if sum(map(len, parts)) >= LEAST_CHARS else []


def _paragraphs(tree: HtmlElement) -> list[str]:
    """Return all paragraphs of a page; of one that is not plain, those that are no notices."""
    plain = _is_plain(tree)
    return [part for part in markup.text(tree).split("\n\n") if plain or not notices.is_one(part)]


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


def _without_byline(record: dict[str, object], at: Origin) -> str:
    """Leave out paragraphs above the story that only say again what its fields say."""
    said = fields.Fields(record, at, NAMES)
    headlines = [str(record[name]) for name in TITLES if record.get(name)]
    return bylines.without(
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
    return None if found is None else markup.line(found)


def _attribute(tree: HtmlElement, path: str, name: str) -> str | None:
    found = tree.find(path)
    return None if found is None else found.get(name)


def _without_site(title: str | None, found: dict[str, object]) -> str | None:
    """Return what a browser shows as title without the " | Site" that ends it."""
    publisher = found["json-ld"].get("publisher") if isinstance(found["json-ld"], dict) else None
    named = publisher.get("name") if isinstance(publisher, dict) else None
    title = title and " ".join(title.split())
    for site in (named, found.get("og:site_name"), found["site"]):
        if title and isinstance(site, str) and site.strip():
            title = re.sub(rf"\s+[|•·«–—-]\s+{re.escape(site.strip())}\s*\Z", "", title)
    return title
