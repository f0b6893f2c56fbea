"""A sitemap lists what should be there: addresses, and for news the title and the day. It holds no article."""

from __future__ import annotations

import gzip
import io
import tarfile
from datetime import date
from pathlib import Path

import pytest

from rag.loaders.corpus import CorpusReader
from rag.settings import ReadingLimits
from rag.types.articles import Article
from rag.types.reading import Problem, SitemapEntry

SITEMAPS = "http://www.sitemaps.org/schemas/sitemap/0.9"
NEWS = f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- made by a machine -->
<urlset xmlns="{SITEMAPS}" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
  <url>
    <loc> https://courier.example/ferry?a=1&amp;b=2 </loc><lastmod>2025-05-01</lastmod>
    <news:news>
      <news:publication><news:name>The Courier</news:name><news:language>en</news:language></news:publication>
      <news:publication_date>2025-04-22T06:00:00+01:00</news:publication_date>
      <news:title>Ferry &amp; harbour:
        it runs again</news:title>
    </news:news>
  </url>
  <url><loc>https://courier.example/two</loc></url>
</urlset>"""


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(name: str, content: str | bytes, limits: ReadingLimits | None = None) -> tuple[list[SitemapEntry], list[str]]:
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    items = list(CorpusReader([Path(name)], limits=limits))
    assert not any(isinstance(item, Article) for item in items)
    return [i for i in items if isinstance(i, SitemapEntry)], [str(i) for i in items if isinstance(i, Problem)]


@pytest.mark.parametrize("name", ["a.sitemap", "sitemap.xml", "news", "sitemap.xml.gz"])
def test_a_news_sitemap_gives_address_title_and_day(name: str) -> None:
    entries, problems = read(name, gzip.compress(NEWS.encode()) if name.endswith("gz") else NEWS)
    assert problems == []
    assert [(item.url, item.title, item.published) for item in entries] == [
        ("https://courier.example/ferry?a=1&b=2", "Ferry & harbour: it runs again", date(2025, 4, 22)),
        ("https://courier.example/two", None, None),
    ]
    assert [str(item.origin) for item in entries] == [f"{name}:4", f"{name}:13"]


@pytest.mark.parametrize("opening", ["<urlset>", f'<s:urlset xmlns:s="{SITEMAPS}">', '<urlset xmlns="urn:any">'])
def test_namespaces_do_not_matter(opening: str) -> None:
    prefix = "s:" if opening.startswith("<s:") else ""
    entry = f"<{prefix}url><{prefix}loc>https://a.example/x</{prefix}loc></{prefix}url>"
    entries, problems = read("sitemap.xml", f"{opening}{entry}</{prefix}urlset>")
    assert (problems, [item.url for item in entries]) == ([], ["https://a.example/x"])


def test_an_index_of_sitemaps_lists_no_articles() -> None:
    index = f'<sitemapindex xmlns="{SITEMAPS}"><sitemap><loc>https://a.example/1.xml</loc></sitemap></sitemapindex>'
    assert read("sitemap.xml", index) == ([], [])


def test_what_stands_before_broken_xml_is_listed_and_the_line_is_said() -> None:
    entries, problems = read("sitemap.xml", NEWS.replace("two</loc>", "two</lok>"))
    assert [item.published for item in entries] == [date(2025, 4, 22)]
    assert len(problems) == 1
    assert problems[0].startswith("sitemap.xml:13: xml: Opening and ending tag mismatch: loc line 13 and lok")
    entries, problems = read("sitemap.xml", NEWS[: NEWS.index("https://courier.example/two")])
    assert len(entries) == 1
    assert problems[0].startswith("sitemap.xml:13: xml: Premature end of data in tag loc line 13")


def test_a_prefix_that_is_not_declared_is_said() -> None:
    entries, problems = read("sitemap.xml", "<urlset><a:b/><url><loc>https://a.example/x</loc></url></urlset>")
    assert len(entries) <= 1
    assert "Namespace prefix a on b is not defined" in problems[0]


def test_another_root_is_no_sitemap() -> None:
    assert read("a.sitemap", "<rss><url/></rss>") == ([], ["a.sitemap:1: xml: is no sitemap: its root is <rss>"])
    assert read("b.sitemap", "Not XML.")[1][0].startswith("b.sitemap:1: xml: Start tag expected")


def test_an_entry_without_an_address_or_with_a_bad_day_is_said() -> None:
    bad = "<url><loc>/two</loc></url><url><lastmod>2025</lastmod></url>"
    entries, problems = read("sitemap.xml", NEWS.replace("2025-04-22T06:00:00+01:00", "22.4.25").replace(
        "</urlset>", f"{bad}</urlset>"))  # fmt: skip
    assert [item.published for item in entries] == [None, None]
    assert problems == [
        "sitemap.xml:4: published: '22.4.25' is not a date in a known form; write YYYY-MM-DD",
        "sitemap.xml:14: url: '/two' is no address",
        "sitemap.xml:14: url: is missing",
    ]


def test_a_sitemap_in_a_tar_is_read() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("sitemap.xml")
        info.size = len(NEWS.encode())
        archive.addfile(info, io.BytesIO(NEWS.encode()))
    entries, problems = read("n.tar", out.getvalue())
    assert (problems, len(entries)) == ([], 2)


def test_entities_are_not_followed_and_fill_no_memory() -> None:
    secret = Path("secret.txt")
    secret.write_text("A secret.")
    outside = f'<!DOCTYPE urlset [<!ENTITY f SYSTEM "{secret.absolute().as_uri()}">]>'
    entries, _ = read("a.sitemap", f"{outside}<urlset><url><loc>https://a.example/&f;</loc></url></urlset>")
    assert all("secret" not in item.url for item in entries)
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE urlset [<!ENTITY l0 "ha">{laughs}]>'
    entries, _ = read("b.sitemap", f"{bomb}<urlset><url><loc>https://a.example/&l9;</loc></url></urlset>")
    assert all(len(item.url) < 1_000 for item in entries)


def test_a_sitemap_without_end_is_not_read_on() -> None:
    entry = "<url><loc>https://a.example/x</loc></url>\n"
    entries, problems = read("a.sitemap", f"<urlset>{entry * 50_000}</urlset>", ReadingLimits(max_file_mb=1))
    assert 20_000 < len(entries) < 30_000
    assert problems == ["a.sitemap:1: path: cannot be read: has more than 1 MB; not read on"]
