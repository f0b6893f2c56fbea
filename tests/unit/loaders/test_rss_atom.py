"""Feeds hold an article an entry."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rag.loaders import corpus
from rag.types.articles import Article
from rag.types.reading import Problem

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


RSS = f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>The Courier</title><language>en-gb</language>
<item><title>Ferry &amp; harbour</title><link>https://courier.example/ferry?utm_source=rss</link>
<dc:creator>Ann Lee</dc:creator><pubDate>Tue, 22 Apr 2025 06:00:00 +0100</pubDate><category>Local</category>
<description>A teaser.</description>
<content:encoded><![CDATA[<p>{BODY}</p><p>It was old.</p>]]></content:encoded></item>
<item><title>Teaser</title><link>https://courier.example/teaser</link><description>Only this.</description></item>
</channel></rss>"""


ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>The Upland Post</title>
<entry><title>Snow</title><id>tag:upland,1</id><link href="https://upland.example/snow"/>
<author><name>Bo Ray</name></author>
<updated>2025-01-09T08:00:00Z</updated><content type="html">&lt;p&gt;{BODY}&lt;/p&gt;</content></entry></feed>"""


@pytest.mark.parametrize("name", ["feed.rss", "feed.xml", "feed"])
def test_a_feed_holds_an_article_an_entry_with_its_full_text(name: str) -> None:
    articles, problems = read(name, RSS)
    assert problems == []
    ferry, teaser = articles
    assert ferry.text == f"{BODY}\n\nIt was old."
    assert (ferry.title, ferry.authors, ferry.source) == ("Ferry & harbour", ("Ann Lee",), "The Courier")
    assert (ferry.published, ferry.id, ferry.section) == (date(2025, 4, 22), "courier.example/ferry", "Local")
    assert ferry.language == "en-gb"
    assert teaser.text == "Only this."


def test_an_atom_feed_too() -> None:
    (snow,), problems = read("feed.atom", ATOM)
    assert problems == []
    assert (snow.title, snow.authors, snow.source) == ("Snow", ("Bo Ray",), "The Upland Post")
    assert (snow.text, snow.published, snow.id) == (BODY, date(2025, 1, 9), "upland.example/snow")


def entry(*elements: str, feed: str = "<link>https://courier.example</link>") -> str:
    body = "".join(elements)
    dc = "http://purl.org/dc/elements/1.1/"
    return f"<rss xmlns:dc='{dc}'><channel><title>C</title>{feed}<item>{body}</item></channel></rss>"


@pytest.mark.parametrize(
    ("written", "day", "clock"),
    [
        ("Sat, 17 May 25 22:30 EST", date(2025, 5, 17), "2025-05-17T22:30:00-05:00"),
        ("17 May 25 22:30:15 +0200", date(2025, 5, 17), "2025-05-17T22:30:15+02:00"),
        ("Sat, 17 May 25 22:30 GMT", date(2025, 5, 17), "2025-05-17T22:30:00+00:00"),
        ("Sat, 17 May 2025 10:30 PM EST", date(2025, 5, 17), "2025-05-17T22:30:00-05:00"),
        ("Sat, 17 May 2025 22:30:00 EST", date(2025, 5, 17), "2025-05-17T22:30:00-05:00"),
    ],
)
def test_a_day_is_the_one_that_is_written(written: str, day: date, clock: str | None) -> None:
    (one,), problems = read("a.rss", entry(f"<description>One.</description><pubDate>{written}</pubDate>"))
    assert (one.published, one.published_at and one.published_at.isoformat(), problems) == (day, clock, [])


@pytest.mark.parametrize(
    ("elements", "authors"),
    [
        ("<author>ann@ledger.media (Ann Lee)</author>", ("Ann Lee",)),
        ("<author>ann@ledger.com (Ann Lee)</author>", ("Ann Lee",)),
        ("<author>Ann Lee (ann@ledger.media)</author>", ("Ann Lee",)),
        ("<author>Ann Lee &lt;ann@ledger.media&gt;</author>", ("Ann Lee",)),
        ("<author>ann@ledger.media (Ann Lee and Bo Ray)</author>", ("Ann Lee", "Bo Ray")),
        ("<author>Ann Lee (Reuters)</author>", ("Ann Lee (Reuters)",)),
        ("<dc:creator>Bo Ray</dc:creator><author>ann@ledger.media (Ann Lee)</author>", ("Bo Ray", "Ann Lee")),
        ("<author>news@ledger.media</author>", ()),
        ("<author>news@ledger.com</author>", ()),
    ],
)
def test_an_address_of_mail_is_no_name(elements: str, authors: tuple[str, ...]) -> None:
    feed = "<managingEditor>ed@ledger.com (Ed Itor)</managingEditor>"
    (one,), problems = read("a.rss", entry("<description>One.</description>", elements, feed=feed))
    assert (one.authors, problems) == (authors, [])


def test_an_entry_without_an_author_has_the_feed_s() -> None:
    feed = ATOM.replace("<entry>", "<author><name>Cy Dunn</name><email>cy@upland.media</email></author><entry>")
    assert read("a.atom", feed)[0][0].authors == ("Bo Ray",)
    assert read("a.atom", feed.replace("<author><name>Bo Ray</name></author>", ""))[0][0].authors == ("Cy Dunn",)


@pytest.mark.parametrize(
    ("elements", "address"),
    [
        ("<guid isPermaLink='false'>101</guid>", None),
        ("<guid>101</guid>", None),
        ("<guid>tag:courier.example,2025:1</guid>", None),
        ("<guid>urn:uuid:0000</guid>", None),
        ("<guid isPermaLink='false'>https://courier.example/?p=7</guid>", None),
        ("<guid>https://courier.example/a</guid>", "https://courier.example/a"),
        ("<guid isPermaLink='false'>101</guid><link>https://courier.example/a</link>", "https://courier.example/a"),
        ("<guid isPermaLink='false'>101</guid><link>/a</link>", "https://courier.example/a"),
    ],
)
def test_a_guid_is_an_address_only_where_it_is_one(elements: str, address: str | None) -> None:
    body = "<title>T</title><description>One.</description><pubDate>Sat, 17 May 2025 22:30 GMT</pubDate>"
    (one,), problems = read("a.rss", entry(body, elements))
    assert (one.url, problems) == (address, [])
    assert one.fields_from.get("url") == ("link" if address else None)
    assert one.id == ("courier.example/a" if address else "c/2025-05-17/t")


FOOT = "<p>The post <a href='x'>Ferry &amp; <em>harbour</em></a> appeared first on <a href='y'>The Courier</a>.</p>"


def test_the_text_is_the_content_however_long_its_teaser() -> None:
    teaser = f"<![CDATA[<p>A teaser that is longer than all that it leads to. […]</p>{FOOT}]]>"
    for content, text in (
        ("<p>The whole.</p>", "The whole."),
        ("", "A teaser that is longer than all that it leads to. […]"),
    ):
        feed = RSS.replace("A teaser.", teaser).replace(f"<p>{BODY}</p><p>It was old.</p>", content)
        assert read("a.rss", feed)[0][0].text == text


@pytest.mark.parametrize("end", ["", "\n"])
def test_the_paragraph_that_wordpress_puts_last_is_no_text(end: str) -> None:
    (ferry, teaser), _ = read("a.rss", RSS.replace("<p>It was old.</p>", f"<p>It was old.</p>\n{FOOT}{end}"))
    assert (ferry.text, teaser.text) == (f"{BODY}\n\nIt was old.", "Only this.")
    ending = "<p>The post had appeared first on Monday.</p><p>It was old.</p>"
    assert read("a.rss", RSS.replace("<p>It was old.</p>", ending))[0][0].text.endswith("Monday.\n\nIt was old.")


def test_what_is_no_feed_is_said() -> None:
    assert "is no feed" in read("a.rss", "<rss><channel><item")[1][0]


def test_entities_read_no_files_and_fill_no_memory() -> None:
    outside = '<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    articles, _ = read("a.rss", RSS.replace("?>", f"?>{outside}", 1).replace("Only this.", "Only &f; this."))
    assert all("root:" not in article.text for article in articles)
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE r [<!ENTITY l0 "ha">{laughs}]>'
    articles, _ = read("b.rss", RSS.replace("?>", f"?>{bomb}", 1).replace("Only this.", "Only &l9; this."))
    assert all(len(article.text) < 10_000_000 for article in articles)
