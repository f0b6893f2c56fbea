"""Plain text, Markdown and HTML hold one article a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from rag.loaders import corpus
from rag.types.articles import Article
from rag.types.reading import Problem

Load = Callable[..., tuple[Article, list[str]]]

BESIDE = {"version", "published_at", "modified", "notes", "fields_from", "pages"}  # have tests of their own


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Write one file and return its one article and its problems, as they are printed."""
    monkeypatch.chdir(tmp_path)

    def read(name: str, content: str | bytes, **mapping: str) -> tuple[Article, list[str]]:
        Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
        items = list(corpus.read([Path(name)], mapping))
        (article,) = (item for item in items if isinstance(item, Article))
        return article, [str(item) for item in items if isinstance(item, Problem)]

    return read


@pytest.fixture
def problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """Write one file that holds no article and return why."""
    monkeypatch.chdir(tmp_path)

    def read(name: str, content: str) -> str:
        Path(name).write_text(content)
        (item,) = corpus.read([Path(name)])
        assert isinstance(item, Problem)
        return str(item)

    return read


# Plain text


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
def test_a_header_names_authors_and_site(inside: str, authors: tuple[str, ...], source: str | None, load: Load) -> None:
    article, problems = load("a.txt", f" date 2025-05-01 ({inside}) The bridge shut.\n\nIt was old.\n")
    assert problems == []
    assert (article.authors, article.source, article.published) == (authors, source, date(2025, 5, 1))
    assert (article.text, article.id) == ("The bridge shut.\n\nIt was old.", "a.txt")
    assert (article.title, article.title_from) == ("The bridge shut.", "lead")


@pytest.mark.parametrize("before", ["", "\ufeff", "\n\t ", "\ufeff "])
def test_white_space_and_a_byte_order_mark_may_stand_before_the_header(before: str, load: Load) -> None:
    article, _ = load("a.txt", f"{before}date 2025-05-01 (Ann Lee, Courier)\nBody.")
    assert (article.text, article.source) == ("Body.", "Courier")


@pytest.mark.parametrize("text", ["No header here.", "date palms (Phoenix) grow.", "A date 2025-05-01 (A, B) x."])
def test_without_a_header_the_whole_file_is_text(text: str, load: Load) -> None:
    article, problems = load("a.txt", text)
    assert (article.text, problems) == (text, [])
    assert (article.authors, article.source, article.published) == ((), None, None)


def test_an_impossible_day_is_a_problem_and_the_article_is_read_without_it(load: Load) -> None:
    article, problems = load("a.txt", "\n date 2025-13-40 (Ann Lee, Courier) Body.")
    assert problems == ["a.txt:2: date: '2025-13-40' is not a day of the calendar; write YYYY-MM-DD"]
    assert (article.text, article.published, article.source) == ("Body.", None, "Courier")


def test_a_closing_line_stays_and_gives_the_source_only_where_the_header_gives_none(load: Load) -> None:
    closing = "This article originally appeared at Courier.example."
    article, _ = load("a.txt", f" date 2025-05-01 (Ann Lee) Body.\n\n{closing}\n")
    assert (article.source, article.text) == ("Courier.example", f"Body.\n\n{closing}")
    article, _ = load("a.txt", f" date 2025-05-01 (Ann Lee, Wire) Body.\n\n{closing}")
    assert article.source == "Wire"


def test_line_ends_become_newlines_and_other_separators_stay(load: Load) -> None:
    article, _ = load("a.txt", "a\r\nb\rc\u2028d\u2029e\x85f\tg  h \n\n \n\ni\n")
    assert article.text == "a\nb\nc\u2028d\u2029e\x85f g h\n\ni"


@pytest.mark.parametrize("content", [" \n\t", " date 2025-05-01 (Ann Lee, Courier) \n"])
def test_a_file_without_text_is_a_problem(content: str, problem: Callable[[str, str], str]) -> None:
    assert problem("a.txt", content).startswith("a.txt:1: text: is missing or empty; the record has ")


# Markdown

FRONT = """---
title: Norges statsminister
authors:
  - Ann Lee
  - Bo Ray
publisher: Courier
date: 2025-05-01
link: https://courier.example/a/
category: World
lang: no
---
"""


