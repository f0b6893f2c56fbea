"""The day of publication is read from metadata, elements and lines near the headline."""

from __future__ import annotations

from datetime import date

import pytest

from tests.pages import LONG, page, site, times
from tests.unit.loaders.conftest import LoadOne


@pytest.mark.parametrize(
    ("body", "day"),
    [
        ("<meta itemprop=datePublished content=2025-06-03>" + times("2025-07-01"), date(2025, 6, 3)),
        (times("2025-07-01", "2025-07-01"), date(2025, 7, 1)),
        (times("2025-07-01", "2025-07-02"), None),
        (
            times("2025-07-01") + f"<article><h1>T</h1>{times('2025-07-02', '2025-07-03')}<p>In.</p></article>",
            date(2025, 7, 2),
        ),
    ],
)
def test_a_day_is_the_article_s_own_and_not_that_of_a_list(body: str, day: date | None, load: LoadOne) -> None:
    assert load("a.html", page("", f"{body}<p>Body.</p>"))[0].published == day


@pytest.mark.parametrize("name", ["date", "pubdate", "DC.date"])
def test_older_names_of_a_date_are_known(name: str, load: LoadOne) -> None:
    article, _ = load("a.html", page(f"<meta name='{name}' content='3 March 2025'>"))
    assert article.published == date(2025, 3, 3)


def test_a_bad_date_is_a_problem_that_names_where_it_stands(load: LoadOne) -> None:
    article, problems = load("a.html", page("<meta property='article:published_time' content='x'>"))
    assert problems == [
        "a.html:1: published: 'article:published_time': 'x' is not a date in a known form; write YYYY-MM-DD"
    ]
    assert article.published is None


def test_a_day_in_the_page_s_text_is_read_with_its_year_and_not_guessed_without(load: LoadOne) -> None:
    assert load("a.html", site("<p class='date'>Published: 3 June 2024</p>"))[0].published == date(2024, 6, 3)
    assert load("b.html", site("<p class='date'>Published: June 3</p>"))[0].published is None


@pytest.mark.parametrize("day", ["2999-01-01", "99991231"])
def test_a_day_to_come_is_no_day_of_publication(day: str, load: LoadOne) -> None:
    article, problems = load("a.html", site(head=f"<meta property='article:published_time' content='{day}'>"))
    assert article.published is None
    assert len(problems) == 1
    assert "is in the future" in problems[0]


@pytest.mark.parametrize(
    ("body", "day"),
    [
        ("<h1>T</h1><p>May 17, 2025</p>", date(2025, 5, 17)),
        ("<h1>T</h1><p>Posted by Ann Lee on May 17th, 2025</p>", date(2025, 5, 17)),
        ("<h1>T</h1><p class=date>Published 17 May 2025, 10:30 BST | Last updated 19 May 2025</p>", date(2025, 5, 17)),
        ("<h1>T</h1><time datetime=2025-05-18>Updated May 18</time><time datetime=2025-05-17>Published May 17</time>",
         date(2025, 5, 17)),
        ("<h1>T</h1>{}<div class=related><time datetime=2025-11-01>1 November</time></div>", None),
        ("<h1>T</h1>{}<div class='comment'><time datetime=2025-06-01>1 June</time></div>", None),
        ("<h1>T</h1><p>The vote of May 17, 2025 was close.</p>", None),
    ],
)  # fmt: skip
def test_a_day_is_read_near_the_headline_where_none_is_stated(body: str, day: date | None, load: LoadOne) -> None:
    assert load("a.html", page("", body.replace("{}", LONG) + LONG))[0].published == day
