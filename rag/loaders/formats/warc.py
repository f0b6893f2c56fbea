"""WARC: an article for each web page that a crawler saved, streamed. Other records and failed requests are left out."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from rag.loaders.base import MB, MissingLibraryError, SourceFile, optional_import, problem
from rag.loaders.files import encoding, http_content
from rag.loaders.formats import html
from rag.types.articles import Article, Origin
from rag.types.reading import Problem

OK = 200  # The HTTP status of a page that was sent
PAGE_TYPES = ("text/html", "application/xhtml+xml")
MAX_LENGTH_DIGITS = 18  # A longer Content-Length is no length


def load(source: SourceFile) -> Iterator[Article | Problem]:
    """Yield the article of each page, named by the address from which it was fetched.

    Records that are cut off are reported, and so are pages that cannot be decompressed or are too long.
    """
    with optional_import("byline[warc]", "WARC files"):
        from fastwarc.warc import ArchiveIterator, WarcRecordType
    max_bytes = source.limits.max_page_mb * MB
    with source.open() as file:
        count, stream = 0, _UntilDamage(file)
        for record in ArchiveIterator(stream, record_types=WarcRecordType.response):
            count += 1
            address = encoding.clean(record.headers.get("WARC-Target-URI") or "").strip("<>")
            at = Origin(path=f"{source.at}!/{address or count}", line=1)
            if _is_headless(record):
                yield problem(at, "warc", "the record is cut off in its headers; not read")
                continue
            if not record.is_http or record.http_headers.status_code != OK:
                continue
            if (record.http_content_type or PAGE_TYPES[0]).lower() not in PAGE_TYPES:
                continue
            try:
                raw = _page(record, max_bytes)
            except (http_content.CodingError, MissingLibraryError) as error:
                yield problem(at, "warc", f"{error}; not read")
                continue
            if len(raw) > max_bytes:
                reason = f"the page has more than {source.limits.max_page_mb:,} MB, which no article has"
                yield problem(at, "text", reason)
                continue
            page = _in_utf8(raw, (record.http_charset or "").strip("\"'"))
            yield from html.articles(page, at, address or f"{source.name}#{count}", address or None)
        if stream.damage:
            raise stream.damage


class _UntilDamage(io.RawIOBase):
    """Reads another stream, ends where that is damaged, and keeps the error, so that all records before it are read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._count = 0
        self.damage: Exception | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            part = self._file.read1(len(buffer))  # type: ignore[attr-defined]
        except (OSError, *encoding.DAMAGED) as error:
            self.damage, part = error, b""
        buffer[: len(part)] = part
        self._count += len(part)
        return len(part)

    def tell(self) -> int:
        return self._count


def _is_headless(record: Any) -> bool:
    if record.headers.get("Content-Length") is None:
        return True
    return bool(record.is_http) and record.http_headers.status_code is None


def _page(record: Any, max_bytes: int) -> bytes:
    """Return the bytes of a page without its codings; of a longer page, the first `max_bytes` + 1.

    Raises CodingError where the record does not hold the whole page or a coding cannot be removed.
    """
    raw: bytes = record.reader.read(max_bytes + 1)
    headers = record.http_headers
    stated = headers.get("Content-Length") or ""
    length = int(stated) if stated.isdecimal() and len(stated) <= MAX_LENGTH_DIGITS else 0
    length = max(length, record.content_length)  # the second is stated by the record itself
    if len(raw) < min(length, max_bytes):
        raise http_content.CodingError(f"the record is cut off: {len(raw):,} of {length:,} bytes")
    if len(raw) > max_bytes:
        return raw
    codings = f"{headers.get('Content-Encoding') or ''},{headers.get('Transfer-Encoding') or ''}"
    return http_content.decoded(raw, codings, max_bytes)


def _in_utf8(raw: bytes, charset: str) -> bytes:
    """Return a page as UTF-8 with a byte order mark, where it can be decoded by the charset of its HTTP header.

    That charset comes before the one that the page declares, and the mark makes the HTML loader see it so.
    """
    try:
        raw.decode(charset)
    except (LookupError, ValueError):
        return raw
    return codecs.BOM_UTF8 + encoding.clean(encoding.decode(raw, charset)).encode()