def test_front_matter_gives_every_field_and_its_values_stay_strings(load: Load) -> None:
    article, problems = load("a.md", FRONT + "Body.")
    assert problems == []
    assert article.model_dump(exclude={"origin", *BESIDE}) == {
        "id": "courier.example/a", "title": "Norges statsminister", "title_from": "given",
        "authors": ("Ann Lee", "Bo Ray"), "source": "Courier", "published": date(2025, 5, 1),
        "url": "https://courier.example/a/", "section": "World", "language": "no", "text": "Body.",
    }  # fmt: skip


TOML = """+++
title = "Bridge reopens"
date = 2025-05-17T10:00:00-05:00
lastmod = 2025-05-20
authors = ["Ann Lee", "Bo Ray"]
categories = ["Local"]
draft = false
[params]
head = "Below"
+++
"""


def test_front_matter_may_be_toml(load: Load) -> None:
    article, problems = load("a.md", f"{TOML}Body.")
    assert problems == []
    assert (article.title, article.authors, article.section) == ("Bridge reopens", ("Ann Lee", "Bo Ray"), "Local")
    assert (article.published, article.modified) == (date(2025, 5, 17), date(2025, 5, 20))
    assert (article.published_at, article.text) == (datetime.fromisoformat("2025-05-17T10:00:00-05:00"), "Body.")
    assert load("a.md", f"{TOML}Body.", title="params.head")[0].title == "Below"


@pytest.mark.parametrize(
    ("front", "problem"),
    [
        ('title = "A"\nauthor\n', "a.md:3: front matter: Expected '=' after a key in a key/value pair"),
        ('title = "A\n', "a.md:2: front matter: Illegal character '\\n'"),
        (f"a = {'[' * 5000}", None),
    ],
)
def test_bad_toml_is_a_problem_of_its_line_and_the_body_is_read(front: str, problem: str | None, load: Load) -> None:
    article, problems = load("a.md", f"+++\n{front}\n+++\nBody.")
    assert (article.text, len(problems)) == ("Body.", 1)
    assert problems == [problem or problems[0]]


def test_front_matter_goes_through_the_mapping(load: Load) -> None:
    article, _ = load("a.md", "---\nhead: {main: Mapped}\n---\nBody.", title="head.main")
    assert article.title == "Mapped"


@pytest.mark.parametrize(
    ("front", "problem"),
    [
        ("title: A\nauthors: [x\n", "a.md:4: front matter: expected ',' or ']', but got '<stream end>'"),
        ("title: A: b\n", "a.md:2: front matter: mapping values are not allowed here"),
        ("- a\n- b\n", "a.md:2: front matter: is a list, not fields"),
        ("a: \x01\n", "a.md:2: front matter: special characters are not allowed"),
    ],
)
def test_bad_front_matter_is_a_problem_of_its_line_and_the_body_is_read(front: str, problem: str, load: Load) -> None:
    article, problems = load("a.md", f"---\n{front}---\nBody.")
    assert (article.text, problems) == ("Body.", [problem])


def test_a_bad_day_in_front_matter_is_a_problem_of_that_field_only(load: Load) -> None:
    article, problems = load("a.md", "---\ntitle: A\ndate: 2025-13-40\n---\nBody.")
    assert problems == ["a.md:1: published: 'date': '2025-13-40' is not a day of the calendar; write YYYY-MM-DD"]
    assert article.title == "A"


