"""Records of JSON Lines, JSON and CSV become articles by the names that their fields usually have."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.loaders import corpus
from rag.loaders.fields import article_fields
from rag.types.articles import Article
from rag.types.reading import Problem

Load = Callable[..., tuple[list[Article], list[str]]]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Write one file and return its articles and its problems, as they are printed."""
    monkeypatch.chdir(tmp_path)

    def read(name: str, content: str | bytes, **mapping: str) -> tuple[list[Article], list[str]]:
        Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
        items = list(corpus.read([Path(name)], mapping))
        articles = [item for item in items if isinstance(item, Article)]
        return articles, [str(item) for item in items if isinstance(item, Problem)]

    return read


@pytest.fixture
def record(load: Load) -> Callable[..., Article]:
    """Return the article of one record, which must read without a problem."""

    def read(values: dict[str, object], **mapping: str) -> Article:
        articles, problems = load("a.jsonl", json.dumps(values) + "\n", **mapping)
        assert problems == []
        return articles[0]

    return read


# Fields


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
def test_a_record_that_holds_no_article_is_a_problem_of_its_line(line: str, problem: str, load: Load) -> None:
    articles, problems = load("a.jsonl", f'{{"text": "One."}}\n\n{line}\n{{"text": "Two."}}\n')
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
    values: dict[str, object], problem: str, field: str, load: Load
) -> None:
    articles, problems = load("a.jsonl", json.dumps({"text": "T.", **values}))
    assert problems == [f"a.jsonl:1: {problem}"]
    assert len(articles) == 1
    assert getattr(articles[0], field) in {None, (), "T."}


# JSON Lines


@given(st.text(st.characters()).filter(str.strip), st.booleans())
def test_a_text_comes_back_as_written_but_for_white_space_and_windows_letters(
    tmp_path_factory: pytest.TempPathFactory, text: str, escaped: bool
) -> None:
    path = tmp_path_factory.mktemp("round") / "a.jsonl"
    whole = "".join("\ufffd" if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in text)
    written = json.dumps({"text": text}) if escaped else json.dumps({"text": whole}, ensure_ascii=False)
    path.write_bytes(written.encode() + b"\n")
    (article,) = corpus.read([path])
    assert isinstance(article, Article)
    lines = re.split("\r\n|\r|\n", re.sub("[\x80-\x84\x86-\x9f]", in_windows, whole))
    told = "\n".join(" ".join(filter(None, re.split("[ \t\f]+", line))) for line in lines)
    assert article.text == re.sub("\n\n\n+", "\n\n", told).strip()


def in_windows(control: re.Match[str]) -> str:
    return control[0].encode("latin-1").decode("cp1252", "replace")


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x0b", "\x1c"])
def test_only_a_newline_ends_a_record_of_json_lines(separator: str, load: Load) -> None:
    raw = separator if separator > "\x7f" else json.dumps(separator)[1:-1]
    articles, problems = load("a.jsonl", f'{{"text": "a{raw}b"}}\r\n{{"text": "c"}}')
    assert problems == []
    assert [article.text for article in articles] == [f"a{separator}b", "c"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_json_lines_may_begin_with_a_byte_order_mark(encoding: str, load: Load) -> None:
    articles, problems = load("a.jsonl", '{"text": "é\u2028"}\n{"text": "ü"}\n'.encode(encoding))
    assert problems == []
    assert [article.text for article in articles] == ["é", "ü"]


def test_one_broken_byte_costs_one_character_and_no_line(load: Load) -> None:
    articles, _ = load("a.jsonl", '{"text": "é ü"}\n'.encode() + b'{"text": "\xc3\xa9 \xc3\xbc a\xffb"}\n')
    assert [article.text for article in articles] == ["é ü", "é ü a\ufffdb"]


# JSON


@pytest.mark.parametrize("holder", ["articles", "items", "documents", "data", "results", "Articles"])
def test_an_object_may_hold_the_records(holder: str, load: Load) -> None:
    articles, problems = load("a.json", f'{{"count": 2,\n "{holder}": [{{"text": "One."}},\n{{"text": "Two."}}]}}')
    assert problems == []
    assert [(article.text, article.origin.line) for article in articles] == [("One.", 2), ("Two.", 3)]


def test_an_article_with_a_list_of_items_is_one_article(load: Load) -> None:
    articles, problems = load("a.json", '{"text": "One.", "items": [{"text": "No article."}]}')
    assert (problems, [article.id for article in articles]) == ([], ["a.json"])


def test_objects_in_a_row_are_records_though_the_suffix_says_json(load: Load) -> None:
    articles, problems = load("a.json", '{"text": "One."}\n{"text": "Two."}\n')
    assert problems == []
    assert [(article.text, article.origin.line) for article in articles] == [("One.", 1), ("Two.", 2)]
    assert "a.json" not in {article.id for article in articles}


def test_each_record_of_an_array_has_the_line_it_starts_on(load: Load) -> None:
    articles, _ = load("a.json", '\n[\n  {\n "text": "One."\n},\r\n\n {"text": "Two."} ]')
    assert [article.origin.line for article in articles] == [3, 7]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('[{"text": "One."},\n{"text" "Two."}]', "a.json:2: json: Expecting ':' delimiter at column 9"),
        ('[{"text": "One."}\n {"text": "Two."}]', "a.json:2: json: Expecting ',' at column 2"),
        ('[{"text": "One."},\n', "a.json:2: json: Expecting value at column 1"),
        ('{"data": [{"text": "One."}', "a.json:1: json: Expecting ',' at column 27"),
        ('[{"text": "One."}] x', "a.json:1: json: Expecting value at column 20"),
    ],
)
def test_records_before_a_mistake_are_kept(content: str, problem: str, load: Load) -> None:
    articles, problems = load("a.json", content)
    assert [article.text for article in articles] == ["One."]
    assert problems == [problem]


