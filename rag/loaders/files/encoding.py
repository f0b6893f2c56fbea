"""Bytes -> text. Decoding never raises: bytes that no encoding explains become U+FFFD.

A byte order mark decides first; then UTF-8, if it decodes more characters above U+007F than it breaks; then the
encoding that the file declares; then a guess. Lines end at "\\n" only: U+2028 and U+0085 are part of a text.
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
    (codecs.BOM_UTF32_LE, "utf-32"),  # its mark begins with that of UTF-16, so it comes first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WESTERN = "cp1252"  # Has all printable latin-1; browsers read latin-1 as cp1252 (WHATWG Encoding)
HEAD_BYTES = 1 << 18  # The encoding of a streamed file is chosen by so much of it
SKIP_BYTES = 1 << 16  # Read at once while the rest of a line that is too long is skipped
GUESS_BYTES = 1 << 16  # More bytes do not change the guess, and take seconds
# The share of bytes above 127 from which an encoding other than cp1252 is guessed: English, German and French have
# 0.04 to 0.10, Polish has 0.18, other languages more
GUESS_ABOVE = 0.12
GUESSES = [
    "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256",
    "shift_jis", "euc_jp", "gb18030", "big5", "euc_kr",
]  # fmt: skip
ASCII = bytes(range(128))
# The exceptions of reading a compressed stream or an archive that is damaged or cut off
DAMAGED = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError, NotImplementedError)
SPACES, BLANK_LINES = re.compile("[ \t\f]+"), re.compile("\n{3,}")
NOT_NORMAL_SPACE = ("  ", "\t", "\f", " \n", "\n ", "\n\n\n")
CONTROLS = re.compile("[\x80-\x84\x86-\x9f]")
WINDOWS = {code: bytes([code]).decode("cp1252", "replace") for code in range(0x80, 0xA0) if code != 0x85}
UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # NUL, and halves of surrogate pairs, which UTF-8 cannot encode

# The exceptions that third-party parsers raise by accident for input that their authors did not foresee
UNFORESEEN = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def clean(text: str) -> str:
    """Return `text` with each CRLF and CR as "\\n", and each character that cannot be stored as U+FFFD."""
    return UNSTORABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def normalize_space(text: str) -> str:
    """Return clean text with normalised white space, so that an article has one text in whichever format it is kept.

    A run of spaces and tabs becomes one space, lines have no space at their ends, and several empty lines become one.
    Control characters from U+0080 on become what Windows-1252 has in their place, as in every browser; U+0085 stays.
    """
    text = clean(text)
    if CONTROLS.search(text):
        text = text.translate(WINDOWS)
    if any(space in text for space in NOT_NORMAL_SPACE):
        lines = (SPACES.sub(" ", line).strip(" ") for line in text.split("\n"))
        text = BLANK_LINES.sub("\n\n", "\n".join(lines))
    return text.strip()


def text(raw: bytes) -> str:
    """Return the bytes of a whole file as clean text."""
    return clean(decode(raw))


def head(begin: Callable[[], BinaryIO], size: int) -> bytes:
    """Return the first `size` bytes of the file that `begin` opens, fewer where it is damaged. Raises OSError."""
    parts: list[bytes] = []
    with begin() as file, suppress(*DAMAGED):
        while (left := size - sum(map(len, parts))) and (part := file.read1(left)):  # type: ignore[attr-defined]
            parts.append(part)
    return b"".join(parts)


def lines(begin: Callable[[], BinaryIO], max_bytes: int) -> Iterator[str | None]:
    """Stream the lines of the file that `begin` opens, each with its "\\n" and not cleaned. Raises OSError.

    A line of more than `max_bytes` bytes is yielded as None. A line that is not UTF-8 in a file that is otherwise
    UTF-8 is decoded by itself, because files of several encodings may have been joined.
    """
    first = head(begin, HEAD_BYTES)
    encoding = encoding_of(first)
    if encoding.startswith(("utf-16", "utf-32")):
        with io.TextIOWrapper(begin(), encoding, "replace", newline="\n") as wide:
            yield from _bounded_lines(wide, max_bytes, "\n")
        return
    fallback = WESTERN if first.isascii() or encoding == "utf-8" else encoding
    with begin() as file:
        for number, raw in enumerate(_bounded_lines(file, max_bytes, b"\n")):
            yield None if raw is None else _line(raw if number else raw.removeprefix(codecs.BOM_UTF8), fallback)


def _bounded_lines(file: IO[AnyStr], max_size: int, end: AnyStr) -> Iterator[AnyStr | None]:
    while line := file.readline(max_size):
        if len(line) < max_size or line.endswith(end):
            yield line
            continue
        while line and not line.endswith(end):
            line = file.readline(SKIP_BYTES)
        yield None


def decode(raw: bytes, declared: str | None = None) -> str:
    """Return `raw` as text; `declared` is the encoding that the file itself declares, None where it declares none."""
    return raw.decode(encoding_of(raw, declared), "replace")


def encoding_of(raw: bytes, declared: str | None = None) -> str:
    """Return the name of the encoding by which `raw` is decoded."""
    return _by_mark(raw) or _utf8(raw) or _declared(raw, declared) or _guess(raw)


def _line(raw: bytes, fallback: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode(_utf8(raw) or fallback, "replace")


def _by_mark(raw: bytes) -> str | None:
    for mark, encoding in MARKS:
        if raw.startswith(mark):
            return encoding
    quarter = len(raw) // 4
    if raw[1::2].count(0) > quarter:  # every other byte is mostly NUL: UTF-16 without a mark
        return "utf-16-le"
    return "utf-16-be" if raw[0::2].count(0) > quarter else None


def _utf8(raw: bytes) -> str | None:
    """Return "utf-8" where it decodes more characters above U+007F than it breaks, or breaks none."""
    text = raw.decode(errors="replace")
    broken = text.count("\ufffd")
    high = len(raw.translate(None, ASCII))
    whole = len(text) - (len(raw) - high) - broken
    return "utf-8" if whole > broken or not broken else None


def _declared(raw: bytes, declared: str | None) -> str | None:
    if not declared or declared.lower().startswith("utf"):  # UTF-8 and UTF-16 have just been ruled out
        return None
    try:
        name = codecs.lookup(declared).name
        raw.decode(name)
    except (LookupError, UnicodeError):
        return None
    return WESTERN if name in {"ascii", "iso8859-1"} else name


def _guess(raw: bytes) -> str:
    head = raw[:GUESS_BYTES]
    if len(head.translate(None, ASCII)) <= GUESS_ABOVE * len(head):
        return WESTERN
    best = from_bytes(head, cp_isolation=GUESSES).best()
    return best.encoding if best else WESTERN
