"""Newsletters hold an article a message."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rag.loaders import corpus
from rag.types.articles import Article
from rag.types.reading import Problem

BODY = (
    "The Saltmarsh ferry runs again from 4 May, the harbour office said on Tuesday, after a winter in dry dock. "
    "Fares stay as they were last summer, and the first boat leaves the quay at twenty past seven in the morning."
)


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(name: str, content: str | bytes) -> tuple[list[Article], list[str]]:
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    items = list(corpus.read([Path(name)]))
    return [i for i in items if isinstance(i, Article)], [str(i) for i in items if isinstance(i, Problem)]


MESSAGE = f"""From: Ann Lee <ann@news.courier.example>
Subject: =?utf-8?q?Ferry_=C3=A0_la_carte?=
Date: Tue, 22 Apr 2025 06:00:00 +0100
Message-ID: <one@courier.example>
Content-Type: multipart/alternative; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

Plain.
--b
Content-Type: text/html; charset=iso-8859-1

<p>{BODY}</p><p>Caf\xe9.</p>
--b--
"""


def test_a_newsletter_is_an_article_by_its_sender() -> None:
    (letter,), problems = read("a.eml", MESSAGE.encode("latin-1"))
    assert problems == []
    assert letter.text == f"{BODY}\n\nCafé."
    assert (letter.title, letter.authors, letter.source) == ("Ferry à la carte", ("Ann Lee",), "news.courier.example")
    assert (letter.published, letter.id) == (date(2025, 4, 22), "one@courier.example")


@pytest.mark.parametrize(
    ("end", "kept"),
    [
        ("\n\nUnsubscribe", ""),
        ("\n\nTo unsubscribe, click here:\nhttps://courier.example/u?id=7", ""),
        ("\r\n\r\nUnsubscribe from this newsletter |\r\nManage preferences\r\n", ""),
        ("\nSee you on Friday.\nUnsubscribe: <mailto:off@courier.example>", "\nSee you on Friday."),
        ("\n\nUnsubscribe rates rose by a tenth.", "\n\nUnsubscribe rates rose by a tenth."),
        ("\n\nUnsubscribe\n\nThe end.", "\n\nUnsubscribe\n\nThe end."),
        ("\n\nClick here", "\n\nClick here"),
    ],
)
def test_a_way_off_the_list_at_a_message_s_end_is_no_text(end: str, kept: str) -> None:
    (letter,), _ = read("a.eml", f"Subject: T\nFrom: Zed & Co <z@courier.example>\n\n{BODY}{end}".encode())
    assert (letter.text, letter.authors) == (f"{BODY}{kept}", ("Zed & Co",))
    (page,), _ = read("b.eml", f"Subject: T\nContent-Type: text/html\n\n<p>{BODY}</p><p>Unsubscribe</p>".encode())
    assert page.text == BODY


def test_a_mailbox_holds_several_and_says_which_line_each_begins_on() -> None:
    second = "Subject: Two\nMessage-ID: <two>\n\n>From here on, rain.\n"
    days = ("Tue Apr 22", "Wed Apr 23", "Thu Apr 24")
    letters = zip(days, (MESSAGE, second, "Subject: None\n\n\n"), strict=True)
    box = "\n".join(f"From a@b {day} 06:00:00 2025\n{letter}" for day, letter in letters)
    articles, problems = read("a.mbox", box.encode("latin-1"))
    assert [article.id for article in articles] == ["one@courier.example", "two"]
    assert articles[1].text == "From here on, rain."
    assert articles[1].origin.line == 1 + box[: box.index("From a@b Wed")].count("\n")
    assert len(problems) == 1
    assert ": text: " in problems[0]
