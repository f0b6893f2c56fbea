"""Newsletters: an article for each message, from an .eml file, which holds one, or an .mbox, which holds several."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime

from rag.loaders.base import MB, SourceFile, problem
from rag.loaders.fields import article_fields
from rag.loaders.files import encoding
from rag.loaders.html import dom
from rag.types.articles import Article
from rag.types.reading import Problem

MAX_HEADER_CHARS = 5_000
LINE_BYTES = 1 << 16  # A longer line is read in parts
SEPARATOR = re.compile(rb"From \S.*\d{4}\r?\n")  # \S+ would take the square of a long line's length
QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
MAX_UNSUBSCRIBE_CHARS = 500  # LINK takes the square of a line's length
LINK = re.compile(r"https?://\S+|\S+@\S+|[\W_]+")
UNSUBSCRIBE_WORDS = set(
    "unsubscribe here click to from this these the our your list lists newsletter newsletters mailing mailings email"
    " emails e mail mails now or and manage update change view in browser preferences subscription settings privacy"
    " policy".split()
)
NAMES: article_fields.FieldNames = {
    "id": ("id",), "title": ("title",), "text": ("text",), "authors": ("author",), "source": ("source",),
    "published": ("date",), "modified": (), "url": (), "section": (), "language": ("language",),
}  # fmt: skip


class _Policy(policy.EmailPolicy):
    """Parses headers only up to MAX_HEADER_CHARS: a header without an end would take minutes."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:MAX_HEADER_CHARS]


POLICY = _Policy()


def load(source: SourceFile) -> Iterator[Article | Problem]:
    """Yield the article of each message; a message without text is reported."""
    for line, raw in _messages(source):
        at = source.origin(line)
        if raw is None:
            yield problem(at, "message", f"has more than {source.limits.max_file_mb} MB; not read")
            continue
        try:
            message = message_from_bytes(raw, policy=POLICY)
            assert isinstance(message, EmailMessage)
            record = _record(message)
        except encoding.UNFORESEEN as error:
            yield problem(at, "message", f"cannot be read: {error}")
            continue
        yield from article_fields.articles(record, at, source.name, NAMES, alone=source.suffix == ".eml")


def _messages(source: SourceFile) -> Iterator[tuple[int, bytes | None]]:
    """Yield the bytes of each message with its line, None for a message that is too long.

    In an mbox, a message begins with a `From ` line after an empty line.
    """
    if source.suffix != ".mbox":
        yield 1, source.read()
        return
    max_bytes = source.limits.max_file_mb * MB
    with source.open() as file:
        message = bytearray()
        first, number, after_empty_line = 1, 1, True
        while line := file.readline(LINE_BYTES):
            if after_empty_line and SEPARATOR.fullmatch(line):
                if message:
                    yield first, _unquoted(message, max_bytes)
                message, first = bytearray(), number
            elif len(message) <= max_bytes:
                message += line
            number += line.endswith(b"\n")
            after_empty_line = not line.strip()
        if message:
            yield first, _unquoted(message, max_bytes)


def _unquoted(message: bytearray, max_bytes: int) -> bytes | None:
    """Return a message of an mbox with its quoted `From ` lines restored; None where it is too long."""
    return QUOTED_FROM.sub(rb"\1", bytes(message)) if len(message) <= max_bytes else None


def _record(message: EmailMessage) -> dict[str, object]:
    author, address = parseaddr(_header(message, "From"))
    body = message.get_body(("html", "plain"))
    text = ""
    if body is not None:
        raw = body.get_payload(decode=True)
        decoded = encoding.decode(raw if isinstance(raw, bytes) else b"", body.get_content_charset())
        text = dom.paragraphs(decoded) if body.get_content_type() == "text/html" else decoded
    text = _without_unsubscribe(text)
    date = _header(message, "Date")
    with suppress(ValueError, OverflowError):  # a date in another form stays as it is written
        date = parsedate_to_datetime(date).isoformat()
    return {
        "id": _header(message, "Message-ID").strip("<> ") or None,
        "title": _header(message, "Subject"), "author": author, "source": address.rpartition("@")[2],
        "date": date, "language": _header(message, "Content-Language"), "text": text,
    }  # fmt: skip


def _without_unsubscribe(text: str) -> str:
    """Return a text without a last paragraph or line that does nothing but tell how to leave the list."""
    text = text.replace("\r\n", "\n").rstrip()
    for before, gap, last in (text.rpartition("\n\n"), text.rpartition("\n")):
        words = LINK.sub(" ", last).casefold().split() if len(last) <= MAX_UNSUBSCRIBE_CHARS else []
        if gap and "unsubscribe" in words and UNSUBSCRIBE_WORDS.issuperset(words):
            return before
    return text


def _header(message: EmailMessage, name: str) -> str:
    """Return a decoded header; as it is written where it cannot be decoded, "" where the message has none."""
    try:
        return str(message.get(name, ""))
    except encoding.UNFORESEEN:
        return next(str(value) for key, value in message.raw_items() if key.lower() == name.lower())