@pytest.mark.parametrize(
    ("content", "title", "title_from", "text"),
    [
        ("# A *heading*\n\nBody.", "A heading", "given", "Body."),
        ("## Second\n\nBody.", "Second", "lead", "Second\n\nBody."),
        ("Body.\n\nMore.", "Body.", "lead", "Body.\n\nMore."),
        ("---\ntitle: Front\n---\n# Heading\n\nBody.", "Front", "given", "Heading\n\nBody."),
        ("---\ntitle: Same\n---\n# Same\n\nBody.", "Same", "given", "Body."),
        ("- # In a list\n\nBody.", "In a list", "lead", "- In a list\n\nBody."),
        ("# ![logo](l.png)\n\n    code\n\nBody.", "code", "lead", "code\n\nBody."),
    ],
)
def test_the_first_heading_is_the_title_where_front_matter_has_none(
    content: str, title: str, title_from: str, text: str, load: Load
) -> None:
    article, _ = load("a.md", content)
    assert (article.title, article.title_from) == (title, title_from)
    assert article.text == text


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("*a* **b** _c_ `d`", "a b c d"),
        ("[a link](https://x.example) and ![an image](y.png)end", "a link and end"),
        ("### Marks go\n\nText", "Marks go\n\nText"),
        ("Setext\n------\n\nText", "Setext\n\nText"),
        ("A\n- one\n- two\n  - three\n\nB", "A\n\n- one\n- two\n- three\n\nB"),
        ("- loose\n\n- items\n\n  again", "- loose\n\n- items\n\nagain"),
        ("3. three\n4. four", "3. three\n4. four"),
        ("> quoted\n> on", "quoted\non"),
        ("```py\nx = 1\n\ny = 2\n```", "x = 1\n\ny = 2"),
        ("one\ntwo  \nthree\\\nfour", "one\ntwo\nthree\nfour"),
        ("one\r\ntwo\u2028three", "one\ntwo\u2028three"),
        ("a &amp; b \\* c", "a & b * c"),
        ("<div>in <b>HTML</b> &gt;</div>\n\n<!-- a\nnote -->\n\na <em>b</em>", "in HTML >\n\na b"),
        ("a\n\n* * *\n\nb", "a\n\nb"),
        ("- ![image](x.png)\n\nb", "b"),
        ("{% include a.html x=1 %}\n\na{{< figure\n  src=x.png >}} b\n\n{{% note %}}c{{% /note %}}", "a b\n\nc"),
        ("a {% b\n\n{c} %} {{ d }}", "a {% b\n\n{c} %} {{ d }}"),
        (
            "Intro\n\n| Ward | Votes |\n|---|--:|\n| *North* | 12 |\n| South | |\n\nEnd",
            "Intro\n\nWard Votes\nNorth 12\nSouth\n\nEnd",
        ),
        ("a | b\n- c", "a | b\n\n- c"),
        ("<p>A\n<i>a</i>.</p><p>B.</p>\n\nC", "A a.\n\nB.\n\nC"),
        ("<div>A<p>B</p>C<br>D</div>", "A\n\nB\n\nC\nD"),
        ("<table>\n<tr><th>W</th><th>V</th></tr>\n<tr><td>N</td>\n<td>12</td></tr>\n</table>\n\nC", "W V\nN 12\n\nC"),
        ("<script>\nlet x\n\ny\n</script>\n\nC", "C"),
    ],
)
def test_marks_go_and_words_stay(markdown: str, text: str, load: Load) -> None:
    article, problems = load("a.md", markdown)
    assert (article.text, problems) == (text, [])


def test_markdown_without_a_body_is_a_problem(problem: Callable[[str, str], str]) -> None:
    assert problem("a.md", "---\ntitle: A\n---\n") == ("a.md:1: text: is missing or empty; the record has title")


# HTML

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


def page(head: str = "", body: str = "<p>Body.</p>") -> str:
    return f"<!DOCTYPE html><html lang='en-GB'><head>{head}</head><body>{body}</body></html>"


def test_json_ld_comes_first(load: Load) -> None:
    script = f"<script type='application/ld+json'>{json.dumps(LD)}</script>"
    article, problems = load("a.html", page(script + METAS, BODY))
    assert problems == []
    assert (article.title, article.source, article.published) == ("LD title", "LD Courier", date(2025, 5, 1))
    assert (article.authors, article.text) == (("Ann Lee", "Bo Ray"), "Body.")


def script(*things: object) -> str:
    return "".join(f"<script type='application/ld+json'>{json.dumps(thing)}</script>" for thing in things)


def test_json_ld_may_name_people_and_outlets_elsewhere_on_the_page(load: Load) -> None:
    graph = {
        "@graph": [
            {"@type": "WebPage", "mainEntity": {"@type": "Article", "headline": "A &amp; B", "author": {"@id": "#ann"},
             "publisher": {"@id": "#site"}}},
            {"@type": "Person", "@id": "#ann", "name": "Ann O&#039;Lee"},
        ]
    }  # fmt: skip
    article, _ = load("a.html", page(script(graph, {"@type": "Organization", "@id": "#site", "name": "The Courier"})))
    assert (article.title, article.authors, article.source) == ("A & B", ("Ann O'Lee",), "The Courier")


def test_json_ld_that_only_browsers_forgive_is_read(load: Load) -> None:
    said = '<!-- {"@type": "NewsArticle", "headline": "A\ttitle", "description": "two\nlines"} -->'
    assert load("a.html", page(f"<script type='application/ld+json'>\n{said}\n</script>"))[0].title == "A title"


