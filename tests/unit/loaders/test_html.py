"""HTML holds one article a page, in any encoding and however it is nested."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.pages import PARAGRAPHS, page, site
from tests.unit.loaders.conftest import LoadOne


@pytest.mark.parametrize("content", ["<!-- nothing -->", "<div>No paragraph.</div>"])
def test_a_page_without_paragraphs_is_a_problem(content: str, problem: Callable[[str, str], str]) -> None:
    expected = "a.html:1: text: no paragraph with text in <article>, <main> or <body>"
    assert problem("a.html", content) == expected


@pytest.mark.parametrize(
    ("declared", "encoding", "text"),
    [
        ("windows-1251", "cp1251", "Мэр"),
        ("iso-8859-1", "cp1252", "“café”"),
        ("shift_jis", "shift_jis", "市長"),
        ("iso-8859-1", "utf-8", "café"),
        ("hex", "cp1252", "café"),
        ("utf-8", "cp1252", "café"),
        ("utf-16", "cp1252", "café"),
    ],
)
def test_a_declared_encoding_is_honoured_unless_the_bytes_say_otherwise(
    declared: str, encoding: str, text: str, load: LoadOne
) -> None:
    for meta in (
        f'<meta charset="{declared}">',
        f'<meta http-equiv="Content-Type" content="text/html; charset={declared}">',
    ):
        article, _ = load("a.html", page(meta, f"<p>{text}</p>").encode(encoding))
        assert article.text == text


def test_xhtml_with_an_xml_declaration_is_read(load: LoadOne) -> None:
    content = '<?xml version="1.0" encoding="utf-8"?><html xml:lang="de"><body><p>Hé</p></body></html>'
    article, _ = load("a.xhtml", content)
    assert (article.text, article.language) == ("Hé", "de")


def test_a_page_beyond_the_limit_is_said_and_not_read(problem: Callable[[str, str], str]) -> None:
    assert "more than 20 MB" in problem("a.html", "<p>" + "x" * 20_000_120)


@pytest.mark.parametrize("tag", ["div", "b", "table", "ul", "font", "blockquote"])
def test_elements_within_elements_without_end_are_read_and_harm_nothing(tag: str, load: LoadOne) -> None:
    text = "\n\n".join(PARAGRAPHS)
    deep = f"<{tag}>" * 50_000
    article, _ = load("a.html", site(body=PARAGRAPHS) + deep)
    assert "harbour office" in article.text
    assert len(article.text) < 2 * len(text)
