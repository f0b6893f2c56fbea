"""Newsletters: an article a message, from an .eml file or an .mbox of several."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
LINE_BYTES = 1 << 16  # read at once; a message's line may be longer
SEPARATOR = re.compile(rb"From \S.*\d{4}\r?\n")  # \S+ would cost a long line its square
QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
MAX_WAY_OUT_CHARS = 500  # of words and addresses that lead off a list; LINK costs a long line its square
LINK = re.compile(r"https?://\S+|\S+@\S+|[\W_]+")
TO_LEAVE = set(
    "unsubscribe here click to from this these the our your list lists newsletter newsletters mailing mailings email"
    " emails e mail mails now or and manage update change view in browser preferences subscription settings privacy"
    " policy".split()
)
NAMES: article_fields.Names = {
    "id": ("id",), "title": ("title",), "text": ("text",), "authors": ("author",), "source": ("source",),
    "published": ("date",), "modified": (), "url": (), "section": (), "language": ("language",),
}  # fmt: skip


class _Policy(policy.EmailPolicy):
    """How headers are parsed: none of them whole where it has no end, which would take minutes."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:MAX_HEADER_CHARS]


POLICY = _Policy()


def load(
    source: SourceFile,
    mapping: dict[str, str],  # noqa: ARG001 - there are no fields to map
) -> Iterator[Article | Problem]:
    """Yield the article of each message; one without text is reported."""
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
    """Yield each message with its line, None for one that is too long.

    In an mbox each begins with `From `, after an empty line.
    """
    if source.suffix != ".mbox":
        yield 1, source.read()
        return
    most = source.limits.max_file_mb * MB
    with source.open() as file:
        held = bytearray()
        first, number, begins = 1, 1, True
        while line := file.readline(LINE_BYTES):
            if begins and SEPARATOR.fullmatch(line):
                if held:
                    yield first, _unquoted(held, most)
                held, first = bytearray(), number
            elif len(held) <= most:
                held += line
            number += line.endswith(b"\n")
            begins = not line.strip()
        if held:
            yield first, _unquoted(held, most)


def _unquoted(held: bytearray, most: int) -> bytes | None:
    return QUOTED.sub(rb"\1", bytes(held)) if len(held) <= most else None


def _record(message: EmailMessage) -> dict[str, object]:
    author, address = parseaddr(_said(message, "From"))
    body = message.get_body(("html", "plain"))
    text = ""
    if body is not None:
        raw = body.get_payload(decode=True)
        written = encoding.decode(raw if isinstance(raw, bytes) else b"", body.get_content_charset())
        text = dom.paragraphs(written) if body.get_content_type() == "text/html" else written
    text = _without_way_out(text)
    given = _said(message, "Date")
    try:
        when = parsedate_to_datetime(given).isoformat()
    except (ValueError, OverflowError):
        when = given
    return {
        "id": _said(message, "Message-ID").strip("<> ") or None,
        "title": _said(message, "Subject"), "author": author, "source": address.rpartition("@")[2],
        "date": when, "language": _said(message, "Content-Language"), "text": text,
    }  # fmt: skip


def _without_way_out(text: str) -> str:
    """Leave out a last paragraph, or its last line, that does nothing but lead off the list."""
    text = text.replace("\r\n", "\n").rstrip()
    for before, gap, last in (text.rpartition("\n\n"), text.rpartition("\n")):
        words = LINK.sub(" ", last).casefold().split() if len(last) <= MAX_WAY_OUT_CHARS else []
        if gap and "unsubscribe" in words and TO_LEAVE.issuperset(words):
            return before
    return text


def _said(message: EmailMessage, name: str) -> str:
    """Return a header, decoded; as it is written where it cannot be, "" where there is none."""
    try:
        return str(message.get(name, ""))
    except encoding.UNFORESEEN:
        return next(str(value) for key, value in message.raw_items() if key.lower() == name.lower())
