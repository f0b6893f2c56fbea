"""Is an archive the same, to the letter, in every form it is kept in? JSON Lines, RSS, WARC, Markdown in a zip.

`python -m tests.bench.forms FILE [--articles N] [-v]`: its articles are written out in every form and read again.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from html import escape
from itertools import islice
from pathlib import Path

from rag.loaders.corpus import read
from rag.types.articles import Article

SAID = ("title", "authors", "source", "published", "url", "text")
SYNTAX = re.compile(r"([\\`*_{}\[\]<>&~|])")  # what Markdown reads within a line
BEGINS = re.compile(r"^( *)(#{1,6}(?=\s|$)|[-+=]|\d{1,9}(?=[.)])|>)")  # and at its beginning


def articles(path: Path, most: int | None = None) -> list[Article]:
    """Return the articles of a file, as `rag.loaders.corpus` reads them."""
    return list(islice((item for item in read([path]) if isinstance(item, Article)), most))


def jsonl(items: Sequence[Article], folder: Path) -> Path:
    """Write a record a line."""
    path = folder / "articles.jsonl"
    path.write_text("".join(json.dumps(_record(item)) + "\n" for item in items), "utf-8")
    return path


def zipped(items: Sequence[Article], folder: Path) -> Path:
    """Write a zip of Markdown files, each with front matter."""
    path = folder / "articles.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, item in enumerate(items):
            record = _record(item)
            text = "\n\n".join(_marked(block) for block in str(record.pop("text")).split("\n\n"))
            front = "".join(f"{name}: {json.dumps(value)}\n" for name, value in record.items())
            archive.writestr(f"{number:06}.md", f"---\n{front}---\n\n{text}\n")
    return path


def rss(items: Sequence[Article], folder: Path) -> Path:
    """Write a feed whose entries hold the whole text."""
    path = folder / "articles.rss"
    names = "xmlns:content='http://purl.org/rss/1.0/modules/content/' xmlns:dc='http://purl.org/dc/elements/1.1/'"
    entries = []
    for item in items:
        day = item.published.strftime("%d %b %Y 00:00:00 GMT") if item.published else ""
        said = {
            "title": escape(item.title), "link": item.url or "", "guid": item.id, "pubDate": day,
            "content:encoded": _paragraphs(item.text),
        }  # fmt: skip
        source = f"<source url='x'>{escape(item.source)}</source>" if item.source else ""
        fields = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in said.items() if value)
        people = "".join(f"<dc:creator>{escape(name)}</dc:creator>" for name in item.authors)
        entries.append(f"<item>{fields}{people}{source}</item>")
    path.write_text(
        f"<?xml version='1.0'?><rss version='2.0' {names}><channel>{''.join(entries)}</channel></rss>", "utf-8"
    )
    return path


def warc(items: Sequence[Article], folder: Path) -> Path:
    """Write a crawl of pages."""
    path = folder / "articles.warc"
    with path.open("wb") as file:
        for item in items:
            page = _page(item).encode()
            http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
            http += f"Content-Length: {len(page)}\r\n\r\n".encode() + page
            head = (
                f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {item.url or 'https://x.example/' + item.id}\r\n"
            )
            head += f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n"
            file.write(head.encode() + http + b"\r\n\r\n")
    return path


FORMS: dict[str, Callable[[Sequence[Article], Path], Path]] = {
    "JSON Lines": jsonl, "Markdown in a zip": zipped, "RSS": rss, "WARC": warc,
}  # fmt: skip


def differences(items: Sequence[Article], found: Sequence[Article]) -> list[tuple[Article, Article | None, str]]:
    """Return (article, what was read of it, what differs) where anything does; both are in one order."""
    differ = []
    for item, again in zip(items, [*found, *[None] * (len(items) - len(found))], strict=True):
        what = [name for name in SAID if again is None or getattr(item, name) != getattr(again, name)]
        if what:
            differ.append((item, again, ", ".join(what)))
    return differ


def _record(item: Article) -> dict[str, object]:
    said = {
        "id": item.id, "title": item.title if item.title_from == "given" else None, "author": list(item.authors),
        "source": item.source, "published": str(item.published) if item.published else None, "url": item.url,
        "text": item.text,
    }  # fmt: skip
    return {name: value for name, value in said.items() if value}


def _marked(block: str) -> str:
    """Return a paragraph as Markdown that says its very characters."""
    lines = [BEGINS.sub(r"\1\\\2", SYNTAX.sub(r"\\\1", line)) for line in block.split("\n")]
    lines = [re.sub(r"^(\s*)\\(\d{1,9})([.)])", r"\1\2\\\3", line) for line in lines]  # a digit cannot be escaped
    return "\\\n".join(lines)


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(block).replace(chr(10), '<br>')}</p>" for block in text.split("\n\n"))


def _page(item: Article) -> str:
    metas = [("article:published_time", str(item.published) if item.published else "")]
    metas += [("og:site_name", item.source or ""), ("og:type", "article"), ("og:title", item.title)]
    metas += [("author", name) for name in item.authors]
    head = "".join(f'<meta property="{name}" content="{escape(value)}">' for name, value in metas if value)
    head += f'<link rel="canonical" href="{escape(item.url)}">' if item.url else ""
    title = escape(item.title)
    return (
        f"<!doctype html><html><head><meta charset=utf-8><title>{title}</title>{head}</head>"
        f"<body><article><h1>{title}</h1>{_paragraphs(item.text)}</article></body></html>"
    )


def main() -> None:
    """Print, for each form, how many articles are the same."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.forms")
    parser.add_argument("file", type=Path)
    parser.add_argument("--articles", type=int)
    parser.add_argument("-v", action="store_true")
    given = parser.parse_args()
    items = articles(given.file, given.articles)
    for name, write in FORMS.items():
        with tempfile.TemporaryDirectory() as folder:
            found = articles(write(items, Path(folder)))
        differ = differences(items, found)
        texts = (
            sum(again is not None and item.text == again.text for item, again, _ in differ) + len(items) - len(differ)
        )
        print(f"{name:<18} {len(found):>6} articles of {len(items)}, {texts} texts the same, {len(differ)} differ")
        for item, again, what in differ[:20] if given.v else ():
            print(
                f"  {item.id}: {what}: "
                + str([(getattr(item, w), again and getattr(again, w)) for w in what.split(", ") if w != "text"])[:300]
            )
            if again and "text" in what:
                a, b = item.text.split("\n"), again.text.split("\n")
                n = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
                print(f"    {a[n : n + 2]!r:.200}\n    {b[n : n + 2]!r:.200}")


if __name__ == "__main__":
    main()
