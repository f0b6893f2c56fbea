"""JSON Feed: an article an item, with what the feed says where the item says nothing."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rag.loaders import corpus
from rag.types.articles import Article
from rag.types.reading import Problem

ITEM: dict[str, Any] = {
    "id": "1",
    "url": "https://courier.example/ferry?utm_source=feed",
    "external_url": "https://elsewhere.example/a/",
    "title": "Ferry",
    "content_html": "<p>The ferry runs.</p><p>It was old.</p>",
    "content_text": "Plain.",
    "summary": "A teaser.",
    "date_published": "2025-04-22T06:00:00+01:00",
    "date_modified": "2025-04-23T06:00:00Z",
    "authors": [{"name": "Ann Lee", "url": "https://courier.example/ann"}, {"name": "Bo Ray"}],
    "tags": ["Local", "Sea"],
    "language": "cy",
}
FEED: dict[str, Any] = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "The Courier",
    "language": "en-gb",
    "authors": [{"name": "The Desk"}],
}


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(content: str, name: str = "feed.json", **mapping: str) -> tuple[list[Article], list[str]]:
    Path(name).write_text(content, "utf-8")
    items = list(corpus.read([Path(name)], mapping))
    return [i for i in items if isinstance(i, Article)], [str(i) for i in items if isinstance(i, Problem)]


def one(feed: dict[str, Any] = FEED, **item: object) -> Article:
    """Return the article of one item, ITEM but for what is given (None leaves a field out)."""
    kept = {key: value for key, value in {**ITEM, **item}.items() if value is not None}
    (article,), problems = read(json.dumps({**feed, "items": [kept]}))
    assert problems == []
    return article


def test_an_item_s_fields_are_the_article_s() -> None:
    article = one()
    assert article.text == "The ferry runs.\n\nIt was old."
    assert (article.title, article.title_from, article.authors) == ("Ferry", "given", ("Ann Lee", "Bo Ray"))
    assert (article.source, article.section, article.language) == ("The Courier", "Local", "cy")
    assert (article.published, article.modified) == (date(2025, 4, 22), date(2025, 4, 23))
    assert article.published_at is not None
    assert article.published_at.isoformat() == "2025-04-22T06:00:00+01:00"
    assert (article.url, article.id) == ("https://courier.example/ferry", "courier.example/ferry")
    assert article.fields_from["text"] == "content_html"


def test_the_feed_says_what_an_item_does_not() -> None:
    article = one(authors=None, language=None)
    assert (article.authors, article.language) == (("The Desk",), "en-gb")
    assert article.fields_from["authors"] == "feed.authors"


def test_version_1_has_one_author() -> None:
    old = {"version": "https://jsonfeed.org/version/1", "title": "Old", "author": {"name": "Cy Moss"}}
    assert one(old, authors=None).authors == ("Cy Moss",)
    assert one(old, authors=None, author={"name": "Di Orr"}).authors == ("Di Orr",)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("Tom &amp; Jerry <b>x</b>", "Tom & Jerry x"),
        ("<p>One.</p><script>no()</script><p>Two.</p>", "One.\n\nTwo."),
        ("<img src='a.png'>", "Plain."),
    ],
)
def test_html_is_never_read_as_text(html: str, text: str) -> None:
    assert one(content_html=html).text == text


def test_plain_text_then_the_summary_stand_in() -> None:
    assert one(content_html=None).text == "Plain."
    assert one(content_html=None, content_text="A < B & C.").text == "A < B & C."
    assert one(content_html=None, content_text=None).text == "A teaser."


@pytest.mark.parametrize(
    ("item", "url", "id"),
    [
        ({"url": None}, "https://elsewhere.example/a/", "elsewhere.example/a"),
        ({"url": None, "external_url": None}, None, "1"),
        ({"url": None, "external_url": None, "id": 7}, None, "7"),
        ({"url": None, "external_url": None, "id": "https://c.example/a/"}, "https://c.example/a/", "c.example/a"),
    ],
)
def test_an_item_goes_by_its_address_else_by_its_id(item: dict[str, Any], url: str | None, id: str) -> None:
    article = one(**item)
    assert (article.url, article.id) == (url, id)


def test_the_day_of_the_last_change_stands_in_for_that_of_publication() -> None:
    assert one(date_published=None).published == date(2025, 4, 23)


def test_keys_may_stand_in_any_order_and_slashes_may_be_escaped() -> None:
    content = json.dumps({"items": [ITEM], **FEED}).replace("/", "\\/")
    (article,), problems = read(content)
    assert (problems, article.source, article.id) == ([], "The Courier", "courier.example/ferry")


def test_a_feed_is_known_without_its_suffix_and_each_item_has_its_line() -> None:
    articles, problems = read(
        json.dumps({**FEED, "items": [ITEM, {**ITEM, "url": "https://c.example/2"}]}, indent=1), "f"
    )
    assert (problems, [article.source for article in articles]) == ([], ["The Courier"] * 2)
    lines = Path("f").read_text("utf-8").splitlines()
    assert [lines[article.origin.line - 1].strip() for article in articles] == ["{", "{"]
    assert [article.origin.line for article in articles] == [11, 36]


def test_a_mapping_comes_before_the_feed_s_names() -> None:
    (article,), _ = read(json.dumps({**FEED, "items": [{**ITEM, "_kicker": "Mapped"}]}), title="_kicker")
    assert article.title == "Mapped"


def test_a_feed_without_items_holds_nothing() -> None:
    assert read(json.dumps({**FEED, "items": []})) == ([], [])


def test_what_merely_names_a_feed_is_none() -> None:
    inner = {"text": "Body.", "title": "T", "about": {"version": FEED["version"]}}
    (article,), problems = read(json.dumps(inner))
    assert (problems, article.text, article.id) == ([], "Body.", "feed.json")


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ('{"id": "1", "title": "T"}', "text: is missing or empty; the record has id, title, feed"),
        ('{"content_text": [1]}', "text: 'content_text' is a list, not text"),
        ('"item"', "record: is a string, not an object"),
    ],
)
def test_an_item_without_a_text_is_a_problem_and_the_others_are_read(item: str, problem: str) -> None:
    articles, problems = read(f'{json.dumps(FEED)[:-1]}, "items": [{json.dumps(ITEM)},\n{item},\n{json.dumps(ITEM)}]}}')
    assert len(articles) == 2
    assert problems == [f"feed.json:2: {problem}"]


@pytest.mark.parametrize(
    ("tail", "problem"),
    [
        (",", "json: Expecting value at column 1"),
        ("]", "json: Expecting ',' at column 1"),
        ("]} x", "json: Extra data at column 4"),
    ],
)
def test_items_before_a_mistake_are_kept_with_what_the_feed_said(tail: str, problem: str) -> None:
    (article,), problems = read(f'{json.dumps(FEED)[:-1]}, "items": [{json.dumps(ITEM)}\n{tail}\n')
    assert (article.source, article.language) == ("The Courier", "cy")
    assert len(problems) == 1
    assert problem.partition(" at ")[0] in problems[0]


def test_items_that_are_no_list_are_a_problem() -> None:
    assert read(f'{json.dumps(FEED)[:-1]}, "items": {{}}}}')[1] == ["feed.json:1: json: Expecting '[' at column 138"]