@pytest.mark.parametrize("content", [" \n", "hello", "[" * 100_000, '{"id": ' + "9" * 5000 + "}"])
def test_what_is_not_json_is_one_problem(content: str, load: Load) -> None:
    articles, problems = load("a.json", content)
    assert articles == []
    assert len(problems) == 1
    assert ": json: " in problems[0]


def test_an_empty_array_holds_nothing_and_that_is_no_problem(load: Load) -> None:
    assert load("a.json", "[]") == ([], [])


# CSV


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_header_tells_the_delimiter(delimiter: str, load: Load) -> None:
    rows = [["Title", "Text", "Date"], ["A", '"One, two; three."', "2025-03-03"]]
    articles, problems = load("a.csv", "".join(delimiter.join(row) + "\r\n" for row in rows))
    assert problems == []
    assert (articles[0].title, articles[0].text, articles[0].published) == (
        "A", "One, two; three.", date(2025, 3, 3),
    )  # fmt: skip


def test_a_cell_may_hold_lines_and_a_record_has_the_line_it_starts_on(load: Load) -> None:
    articles, problems = load("a.csv", 'title,text\r\nA,"one\r\n\r\ntwo\u2028three"\r\n\r\nB,b\r\n')
    assert problems == []
    assert [(article.text, article.origin.line) for article in articles] == [
        ("one\n\ntwo\u2028three", 2), ("b", 6),
    ]  # fmt: skip


def test_a_cell_may_be_longer_than_the_csv_module_s_own_limit(load: Load) -> None:
    articles, problems = load("a.csv", "text,title\n" + "word " * 40_000 + ",T\n")
    assert problems == []
    assert len(articles[0].text) == 199_999


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("B,b,c", "csv: the row has 3 cells, the header 2"),
        ("B", "csv: the row has 1 cells, the header 2"),
        ("B,", "text: is missing or empty; the record has title"),
        ('"B"b,c', "csv: ',' expected after '\"'"),
    ],
)
def test_a_row_that_cannot_be_read_is_a_problem_of_its_line(row: str, problem: str, load: Load) -> None:
    articles, problems = load("a.csv", f"title,text\nA,a\n{row}\nC,c\n")
    assert problems == [f"a.csv:3: {problem}"]
    assert [article.title for article in articles] == ["A", "C"]


def test_a_quote_that_is_never_closed_does_not_swallow_the_rest_in_silence(load: Load) -> None:
    articles, problems = load("a.csv", 'title,text\nA,a\nB,"b\nC,c\n')
    assert [article.title for article in articles] == ["A"]
    assert problems == ["a.csv:3: csv: unexpected end of data"]


def test_a_table_without_a_text_column_is_one_problem(load: Load) -> None:
    content = "title, story\nA,a\nB,b\n"
    assert load("a.csv", content) == (
        [], ["a.csv:1: header: no column of the header holds the text: title, story; map one: text=NAME"],
    )  # fmt: skip
    articles, problems = load("a.csv", content, text="story")
    assert (problems, [article.text for article in articles]) == ([], ["a", "b"])


def test_an_empty_table_is_a_problem(load: Load) -> None:
    assert load("a.csv", "\n") == ([], ["a.csv:1: header: is missing"])


def test_a_windows_1252_table_is_read_though_its_head_is_ascii(load: Load) -> None:
    rows = "title,text\n" + "A,plain\n" * 40_000 + "B,“café”\n"
    articles, _ = load("a.csv", rows.encode("cp1252"))
    assert articles[-1].text == "“café”"


def test_a_utf_16_table_streams_too(load: Load) -> None:
    articles, problems = load("a.csv", "title,text\nA,é\u2028x\n".encode("utf-16"))
    assert (problems, [article.text for article in articles]) == ([], ["é\u2028x"])


def test_a_parameter_that_may_name_a_page_is_no_tracker(tmp_path: Path) -> None:
    names = ("id", "cid", "eid", "uid", "gallery", "global", "p")
    addresses = [f"https://courier.example/a.php?{name}={n}&utm_source=x" for name in names for n in (7, 8)]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"url": url, "text": f"Text of {url}."}) + "\n" for url in addresses))
    articles = [item for item in corpus.read([path]) if isinstance(item, Article)]
    assert [article.url for article in articles] == [url.removesuffix("&utm_source=x") for url in addresses]
    assert len({article.id for article in articles}) == len(addresses)
