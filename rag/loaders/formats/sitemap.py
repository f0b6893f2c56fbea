"""Sitemaps and news sitemaps: no articles, but a list of the articles that should be there. Nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from rag.loaders.base import MB, SourceFile, problem
from rag.loaders.fields import dates
from rag.loaders.files.detect import XML_PROLOG
from rag.loaders.files.encoding import clean
from rag.types.reading import Problem, SitemapEntry

SIGN = re.compile(XML_PROLOG + r"<(?:\w+:)?(?:urlset|sitemapindex)\b", re.DOTALL)
ROOTS = {"urlset", "sitemapindex"}  # A sitemap index lists sitemaps, so it yields nothing
CHUNK_BYTES = 1 << 16


def load(source: SourceFile) -> Iterator[SitemapEntry | Problem]:
    """Yield each address of a <urlset>; mistakes in the XML are reported."""
    try:
        for element in _elements(source):
            parent = element.getparent()
            if parent is None:
                if (name := _name(element)) not in ROOTS:
                    yield problem(source.origin(), "xml", f"is no sitemap: its root is <{name}>")
            elif parent.getparent() is None:
                if _name(element) == "url" and _name(parent) == "urlset":
                    yield from _entry(source, element)
                element.clear()
                del parent[: parent.index(element)]  # keeps memory small
    except etree.XMLSyntaxError as error:
        yield problem(source.origin(error.lineno or 1), "xml", error.msg or "is not XML")


def _elements(source: SourceFile) -> Iterator[etree._Element]:
    """Yield each element when it ends, up to a mistake in the XML. Entities are not resolved."""
    parser = etree.XMLPullParser(events=("end",), resolve_entities=False, no_network=True, huge_tree=False)
    bytes_left = source.limits.max_file_mb * MB
    with source.open() as file:
        while chunk := file.read(CHUNK_BYTES):
            bytes_left -= len(chunk)
            if bytes_left < 0:
                raise OSError(0, f"has more than {source.limits.max_file_mb} MB; not read on")
            try:
                parser.feed(chunk)
            finally:
                yield from (element for _, element in parser.read_events() if isinstance(element, etree._Element))
    parser.close()


def _entry(source: SourceFile, element: etree._Element) -> Iterator[SitemapEntry | Problem]:
    line = element.sourceline
    origin = source.origin(line if isinstance(line, int) else 1)
    url, day, published = _text(element, "{*}loc"), _text(element, "{*}news/{*}publication_date"), None
    if not url or "://" not in url:
        yield problem(origin, "url", f"{url!r} is no address" if url else "is missing")
        return
    try:
        published = dates.parse(day) if day else None
    except ValueError as error:
        yield problem(origin, "published", str(error))
    yield SitemapEntry(url=url, origin=origin, title=_text(element, "{*}news/{*}title"), published=published)


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]  # etree.QName refuses some names of broken XML


def _text(element: etree._Element, path: str) -> str | None:
    text = element.findtext(path)
    return clean(" ".join(text.split())) or None if text else None
