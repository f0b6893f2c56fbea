"""CSV and TSV hold a record a row, under a header."""

from __future__ import annotations

from datetime import date

import pytest

from tests.unit.loaders.conftest import LoadAll


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_header_tells_the_delimiter(delimiter: str, load_all: LoadAll) -> None:
    rows = [["Title", "Text", "Date"], ["A", '"One, two; three."', "2025-03-03"]]
    articles, problems = load_all("a.csv", "".join(delimiter.join(row) + "\r\n" for row in rows))
    assert problems == []
    assert (articles[0].title, articles[0].text, articles[0].published) == (
        "A", "One, two; three.", date(2025, 3, 3),
    )  # fmt: skip


def test_a_cell_may_hold_lines_and_a_record_has_the_line_it_starts_on(load_all: LoadAll) -> None:
    articles, problems = load_all("a.csv", 'title,text\r\nA,"one\r\n\r\ntwo\u2028three"\r\n\r\nB,b\r\n')
    assert problems == []
    assert [(article.text, article.origin.line) for article in articles] == [
        ("one\n\ntwo\u2028three", 2), ("b", 6),
    ]  # fmt: skip


def test_a_cell_may_be_longer_than_the_csv_module_s_own_limit(load_all: LoadAll) -> None:
    articles, problems = load_all("a.csv", "text,title\n" + "word " * 40_000 + ",T\n")
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
def test_a_row_that_cannot_be_read_is_a_problem_of_its_line(row: str, problem: str, load_all: LoadAll) -> None:
    articles, problems = load_all("a.csv", f"title,text\nA,a\n{row}\nC,c\n")
    assert problems == [f"a.csv:3: {problem}"]
    assert [article.title for article in articles] == ["A", "C"]


def test_a_quote_that_is_never_closed_does_not_swallow_the_rest_in_silence(load_all: LoadAll) -> None:
    articles, problems = load_all("a.csv", 'title,text\nA,a\nB,"b\nC,c\n')
    assert [article.title for article in articles] == ["A"]
    assert problems == ["a.csv:3: csv: unexpected end of data"]


def test_a_table_without_a_text_column_is_one_problem(load_all: LoadAll) -> None:
    content = "title, story\nA,a\nB,b\n"
    assert load_all("a.csv", content) == (
        [], ["a.csv:1: header: no column of the header holds the text: title, story; map one: text=NAME"],
    )  # fmt: skip
    articles, problems = load_all("a.csv", content, text="story")
    assert (problems, [article.text for article in articles]) == ([], ["a", "b"])


def test_an_empty_table_is_a_problem(load_all: LoadAll) -> None:
    assert load_all("a.csv", "\n") == ([], ["a.csv:1: header: is missing"])


@pytest.mark.slow
def test_a_windows_1252_table_is_read_though_its_head_is_ascii(load_all: LoadAll) -> None:
    rows = "title,text\n" + "A,plain\n" * 40_000 + "B,“café”\n"
    articles, _ = load_all("a.csv", rows.encode("cp1252"))
    assert articles[-1].text == "“café”"


def test_a_utf_16_table_streams_too(load_all: LoadAll) -> None:
    articles, problems = load_all("a.csv", "title,text\nA,é\u2028x\n".encode("utf-16"))
    assert (problems, [article.text for article in articles]) == ([], ["é\u2028x"])
