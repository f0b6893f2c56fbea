"""Bytes -> text. Never raises: what no encoding explains becomes U+FFFD.

A byte order mark decides; then UTF-8, if it explains more of the bytes above 127 than it breaks; then
what the file itself declares; then a guess. Lines end at "\\n" only: U+2028 and U+0085 are part of a text.
"""

from __future__ import annotations

import codecs
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import IO, AnyStr, BinaryIO

from charset_normalizer import from_bytes

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WESTERN = "cp1252"  # holds latin-1, and is what browsers take latin-1 to mean
HEAD_BYTES = 1 << 18  # what the encoding of a streamed file is judged by
SKIP_BYTES = 1 << 16  # at a time, of a line that is too long
GUESS_BYTES = 1 << 16  # more does not change the guess and takes seconds
GUESS_ABOVE = 0.12  # high bytes: English, German and French have 0.04 to 0.10, Polish 0.18, others more
GUESSES = [
    "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256",
    "shift_jis", "euc_jp", "gb18030", "big5", "euc_kr",
]  # fmt: skip
ASCII = bytes(range(128))
# What reading on raises where a compressed stream or an archive is broken or cut off
DAMAGED = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError, NotImplementedError)
SPACES, BLANK_LINES = re.compile("[ \t\f]+"), re.compile("\n{3,}")
UNSETTLED = ("  ", "\t", "\f", " \n", "\n ", "\n\n\n")
CONTROLS = re.compile("[\x80-\x84\x86-\x9f]")
WINDOWS = {code: bytes([code]).decode("cp1252", "replace") for code in range(0x80, 0xA0) if code != 0x85}
UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # NUL, and halves of surrogate pairs

# What parsers that others wrote raise where a file is such as they never saw
UNFORESEEN = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def clean(text: str) -> str:
    """Return `text` with "\\n" for each CRLF and CR, and U+FFFD for each character that cannot be stored."""
    return UNSTORABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def settled(text: str) -> str:
    """Return clean text with its white space settled, so that an article is the same whichever form it is kept in.

    One space stands for a run of spaces and tabs, none at the ends of a line, one empty line for several. Control
    characters from U+0080 on are what Windows-1252 has there, as every browser reads them; U+0085 is a separator.
    """
    said = clean(text)
    if CONTROLS.search(said):
        said = said.translate(WINDOWS)
    if any(sign in said for sign in UNSETTLED):
        lines = (SPACES.sub(" ", line).strip(" ") for line in said.split("\n"))
        said = BLANK_LINES.sub("\n\n", "\n".join(lines))
    return said.strip()


def text(raw: bytes) -> str:
    """Return a whole file as clean text."""
    return clean(decode(raw))


def head(begin: Callable[[], BinaryIO], size: int) -> bytes:
    """Return the first bytes of the file that `begin` opens, as far as they can be read; raises OSError."""
    parts: list[bytes] = []
    with begin() as file, suppress(*DAMAGED):
        while (left := size - sum(map(len, parts))) and (part := file.read1(left)):  # type: ignore[attr-defined]
            parts.append(part)
    return b"".join(parts)


def lines(begin: Callable[[], BinaryIO], most: int) -> Iterator[str | None]:
    """Stream the lines of the file that `begin` opens, each with its "\\n", and not cleaned; raises OSError.

    None stands for a line of more than `most` bytes.
    """
    first = head(begin, HEAD_BYTES)
    encoding = encoding_of(first)
    if encoding.startswith(("utf-16", "utf-32")):
        with io.TextIOWrapper(begin(), encoding, "replace", newline="\n") as wide:
            yield from _bounded(wide, most, "\n")
        return
    otherwise = WESTERN if first.isascii() or encoding == "utf-8" else encoding
    with begin() as file:
        for number, raw in enumerate(_bounded(file, most, b"\n")):
            yield None if raw is None else _line(raw if number else raw.removeprefix(codecs.BOM_UTF8), otherwise)


def _bounded(file: IO[AnyStr], most: int, end: AnyStr) -> Iterator[AnyStr | None]:
    while line := file.readline(most):
        if len(line) < most or line.endswith(end):
            yield line
            continue
        while line and not line.endswith(end):
            line = file.readline(SKIP_BYTES)
        yield None


def decode(raw: bytes, declared: str | None = None) -> str:
    """Return `raw` as text; `declared` is the encoding that the file itself names, if it does."""
    return raw.decode(encoding_of(raw, declared), "replace")


def encoding_of(raw: bytes, declared: str | None = None) -> str:
    """Return the name of the encoding that explains `raw` best."""
    return _marked(raw) or _utf8(raw) or _declared(raw, declared) or _guessed(raw)


def _line(raw: bytes, otherwise: str) -> str:
    """Return a line as UTF-8 if it is, else as what explains it better: lines of two files may have been joined."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode(_utf8(raw) or otherwise, "replace")


def _marked(raw: bytes) -> str | None:
    for mark, encoding in MARKS:
        if raw.startswith(mark):
            return encoding
    quarter = len(raw) // 4
    if raw[1::2].count(0) > quarter:  # most of one half is NUL: UTF-16 without its mark
        return "utf-16-le"
    return "utf-16-be" if raw[0::2].count(0) > quarter else None


def _utf8(raw: bytes) -> str | None:
    text = raw.decode(errors="replace")
    broken = text.count("\ufffd")
    high = len(raw.translate(None, ASCII))
    whole = len(text) - (len(raw) - high) - broken
    return "utf-8" if whole > broken or not broken else None


def _declared(raw: bytes, declared: str | None) -> str | None:
    if not declared or declared.lower().startswith("utf"):  # that it is not has just been seen
        return None
    try:
        name = codecs.lookup(declared).name
        raw.decode(name)
    except (LookupError, UnicodeError):
        return None
    return WESTERN if name in {"ascii", "iso8859-1"} else name


def _guessed(raw: bytes) -> str:
    head = raw[:GUESS_BYTES]
    if len(head.translate(None, ASCII)) <= GUESS_ABOVE * len(head):
        return WESTERN
    best = from_bytes(head, cp_isolation=GUESSES).best()
    return best.encoding if best else WESTERN
