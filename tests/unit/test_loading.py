"""Roots are walked in a fixed order, each id is given out once, and what cannot be read is said."""

from __future__ import annotations

import io
import json
import os
from datetime import date
from pathlib import Path

import pyarrow
import pytest
from fpdf import FPDF
from pyarrow.parquet import write_table

from rag.citations.citation import cite
from rag.errors import LoadError
from rag.loaders import corpus
from rag.loaders.fields import ids
from rag.text import urls
from rag.types.articles import Article
from rag.types.reading import Problem

Items = list[Article | Problem]

FEED = "<rss><channel><item><title>T</title><description>Body.</description></item></channel></rss>"
HTTP = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>Body.</p>"
CRAWL = (
    "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://courier.example/a\r\n"
    f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(HTTP)}\r\n\r\n{HTTP}\r\n\r\n"
)


def pdf(text: str) -> bytes:
    paper = FPDF()
    paper.add_page()
    paper.set_font("helvetica")
    paper.cell(text=text)
    return bytes(paper.output())


def parquet(text: str) -> bytes:
    out = io.BytesIO()
    write_table(pyarrow.table({"text": [text]}), out)
    return out.getvalue()


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


def problems(items: Items) -> list[str]:
    return [str(item) for item in items if isinstance(item, Problem)]


# Walking


def test_files_and_folders_are_read_together_in_the_order_of_their_names() -> None:
    for name in ("b.txt", "a/z.txt", "c/1.txt", "a/b/y.txt", "B.txt"):
        write(f"news/{name}", f"Text of {name}.")
    assert article_ids(read("news")) == ["B.txt", "a/b/y.txt", "a/z.txt", "b.txt", "c/1.txt"]


def test_roots_are_read_in_the_order_given_and_a_file_under_two_of_them_once() -> None:
    write("x/b.txt", "One.")
    write("y/a.txt", "Two.")
    assert article_ids(read("y", "x", "x/b.txt", "y")) == ["a.txt", "b.txt"]


def test_an_origin_is_the_root_as_given_and_the_path_below_it() -> None:
    write("news/deep/a.txt")
    (item,) = read("news")
    assert isinstance(item, Article)
    assert str(item.origin) == "news/deep/a.txt:1"
    (item,) = read("news/deep/a.txt")
    assert isinstance(item, Article)
    assert (item.id, str(item.origin)) == ("a.txt", "news/deep/a.txt:1")


def test_hidden_files_and_folders_are_passed_over() -> None:
    write("news/.draft.txt")
    write("news/.git/a.txt")
    write("news/a.txt")
    assert [str(item.origin) for item in read("news") if isinstance(item, Article)] == ["news/a.txt:1"]


def test_a_link_back_to_a_folder_above_is_said_and_not_followed() -> None:
    write("news/sub/a.txt")
    Path("news/sub/up").symlink_to("..")
    Path("news/sub/self").symlink_to(".")
    assert problems(read("news")) == [
        "news/sub/self:1: path: links back to news/sub; not followed",
        "news/sub/up:1: path: links back to news; not followed",
    ]
    assert article_ids(read("news")) == ["sub/a.txt"]


def test_a_link_to_a_folder_elsewhere_is_followed() -> None:
    write("elsewhere/a.txt")
    Path("news").mkdir()
    Path("news/linked").symlink_to("../elsewhere")
    assert article_ids(read("news")) == ["linked/a.txt"]


def test_a_folder_without_files_yields_nothing() -> None:
    Path("news/empty").mkdir(parents=True)
    assert read("news") == []


def test_a_root_that_does_not_exist_is_a_problem() -> None:
    assert problems(read("nowhere")) == ["nowhere:1: path: cannot be read: No such file or directory"]


def test_a_link_to_nothing_is_a_problem_and_the_rest_is_read() -> None:
    write("news/b.txt")
    Path("news/a.txt").symlink_to("gone.txt")
    found = read("news")
    assert problems(found) == ["news/a.txt:1: path: is neither a file nor a folder, or a link to nothing"]
    assert article_ids(found) == ["b.txt"]


