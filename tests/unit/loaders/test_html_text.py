"""The text of a page is its paragraphs, without menus, captions and notices."""

from __future__ import annotations

import json

import pytest

from tests.pages import PARAGRAPHS, page, site
from tests.unit.loaders.conftest import LoadOne


def test_a_headline_below_the_lead_is_no_text(load: LoadOne) -> None:
    head = "<meta property='og:title' content='Ferry to run again'>"
    lead = "The ferry to the islands, which has lain in the harbour since March, is to run again."
    article, _ = load("a.html", site(f"<p>{lead}</p><p>Ferry to run again</p>", head=head))
    assert article.text == "\n\n".join((lead, *PARAGRAPHS))


def test_a_day_above_the_headline_is_no_text(load: LoadOne) -> None:
    head = "<meta property='og:title' content='Ferry to run again'>"
    article, _ = load("a.html", site("<p>04/19/13</p><p>Ferry to run again</p>", head=head))
    assert article.text == "\n\n".join(PARAGRAPHS)


@pytest.mark.parametrize(
    "line", ["Photo: A. Lee", "Illustration by Ann Lee", "Courtesy of the harbour office", "Sponsored Links", "* * *"]
)
def test_credits_and_rules_are_no_text(line: str, load: LoadOne) -> None:
    assert load("a.html", site(after=f"<p>{line}</p>"))[0].text == "\n\n".join(PARAGRAPHS)


@pytest.mark.parametrize(
    "line", ["Photographs by satellite show the harbour is full.", "Courtesy is what the captain is known for."]
)
def test_a_sentence_that_begins_like_a_credit_is_text(line: str, load: LoadOne) -> None:
    assert load("a.html", site(after=f"<p>{line}</p>"))[0].text.endswith(line)


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
def test_the_text_is_the_paragraphs_of_the_article(body: str, text: str, load: LoadOne) -> None:
    article, _ = load("a.html", page(body=body))
    assert article.text == text


def test_menus_captions_notices_and_footers_are_no_text(load: LoadOne) -> None:
    article, problems = load("a.html", site())
    assert article.text == "\n\n".join(PARAGRAPHS)
    assert problems == []


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
def test_what_stands_apart_on_a_page_stands_apart_in_the_text(body: str, text: str, load: LoadOne) -> None:
    assert text in load("a.html", site(after=body))[0].text
    assert load("b.json", json.dumps({"text": f"<div>{body}</div>"}))[0].text == text


def test_two_line_breaks_end_a_paragraph(load: LoadOne) -> None:
    assert load("a.json", json.dumps({"text": "<p>One.<br> <br>Two.</p>"}))[0].text == "One.\n\nTwo."


def test_text_outside_of_paragraphs_is_read(load: LoadOne) -> None:
    body = "<div>The bridge is open.</div><div>It had been shut for 431 days.</div><p>All may cross.</p>"
    assert load("a.json", json.dumps({"text": body}))[0].text.count("\n\n") == 2
    page_ = "<nav><a href=/>Home</a></nav><h1>T</h1><div>{}<br><br>{}</div><p>We use cookies to improve this site.</p>"
    text = ("The Halloran Bridge reopened on Saturday at noon.", "It had been shut for 431 days.")
    assert load("b.html", page("", page_.format(*text)))[0].text == "\n\n".join(text)


def test_what_a_page_hides_is_no_text(load: LoadOne) -> None:
    body = "<p hidden>One.</p><p style='display: none'>Two.</p><p>Three.</p>"
    assert load("a.json", json.dumps({"text": body}))[0].text == "Three."


@pytest.mark.parametrize(
    "line",
    ["This article is for subscribers only. Already a subscriber? Log in.", "You have 2 free articles remaining.",
     "To continue reading, create a free account.", "Subscribe to continue reading.", "Sign up to our newsletter.",
     "Read more: our guide to the islands", "Related stories", "Advertisement", "We use cookies. Accept all."],
)  # fmt: skip
def test_notices_are_no_text(line: str, load: LoadOne) -> None:
    assert load("a.html", site(f"<p>{line}</p>"))[0].text == "\n\n".join(PARAGRAPHS)


@pytest.mark.parametrize(
    "line",
    ["Related charges against two other contractors were dropped on Monday.",
     "Advertisement spending fell by 3 % last year.", "Subscribe to that theory and you will lose, he said."],
)  # fmt: skip
def test_a_sentence_that_begins_like_a_notice_is_text(line: str, load: LoadOne) -> None:
    assert line in load("a.html", site(f"<p>{line}</p>"))[0].text
