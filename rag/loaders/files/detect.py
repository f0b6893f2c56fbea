"""The first bytes of a file -> what it holds, where the suffix does not say."""

from __future__ import annotations

import re

from rag.loaders.files import encoding
from rag.loaders.formats import plaintext

HEAD_BYTES = 4096
BINARY = (
    (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"), (b"GIF8", "a picture"),
    (b"SQLite format 3", "a database"), (b"\x7fELF", "a program"),
    (b"Rar!", "a RAR archive"), (b"7z\xbc\xaf", "a 7z archive"),
)  # fmt: skip
MAGIC = ((re.compile(rb"%PDF-\d"), ".pdf"), (re.compile(rb"PAR1[\0-\x1f]"), ".parquet"))
BEFORE = r"(?>(?><\?[^>]*>|<!--.*?-->|<!DOCTYPE\s+(?!html\b)[^>\[]*(?:\[.*?\]\s*)?>)\s*)*+"  # each in one way only
SIGNS = {
    ".html": re.compile(BEFORE + r"<(?:!doctype html|html)\b", re.IGNORECASE | re.DOTALL),
    ".rss": re.compile(BEFORE + r"<(?:rss|feed|rdf:RDF)\b", re.DOTALL),
    ".sitemap": re.compile(BEFORE + r"<(?:\w+:)?(?:urlset|sitemapindex)\b", re.DOTALL),
    ".warc": re.compile(r"WARC/1\."),
    ".json": re.compile(r"\[\s*\{"),
}
MAY_SHOW = re.compile(rb"(?:\xef\xbb\xbf)?\s*[<\[{W]")
CONTROLS = bytes({*range(32), 127} - {*b"\t\n\v\f\r\x1a\x1b"})  # what no text is full of, in any encoding
NOT_CONTROLS = bytes({*range(256)} - {*CONTROLS})
MOST_CONTROLS = 16, 0.05  # so many, and so large a share: bytes drawn at random have 0.1
MARKDOWN = {".md", ".markdown"}
REFUSE_NOTHING = {".txt", ".text", ".html", ".htm", ".xhtml"} | MARKDOWN  # any file reads as one: they prove nothing


def binary(head: bytes, suffix: str = "") -> str | None:
    """Return what is in a file that is not text at all; None for one that may be."""
    if found := next((kind for signature, kind in BINARY if head.startswith(signature)), None):
        return found
    if suffix not in REFUSE_NOTHING or len(head.translate(None, NOT_CONTROLS)) < MOST_CONTROLS[0]:
        return None
    text = encoding.decode(head).encode(errors="replace")  # UTF-16 is full of NUL, its characters are not
    controls = len(text.translate(None, NOT_CONTROLS))
    return "binary data" if controls >= max(MOST_CONTROLS[0], MOST_CONTROLS[1] * len(text)) else None


def shown(head: bytes, given: str) -> str | None:
    """Return the suffix that a file misnamed `given` should have had; None where its name may be right."""
    found = suffix(head, given) if given in REFUSE_NOTHING and MAY_SHOW.match(head) else None
    return None if found in {".json", ".jsonl"} and given in MARKDOWN else found  # some front matter is JSON


def magic(head: bytes) -> str | None:
    """Return the suffix of a form that is not text and that a loader reads, whatever the file is called."""
    return next((suffix for signature, suffix in MAGIC if signature.match(head)), None)


def suffix(head: bytes, given: str) -> str | None:
    """Return the suffix that a file of unknown or no suffix should have had; None where that is unclear.

    Any text may be an article where there is no suffix; under a foreign one (.log, .py) only text that
    has the header of an article is.
    """
    text = encoding.clean(encoding.decode(head)).lstrip()
    if known := next((suffix for suffix, pattern in SIGNS.items() if pattern.match(text)), None):
        return known
    if re.match(r'\{\s*"', text):
        return ".jsonl" if re.search(r"\}[ \t]*\n\{", text) else ".json"
    text = text.rstrip("\ufffd")  # the last character may be cut in two
    is_text = bool(text) and "\ufffd" not in text
    return ".txt" if plaintext.HEADER.match(text) or (is_text and not given) else None