def test_a_person_s_own_blog_is_not_called_by_the_person(load: Load) -> None:
    said = {"@type": "BlogPosting", "publisher": {"@type": "Person", "name": "Ann Lee"}}
    head = script(said) + "<meta property='og:site_name' content='Tidewater'>"
    assert load("a.html", page(head))[0].source == "Tidewater"


@pytest.mark.parametrize(
    ("head", "source", "said_in"),
    [
        ("<meta name='application-name' content='The Courier'>", "The Courier", "application-name"),
        ("<title>Ferry to run | The Courier</title>", "The Courier", "site"),
        ("<title>Ferry to run - Mail</title>", "the-courier.example", "its address"),
        ("<title>Ferry to run</title>", "the-courier.example", "its address"),
    ],
)
def test_an_outlet_that_is_not_stated_goes_by_the_address(head: str, source: str, said_in: str, load: Load) -> None:
    link = "<link rel='canonical' href='https://www.the-courier.example/2025/ferry'>"
    article, _ = load("a.html", page(head + link))
    assert (article.source, article.fields_from["source"]) == (source, said_in)
    assert article.title == (
        "Ferry to run - Mail" if "- Mail" in head else "Ferry to run" if "<title" in head else "Body."
    )


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
def test_a_byline_that_is_marked_as_one_names_the_authors(byline: str, authors: tuple[str, ...], load: Load) -> None:
    filler = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    teaser = "<li><span class=author>Dee Poe</span></li>" if authors else ""
    article, _ = load("a.html", page("<title>T</title>", f"{byline}<div>{filler}{filler}</div><ul>{teaser}</ul>"))
    assert article.authors == authors
    assert article.fields_from.get("authors") == ("signed" if authors else None)


def test_what_a_page_states_of_its_authors_comes_before_its_byline(load: Load) -> None:
    head = "<meta name=author content='Ann Lee'>"
    assert load("a.html", page(head, "<p class=byline>By Bo Ray</p><p>Body.</p>"))[0].authors == ("Ann Lee",)
    head += "<meta property='og:site_name' content='ANN LEE'>"  # where it states no more than the outlet
    assert load("b.html", page(head, "<p class=byline>By Bo Ray</p><p>Body.</p>"))[0].authors == ("Bo Ray",)


def times(*days: str) -> str:
    return "".join(f"<time datetime='{day}T10:00:00Z'>{day}</time>" for day in days)


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
def test_a_day_is_the_article_s_own_and_not_that_of_a_list_beside_it(body: str, day: date | None, load: Load) -> None:
    assert load("a.html", page("", f"{body}<p>Body.</p>"))[0].published == day


def test_a_headline_below_the_lead_is_no_text(load: Load) -> None:
    head = "<meta property='og:title' content='Ferry to run again'>"
    lead = "The ferry to the islands, which has lain in the harbour since March, is to run again."
    article, _ = load("a.html", site(f"<p>{lead}</p><p>Ferry to run again</p>", head=head))
    assert article.text == "\n\n".join((lead, *PARAGRAPHS))


def test_a_day_above_the_headline_is_no_text(load: Load) -> None:
    head = "<meta property='og:title' content='Ferry to run again'>"
    article, _ = load("a.html", site("<p>04/19/13</p><p>Ferry to run again</p>", head=head))
    assert article.text == "\n\n".join(PARAGRAPHS)


@pytest.mark.parametrize(
    "line", ["Photo: A. Lee", "Illustration by Ann Lee", "Courtesy of the harbour office", "Sponsored Links", "* * *"]
)
def test_credits_and_rules_are_no_text(line: str, load: Load) -> None:
    assert load("a.html", site(after=f"<p>{line}</p>"))[0].text == "\n\n".join(PARAGRAPHS)


@pytest.mark.parametrize(
    "line", ["Photographs by satellite show the harbour is full.", "Courtesy is what the captain is known for."]
)
def test_a_sentence_that_begins_like_a_credit_is_text(line: str, load: Load) -> None:
    assert load("a.html", site(after=f"<p>{line}</p>"))[0].text.endswith(line)


