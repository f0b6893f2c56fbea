"""Plain text holds one article a file, with or without a header."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from tests.unit.loaders.conftest import LoadOne


@pytest.mark.parametrize(
    ("inside", "authors", "source"),
    [
        ("Ann Lee, Courier", ("Ann Lee",), "Courier"),
        ("Ann Lee and Bo Ray, Courier", ("Ann Lee", "Bo Ray"), "Courier"),
        ("Ann Lee, Bo Ray, Courier", ("Ann Lee", "Bo Ray"), "Courier"),
        ("Ann Lee, Bo Ray and Cy Moss, courier.example", ("Ann Lee", "Bo Ray", "Cy Moss"), "courier.example"),
        ("Ann Lee", ("Ann Lee",), None),
        ("Ann (Annie) Lee, Courier", ("Ann (Annie) Lee",), "Courier"),
        ("", (), None),
    ],
)
def test_a_header_names_authors_and_site(
    inside: str, authors: tuple[str, ...], source: str | None, load: LoadOne
) -> None:
    article, problems = load("a.txt", f" date 2025-05-01 ({inside}) The bridge shut.\n\nIt was old.\n")
    assert problems == []
    assert (article.authors, article.source, article.published) == (authors, source, date(2025, 5, 1))
    assert (article.text, article.id) == ("The bridge shut.\n\nIt was old.", "a.txt")
    assert (article.title, article.title_from) == ("The bridge shut.", "lead")


@pytest.mark.parametrize("before", ["", "\ufeff", "\n\t ", "\ufeff "])
def test_white_space_and_a_byte_order_mark_may_stand_before_the_header(before: str, load: LoadOne) -> None:
    article, _ = load("a.txt", f"{before}date 2025-05-01 (Ann Lee, Courier)\nBody.")
    assert (article.text, article.source) == ("Body.", "Courier")


@pytest.mark.parametrize("text", ["No header here.", "date palms (Phoenix) grow.", "A date 2025-05-01 (A, B) x."])
def test_without_a_header_the_whole_file_is_text(text: str, load: LoadOne) -> None:
    article, problems = load("a.txt", text)
    assert (article.text, problems) == (text, [])
    assert (article.authors, article.source, article.published) == ((), None, None)


def test_an_impossible_day_is_a_problem_and_the_article_is_read_without_it(load: LoadOne) -> None:
    article, problems = load("a.txt", "\n date 2025-13-40 (Ann Lee, Courier) Body.")
    assert problems == ["a.txt:2: date: '2025-13-40' is not a day of the calendar; write YYYY-MM-DD"]
    assert (article.text, article.published, article.source) == ("Body.", None, "Courier")


def test_a_closing_line_stays_and_gives_the_source_only_where_the_header_gives_none(load: LoadOne) -> None:
    closing = "This article originally appeared at Courier.example."
    article, _ = load("a.txt", f" date 2025-05-01 (Ann Lee) Body.\n\n{closing}\n")
    assert (article.source, article.text) == ("Courier.example", f"Body.\n\n{closing}")
    article, _ = load("a.txt", f" date 2025-05-01 (Ann Lee, Wire) Body.\n\n{closing}")
    assert article.source == "Wire"


def test_line_ends_become_newlines_and_other_separators_stay(load: LoadOne) -> None:
    article, _ = load("a.txt", "a\r\nb\rc\u2028d\u2029e\x85f\tg  h \n\n \n\ni\n")
    assert article.text == "a\nb\nc\u2028d\u2029e\x85f g h\n\ni"


@pytest.mark.parametrize("content", [" \n\t", " date 2025-05-01 (Ann Lee, Courier) \n"])
def test_a_file_without_text_is_a_problem(content: str, problem: Callable[[str, str], str]) -> None:
    assert problem("a.txt", content).startswith("a.txt:1: text: is missing or empty; the record has ")
