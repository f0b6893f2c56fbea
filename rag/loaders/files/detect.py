"""Which format a file has: by its first bytes, by its suffix, or by the signs that its text begins with."""

from __future__ import annotations

from collections.abc import Sequence

from rag.loaders.base import Format
from rag.loaders.files import encoding

HEAD_BYTES = 4096  # So much of a file decides
BINARY = (
    (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"), (b"GIF8", "a picture"),
    (b"SQLite format 3", "a database"), (b"\x7fELF", "a program"),
    (b"Rar!", "a RAR archive"), (b"7z\xbc\xaf", "a 7z archive"),
)  # fmt: skip
CONTROLS = bytes({*range(32), 127} - {*b"\t\n\v\f\r\x1a\x1b"})  # Characters that text of any encoding hardly has
NOT_CONTROLS = bytes({*range(256)} - {*CONTROLS})
MIN_CONTROLS, MIN_CONTROLS_SHARE = 16, 0.05  # So many make binary data; random bytes have a share of 0.1
# What may stand before the root of an XML document. Atomic groups match it in one way only, so that it stays linear.
XML_PROLOG = r"(?>(?><\?[^>]*>|<!--.*?-->|<!DOCTYPE\s+(?!html\b)[^>\[]*(?:\[.*?\]\s*)?>)\s*)*+"


def by_suffix(formats: Sequence[Format], suffix: str) -> Format | None:
    """Return the format that has `suffix`, None where no format has it."""
    return next((format for format in formats if suffix in format.suffixes), None)


def by_magic(formats: Sequence[Format], head: bytes) -> Format | None:
    """Return the format whose magic bytes begin the file, whatever the file is called; None where there is none."""
    return next((format for format in formats if format.magic and format.magic.match(head)), None)


def by_content(formats: Sequence[Format], head: bytes, suffix: str) -> Format | None:
    """Return the format of a text file by its suffix and the signs in its head; None where neither decides.

    The suffix decides unless its format doubts it. Under an unknown suffix (.log, .py) the signs decide; a text
    without any suffix and without a sign is read as plain text.
    """
    by_name = by_suffix(formats, suffix)
    if by_name and not (by_name.doubt and by_name.doubt.match(head)):
        return by_name
    text = encoding.clean(encoding.decode(head)).lstrip()
    signed = next((format for format in formats if format.sign and format.sign.match(text)), None)
    if signed or by_name or suffix:
        return signed or by_name
    text = text.rstrip("\ufffd")  # the head may end in the middle of a character
    return by_suffix(formats, ".txt") if text and "\ufffd" not in text else None


def binary_kind(head: bytes, format: Format | None) -> str | None:
    """Return what a file holds that is no text at all ("a picture"), None for a file that may be text.

    Only formats that can read any text are checked for control characters: other loaders notice them themselves.
    """
    if kind := next((kind for signature, kind in BINARY if head.startswith(signature)), None):
        return kind
    if not (format and format.doubt) or len(head.translate(None, NOT_CONTROLS)) < MIN_CONTROLS:
        return None
    text = encoding.decode(head).encode(errors="replace")  # the bytes of UTF-16 are full of NUL, its characters are not
    controls = len(text.translate(None, NOT_CONTROLS))
    return "binary data" if controls >= max(MIN_CONTROLS, MIN_CONTROLS_SHARE * len(text)) else None
