"""Each article has an id: its own, or one from its address, its title, its file or its text."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from rag.citations.citation import cite
from rag.loaders import corpus
from rag.loaders.fields import ids
from rag.types.articles import Article
from rag.types.reading import Problem

Items = list[Article | Problem]


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in an empty folder, so that paths are shown as they were given."""
    monkeypatch.chdir(tmp_path)


def write(name: str, content: str | bytes = "A text.") -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(*roots: str, **mapping: str) -> Items:
    return list(corpus.read([Path(root) for root in roots], mapping))


def article_ids(items: Items) -> list[str]:
    return [item.id for item in items if isinstance(item, Article)]


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://courier.example/opera?utm_source=x", "https://courier.example/opera"),
        ("https://Courier.example/a/?b=%20c&utm_source=x&a=&fbclid=y&d#top", "https://Courier.example/a/?b=%20c&a=&d#top"),
        ("https://courier.example/a?utm_medium=m#utm_source=x", "https://courier.example/a"),
        ("http://courier.example:80/a//b?q=ü", "http://courier.example:80/a//b?q=ü"),
        ("//courier.example/a", "https://courier.example/a"),
        ("https://courier.example/\0a\n", "https://courier.example/\ufffda"),
        ("www.courier.example/a", "https://www.courier.example/a"),
    ],
)  # fmt: skip
def test_an_address_is_shown_and_cited_without_tracking_and_else_as_it_is_written(url: str, kept: str) -> None:
    write("a.json", json.dumps({"url": url, "text": "The bridge is open."}))
    (article,) = corpus.read([Path("a.json")])
    assert isinstance(article, Article)
    assert article.url == kept
    link = cite(article, "a#1", 0, 10, 0).link
    assert link
    assert link.startswith(kept.partition("#")[0] + "#:~:text=")


@pytest.mark.parametrize(
    "url", ["N/A", "mailto:a@courier.example", "https://[courier", "/2025/05/a", "tag:c.example,2025:1"]
)
def test_what_is_no_address_of_the_web_is_no_address(url: str) -> None:
    write("a.json", json.dumps([{"url": url, "text": text} for text in ("The bridge is open.", "The mill is sold.")]))
    articles = [item for item in corpus.read([Path("a.json")]) if isinstance(item, Article)]
    assert [article.url for article in articles] == [None, None]
    assert len({article.id for article in articles}) == 2


@pytest.mark.parametrize(
    "url", ["https://courier.example", "https://www.courier.example/?utm_source=x", "http://a.example/#top"]
)
def test_a_front_page_is_the_address_of_no_article(url: str) -> None:
    write("a.json", json.dumps([{"url": url, "text": text} for text in ("The bridge is open.", "The mill is sold.")]))
    articles = [item for item in corpus.read([Path("a.json")]) if isinstance(item, Article)]
    assert len({article.id for article in articles}) == 2


def test_an_id_of_its_own_comes_before_the_address_and_the_address_before_the_file() -> None:
    write("a.jsonl", '{"id": 7, "url": "http://c.example/x", "text": "One."}\n'
                     '{"id": "", "url": "http://c.example/x", "text": "Two."}\n')  # fmt: skip
    assert article_ids(read("a.jsonl")) == ["7", "c.example/x"]


def test_a_record_alone_in_its_file_goes_by_the_file_and_one_of_several_by_its_text() -> None:
    write("n/one.json", '{"text": "One.", "title": "T"}')
    write("n/two.json", '[{"text": "One.", "title": "T"}]')
    assert article_ids(read("n")) == ["one.json", ids.from_text("One.")]


def test_source_title_and_day_name_an_article_wherever_it_is_kept() -> None:
    head = "title: The Bridge -  reopens!\nsource: The Courier\ndate: 2025-06-03\n"
    write("n/a.md", f"---\n{head}---\nOne.")
    write(
        "n/b.jsonl",
        '{"headline": "the bridge reopens", "publisher": "The Courier", "date": "3 June 2025", "text": "One."}',
    )
    assert article_ids(read("n")) == ["the-courier/2025-06-03/the-bridge-reopens"] * 2


def test_titles_that_differ_late_have_different_ids_and_other_scripts_keep_their_letters() -> None:
    long = [ids.from_title("Wire", "A " * 60 + end, date(2025, 1, 2)) for end in ("b", "c")]
    assert long[0] != long[1]
    assert max(map(len, long)) < 110
    assert ids.from_title("Ведомости", "Мост открыт", date(2025, 1, 2)) == "ведомости/2025-01-02/мост-открыт"
    assert ids.from_title("?!", "…", date(2025, 1, 2)).count("/") == 2


def test_a_digest_id_does_not_depend_on_where_the_record_stands() -> None:
    write("a.jsonl", '{"text": "One."}\n{"text": "Two."}\n')
    before = article_ids(read("a.jsonl"))
    write("a.jsonl", '{"text": "Two."}\n{"text": "One."}\n')
    assert article_ids(read("a.jsonl")) == before[::-1]