def test_metas_come_second(load: Load) -> None:
    article, problems = load("a.html", page("<script type='application/ld+json'>{bad</script>" + METAS, BODY))
    assert problems == []
    assert article.model_dump(exclude={"origin", "text", *BESIDE}) == {
        "id": "og.example/a", "title": "OG title", "title_from": "given", "authors": ("Cy Moss", "Di Orr"),
        "source": "OG Courier", "published": date(2025, 6, 2), "url": "https://og.example/a",
        "section": "World", "language": "en-GB",
    }  # fmt: skip


def test_elements_of_the_page_come_last(load: Load) -> None:
    link = "<link rel='canonical' href='https://courier.example/a/?utm_source=x'>"
    article, _ = load("a.html", page(f"<title>T</title>{link}", BODY))
    assert (article.title, article.published, article.id) == (
        "H1 title",
        date(2025, 7, 3),
        "courier.example/a",
    )


@pytest.mark.parametrize("name", ["date", "pubdate", "DC.date"])
def test_older_names_of_a_date_are_known(name: str, load: Load) -> None:
    article, _ = load("a.html", page(f"<meta name='{name}' content='3 March 2025'>"))
    assert article.published == date(2025, 3, 3)


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
def test_a_browser_title_loses_the_name_of_the_site_and_nothing_else(shown: str, title: str, load: Load) -> None:
    article, _ = load("a.html", page(f"<title>{shown}</title><meta property='og:site_name' content='Courier'>"))
    assert article.title == title


def test_without_any_title_the_lead_is_the_title(load: Load) -> None:
    article, _ = load("a.html", page())
    assert (article.title, article.title_from, article.id) == ("Body.", "lead", "a.html")


def test_a_bad_date_is_a_problem_that_names_where_it_stands(load: Load) -> None:
    article, problems = load("a.html", page("<meta property='article:published_time' content='x'>"))
    assert problems == [
        "a.html:1: published: 'article:published_time': 'x' is not a date in a known form; write YYYY-MM-DD"
    ]
    assert article.published is None


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>out</p><article><p>in</p></article><main><p>main</p></main>", "in"),
        ("<article><p>teaser</p></article><article><p>the longer one</p></article>", "the longer one"),
        ("<p>out</p><main><p>in</p></main>", "in"),
        ("<div><p>a</p>loose</div><p>b</p>", "a\n\nb"),
        ("<p>a</p><h2>b</h2><h3>c</h3><h4>d</h4><ul><li>e<li>f</ul>", "a\n\nb\n\nc\n\nd\n\ne\n\nf"),
        ("<blockquote>a<p>b</p>c</blockquote>", "a\n\nb\n\nc"),
        ("<p>a <b>b</b>\n  c<br>d &amp; e</p>", "a b c\nd & e"),
        ("<p>a\u2028b\u00a0c</p>", "a\u2028b\u00a0c"),
        ("<p>a<!-- no --><script>no</script><style>no</style> b</p>", "a b"),
        ("<nav><p>no</p></nav><p>a</p><aside><p>no</p></aside><footer><p>no</p></footer>", "a"),
        ("<form><p>no</p></form><figure><figcaption><p>no</p></figcaption></figure><p>a</p>", "a"),
        ("<p> </p><p>a</p><p></p>", "a"),
        ("<p>a\0b</p><p>c</p>", "a\ufffdb\n\nc"),
    ],
)
def test_the_text_is_the_paragraphs_of_the_article(body: str, text: str, load: Load) -> None:
    article, _ = load("a.html", page(body=body))
    assert article.text == text


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
    declared: str, encoding: str, text: str, load: Load
) -> None:
    for meta in (
        f'<meta charset="{declared}">',
        f'<meta http-equiv="Content-Type" content="text/html; charset={declared}">',
    ):
        article, _ = load("a.html", page(meta, f"<p>{text}</p>").encode(encoding))
        assert article.text == text


def test_xhtml_with_an_xml_declaration_is_read(load: Load) -> None:
    content = '<?xml version="1.0" encoding="utf-8"?><html xml:lang="de"><body><p>Hé</p></body></html>'
    article, _ = load("a.xhtml", content)
    assert (article.text, article.language) == ("Hé", "de")


# Pages as sites make them

PARAGRAPHS = (
    "The harbour office said that the Saltmarsh ferry runs again from the fourth of May, after a winter ashore.",
    "Fares stay as they were last summer, and the first boat leaves the quay at twenty past seven in the morning.",
    "“We have waited long enough,” said Ines Okafor, who carries the post to the island and has rowed it.",
)


