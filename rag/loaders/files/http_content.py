"""What a server did to a page before it sent it, undone: chunks and compressions, the last one first.

What a page unfolds to is bounded, whichever way it was compressed.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping

CHUNK = re.compile(rb"([0-9a-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n", re.IGNORECASE)  # its size, and what nobody reads
END = re.compile(rb"\r?\n")
ZSTD_BYTES = 1024  # at a time; each four may unfold to 128 KB
MAX_CODINGS = 4  # of one page; each unfolds up to the bound again


class CodingError(ValueError):
    """A page that cannot be had as it was before it was sent; the message says why."""


def undone(raw: bytes, named: str, most: int) -> bytes:
    """Return a page as it was; `named` are its codings in the order they were applied, between commas.

    Of a page of more than `most` bytes, a part that has more is returned. Raises CodingError.
    """
    codings = [coding for coding in (part.strip().lower() for part in named.split(",")) if coding not in PLAIN]
    if len(codings) > MAX_CODINGS:
        raise CodingError(f"the page is coded {len(codings)} times")
    for coding in reversed(codings):
        if coding not in UNDO:
            raise CodingError(f"the page is coded as {coding!r}, which is not known; known: {' '.join(UNDO)}")
        raw = UNDO[coding](raw, most + 1)
    return raw


def _joined(raw: bytes, most: int) -> bytes:  # noqa: ARG001 - chunks hold no more than they are
    """Return what stands in chunks; a page that a crawler joined already, whatever its header says, as it is."""
    parts: list[bytes] = []
    at = 0
    while size := CHUNK.match(raw, at):
        begin, length = size.end(), int(size[1], 16)
        if not length:
            return b"".join(parts)
        parts.append(raw[begin : begin + length])
        end = END.match(raw, begin + length)
        if not end:
            break
        at = end.end()
    if parts:
        raise CodingError("the page's chunks are damaged or cut off")
    return raw


def _inflated(raw: bytes, most: int, window: int = zlib.MAX_WBITS | 32) -> bytes:
    stream = zlib.decompressobj(window)
    try:
        page = stream.decompress(raw, most)
    except zlib.error as error:
        raise _damaged(error) from None
    if not stream.eof and len(page) < most:
        raise _damaged("it is cut off")
    return page


def _deflated(raw: bytes, most: int) -> bytes:
    """Return what zlib compressed; some servers leave its header out."""
    try:
        return _inflated(raw, most)
    except CodingError:
        return _inflated(raw, most, -zlib.MAX_WBITS)


def _brotli(raw: bytes, most: int) -> bytes:
    try:
        import brotli

        stream = brotli.Decompressor()
        page: bytes = stream.process(raw, output_buffer_limit=most)
    except (ImportError, TypeError):  # an older one knows no limit
        raise CodingError("the page is coded as 'br', which needs `pip install 'brotli>=1.2'`") from None
    except brotli.error as error:
        raise _damaged(error) from None
    if not stream.is_finished() and len(page) < most:
        raise _damaged("it is cut off")
    return page


def _zstandard(raw: bytes, most: int) -> bytes:
    try:
        import zstandard
    except ImportError:
        raise CodingError("the page is coded as 'zstd', which needs `pip install 'byline[zstd]'`") from None
    stream, page = zstandard.ZstdDecompressor().decompressobj(), bytearray()
    try:
        for at in range(0, len(raw), ZSTD_BYTES):
            page += stream.decompress(raw[at : at + ZSTD_BYTES])
            if stream.eof or len(page) >= most:
                return bytes(page)
    except zstandard.ZstdError as error:
        raise _damaged(error) from None
    raise _damaged("it is cut off")


def _damaged(why: object) -> CodingError:
    return CodingError(f"the page's compression is damaged: {why}")


PLAIN = ("", "identity")
UNDO: Mapping[str, Callable[[bytes, int], bytes]] = {
    "chunked": _joined, "gzip": _inflated, "x-gzip": _inflated, "deflate": _deflated, "br": _brotli, "zstd": _zstandard,
}  # fmt: skip
