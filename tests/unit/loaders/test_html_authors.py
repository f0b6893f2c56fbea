"""The byline on a page names the authors."""

from __future__ import annotations

import pytest

from tests.pages import LONG, PARAGRAPHS, page, site
from tests.unit.loaders.conftest import LoadOne


@pytest.mark.parametrize(
    ("byline", "authors"),
    [
        ("<span itemprop=author>Ann Lee, The Courier</span>", ("Ann Lee",)),
        ("<p itemprop=author itemscope>By <b itemprop=name>Ann Lee</b>, who rowed there</p>", ("Ann Lee",)),
        ("<p>By <a rel='author nofollow' href=/ann>Ann Lee</a> and <a rel=author href=/bo>Bo Ray</a></p>",
         ("Ann Lee", "Bo Ray")),
        ("<div class=story-byline>By Ann Lee and Bo Ray • Staff writers</div>", ("Ann Lee", "Bo Ray")),
        ("<p class='byline vcard'>By Ann van der Lee @ann on June 3, 2025</p>", ("Ann van der Lee",)),
        ("<p class=author>Par ANNE LEE et BO RAY</p>", ("ANNE LEE", "BO RAY")),
        ("<div class=byline>By <span class=author-name>Ann Lee</span>2025-06-03</div>", ("Ann Lee",)),
        ("<div class=byline>Ann Lee, Staff Writer</div>", ("Ann Lee",)),
        ("<span itemprop=author>Autor/in: Ann Lee</span>", ("Ann Lee",)),
        ("<div class=byline>By our own correspondent</div><div class=author>Cy Moss</div>", ()),
        ("<div class=byline>Posted by admin</div>", ()),
        ("<div class=author>View All Posts</div>", ()),
        ("<span class=photo-author>Cy Moss</span>", ()),
        ("<div class=author-bob>Mayor Visits Paris</div>", ()),
        ("<aside><a rel=author href=/cy>Cy Moss</a></aside>", ()),
        ("<div class='comment odd'><span class=author>Cy Moss</span></div>", ()),
        ("<p>By Ann Lee</p>", ()),
    ],
)  # fmt: skip
def test_a_byline_that_is_marked_as_one_names_the_authors(byline: str, authors: tuple[str, ...], load: LoadOne) -> None:
    filler = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    teaser = "<li><span class=author>Dee Poe</span></li>" if authors else ""
    article, _ = load("a.html", page("<title>T</title>", f"{byline}<div>{filler}{filler}</div><ul>{teaser}</ul>"))
    assert article.authors == authors
    assert article.fields_from.get("authors") == ("signed" if authors else None)


def test_what_a_page_states_of_its_authors_comes_before_its_byline(load: LoadOne) -> None:
    head = "<meta name=author content='Ann Lee'>"
    assert load("a.html", page(head, "<p class=byline>By Bo Ray</p><p>Body.</p>"))[0].authors == ("Ann Lee",)
    head += "<meta property='og:site_name' content='ANN LEE'>"  # where it states no more than the outlet
    assert load("b.html", page(head, "<p class=byline>By Bo Ray</p><p>Body.</p>"))[0].authors == ("Bo Ray",)


def test_an_outlet_is_no_author_beside_people(load: LoadOne) -> None:
    head = "<meta property='og:site_name' content='The Courier'><meta name='author' content='{}'>"
    assert load("a.html", site(head=head.format("Ann Lee, The Courier")))[0].authors == ("Ann Lee",)
    assert load("b.html", site(head=head.format("The Courier")))[0].authors == ("The Courier",)


@pytest.mark.parametrize(
    "around",
    ["<figure><figcaption>{}</figcaption></figure>", "<blockquote>{}</blockquote>", "<p class='latest-posts'>{}</p>",
     "<section class=related>{}</section>", "<div itemscope itemtype='https://schema.org/Book'>{}</div>"],
)  # fmt: skip
def test_a_byline_of_something_else_on_the_page_is_none_of_the_article(around: str, load: LoadOne) -> None:
    byline = "<span class=author itemprop=author>Bo Ray</span>"
    byline = byline.replace("class=author ", "") if "Book" in around else byline
    assert load("a.html", page("", f"<h1>T</h1>{around.format(byline)}{LONG}"))[0].authors == ()


def test_a_byline_far_from_the_headline_is_another_s(load: LoadOne) -> None:
    far = f"<h1>T</h1>{LONG * 8}<div class=author>Bo Ray</div>"
    assert load("a.html", page("", far))[0].authors == ()
    assert load("b.html", page("", far.replace("<h1>", "<div class=author>Ann Lee</div><h1>")))[0].authors == (
        "Ann Lee",
    )


def test_the_page_of_an_author_hides_no_byline(load: LoadOne) -> None:
    head = "<meta property='article:author' content='https://www.facebook.com/courier'>"
    body = f"<h1>T</h1><p>By <a rel=author href=/ann>Ann Lee</a>, New York</p>{LONG}"
    assert load("a.html", page(head, body))[0].authors == ("Ann Lee",)
