"""A small, well-formed file of every format that is read, as bytes: what is damaged starts here."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from datetime import UTC, datetime

import pyarrow
import zstandard
from fpdf import FPDF
from pyarrow import parquet

PARAGRAPHS = (
    "The Saltmarsh ferry runs again from 4 May, the harbour office said on Tuesday, after a winter in dry dock.",
    "Fares stay as they were last summer; the first boat leaves the quay at twenty past seven in the morning.",
    "Correction: an earlier version of this article misstated the month. “It was March,” Zoë Łęcka said — twice.",
)
BODY = "\n\n".join(PARAGRAPHS)
BLOCKS = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
RECORDS = [
    {"id": f"r{n}", "title": f"Ferry {n}", "text": text, "author": "By Ann Lee and Bo Ray", "date": day,
     "source": {"name": "Courier"}, "url": f"https://courier.example/{n}?utm_source=x", "language": "en"}
    for n, (text, day) in enumerate(zip(PARAGRAPHS, ("2025-04-22", 1745280000, "April 22, 2025"), strict=True))
]  # fmt: skip
LINES = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in RECORDS)
TEXT = f" date 2025-04-22 (Ann Lee, The Courier (Online))\n{BODY}\nThis article originally appeared at Wire.\n"
MARKDOWN = f"""---
title: "Ferry: back"
authors: [Ann Lee, Bo Ray]
date: 2025-04-22
meta: {{a: 1, b: [no, *c]}}
---
# Ferry: back

