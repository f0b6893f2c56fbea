"""Sitemaps and news sitemaps: not articles, but a list of what should be there."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from rag.loaders.base import MB, SourceFile, problem
from rag.loaders.fields import dates
from rag.loaders.files.encoding import clean
from rag.types.reading import Problem, SitemapEntry

KINDS = {"urlset", "sitemapindex"}  # an index lists sitemaps, not articles
CHUNK_BYTES = 1 << 16


def load(
    source: SourceFile,
    mapping: dict[str, str],  # noqa: ARG001 - there are no fields to map
) -> Iterator[SitemapEntry | Problem]:
    """Yield each address of a `urlset`; what is wrong with the XML is reported. Nothing is fetched."""
    try:
        for element in _elements(source):
            parent = element.getparent()
            if parent is None:
                if (kind := _name(element)) not in KINDS:
                    yield problem(source.origin(), "xml", f"is no sitemap: its root is <{kind}>")
            elif parent.getparent() is None:
                if _name(element) == "url" and _name(parent) == "urlset":
                    yield from _listed(source, element)
                element.clear()
                del parent[: parent.index(element)]  # what has been read
    except etree.XMLSyntaxError as error:
        yield problem(source.origin(error.lineno or 1), "xml", error.msg or "is not XML")


def _elements(source: SourceFile) -> Iterator[etree._Element]:
    """Yield each element when it ends; those before a mistake come first. Entities stay what they are."""
    parser = etree.XMLPullParser(events=("end",), resolve_entities=False, no_network=True, huge_tree=False)
    left = source.limits.max_file_mb * MB
    with source.open() as file:
        while chunk := file.read(CHUNK_BYTES):
            left -= len(chunk)
            if left < 0:
                raise OSError(0, f"has more than {source.limits.max_file_mb} MB; not read on")
            try:
                parser.feed(chunk)
            finally:
                yield from (found for _, found in parser.read_events() if isinstance(found, etree._Element))
    parser.close()


def _listed(source: SourceFile, element: etree._Element) -> Iterator[SitemapEntry | Problem]:
    line = element.sourceline
    origin = source.origin(line if isinstance(line, int) else 1)
    url, day, published = _said(element, "{*}loc"), _said(element, "{*}news/{*}publication_date"), None
    if not url or "://" not in url:
        yield problem(origin, "url", f"{url!r} is no address" if url else "is missing")
        return
    try:
        published = dates.parse(day) if day else None
    except ValueError as error:
        yield problem(origin, "published", str(error))
    yield SitemapEntry(url=url, origin=origin, title=_said(element, "{*}news/{*}title"), published=published)


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]  # QName refuses what broken XML may hold


def _said(element: etree._Element, path: str) -> str | None:
    found = element.findtext(path)
    return clean(" ".join(found.split())) or None if found else None
