"""The facts of a page are taken from the best place that states them."""

from __future__ import annotations

from datetime import date

import pytest

from tests.pages import page
from tests.unit.loaders.conftest import LoadOne

BESIDE = {"version", "published_at", "modified", "notes", "fields_from", "pages"}  # have tests of their own


METAS = """<meta property="og:title" content="OG title"><meta property="og:site_name" content="OG Courier">
<meta name="author" content="By Cy Moss and Di Orr"><meta property="article:author" content="https://x.example/cy">
<meta property="article:published_time" content="2025-06-02T10:00:00Z">
<meta property="article:section" content="World"><meta property="og:url" content="https://og.example/a">"""


BODY = "<h1>H1 title</h1><time datetime='2025-07-03'>today</time><p>Body.</p>"


@pytest.mark.parametrize(
    ("head", "source", "said_in"),
    [
        ("<meta name='application-name' content='The Courier'>", "The Courier", "application-name"),
        ("<title>Ferry to run | The Courier</title>", "The Courier", "site"),
        ("<title>Ferry to run - Mail</title>", "the-courier.example", "its address"),
        ("<title>Ferry to run</title>", "the-courier.example", "its address"),
    ],
)
def test_an_outlet_that_is_not_stated_goes_by_the_address(head: str, source: str, said_in: str, load: LoadOne) -> None:
    link = "<link rel='canonical' href='https://www.the-courier.example/2025/ferry'>"
    article, _ = load("a.html", page(head + link))
    assert (article.source, article.fields_from["source"]) == (source, said_in)
    assert article.title == (
        "Ferry to run - Mail" if "- Mail" in head else "Ferry to run" if "<title" in head else "Body."
    )


def test_metas_come_second(load: LoadOne) -> None:
    article, problems = load("a.html", page("<script type='application/ld+json'>{bad</script>" + METAS, BODY))
    assert problems == []
    assert article.model_dump(exclude={"origin", "text", *BESIDE}) == {
        "id": "og.example/a", "title": "OG title", "title_from": "given", "authors": ("Cy Moss", "Di Orr"),
        "source": "OG Courier", "published": date(2025, 6, 2), "url": "https://og.example/a",
        "section": "World", "language": "en-GB",
    }  # fmt: skip


def test_elements_of_the_page_come_last(load: LoadOne) -> None:
    link = "<link rel='canonical' href='https://courier.example/a/?utm_source=x'>"
    article, _ = load("a.html", page(f"<title>T</title>{link}", BODY))
    assert (article.title, article.published, article.id) == (
        "H1 title",
        date(2025, 7, 3),
        "courier.example/a",
    )


def test_a_relative_canonical_address_is_read_against_the_page_s_own(load: LoadOne) -> None:
    link = "<link rel=canonical href=/2025/05/news-1>"
    assert (
        load("a.html", page(f"{link}<meta property='og:url' content='https://a.example/x'>"))[0].id
        == "a.example/2025/05/news-1"
    )
    assert load("b.html", page(link))[0].id == "b.html"
    home = "<link rel=canonical href='https://a.example/'>"  # as some sites say on every page
    own = "<meta property='og:url' content='https://a.example/x'>"
    assert load("c.html", page(home + own))[0].id == "a.example/x"