{PARAGRAPHS[0]} **Bold**, [a link](https://x.example), ![a picture](y.png).

- {PARAGRAPHS[1]}
- two

> {PARAGRAPHS[2]}

```
code
```
<div>{BLOCKS}</div>
"""
JSON_LD = {"@context": "https://schema.org", "@graph": [{
    "@type": ["NewsArticle"], "headline": "Ferry is back on the water", "datePublished": "2025-04-22T06:00:00+01:00",
    "author": [{"@type": "Person", "name": "Ann Lee"}], "publisher": {"name": "Courier"},
}]}  # fmt: skip
PAGE = f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<title>Ferry is back on the water | Courier</title>
<meta property="og:type" content="article"><meta property="article:published_time" content="2025-04-22T06:00:00Z">
<meta name="author" content="Ann Lee"><link rel="canonical" href="https://courier.example/ferry">
<script type="application/ld+json">{json.dumps(JSON_LD)}</script></head><body><nav><a href="/">Home</a></nav>
<article><h1>Ferry is back on the water</h1><time datetime="2025-04-22">22 April</time>{BLOCKS}
<table><tr><td>One<td>Two</table><ul><li>A<li>B</ul></article><footer>&copy; 2025</footer></body></html>
"""
XHTML = f"""<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html [<!ENTITY y "yes">]>
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en"><head><title>Ferry</title></head>
<body><main><p>&y;</p>{BLOCKS}</main></body></html>"""
RSS = f"""<?xml version="1.0" encoding="utf-8"?><!DOCTYPE rss [<!ENTITY y "yes">]>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>The Courier</title><language>en-gb</language>
<item><title>Ferry &amp; harbour</title><link>https://courier.example/ferry</link><guid>7</guid>
<dc:creator>Ann Lee</dc:creator><pubDate>Tue, 22 Apr 2025 06:00:00 +0100</pubDate><category>Local</category>
<description>A teaser.</description><content:encoded><![CDATA[{BLOCKS}]]></content:encoded></item>
<item><title>Teaser</title><link>https://courier.example/teaser</link><description>&y;</description></item>
</channel></rss>"""
ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>The Upland Post</title>
<entry><title type="html">Snow</title><id>tag:upland,1</id><link href="https://upland.example/snow"/>
<author><name>Bo Ray</name></author><category term="weather"/><published>2025-01-09T08:00:00Z</published>
<updated>2025-01-09T08:00:00Z</updated><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{BLOCKS}</div>
</content></entry></feed>"""
SITEMAP = """<?xml version="1.0" encoding="utf-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>https://courier.example/ferry</loc><news:news><news:publication_date>2025-04-22</news:publication_date>
<news:title>Ferry &amp; harbour</news:title></news:news></url><url><loc>https://courier.example/two</loc></url></urlset>"""
MAIL = f"""From: Ann Lee <ann@news.courier.example>
Subject: =?utf-8?q?Ferry_=C3=A0_la_carte?=
Date: Tue, 22 Apr 2025 06:00:00 +0100
Message-ID: <one@courier.example>
Content-Language: en
Content-Type: multipart/alternative; boundary="b"

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

VGhlIGZlcnJ5Lg==
--b
Content-Type: text/html; charset=utf-8

{BLOCKS}
--b--
"""


def table(delimiter: str) -> bytes:
    """Return the records as CSV or TSV."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["title", "text", "date", "author"])
    writer.writerows([record["title"], record["text"], record["date"], 'Ann "A" Lee'] for record in RECORDS)
    return out.getvalue().encode()


def crawl(*pages: bytes) -> bytes:
    """Return a WARC file of pages, every second one compressed as servers send it."""
    out = b"WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 3\r\n\r\na:b\r\n\r\n"
    for number, page in enumerate(pages):
        body, coding = (gzip.compress(page, mtime=0), "gzip") if number % 2 else (page, "identity")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Encoding: {coding}\r\n"
        http = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        out += (
            f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://courier.example/{number}\r\n"
            "WARC-Date: 2025-05-01T00:00:00Z\r\nWARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000000>\r\n"
            f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n"
        ).encode() + http + b"\r\n\r\n"  # fmt: skip
    return out


def zipped(files: dict[str, bytes]) -> bytes:
    """Return a zip archive, the same at any time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, raw in files.items():
            archive.writestr(zipfile.ZipInfo(name), raw, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def tarred(files: dict[str, bytes]) -> bytes:
    """Return a tar archive, the same at any time."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, raw in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(raw)
            archive.addfile(info, io.BytesIO(raw))
    return out.getvalue()


def squeezed(raw: bytes) -> bytes:
    """Return gzip data, the same at any time."""
    return gzip.compress(raw, mtime=0)


def paper() -> bytes:
    """Return a PDF of three pages, the same at any time."""
    out = FPDF()
    out.set_creation_date(datetime(2025, 4, 22, tzinfo=UTC))
    out.set_title("Ferry")
    for paragraph in PARAGRAPHS:
        out.add_page()
        out.set_font("times", size=12)
        out.multi_cell(0, 6, paragraph.encode("latin-1", "replace").decode("latin-1"))
    return bytes(out.output())


def columns() -> bytes:
    """Return the records as a Parquet table."""
    out = io.BytesIO()
    rows = [{**record, "date": str(record["date"])} for record in RECORDS]
    parquet.write_table(pyarrow.Table.from_pylist(rows), out)
    return out.getvalue()


def _plain() -> dict[str, bytes]:
    mbox = "\n".join(f"From a@b Tue Apr {day} 06:00:00 2025\n{MAIL}" for day in (22, 23)).encode()
    page = PAGE.encode()
    return {
        ".txt": TEXT.encode(), ".text": BODY.encode("cp1252", "replace"), ".md": MARKDOWN.encode(),
        ".markdown": f"# Ferry\n\n{BODY}".encode(), ".jsonl": LINES.encode(), ".ndjson": LINES.encode("utf-16"),
        ".json": json.dumps({"count": 3, "articles": RECORDS}, indent=1).encode(), ".csv": table(","),
        ".tsv": table("\t"), ".html": page, ".htm": PAGE.replace("utf-8", "cp1252").encode("cp1252", "replace"),
        ".xhtml": XHTML.encode(), ".rss": RSS.encode(), ".atom": ATOM.encode(), ".sitemap": SITEMAP.encode(),
        ".pdf": paper(), ".parquet": columns(),
        ".warc": crawl(page, page, XHTML.encode()), ".eml": MAIL.encode(), ".mbox": mbox,
    }  # fmt: skip


def _all() -> dict[str, bytes]:
    plain = _plain()
    files = {f"a/b{suffix}": plain[suffix] for suffix in (".txt", ".jsonl", ".html", ".sitemap", ".warc")}
    return plain | {
        ".zip": zipped(files | {"in.zip": zipped({"a.md": plain[".md"]})}), ".tar": tarred(files),
        ".tar.gz": squeezed(tarred(files)), ".jsonl.gz": squeezed(plain[".jsonl"]),
        ".warc.gz": squeezed(plain[".warc"]), ".csv.bz2": bz2.compress(plain[".csv"]),
        ".mbox.xz": lzma.compress(plain[".mbox"]), ".html.zst": zstandard.compress(plain[".html"]),
    }  # fmt: skip


EXAMPLES = _all()