def test_a_pipe_is_a_problem_and_is_not_waited_for() -> None:
    Path("news").mkdir()
    os.mkfifo("news/pipe.txt")
    assert problems(read("news")) == ["news/pipe.txt:1: path: is neither a file nor a folder, or a link to nothing"]


def test_a_file_that_cannot_be_opened_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    write("news/a.txt")
    write("news/b.txt")
    opened = Path.open

    def refuse(self: Path, *args: object, **kwargs: object) -> object:
        if self.name == "a.txt":
            raise PermissionError(13, "Permission denied")
        return opened(self, *args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    found = read("news")
    assert problems(found) == ["news/a.txt:1: path: cannot be read: Permission denied"]
    assert article_ids(found) == ["b.txt"]


# .ragignore


def test_ragignore_leaves_out_files_and_folders_by_gitignore_patterns() -> None:
    for name in ("a.txt", "notes.txt", "drafts/b.txt", "kept/notes.txt", "kept/c.txt"):
        write(f"news/{name}", f"Text of {name}.")
    write("news/.ragignore", "# not articles\n/notes.txt\ndrafts/\n")
    assert article_ids(read("news")) == ["a.txt", "kept/c.txt", "kept/notes.txt"]


def test_a_deeper_ragignore_takes_back_what_one_above_leaves_out() -> None:
    for name in ("a.txt", "sub/a.txt", "sub/b.txt"):
        write(f"news/{name}", f"Text of {name}.")
    write("news/.ragignore", "a.txt\nb.txt\n")
    write("news/sub/.ragignore", "!a.txt\n")
    assert article_ids(read("news")) == ["sub/a.txt"]


def test_a_root_s_questions_are_no_articles_unless_it_says_so() -> None:
    for name in ("a.txt", "questions.jsonl", "sub/questions.jsonl"):
        write(f"news/{name}", '{"id": "1", "text": "Body."}' if name.startswith("q") else '{"id": "2", "text": "B."}')
    assert len(article_ids(read("news"))) == 2
    write("news/.ragignore", "!questions.jsonl\n")
    assert len(article_ids(read("news"))) == 3


def test_a_bad_pattern_is_a_problem_of_its_line_and_the_others_hold() -> None:
    write("news/.ragignore", "a.txt\n!\n")
    write("news/a.txt")
    found = read("news")
    assert problems(found) == ["news/.ragignore:2: pattern: '!' is not a gitignore pattern"]
    assert article_ids(found) == []


# Formats


def test_every_suffix_of_the_registry_has_a_loader_and_case_does_not_matter() -> None:
    content = {
        ".txt": "Body.", ".text": "Body.", ".md": "Body.", ".markdown": "Body.",
        ".jsonl": '{"text": "Body."}', ".ndjson": '{"text": "Body."}', ".json": '[{"text": "Body."}]',
        ".csv": "text\nBody.\n", ".tsv": "text\ttitle\nBody.\tT\n",
        ".html": "<p>Body.</p>", ".htm": "<p>Body.</p>", ".xhtml": "<p>Body.</p>",
        ".rss": FEED, ".atom": FEED, ".sitemap": None, ".warc": CRAWL, ".eml": "Subject: T\n\nBody.",
        ".mbox": "From a@b 2025\nSubject: T\n\nBody.", ".pdf": pdf("Body."), ".parquet": parquet("Body."),
    }  # fmt: skip
    assert content.keys() == set(corpus.known_suffixes())
    for suffix, text in content.items():
        if text is None:  # it holds no article: see test_loading_feeds.py
            continue
        (item,) = read(str(write(f"a{suffix.upper()}", text)))
        assert isinstance(item, Article), suffix
        assert item.text == "Body."


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("story", "Only text.", "Only text."),
        ("story.php", "<!DOCTYPE html><p>A page.</p>", "A page."),
        ("story.xml", '<?xml version="1.0"?>\n<html><body><p>A page.</p></body></html>', "A page."),
        ("story.dat", '[{"text": "In an array."}]', "In an array."),
        ("story.export", '{\n "text": "In an object."\n}', "In an object."),
        ("story.log", '{"text": "In a line."}\n{"title": "no text"}\n', "In a line."),
        ("story.asc", " date 2025-01-02 (A, S) Headed.", "Headed."),
        ("long", "a" + "é" * 5000, "a" + "é" * 5000),
    ],
)
def test_a_file_of_another_suffix_is_read_if_it_shows_what_it_is(name: str, content: str, text: str) -> None:
    first = read(str(write(name, content)))[0]
    assert isinstance(first, Article)
    assert first.text == text


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.log", b"12:00 started", "suffix '.log' is unknown and the file does not show what it is"),
        ("a", b"\0\1\2\3", "there is no suffix and the file does not show what it is"),
        ("a.pdf", b"7z\xbc\xaf", "holds a 7z archive, not text"),
        ("a.txt", b"\x89PNG\r\n", "holds a picture, not text"),
    ],
)
def test_a_file_that_is_no_article_is_a_problem_naming_the_known_suffixes(
    name: str, content: bytes, reason: str
) -> None:
    known = " ".join(corpus.known_suffixes())
    assert problems(read(str(write(name, content)))) == [f"{name}:1: format: {reason}; known: {known}"]


