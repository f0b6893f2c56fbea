"""The pages of a PDF -> their lines, each with its place, by pypdf; within bounds of pages, bytes and time."""

from __future__ import annotations

import io
import logging
import math
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from rag.loaders.base import MB
from rag.loaders.files.encoding import clean
from rag.loaders.formats.pdf_layout import TextLine

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

MAX_PAGES = 5000
MAX_SECONDS = 300.0  # of one file; a page takes 15 ms
MAX_STREAM_BYTES = 20 * MB  # that one compressed part of a page unfolds to
FORGET_AFTER_PAGES = 20  # what pypdf keeps of those it has read, unfolded
LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
CONTROLS = dict.fromkeys([*range(9), *range(14, 32), 127], " ")


class TooLongError(Exception):
    """A file that takes longer to read than any article."""


class PictureError(Exception):
    """A page that holds a picture and no text."""


class EncryptedError(Exception):
    """A file that the empty password does not open; says why."""


def opened(raw: bytes) -> PdfReader:
    """Open a PDF; raises EncryptedError, and whatever pypdf does where it is damaged."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError

    if (log := logging.getLogger("pypdf")).level == logging.NOTSET:
        log.setLevel(logging.CRITICAL)  # what is wrong with a file is said as a problem of it
    try:
        reader = PdfReader(io.BytesIO(raw), strict=False)
        if reader.is_encrypted:
            if not reader.decrypt(""):
                raise EncryptedError("is encrypted and needs a password; not read")
            len(reader.pages)
    except DependencyError:
        raise EncryptedError("is encrypted by AES, which needs `pip install cryptography`; not read") from None
    except FileNotDecryptedError:
        raise EncryptedError("is encrypted and needs a password; not read") from None
    return reader


def lines(reader: PdfReader) -> Iterator[list[TextLine] | Exception]:
    """Yield the lines of each page, or why it could not be read; raises TooLongError."""
    until = time.monotonic() + MAX_SECONDS
    for number, page in enumerate(reader.pages):
        if number == MAX_PAGES:
            raise TooLongError(f"has more than {MAX_PAGES:,} pages; the rest is not read")
        if number and number % FORGET_AFTER_PAGES == 0:
            reader.resolved_objects.clear()
        try:
            _check(until)
            yield _read(page, until)
        except TooLongError:
            raise
        except Exception as error:  # noqa: BLE001 - a damaged page may raise anything
            yield error


def _read(page: PageObject, until: float) -> list[TextLine]:
    found = _Lines(until)
    page.extract_text(visitor_text=found.piece, visitor_operand_before=found.check)
    found.end()
    if not found.lines and _has_picture(page):
        raise PictureError
    if not found.lines and "/Contents" in page:
        held = page.get_contents()
        if held is None or not held.get_data().strip():  # pypdf passes over what is broken
            raise ValueError("nothing of it can be unfolded")
    return found.lines


def _check(until: float) -> None:
    if time.monotonic() > until:
        raise TooLongError(f"takes more than {MAX_SECONDS:.0f} s to read; the rest is not read")


def _has_picture(page: PageObject) -> bool:
    try:
        held = cast("dict[str, Any]", cast("dict[str, Any]", page["/Resources"])["/XObject"])
        return any(held[name].get("/Subtype") == "/Image" for name in held)
    except (KeyError, AttributeError, TypeError):
        return False


class _Lines:
    """Gathers lines from the pieces that pypdf gives, in the order in which they are drawn."""

    def __init__(self, until: float) -> None:
        self.lines: list[TextLine] = []
        self._until = until
        self._text = ""
        self._place: tuple[float, float, float] | None = None
        self._longest = 0

    def check(self, *_: object) -> None:
        """Raise TooLongError where the time is up; pypdf asks before each thing that it draws."""
        _check(self._until)

    def piece(self, text: str, outer: list[float], inner: list[float], _: Any, size: float) -> None:
        """Take the next piece; a line break in it ends a line."""
        for number, part in enumerate(clean(text).translate(LIGATURES).translate(CONTROLS).split("\n")):
            if number:
                self.end()
            if part.strip():
                x, y, size_here = _place(outer, inner, size)
                if self._place is None:
                    self._place = (x, y, size_here)
                if len(part) > self._longest:  # most of a line tells its size, not a raised number or a bullet
                    self._longest, self._place = len(part), (*self._place[:2], size_here)
            self._text += part

    def end(self) -> None:
        """End a line."""
        if self._place:
            self.lines.append(TextLine(" ".join(self._text.split()), *self._place))
        self._text, self._place, self._longest = "", None, 0


def _place(outer: list[float], inner: list[float], size: float) -> tuple[float, float, float]:
    """Return how far along its line and how far up a piece begins, however it is turned, and its letters' size."""
    a, b = inner[0] * outer[0] + inner[1] * outer[2], inner[0] * outer[1] + inner[1] * outer[3]
    c, d = inner[2] * outer[0] + inner[3] * outer[2], inner[2] * outer[1] + inner[3] * outer[3]
    e = inner[4] * outer[0] + inner[5] * outer[2] + outer[4]
    f = inner[4] * outer[1] + inner[5] * outer[3] + outer[5]
    along, up = math.hypot(a, b) or 1.0, math.hypot(c, d) or 1.0
    return (e * a + f * b) / along, (e * c + f * d) / up, abs(size) * up