def site(before: str = "", after: str = "", head: str = "", body: tuple[str, ...] = PARAGRAPHS) -> str:
    """A page with a menu, captions, notices and a footer around its article."""
    menu = "".join(f"<li><a href='/{n}'>Section {n}</a></li>" for n in range(30))
    paragraphs = "".join(f"<p>{text}</p>" for text in body)
    return (
        f"<html><head>{head}</head><body><header><h1>The Courier</h1><nav><ul>{menu}</ul></nav></header>"
        f"<div id='cookie-banner'><p>We value your privacy. Accept all cookies to read on.</p></div>"
        f"<main><article>{before}<figure><img src='f.jpg'><figcaption>The ferry in 2019. A. Lee</figcaption></figure>"
        f"{paragraphs}<p>Read more: our guide to the islands</p>{after}</article></main>"
        "<aside class='related'><h3>Most read</h3><ul><li><a href='/x'>Ten recipes for eels</a></li></ul></aside>"
        "<footer><p>Copyright The Courier. All rights reserved.</p></footer></body></html>"
    )


def test_menus_captions_notices_and_footers_are_no_text(load: Load) -> None:
    article, problems = load("a.html", site())
    assert article.text == "\n\n".join(PARAGRAPHS)
    assert problems == []


def test_a_headline_is_the_h1_that_the_page_is_titled_by_and_not_the_masthead(load: Load) -> None:
    head = "<title>Saltmarsh ferry to run again from May | The Courier</title>"
    article, _ = load("a.html", site("<h1>Saltmarsh ferry to run again from 4 May</h1>", head=head))
    assert article.title == "Saltmarsh ferry to run again from 4 May"
    assert article.text == "\n\n".join(PARAGRAPHS)
    article, _ = load("b.html", site(head=head.replace(" | The", " – The")))
    assert article.title == "Saltmarsh ferry to run again from May – The Courier"


def test_a_day_in_the_page_s_text_is_read_with_its_year_and_not_guessed_without(load: Load) -> None:
    assert load("a.html", site("<p class='date'>Published: 3 June 2024</p>"))[0].published == date(2024, 6, 3)
    assert load("b.html", site("<p class='date'>Published: June 3</p>"))[0].published is None


BY = (
    "<meta name='author' content='Rita Sommer and Bo Ray'><meta property='og:site_name' content='The Courier'>"
    "<meta property='article:published_time' content='2025-06-03'><title>Ferry to run again</title>"
)


@pytest.mark.parametrize(
    "line",
    ["By Rita Sommer", "RITA SOMMER", "By Rita Sommer and Bo Ray, The Courier", "Rita Sommer | 3 June 2025, 10:30 am",
     "Tuesday, June 3, 2025", "Published on 2025-06-03", "By Rita Sommer<br>Staff writer",
     "<b>By</b> Bo Ray for The Courier"],
)  # fmt: skip
@pytest.mark.parametrize("before", ["", "<h2>Ferry to run again</h2>", "<p>By Rita Sommer</p>"])
def test_a_byline_or_its_day_above_the_story_is_no_text(line: str, before: str, load: Load) -> None:
    head = "Ferry to run again\n\n" if "h2" in before else ""
    plain, _ = load("a.html", page(BY, f"{before}<p class=byline>{line}</p><p>The ferry runs.</p><p>By Bo Ray</p>"))
    assert plain.text == f"{head}The ferry runs.\n\nBy Bo Ray"
    made, _ = load("b.html", site(f"<p class=byline>{line}</p>", head=BY))
    assert made.text == "\n\n".join(PARAGRAPHS)


@pytest.mark.parametrize(
    "line",
    ["By Ann Lee", "Rita Sommer —", "By Rita Sommer, who rowed it", "Rita Sommer said so.", "The Courier",
     "4 June 2025", "By and by", "Rita Sommer: Мост открыт", "On 3 June 2025 the ferry ran.", "Bo Rays",
     "Photographs by Bo Ray"],
)  # fmt: skip
def test_a_first_paragraph_with_any_other_word_is_text(line: str, load: Load) -> None:
    assert load("a.html", page(BY, f"<p>{line}</p><p>The ferry runs.</p>"))[0].text == f"{line}\n\nThe ferry runs."


