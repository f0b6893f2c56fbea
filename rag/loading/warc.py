"""WARC: an article for each page that a crawler kept, streamed. What is no page, or was not found, is passed over."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from rag.loading import html
from rag.loading.decoding import clean
from rag.loading.places import problem
from rag.ports import MB, Source
from rag.types import Article, Origin, Problem

FOUND = 200  # the status of a page that was there
PAGES = ("text/html", "application/xhtml+xml")


def load(
    source: Source,
    mapping: dict[str, str],  # noqa: ARG001 - there are no fields to map
) -> Iterator[Article | Problem]:
    """Yield the article of each page, by the address it was fetched from; a record that is cut off is reported."""
    try:
        from fastwarc.warc import ArchiveIterator, WarcRecordType
    except ImportError:
        yield problem(source.origin(), "format", "WARC files need `pip install 'byline[warc]'`")
        return
    most = source.limits.max_page_mb * MB
    with source.open() as file:
        count = 0
        for record in ArchiveIterator(file, record_types=WarcRecordType.response):
            count += 1
            address = clean(record.headers.get("WARC-Target-URI") or "").strip("<>")
            at = Origin(path=f"{source.at}!/{address or count}", line=1)
            if not record.is_http or record.http_headers.status_code != FOUND:
                continue
            if (record.http_content_type or PAGES[0]) not in PAGES:
                continue
            raw = record.reader.read(most + 1)
            stated = record.http_headers.get("Content-Length") or ""
            if stated.isdecimal() and len(raw) < min(int(stated), most):
                yield problem(at, "warc", f"the record is cut off: {len(raw):,} of {int(stated):,} bytes; not read")
                continue
            if record.http_headers.get("Content-Encoding") in {"gzip", "deflate"}:
                try:
                    raw = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(raw, most + 1)
                except zlib.error as error:
                    yield problem(at, "warc", f"the page's compression is damaged: {error}; not read")
                    continue
            if len(raw) > most:
                yield problem(
                    at, "text", f"the page has more than {source.limits.max_page_mb:,} MB, which no article has"
                )
                continue
            yield from html.articles(raw, at, address or f"{source.name}#{count}", address or None)
