"""The JSON-LD of a page states the fields of its article."""

from __future__ import annotations

import json
from datetime import date

from tests.pages import page, script
from tests.unit.loaders.conftest import LoadOne

LD = {
    "@context": "https://schema.org",
    "@graph": [
        {"@type": "WebSite", "name": "Site"},
        {
            "@type": ["NewsArticle"],
            "headline": "LD title",
            "datePublished": "2025-05-01T23:00:00-05:00",
            "author": [{"@type": "Person", "name": "Ann Lee"}, {"name": "Bo Ray"}],
            "publisher": {"name": "LD Courier"},
            "articleBody": "Not used.",
        },
    ],
}


METAS = """<meta property="og:title" content="OG title"><meta property="og:site_name" content="OG Courier">
<meta name="author" content="By Cy Moss and Di Orr"><meta property="article:author" content="https://x.example/cy">
<meta property="article:published_time" content="2025-06-02T10:00:00Z">
<meta property="article:section" content="World"><meta property="og:url" content="https://og.example/a">"""


BODY = "<h1>H1 title</h1><time datetime='2025-07-03'>today</time><p>Body.</p>"


def test_json_ld_comes_first(load: LoadOne) -> None:
    script = f"<script type='application/ld+json'>{json.dumps(LD)}</script>"
    article, problems = load("a.html", page(script + METAS, BODY))
    assert problems == []
    assert (article.title, article.source, article.published) == ("LD title", "LD Courier", date(2025, 5, 1))
    assert (article.authors, article.text) == (("Ann Lee", "Bo Ray"), "Body.")


def test_json_ld_may_name_people_and_outlets_elsewhere_on_the_page(load: LoadOne) -> None:
    graph = {
        "@graph": [
            {"@type": "WebPage", "mainEntity": {"@type": "Article", "headline": "A &amp; B", "author": {"@id": "#ann"},
             "publisher": {"@id": "#site"}}},
            {"@type": "Person", "@id": "#ann", "name": "Ann O&#039;Lee"},
        ]
    }  # fmt: skip
    article, _ = load("a.html", page(script(graph, {"@type": "Organization", "@id": "#site", "name": "The Courier"})))
    assert (article.title, article.authors, article.source) == ("A & B", ("Ann O'Lee",), "The Courier")


def test_json_ld_that_only_browsers_forgive_is_read(load: LoadOne) -> None:
    wrapped = '<!-- {"@type": "NewsArticle", "headline": "A\ttitle", "description": "two\nlines"} -->'
    assert load("a.html", page(f"<script type='application/ld+json'>\n{wrapped}\n</script>"))[0].title == "A title"


def test_a_person_s_own_blog_is_not_called_by_the_person(load: LoadOne) -> None:
    blog = {"@type": "BlogPosting", "publisher": {"@type": "Person", "name": "Ann Lee"}}
    head = script(blog) + "<meta property='og:site_name' content='Tidewater'>"
    assert load("a.html", page(head))[0].source == "Tidewater"


def test_json_ld_of_the_page_s_own_address_comes_before_that_of_others(load: LoadOne) -> None:
    other = {"@type": "Article", "url": "https://a.example/old", "author": "Bo Ray", "datePublished": "2019-01-02"}
    own = {"@type": ["NewsArticle"], "mainEntityOfPage": {"@id": "https://a.example/new/"}, "publisher": "The Courier",
           "author": {"name": "By Ann Lee and Cy Moss"}, "datePublished": "2025-05-17"}  # fmt: skip
    link = "<link rel=canonical href='https://a.example/new'>"
    article, _ = load("a.html", page(script(other, own) + link))
    assert (article.authors, article.published, article.source) == (
        ("Ann Lee", "Cy Moss"),
        date(2025, 5, 17),
        "The Courier",
    )