def test_a_page_of_nothing_but_a_byline_keeps_it(load: Load) -> None:
    assert load("a.html", page(BY, "<p>By Bo Ray</p>"))[0].text == "By Bo Ray"


@pytest.mark.parametrize("day", ["2999-01-01", "99991231"])
def test_a_day_to_come_is_no_day_of_publication(day: str, load: Load) -> None:
    article, problems = load("a.html", site(head=f"<meta property='article:published_time' content='{day}'>"))
    assert article.published is None
    assert len(problems) == 1
    assert "is in the future" in problems[0]


def test_an_outlet_is_no_author_beside_people(load: Load) -> None:
    head = "<meta property='og:site_name' content='The Courier'><meta name='author' content='{}'>"
    assert load("a.html", site(head=head.format("Ann Lee, The Courier")))[0].authors == ("Ann Lee",)
    assert load("b.html", site(head=head.format("The Courier")))[0].authors == ("The Courier",)


def test_a_front_page_and_a_page_of_links_hold_no_article(problem: Callable[[str, str], str]) -> None:
    canonical = "<link rel='canonical' href='https://courier.example/'>"
    assert "holds no article: https://courier.example/ is a site" in problem("a.html", site(head=canonical))
    links = "<p>" + "".join(f"<a href='/{n}'>{n}</a> " for n in range(200)) + "</p>"
    assert "holds no article: 2" in problem("b.html", f"<html><body><main>{links}</main></body></html>")


def test_a_page_that_says_it_is_an_article_is_one_whatever_its_links(load: Load) -> None:
    links = "".join(f"<li><a href='/{n}'>{n}</a></li>" for n in range(900))
    head = "<meta property='og:type' content='article'>"
    assert load("a.html", site(head=head).replace("<footer>", f"<ul>{links}</ul><footer>"))[0].text.startswith(
        "The harbour"
    )


def test_a_page_beyond_the_limit_is_said_and_not_read(problem: Callable[[str, str], str]) -> None:
    assert "more than 20 MB" in problem("a.html", "<p>" + "x" * 20_000_120)


@pytest.mark.parametrize("tag", ["div", "b", "table", "ul", "font", "blockquote"])
def test_elements_within_elements_without_end_are_read_and_harm_nothing(tag: str, load: Load) -> None:
    text = "\n\n".join(PARAGRAPHS)
    deep = f"<{tag}>" * 50_000
    article, _ = load("a.html", site(body=PARAGRAPHS) + deep)
    assert "harbour office" in article.text
    assert len(article.text) < 2 * len(text)


# The text of pages: blocks, notices, and pages that hold no article

LONG = "<p>" + "</p><p>".join(PARAGRAPHS) + "</p>"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>“We waited,” she said.</p>The mayor said nothing.", "“We waited,” she said.\n\nThe mayor said nothing."),
        ("<p>Monday<br>Tuesday</p>", "Monday\nTuesday"),
        ("<blockquote><p>It is open.</p><p>It is not.</p></blockquote>", "It is open.\n\nIt is not."),
        ("<ul><li>East bank<ul><li>Bakery Lane</li></ul></li></ul>", "East bank\n\nBakery Lane"),
        ("<table><tr><td>2023</td><td>9 million</td></tr><tr><td>2024</td><td>14</td></tr></table>",
         "2023 | 9 million\n\n2024 | 14"),
    ],
)  # fmt: skip
def test_what_stands_apart_on_a_page_stands_apart_in_the_text(body: str, text: str, load: Load) -> None:
    assert text in load("a.html", site(after=body))[0].text
    assert load("b.json", json.dumps({"text": f"<div>{body}</div>"}))[0].text == text


def test_two_line_breaks_end_a_paragraph(load: Load) -> None:
    assert load("a.json", json.dumps({"text": "<p>One.<br> <br>Two.</p>"}))[0].text == "One.\n\nTwo."


def test_text_outside_of_paragraphs_is_read(load: Load) -> None:
    body = "<div>The bridge is open.</div><div>It had been shut for 431 days.</div><p>All may cross.</p>"
    assert load("a.json", json.dumps({"text": body}))[0].text.count("\n\n") == 2
    page_ = "<nav><a href=/>Home</a></nav><h1>T</h1><div>{}<br><br>{}</div><p>We use cookies to improve this site.</p>"
    text = ("The Halloran Bridge reopened on Saturday at noon.", "It had been shut for 431 days.")
    assert load("b.html", page("", page_.format(*text)))[0].text == "\n\n".join(text)


