"""Markdown holds one article a file, with its fields in front matter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest

from tests.unit.loaders.conftest import LoadOne

BESIDE = {"version", "published_at", "modified", "notes", "fields_from", "pages"}  # have tests of their own


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


def test_front_matter_gives_every_field_and_its_values_stay_strings(load: LoadOne) -> None:
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


def test_front_matter_may_be_toml(load: LoadOne) -> None:
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
def test_bad_toml_is_a_problem_of_its_line_and_the_body_is_read(front: str, problem: str | None, load: LoadOne) -> None:
    article, problems = load("a.md", f"+++\n{front}\n+++\nBody.")
    assert (article.text, len(problems)) == ("Body.", 1)
    assert problems == [problem or problems[0]]


def test_front_matter_goes_through_the_mapping(load: LoadOne) -> None:
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
def test_bad_yaml_is_a_problem_of_its_line_and_the_body_is_read(front: str, problem: str, load: LoadOne) -> None:
    article, problems = load("a.md", f"---\n{front}---\nBody.")
    assert (article.text, problems) == ("Body.", [problem])


def test_a_bad_day_in_front_matter_is_a_problem_of_that_field_only(load: LoadOne) -> None:
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
    content: str, title: str, title_from: str, text: str, load: LoadOne
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
def test_marks_go_and_words_stay(markdown: str, text: str, load: LoadOne) -> None:
    article, problems = load("a.md", markdown)
    assert (article.text, problems) == (text, [])


def test_markdown_without_a_body_is_a_problem(problem: Callable[[str, str], str]) -> None:
    assert problem("a.md", "---\ntitle: A\n---\n") == ("a.md:1: text: is missing or empty; the record has title")
