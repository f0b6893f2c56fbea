"""Newsletters: an article a message, from an .eml file or an .mbox of several."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime

from rag.loading import decoding, fields, html
from rag.loading.places import problem
from rag.ports import Source
from rag.types import Article, Problem

SEPARATOR = re.compile(rb"From \S+.*\d{4}\r?\n")
QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
NAMES: fields.Names = {
    "id": ("id",), "title": ("title",), "text": ("text",), "authors": ("author",), "source": ("source",),
    "published": ("day",), "url": (), "section": (), "language": ("language",),
}  # fmt: skip


def load(
    source: Source,
    mapping: dict[str, str],  # noqa: ARG001 - there are no fields to map
) -> Iterator[Article | Problem]:
    """Yield the article of each message; one without text is reported."""
    for line, raw in _messages(source):
        at = source.origin(line)
        message = message_from_bytes(raw, policy=policy.default)
        assert isinstance(message, EmailMessage)
        try:
            record = _record(message)
        except (LookupError, ValueError, AttributeError, TypeError) as error:  # headers that no standard foresaw
            yield problem(at, "message", f"cannot be read: {error}")
            continue
        yield from fields.articles(record, at, source.name, NAMES, alone=source.suffix == ".eml")


def _messages(source: Source) -> Iterator[tuple[int, bytes]]:
    """Yield each message with its line; in an mbox each begins with `From `, after an empty line."""
    if source.suffix != ".mbox":
        yield 1, source.read()
        return
    with source.open() as file:
        held: list[bytes] = []
        first, before = 1, b"\n"
        for number, line in enumerate(file, 1):
            if SEPARATOR.fullmatch(line) and not before.strip():
                if held:
                    yield first, QUOTED.sub(rb"\1", b"".join(held))
                held, first = [], number
            else:
                held.append(line)
            before = line
        if held:
            yield first, QUOTED.sub(rb"\1", b"".join(held))


def _record(message: EmailMessage) -> dict[str, object]:
    author, address = parseaddr(str(message.get("From", "")))
    body = message.get_body(("html", "plain"))
    text = ""
    if body is not None:
        raw = body.get_payload(decode=True)
        written = decoding.decode(raw if isinstance(raw, bytes) else b"", body.get_content_charset())
        text = html.paragraphs(written) if body.get_content_type() == "text/html" else written
    given = str(message.get("Date", ""))
    try:
        day = parsedate_to_datetime(given).date().isoformat()
    except ValueError:
        day = given
    return {
        "id": str(message.get("Message-ID", "")).strip("<> ") or None,
        "title": str(message.get("Subject", "")), "author": author, "source": address.rpartition("@")[2],
        "day": day, "language": message.get("Content-Language"), "text": text,
    }  # fmt: skip
