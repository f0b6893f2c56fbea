"""Records become articles by the names that their fields usually have."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from rag.loaders import corpus
from rag.loaders.fields import article_fields
from rag.types.articles import Article
from tests.unit.loaders.conftest import LoadAll


@pytest.mark.parametrize(
    ("field", "name"), [(field, name) for field, names in article_fields.USUAL.items() for name in names]
)
def test_each_usual_name_is_known_in_any_case(field: str, name: str, record: Callable[..., Article]) -> None:
    value, expected = {
        "published": ("2025-03-03", date(2025, 3, 3)),
        "modified": ("2025-03-03", date(2025, 3, 3)),
        "authors": ("Ann Lee", ("Ann Lee",)),
        "url": ("https://c.example/a", "https://c.example/a"),
    }.get(field, ("A value.", "A value."))
    for written in (name, name.upper()):
        body = {} if field == "text" else {"text": "A text."}
        assert getattr(record({**body, written: value}), field) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (  # NewsAPI
            {"source": {"id": None, "name": "Courier"}, "publishedAt": "2025-03-03T10:00:00Z", "content": "T."},
            {"source": "Courier", "published": date(2025, 3, 3), "text": "T."},
        ),
        (  # newspaper3k
            {"authors": ["Ann Lee"], "publish_date": "2025-03-03 10:00:00", "text": "T."},
            {"authors": ("Ann Lee",), "published": date(2025, 3, 3), "text": "T."},
        ),
        (  # news-please
            {
                "date_publish": "2025-03-03 10:00:00", "date_modify": "2025-03-04 10:00:00", "text": None,
                "date_download": "2025-05-05 10:00:00", "maintext": "T.", "source_domain": "courier.example",
            },
            {"published": date(2025, 3, 3), "modified": date(2025, 3, 4), "text": "T.", "source": "courier.example"},
        ),
        ({"text": "T.", "pub_date": "2025-03-03"}, {"published": date(2025, 3, 3)}),
        ({"text": "T.", "published_date": "2025-03-03"}, {"published": date(2025, 3, 3)}),
        ({"text": "T.", "DateTime": "2025-03-03 10:00"}, {"published": date(2025, 3, 3)}),
        (  # Hugo, Jekyll
            {"text": "T.", "lastmod": "2025-03-04", "categories": ["Local"]},
            {"modified": date(2025, 3, 4), "section": "Local"},
        ),
        ({"text": "T.", "last_modified_at": "2025-03-04"}, {"modified": date(2025, 3, 4)}),
        ({"text": "T.", "standfirst": "No text."}, {"text": "T."}),
    ],
)  # fmt: skip
def test_the_names_that_news_tools_write_are_known(
    written: dict[str, object], expected: dict[str, object], record: Callable[..., Article]
) -> None:
    article = record(written)
    assert {field: getattr(article, field) for field in expected} == expected


def test_a_mapping_comes_before_the_usual_names_and_reaches_into_objects(
    record: Callable[..., Article],
) -> None:
    values = {"text": "T.", "title": "Usual", "meta": {"Head": {"main": "Mapped"}}, "a.b": "Dotted"}
    assert record(values, title="meta.head.main").title == "Mapped"
    assert record(values, title="a.b").title == "Dotted"


def test_the_usual_name_holds_where_a_record_lacks_the_mapped_one(record: Callable[..., Article]) -> None:
    assert record({"text": "T.", "title": "Usual"}, title="headline_main").title == "Usual"


@pytest.mark.parametrize("empty", ["", "  ", None, [], {}, float("nan")])
def test_an_empty_field_is_as_good_as_none(empty: object, record: Callable[..., Article]) -> None:
    article = record({"text": "T.", "title": empty, "headline": "H", "date": empty, "author": empty})
    assert (article.title, article.published, article.authors) == ("H", None, ())


@pytest.mark.parametrize(
    ("written", "authors"),
    [
        ("Ann Lee", ("Ann Lee",)),
        ("By Ann Lee and Bo Ray", ("Ann Lee", "Bo Ray")),
        ("Ann Lee, Bo Ray", ("Ann Lee", "Bo Ray")),
        ("Ann Lee, Bo Ray and Cy Moss", ("Ann Lee", "Bo Ray", "Cy Moss")),
        ("Ann Lee, Bo Ray, and Cy Moss", ("Ann Lee", "Bo Ray", "Cy Moss")),
        ("Ann Lee; Bo Ray & Cy Moss", ("Ann Lee", "Bo Ray", "Cy Moss")),
        ("Zed & Co", ("Zed & Co",)),
        ("Zed & Co., Ann Lee", ("Zed & Co.", "Ann Lee")),
        ("Smith and Sons and Ann Lee", ("Smith and Sons", "Ann Lee")),
        ("Ray & Partners LLP; Cy Moss", ("Ray & Partners LLP", "Cy Moss")),
        ("Ann Lee and Son Min & Co Tran", ("Ann Lee", "Son Min", "Co Tran")),
        ("Colby Smith and Andy Brand", ("Colby Smith", "Andy Brand")),
        ("Ann Lee, Jr., Bo Ray", ("Ann Lee, Jr.", "Bo Ray")),
        ("Ann Lee and Ann Lee", ("Ann Lee",)),
        ("Moira Tench, Science Editor", ("Moira Tench",)),
        ("Ann Lee, staff writer, and Bo Ray, Globe Staff", ("Ann Lee", "Bo Ray")),
        ("Ann Lee, Washington Bureau Chief; Bo Ray, Editor-in-Chief", ("Ann Lee", "Bo Ray")),
        (["Moira Tench", "Staff Writer"], ("Moira Tench",)),
        ("Staff Writer", ("Staff Writer",)),
        ("Tench, Moira", ("Tench, Moira",)),
        ("McTench, Moira; Lee, Ann", ("McTench, Moira", "Lee, Ann")),
        ("Reuters, AFP", ("Reuters", "AFP")),
        ("Reuters, Staff", ("Reuters",)),
        ("Tench, Moira Jane", ("Tench", "Moira Jane")),
        (["Lee, Ann", "Bo  Ray"], ("Lee, Ann", "Bo Ray")),
        ([{"name": "Ann Lee"}, {"name": "Bo Ray", "url": "x"}], ("Ann Lee", "Bo Ray")),
        ({"name": "Ann Lee"}, ("Ann Lee",)),
        ("https://courier.example/people/ann", ()),
    ],
)
def test_authors_are_divided(written: object, authors: tuple[str, ...], record: Callable[..., Article]) -> None:
    assert record({"text": "T.", "authors": written}).authors == authors


def test_a_source_may_be_an_object_with_a_name(record: Callable[..., Article]) -> None:
    assert record({"text": "T.", "source": {"id": None, "name": "Courier"}}).source == "Courier"


def test_a_number_as_title_is_text(record: Callable[..., Article]) -> None:
    assert record({"text": "T.", "title": 1984}).title == "1984"


def test_a_text_may_be_a_list_of_paragraphs(record: Callable[..., Article]) -> None:
    assert record({"text": ["P one.", " ", "P two.\nOn."]}).text == "P one.\n\nP two.\nOn."
    assert record({"text": ["<p>P one.</p>", "<p>P two.</p>"]}).text == "P one.\n\nP two."


def test_a_title_is_one_line(record: Callable[..., Article]) -> None:
    assert record({"text": "T.", "title": " Two\r\n lines "}).title == "Two lines"


def test_a_missing_title_is_the_lead_and_marked(record: Callable[..., Article]) -> None:
    article = record({"text": "The bridge shut. It was old."})
    assert (article.title, article.title_from) == ("The bridge shut.", "lead")
    assert record({"text": "T.", "title": "Given"}).title_from == "given"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"id": 1, "headline": "H"}', "text: is missing or empty; the record has id, headline"),
        ('{"text": " \\n"}', "text: is missing or empty; the record has nothing else"),
        ('{"text": {"html": "x"}}', "text: 'text' is an object, not text"),
        ('{"body": ["x", 1]}', "text: 'body' is a list, not text"),
        ('{"body": [" "]}', "text: 'body' is a list, not text"),
        ('["text"]', "record: is a list, not an object"),
        ("7", "record: is a number, not an object"),
        ("null", "record: is null, not an object"),
        ('{"text": "x"', "json: Expecting ',' delimiter at column 13"),
        ('{"text": "x"} extra', "json: Extra data at column 15"),
    ],
)
def test_a_record_that_holds_no_article_is_a_problem_of_its_line(line: str, problem: str, load_all: LoadAll) -> None:
    articles, problems = load_all("a.jsonl", f'{{"text": "One."}}\n\n{line}\n{{"text": "Two."}}\n')
    assert problems == [f"a.jsonl:3: {problem}"]
    assert [(article.text, article.origin.line) for article in articles] == [("One.", 1), ("Two.", 4)]


@pytest.mark.parametrize(
    ("values", "problem", "field"),
    [
        ({"title": True}, "title: 'title' is true or false, not text", "title"),
        ({"Byline": [{"x": 1}]}, "authors: 'Byline' is a list, not text", "authors"),
        ({"publisher": {"id": 1}}, "source: 'publisher' is an object, not text", "source"),
        (
            {"pubDate": "03/04/2025"},
            "published: 'pubDate': '03/04/2025' can be read in two ways; write YYYY-MM-DD",
            "published",
        ),
        (
            {"date": "2025-02-30"},
            "published: 'date': '2025-02-30' is not a day of the calendar; write YYYY-MM-DD",
            "published",
        ),
        ({"date": [2025]}, "published: 'date': is not a date", "published"),
        ({"date": float("inf")}, "published: 'date': cannot convert float infinity to integer", "published"),
    ],
)
def test_a_bad_field_is_a_problem_and_the_article_is_read_without_it(
    values: dict[str, object], problem: str, field: str, load_all: LoadAll
) -> None:
    articles, problems = load_all("a.jsonl", json.dumps({"text": "T.", **values}))
    assert problems == [f"a.jsonl:1: {problem}"]
    assert len(articles) == 1
    assert getattr(articles[0], field) in {None, (), "T."}


def test_a_parameter_that_may_name_a_page_is_no_tracker(tmp_path: Path) -> None:
    names = ("id", "cid", "eid", "uid", "gallery", "global", "p")
    addresses = [f"https://courier.example/a.php?{name}={n}&utm_source=x" for name in names for n in (7, 8)]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"url": url, "text": f"Text of {url}."}) + "\n" for url in addresses))
    articles = [item for item in corpus.read([path]) if isinstance(item, Article)]
    assert [article.url for article in articles] == [url.removesuffix("&utm_source=x") for url in addresses]
    assert len({article.id for article in articles}) == len(addresses)
