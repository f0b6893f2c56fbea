"""The first bytes of a file -> what it holds, where the suffix does not say."""

from __future__ import annotations

import re

from rag.loading import decoding, plaintext

HEAD_BYTES = 4096
BINARY = (
    (b"%PDF", "a PDF"), (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"), (b"GIF8", "a picture"),
    (b"SQLite format 3", "a database"), (b"Rar!", "a RAR archive"), (b"7z\xbc\xaf", "a 7z archive"),
)  # fmt: skip
FEED = re.compile(r"(?:<\?[^>]*>\s*|<!--.*?-->\s*)*<(?:rss|feed|rdf:RDF)\b", re.DOTALL)
PAGE = re.compile(r"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype html|html)\b", re.IGNORECASE | re.DOTALL)


def binary(head: bytes) -> str | None:
    """Return what is in a file that is not text at all; None for one that may be."""
    return next((kind for signature, kind in BINARY if head.startswith(signature)), None)


def suffix(head: bytes, given: str) -> str | None:
    """Return the suffix that a file of unknown or no suffix should have had; None where that is unclear.

    Any text may be an article where there is no suffix; under a foreign one (.log, .py) only text that
    has the header of an article is.
    """
    text = decoding.clean(decoding.decode(head)).lstrip()
    if PAGE.match(text):
        return ".html"
    if FEED.match(text):
        return ".rss"
    if text.startswith("WARC/1."):
        return ".warc"
    if re.match(r"\[\s*\{", text):
        return ".json"
    if re.match(r'\{\s*"', text):
        return ".jsonl" if re.search(r"\}[ \t]*\n\{", text) else ".json"
    text = text.rstrip("\ufffd")  # the last character may be cut in two
    is_text = bool(text) and "\ufffd" not in text
    return ".txt" if plaintext.HEADER.match(text) or (is_text and not given) else None
