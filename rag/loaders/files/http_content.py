"""The bytes of an HTTP response -> the page: removes its transfer and content codings, the one applied last first.

Whatever the coding, the size that a page may unfold to is bounded.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping

from rag.loaders.base import optional_import

CHUNK = re.compile(
    rb"([0-9a-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n", re.IGNORECASE
)  # Its size and extensions (RFC 9112, 7.1)
END = re.compile(rb"\r?\n")
ZSTD_BYTES = 1024  # Decompressed at a time: each four bytes may unfold to 128 KB
MAX_CODINGS = 4  # Each coding of a page may unfold up to the bound again


class CodingError(ValueError):
    """A coding of a page cannot be removed; the message says why."""


def decoded(raw: bytes, codings_applied: str, max_bytes: int) -> bytes:
    """Return a page without its codings; `codings_applied` lists them in order, between commas.

    Of a page that has more than `max_bytes` bytes, the first `max_bytes` + 1 are returned. Raises CodingError, and
    MissingLibraryError where the library of a coding is not installed.
    """
    codings = [coding for coding in (part.strip().lower() for part in codings_applied.split(",")) if coding not in NONE]
    if len(codings) > MAX_CODINGS:
        raise CodingError(f"the page is coded {len(codings)} times")
    for coding in reversed(codings):
        if coding not in DECODERS:
            raise CodingError(f"the page is coded as {coding!r}, which is not known; known: {' '.join(DECODERS)}")
        raw = DECODERS[coding](raw, max_bytes + 1)
    return raw


def _dechunked(raw: bytes, max_bytes: int) -> bytes:
    """Return the content of the chunks, or `raw` itself where a crawler has joined them and kept the header."""
    parts: list[bytes] = []
    at = 0
    while size := CHUNK.match(raw, at):
        begin, length = size.end(), int(size[1], 16)
        if not length:
            return b"".join(parts)[:max_bytes]
        parts.append(raw[begin : begin + length])
        end = END.match(raw, begin + length)
        if not end:
            break
        at = end.end()
    if parts:
        raise CodingError("the page's chunks are damaged or cut off")
    return raw[:max_bytes]


def _inflated(raw: bytes, max_bytes: int, window: int = zlib.MAX_WBITS | 32) -> bytes:
    stream = zlib.decompressobj(window)
    try:
        page = stream.decompress(raw, max_bytes)
    except zlib.error as error:
        raise _damaged(error) from None
    if not stream.eof and len(page) < max_bytes:
        raise _damaged("it is cut off")
    return page


def _deflated(raw: bytes, max_bytes: int) -> bytes:
    """Return the page of zlib data, whose header some servers leave out."""
    try:
        return _inflated(raw, max_bytes)
    except CodingError:
        return _inflated(raw, max_bytes, -zlib.MAX_WBITS)


def _brotli(raw: bytes, max_bytes: int) -> bytes:
    with optional_import("brotli>=1.2", "pages coded as 'br'"):
        import brotli

        stream = brotli.Decompressor()
        if not hasattr(stream, "can_accept_more_data"):
            raise ImportError("brotli before 1.2 cannot bound its output")
    try:
        page: bytes = stream.process(raw, output_buffer_limit=max_bytes)
    except brotli.error as error:
        raise _damaged(error) from None
    if not stream.is_finished() and len(page) < max_bytes:
        raise _damaged("it is cut off")
    return page


def _zstandard(raw: bytes, max_bytes: int) -> bytes:
    with optional_import("byline[zstd]", "pages coded as 'zstd'"):
        import zstandard
    stream, page = zstandard.ZstdDecompressor().decompressobj(), bytearray()
    try:
        for at in range(0, len(raw), ZSTD_BYTES):
            page += stream.decompress(raw[at : at + ZSTD_BYTES])
            if stream.eof or len(page) >= max_bytes:
                return bytes(page)
    except zstandard.ZstdError as error:
        raise _damaged(error) from None
    raise _damaged("it is cut off")


def _damaged(why: object) -> CodingError:
    return CodingError(f"the page's compression is damaged: {why}")


NONE = ("", "identity")
DECODERS: Mapping[str, Callable[[bytes, int], bytes]] = {
    "chunked": _dechunked, "gzip": _inflated, "x-gzip": _inflated, "deflate": _deflated, "br": _brotli,
    "zstd": _zstandard,
}  # fmt: skip
