"""WARC: an article for each page that a crawler kept, streamed. What is no page, or was not found, is passed over."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from rag.loaders.base import MB, SourceFile, problem
from rag.loaders.files import encoding, http_content
from rag.loaders.formats import html
from rag.types.articles import Article, Origin
from rag.types.reading import Problem

FOUND = 200  # the status of a page that was there
PAGES = ("text/html", "application/xhtml+xml")
MAX_DIGITS = 18  # of a length that a header states


def load(
    source: SourceFile,
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
        count, stream = 0, _UpToDamage(file)
        for record in ArchiveIterator(stream, record_types=WarcRecordType.response):
            count += 1
            address = encoding.clean(record.headers.get("WARC-Target-URI") or "").strip("<>")
            at = Origin(path=f"{source.at}!/{address or count}", line=1)
            if _is_headless(record):
                yield problem(at, "warc", "the record is cut off in its headers; not read")
                continue
            if not record.is_http or record.http_headers.status_code != FOUND:
                continue
            if (record.http_content_type or PAGES[0]).lower() not in PAGES:
                continue
            try:
                raw = _page(record, most)
            except http_content.CodingError as error:
                yield problem(at, "warc", f"{error}; not read")
                continue
            if len(raw) > most:
                yield problem(
                    at, "text", f"the page has more than {source.limits.max_page_mb:,} MB, which no article has"
                )
                continue
            page = _in_utf8(raw, (record.http_charset or "").strip("\"'"))
            yield from html.articles(page, at, address or f"{source.name}#{count}", address or None)
        if stream.damage:
            raise stream.damage


class _UpToDamage(io.RawIOBase):
    """A stream that ends where another cannot be read on, and keeps why: what stands before is read to its end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._count = 0
        self.damage: Exception | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            found = self._file.read1(len(buffer))  # type: ignore[attr-defined]
        except (OSError, *encoding.DAMAGED) as error:
            self.damage, found = error, b""
        buffer[: len(found)] = found
        self._count += len(found)
        return len(found)

    def tell(self) -> int:
        return self._count


def _is_headless(record: Any) -> bool:
    if record.headers.get("Content-Length") is None:
        return True
    return bool(record.is_http) and record.http_headers.status_code is None


def _page(record: Any, most: int) -> bytes:
    """Return the bytes of a page as its server had them, a part that has more than `most` where there are more.

    Raises CodingError where the record does not hold all of them.
    """
    raw: bytes = record.reader.read(most + 1)
    headers = record.http_headers
    stated = headers.get("Content-Length") or ""
    whole = int(stated) if stated.isdecimal() and len(stated) <= MAX_DIGITS else 0
    whole = max(whole, record.content_length)  # of which the record itself says that it follows
    if len(raw) < min(whole, most):
        raise http_content.CodingError(f"the record is cut off: {len(raw):,} of {whole:,} bytes")
    if len(raw) > most:
        return raw
    return http_content.undone(
        raw, f"{headers.get('Content-Encoding') or ''},{headers.get('Transfer-Encoding') or ''}", most
    )


def _in_utf8(raw: bytes, charset: str) -> bytes:
    """Return a page as marked UTF-8 where its header's charset can be its own: that comes before what the page says."""
    try:
        raw.decode(charset)
    except (LookupError, ValueError):
        return raw
    return codecs.BOM_UTF8 + encoding.clean(encoding.decode(raw, charset)).encode()
