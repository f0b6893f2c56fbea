"""Pages that hold no article are reported."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.pages import LONG, PARAGRAPHS, page, site
from tests.unit.loaders.conftest import LoadOne


def test_a_front_page_and_a_page_of_links_hold_no_article(problem: Callable[[str, str], str]) -> None:
    canonical = "<link rel='canonical' href='https://courier.example/'>"
    assert "holds no article: https://courier.example/ is a site" in problem("a.html", site(head=canonical))
    links = "<p>" + "".join(f"<a href='/{n}'>{n}</a> " for n in range(200)) + "</p>"
    assert "holds no article: 2" in problem("b.html", f"<html><body><main>{links}</main></body></html>")


def test_a_page_that_says_it_is_an_article_is_one_whatever_its_links(load: LoadOne) -> None:
    links = "".join(f"<li><a href='/{n}'>{n}</a></li>" for n in range(900))
    head = "<meta property='og:type' content='article'>"
    assert load("a.html", site(head=head).replace("<footer>", f"<ul>{links}</ul><footer>"))[0].text.startswith(
        "The harbour"
    )


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("<title>Just a moment...</title>", "<p>Checking that you are human. This may take a few seconds.</p>"),
        ("<title>404 - Page not found | The Courier</title>", "<h1>Page not found</h1><p>Try the search.</p>"),
        ("<title>We value your privacy</title>", "<p>We and our 842 partners store cookies on your device.</p>"),
        ("<meta property='og:type' content='profile'>", f"<h1>Ann Lee</h1>{LONG}"),
        ("<meta property='og:type' content='website'>",
         "".join(f"<h2><a href=/{n}>Headline {n} of the day</a></h2><p>What {n} is about.</p>" for n in range(8))),
    ],
)  # fmt: skip
def test_what_a_site_sends_instead_of_an_article_is_reported(
    head: str, body: str, problem: Callable[[str, str], str]
) -> None:
    assert "the page holds no article" in problem("a.html", page(head, body))


def test_a_news_item_about_a_page_not_found_is_one(load: LoadOne) -> None:
    head = "<title>404 Media wins a prize for its reporting on the internet</title>"
    assert load("a.html", page(head, LONG))[0].text == "\n\n".join(PARAGRAPHS)