def test_what_a_page_hides_is_no_text(load: Load) -> None:
    body = "<p hidden>One.</p><p style='display: none'>Two.</p><p>Three.</p>"
    assert load("a.json", json.dumps({"text": body}))[0].text == "Three."


@pytest.mark.parametrize(
    "line",
    ["This article is for subscribers only. Already a subscriber? Log in.", "You have 2 free articles remaining.",
     "To continue reading, create a free account.", "Subscribe to continue reading.", "Sign up to our newsletter.",
     "Read more: our guide to the islands", "Related stories", "Advertisement", "We use cookies. Accept all."],
)  # fmt: skip
def test_notices_are_no_text(line: str, load: Load) -> None:
    assert load("a.html", site(f"<p>{line}</p>"))[0].text == "\n\n".join(PARAGRAPHS)


@pytest.mark.parametrize(
    "line",
    ["Related charges against two other contractors were dropped on Monday.",
     "Advertisement spending fell by 3 % last year.", "Subscribe to that theory and you will lose, he said."],
)  # fmt: skip
def test_a_sentence_that_begins_like_a_notice_is_text(line: str, load: Load) -> None:
    assert line in load("a.html", site(f"<p>{line}</p>"))[0].text


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


def test_a_news_item_about_a_page_not_found_is_one(load: Load) -> None:
    head = "<title>404 Media wins a prize for its reporting on the internet</title>"
    assert load("a.html", page(head, LONG))[0].text == "\n\n".join(PARAGRAPHS)


# Addresses, headlines, bylines and days


def test_a_relative_canonical_address_is_read_against_the_page_s_own(load: Load) -> None:
    link = "<link rel=canonical href=/2025/05/news-1>"
    assert (
        load("a.html", page(f"{link}<meta property='og:url' content='https://a.example/x'>"))[0].id
        == "a.example/2025/05/news-1"
    )
    assert load("b.html", page(link))[0].id == "b.html"
    home = "<link rel=canonical href='https://a.example/'>"  # as some sites say on every page
    own = "<meta property='og:url' content='https://a.example/x'>"
    assert load("c.html", page(home + own))[0].id == "a.example/x"


@pytest.mark.parametrize(
    ("title", "h1s", "said"),
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
    title: str, h1s: str, said: str, load: Load
) -> None:
    assert load("a.html", page(f"<title>{title}</title>", f"{h1s}{LONG}"))[0].title == said


@pytest.mark.parametrize(
    "around",
    ["<figure><figcaption>{}</figcaption></figure>", "<blockquote>{}</blockquote>", "<p class='latest-posts'>{}</p>",
     "<section class=related>{}</section>", "<div itemscope itemtype='https://schema.org/Book'>{}</div>"],
)  # fmt: skip
def test_a_byline_of_something_else_on_the_page_is_none_of_the_article(around: str, load: Load) -> None:
    byline = "<span class=author itemprop=author>Bo Ray</span>"
    byline = byline.replace("class=author ", "") if "Book" in around else byline
    assert load("a.html", page("", f"<h1>T</h1>{around.format(byline)}{LONG}"))[0].authors == ()


def test_a_byline_far_from_the_headline_is_another_s(load: Load) -> None:
    far = f"<h1>T</h1>{LONG * 8}<div class=author>Bo Ray</div>"
    assert load("a.html", page("", far))[0].authors == ()
    assert load("b.html", page("", far.replace("<h1>", "<div class=author>Ann Lee</div><h1>")))[0].authors == (
        "Ann Lee",
    )


def test_the_page_of_an_author_hides_no_byline(load: Load) -> None:
    head = "<meta property='article:author' content='https://www.facebook.com/courier'>"
    body = f"<h1>T</h1><p>By <a rel=author href=/ann>Ann Lee</a>, New York</p>{LONG}"
    assert load("a.html", page(head, body))[0].authors == ("Ann Lee",)


def test_json_ld_of_the_page_s_own_address_comes_before_that_of_others(load: Load) -> None:
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
def test_a_day_is_read_near_the_headline_where_none_is_stated(body: str, day: date | None, load: Load) -> None:
    assert load("a.html", page("", body.replace("{}", LONG) + LONG))[0].published == day
