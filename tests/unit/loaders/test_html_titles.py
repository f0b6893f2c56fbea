"""The headline is told from mastheads and from the name of the site."""

from __future__ import annotations

import pytest

from tests.pages import LONG, PARAGRAPHS, page, site
from tests.unit.loaders.conftest import LoadOne


@pytest.mark.parametrize(
    ("shown", "title"),
    [
        ("A title | Courier", "A title"),
        ("A title - Courier", "A title"),
        ("A title – Courier", "A title"),
        ("A title | World", "A title | World"),
        ("Well-Courier", "Well-Courier"),
    ],
)
def test_a_browser_title_loses_the_name_of_the_site_and_nothing_else(shown: str, title: str, load: LoadOne) -> None:
    article, _ = load("a.html", page(f"<title>{shown}</title><meta property='og:site_name' content='Courier'>"))
    assert article.title == title


def test_without_any_title_the_lead_is_the_title(load: LoadOne) -> None:
    article, _ = load("a.html", page())
    assert (article.title, article.title_from, article.id) == ("Body.", "lead", "a.html")


def test_a_headline_is_the_h1_that_the_page_is_titled_by_and_not_the_masthead(load: LoadOne) -> None:
    head = "<title>Saltmarsh ferry to run again from May | The Courier</title>"
    article, _ = load("a.html", site("<h1>Saltmarsh ferry to run again from 4 May</h1>", head=head))
    assert article.title == "Saltmarsh ferry to run again from 4 May"
    assert article.text == "\n\n".join(PARAGRAPHS)
    article, _ = load("b.html", site(head=head.replace(" | The", " – The")))
    assert article.title == "Saltmarsh ferry to run again from May – The Courier"


@pytest.mark.parametrize(
    ("title", "h1s", "headline"),
    [
        (
            "The Courier | Bridge reopens after 431 days",
            "<h1>Bridge reopens after 431 days</h1>",
            "Bridge reopens after 431 days",
        ),
        ("Bridge reopens | Ledger", "<h1>The Tarnhaven Ledger</h1><h1>Bridge reopens</h1>", "Bridge reopens"),
        (
            "Bridge reopens after 431 days",
            "<h1><a href=/>Bridge reopens after all</a></h1>",
            "Bridge reopens after 431 days",
        ),
        (
            "x",
            "<h1><span>Transport</span>Bridge <b>re</b>opens<br>after 431 days</h1>",
            "Transport Bridge reopens after 431 days",
        ),
    ],
)
def test_a_headline_is_told_from_a_masthead_and_its_words_stay_apart(
    title: str, h1s: str, headline: str, load: LoadOne
) -> None:
    assert load("a.html", page(f"<title>{title}</title>", f"{h1s}{LONG}"))[0].title == headline
