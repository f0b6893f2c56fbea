"""The facts of a web page: what its metadata, JSON-LD and elements state, each under the name that users see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

from lxml.html import HtmlElement  # noqa: TC002 - types are imported at run time in every module

from rag.loaders.fields import sites
from rag.loaders.fields.article_fields import FieldNames
from rag.loaders.html import dates, dom, json_ld, titles
from rag.text import urls

# Where each field of an article may be stated on a page, the best place first. `PageFacts.record` uses these names,
# and so does `Article.fields_from`: a name with a colon, and others that are not there, are those of <meta> elements.
NAMES: FieldNames = {
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


@dataclass(frozen=True)
class PageFacts:
    """What a page states of its article, and the few counts by which a list of articles is recognised.

    `metas` holds the content of each <meta> by its name, a list for several elements that name authors. `fetched` is
    the address from which a crawler fetched the page, `canonical` the one that the page calls its own. `json_ld` is
    the object of the article, {} for none. `h1` is the first heading that may be the headline, `headline` the heading
    that is. Both titles are without the name of the site. `teasers` counts the headings that are links.
    """

    metas: Mapping[str, object]
    fetched: str | None
    canonical: str | None
    json_ld: Mapping[str, object]
    language: str | None
    site: str | None
    h1: str | None
    headline: str | None
    og_title: str | None
    title: str | None
    published: str | None
    modified: str | None
    time: str | None
    links: int
    teasers: int

    @property
    def titles(self) -> list[str]:
        """All texts that may be the title of the page, the best first."""
        return [title for title in (self.headline, self.h1, self.title, self.og_title) if title]

    @property
    def host(self) -> str | None:
        """The host of the page's address, None where the address is not known."""
        return urls.host(_address(self.canonical, self.metas.get("og:url"), self.fetched))

    def record(self) -> dict[str, object]:
        """Return the facts under the names in NAMES; what the page's own elements state replaces a <meta>."""
        return {
            **self.metas, "og:title": self.og_title, "fetched": self.fetched, "canonical": self.canonical,
            "json-ld": self.json_ld, "lang": self.language, "site": self.site, "h1": self.h1,
            "headline": self.headline, "title": self.title, "itemprop.datePublished": self.published,
            "itemprop.dateModified": self.modified, "time": self.time,
        }  # fmt: skip


def gather(tree: HtmlElement, fetched: str | None) -> PageFacts:
    """Return the facts of a page; `fetched` is the address from which it was fetched, if known."""
    metas = _metas(tree)
    og_url = metas.get("og:url")
    canonical = _canonical(tree, (og_url if isinstance(og_url, str) else None) or fetched)
    article = json_ld.article(tree, canonical)
    title_element = tree.find(".//title")
    title = None if title_element is None else dom.line(title_element)
    og_title = _string(metas.get("og:title"))
    site = sites.name_in_title(title, urls.host(_address(canonical, og_url, fetched)))
    headings = list(titles.headings(tree, title))
    site_names = (titles.publisher_name(article), _string(metas.get("og:site_name")), site)
    return PageFacts(
        metas=metas,
        fetched=fetched,
        canonical=canonical,
        json_ld=article,
        language=tree.get("lang") or tree.get("xml:lang"),
        site=site,
        h1=next(iter(headings), None),
        headline=titles.headline(headings, title, (og_title, title, _string(article.get("headline")))),
        og_title=titles.without_site(og_title, site_names),
        title=titles.without_site(title, site_names),
        published=dates.itemprop(tree, "datePublished"),
        modified=dates.itemprop(tree, "dateModified"),
        time=dates.time_element(tree),
        links=sum(1 for _ in tree.iter("a")),
        teasers=sum(1 for heading in tree.iter("h2", "h3") if heading.find(".//a") is not None),
    )


def _metas(tree: HtmlElement) -> dict[str, object]:
    """Return the first content of each <meta>, and all contents of those that name authors."""
    contents: dict[str, list[str]] = {}
    for meta in tree.iter("meta"):
        name = str(meta.get("property") or meta.get("name") or "").lower()
        contents.setdefault(name, []).append(str(meta.get("content") or ""))
    several = {name for name in NAMES["authors"] if len(contents.get(name, ())) > 1}
    return {name: values if name in several else values[0] for name, values in contents.items()}


def _canonical(tree: HtmlElement, base: str | None) -> str | None:
    """Return the address that a page calls its own, made absolute with `base`; None where that is not possible.

    Some sites call their front page the canonical address of every page. Where another address of the page is known,
    such a statement is left out.
    """
    link = tree.find(".//link[@rel='canonical']")
    target = None if link is None else link.get("href")
    try:
        address = urls.web_address(urljoin(base or "", target)) if target else None
    except ValueError:
        return None
    return None if urls.is_front_page(address) and base and not urls.is_front_page(base) else address


def _address(*candidates: object) -> str | None:
    """Return the first candidate that is a web address."""
    texts = (" ".join(candidate.split()) for candidate in candidates if isinstance(candidate, str))
    return next(filter(None, map(urls.web_address, texts)), None)


def _string(value: object) -> str | None:
    return value if isinstance(value, str) else None