def test_a_mapping_of_a_field_that_articles_lack_is_refused_before_anything_is_read() -> None:
    with pytest.raises(LoadError, match=r"mapping: no field 'titel'; there are id, title, text"):
        corpus.read([], {"titel": "headline"})


def test_a_field_is_mapped_by_any_of_its_usual_names_and_only_once() -> None:
    write("a.json", '{"who": "Ann Lee", "day": "2025-06-03", "kopf": "The bridge", "rumpf": "It is open."}')
    (article,) = corpus.read([Path("a.json")], {"Author": "who", "date": "day", "headline": "kopf", "body": "rumpf"})
    assert isinstance(article, Article)
    assert (article.authors, article.published, article.title, article.text) == (
        ("Ann Lee",), date(2025, 6, 3), "The bridge", "It is open."
    )  # fmt: skip
    with pytest.raises(LoadError, match="mapping: 'authors' is mapped twice, to 'who' and as 'byline' to 'whom'"):
        corpus.read([], {"author": "who", "byline": "whom"})


# Ids


@pytest.mark.parametrize(
    ("url", "id"),
    [
        ("https://Courier.example/a/b/", "courier.example/a/b"),
        ("http://courier.example/a#top", "courier.example/a"),
        ("https://courier.example/a?utm_source=x&id=7&fbclid=y&utm_campaign=z", "courier.example/a?id=7"),
        ("https://courier.example/a?gclid=1", "courier.example/a"),
        ("https://courier.example/A?utmost=1", "courier.example/A?utmost=1"),
        ("https://[courier", "https://[courier"),
    ],
)
def test_the_id_of_an_address_has_no_scheme_fragment_last_slash_or_tracking(url: str, id: str) -> None:
    assert urls.normalize(url) == id


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
    found = [item for item in corpus.read([Path("a.json")]) if isinstance(item, Article)]
    assert [article.url for article in found] == [None, None]
    assert len({article.id for article in found}) == 2


@pytest.mark.parametrize(
    "url", ["https://courier.example", "https://www.courier.example/?utm_source=x", "http://a.example/#top"]
)
def test_a_front_page_is_the_address_of_no_article(url: str) -> None:
    write("a.json", json.dumps([{"url": url, "text": text} for text in ("The bridge is open.", "The mill is sold.")]))
    found = [item for item in corpus.read([Path("a.json")]) if isinstance(item, Article)]
    assert len({article.id for article in found}) == 2


def test_a_fragment_that_scripts_read_as_a_path_tells_articles_apart() -> None:
    assert urls.normalize("https://n.example/#!/story/1") == "n.example#!/story/1"
    assert urls.normalize("https://n.example/a#/story/1") != urls.normalize("https://n.example/a#/story/2")


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
