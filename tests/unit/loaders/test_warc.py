"""Crawls: an article a page, as its server had it."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
import zstandard

from rag.loaders import corpus
from rag.types.articles import Article
from rag.types.reading import Problem

GZIPPED = gzip.compress(b"<p>One.</p>", mtime=0)  # its time of day would make a test id that differs between workers
BODY = (
    "The Saltmarsh ferry runs again from 4 May, the harbour office said on Tuesday, after a winter in dry dock. "
    "Fares stay as they were last summer, and the first boat leaves the quay at twenty past seven in the morning."
)


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(name: str, content: str | bytes) -> tuple[list[Article], list[str]]:
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    items = list(corpus.read([Path(name)]))
    return [i for i in items if isinstance(i, Article)], [str(i) for i in items if isinstance(i, Problem)]


def record(address: str, body: bytes, *headers: str, status: int = 200, length: bool = True) -> bytes:
    stated = [f"Content-Length: {len(body)}"] if length else []
    http = "\r\n".join([f"HTTP/1.1 {status} OK", *headers, *stated, "", ""]).encode() + body
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {address}\r\nWARC-Date: 2025-05-01T00:00:00Z\r\n"
        "WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000000>\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n"
    )
    return head.encode() + http + b"\r\n\r\n"


def crawl(pages: list[tuple[str, int, str, str]]) -> bytes:
    return b"".join(
        record(address, body.encode(), f"Content-Type: {kind}", status=status) for address, status, kind, body in pages
    )


def chunked(raw: bytes) -> bytes:
    parts = (raw[at : at + 100] for at in range(0, len(raw), 100))
    return b"".join(b"%X;x=y\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def deflated(raw: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(raw) + stream.flush()


ARTICLE = "<meta property='og:type' content='article'>"
PAGE = f"<html><head>{ARTICLE}<title>{{}}</title></head><body><p>{BODY}</p></body></html>"
PAGES = [
    ("https://courier.example/a", 200, "text/html; charset=utf-8", PAGE.format("One")),
    ("https://courier.example/gone", 404, "text/html", PAGE.format("Gone")),
    ("https://courier.example/style.css", 200, "text/css", "p {}"),
    ("https://courier.example/b", 200, "text/html", PAGE.format("Two")),
]


@pytest.mark.parametrize("compressed", [False, True])
def test_a_crawl_holds_an_article_a_page_that_was_found(compressed: bool) -> None:
    raw = crawl(PAGES)
    articles, problems = read("c.warc.gz" if compressed else "c.warc", gzip.compress(raw) if compressed else raw)
    assert problems == []
    assert [(article.id, article.title, article.url) for article in articles] == [
        ("courier.example/a", "One", "https://courier.example/a"),
        ("courier.example/b", "Two", "https://courier.example/b"),
    ]
    assert articles[0].origin.path.endswith("!/https://courier.example/a")


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        ("Transfer-Encoding: chunked", chunked),
        ("Transfer-Encoding: chunked", bytes),  # a crawler joined them and kept the header
        ("Transfer-Encoding: Chunked\r\nContent-Encoding: gzip", lambda raw: chunked(gzip.compress(raw))),
        ("Transfer-Encoding: gzip, chunked", lambda raw: chunked(gzip.compress(raw))),
        ("Content-Encoding: GZIP", gzip.compress),
        ("Content-Encoding: x-gzip", gzip.compress),
        ("Content-Encoding: deflate", zlib.compress),
        ("Content-Encoding: deflate", deflated),
        ("Content-Encoding: br", brotli.compress),
        ("Content-Encoding: zstd", zstandard.compress),
        ("Content-Encoding: zstd", zstandard.ZstdCompressor(write_content_size=False).compress),
        ("Content-Encoding: deflate, gzip", lambda raw: gzip.compress(zlib.compress(raw))),
        ("Content-Encoding: identity", bytes),
    ],
)
def test_what_a_server_did_to_a_page_is_undone(headers: str, sent: Callable[[bytes], bytes]) -> None:
    page = record("https://courier.example/a", sent(PAGE.format("One").encode()), headers, length=False)
    (one,), problems = read("c.warc", page)
    assert (one.title, one.text, problems) == ("One", BODY, [])


@pytest.mark.parametrize(
    ("headers", "sent", "reason"),
    [
        ("Content-Encoding: compress", b"\x1f\x9d", "is coded as 'compress', which is not known; known: chunked gzip"),
        (
            "Content-Encoding: gzip",
            gzip.compress(b"<p>One.</p>", mtime=0)[:-9],
            "compression is damaged: it is cut off",
        ),
        ("Content-Encoding: br", brotli.compress(b"<p>One.</p>")[:-5], "compression is damaged: it is cut off"),
        ("Content-Encoding: br", b"\xff" * 40, "compression is damaged"),
        ("Content-Encoding: zstd", b"\xff" * 40, "compression is damaged"),
        ("Content-Encoding: zstd", zstandard.compress(PAGE.encode())[:-1], "compression is damaged: it is cut off"),
        ("Transfer-Encoding: chunked", chunked(b"<p>One.</p>")[:-9], "chunks are damaged or cut off"),
        ("Content-Encoding: gzip,gzip,gzip,gzip,gzip", b"", "is coded 5 times"),
    ],
)
def test_a_page_that_cannot_be_had_as_it_was_is_said(headers: str, sent: bytes, reason: str) -> None:
    good = record("https://courier.example/b", PAGE.format("Two").encode())
    articles, problems = read("c.warc", record("https://courier.example/a", sent, headers) + good)
    assert [article.title for article in articles] == ["Two"]
    assert len(problems) == 1
    assert reason in problems[0]


@pytest.mark.parametrize(
    ("coding", "compress"),
    [("gzip", gzip.compress), ("deflate", deflated), ("br", brotli.compress), ("zstd", zstandard.compress)],
)
@pytest.mark.slow
def test_a_page_unfolds_to_no_more_than_a_page_has(coding: str, compress: Callable[[bytes], bytes]) -> None:
    page = record("https://courier.example/a", compress(bytes(100_000_000)), f"Content-Encoding: {coding}")
    articles, problems = read("c.warc", page)
    assert (articles, len(problems)) == ([], 1)
    assert "the page has more than 20 MB" in problems[0]


@pytest.mark.parametrize("kind", ["Text/HTML", "Application/XHTML+XML; Charset=UTF-8"])
def test_a_media_type_has_no_case(kind: str) -> None:
    assert [article.title for article in read("c.warc", crawl([("https://a.example/a", 200, kind, PAGE)]))[0]] == ["{}"]


@pytest.mark.parametrize(
    ("charset", "kept"),
    [
        ("iso-8859-2", "iso-8859-2"),
        ('"ISO-8859-2"', "iso-8859-2"),
        ("iso-8859-1", "utf-8"),  # the bytes themselves come first
        ("utf-8", "iso-8859-5"),  # it is not, so what the page says is asked
        ("nonsense", "iso-8859-5"),
    ],
)
def test_the_charset_of_a_header_comes_before_the_page_s_own(charset: str, kept: str) -> None:
    title = "Paweł Żak, Łódź" if kept != "iso-8859-5" else "Мост открыт"
    page = PAGE.format(f"<meta charset=iso-8859-5>{title}").replace("<title><meta charset=iso-8859-5>",
                                                                  "<meta charset=iso-8859-5><title>")  # fmt: skip
    raw = record("https://courier.example/a", page.encode(kept), f"Content-Type: text/html; charset={charset}")
    (one,), problems = read("c.warc", raw)
    assert (one.title, problems) == (title, [])


@pytest.mark.parametrize("length", [False, True])
@pytest.mark.parametrize("end", [b"Fares", b"</html>", b"\r\n\r\n<html>", b"Content-Type: text", b"WARC-Date"])
def test_half_a_record_is_said_and_those_before_it_stand(end: bytes, length: bool) -> None:
    one, two = (
        record(f"https://courier.example/{name}", PAGE.format(name).encode(), "Content-Type: text/html", length=length)
        for name in ("One", "Two")
    )
    half = two[: two.index(end) + len(end) // 2]
    articles, problems = read("c.warc", one + half)
    assert [article.title for article in articles] == ["One"]
    assert len(problems) == 1
    assert "the record is cut off" in problems[0]
    packed = gzip.compress(one) + gzip.compress(half)[:-8]
    articles, problems = read("c.warc.gz", packed)
    assert [article.title for article in articles] == ["One"]
    assert "the record is cut off" in problems[0]
    assert "what was read before stands" in problems[1]


@pytest.mark.parametrize(
    ("coding", "library", "requirement"), [("br", "brotli", "brotli>=1.2"), ("zstd", "zstandard", "byline[zstd]")]
)
def test_a_page_whose_coding_needs_a_library_that_is_not_installed_costs_no_other(
    coding: str, library: str, requirement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    raw, kind = PAGE.format("One").encode(), "Content-Type: text/html"
    coded = record("https://courier.example/a", raw, kind, f"Content-Encoding: {coding}")
    articles, problems = read("c.warc", coded + record("https://courier.example/b", raw, kind))
    assert [article.id for article in articles] == ["courier.example/b"]
    reason = f"pages coded as '{coding}' need `pip install '{requirement}'`; not read"
    assert problems == [f"c.warc!/https://courier.example/a:1: warc: {reason}"]
