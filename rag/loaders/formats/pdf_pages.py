"""The pages of a PDF -> their lines and where each stands, by pypdf, within bounds of pages, bytes and time."""

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
MAX_SECONDS = 300.0  # For one file; a page takes 15 ms
MAX_STREAM_BYTES = 20 * MB  # One compressed stream of a page may unfold to so much
FORGET_AFTER_PAGES = 20  # pypdf keeps the unfolded objects of all pages that it has read
LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
CONTROLS = dict.fromkeys([*range(9), *range(14, 32), 127], " ")


class TooLongError(Exception):
    """A file has more pages, or takes longer to read, than any article."""


class PictureError(Exception):
    """A page holds a picture and no text."""


class EncryptedError(Exception):
    """A file is encrypted and the empty password does not open it; the message is the reason."""


def open_pdf(raw: bytes) -> PdfReader:
    """Open a PDF. Raises EncryptedError, and any exception of pypdf where the file is damaged."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError

    if (log := logging.getLogger("pypdf")).level == logging.NOTSET:
        log.setLevel(logging.CRITICAL)  # what is wrong with a file becomes a problem, not a line of a log
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
    """Yield the lines of each page, or the exception because of which it cannot be read. Raises TooLongError."""
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
    collector = _LineCollector(until)
    page.extract_text(visitor_text=collector.add, visitor_operand_before=collector.check)
    collector.end_line()
    if not collector.lines and _has_picture(page):
        raise PictureError
    if not collector.lines and "/Contents" in page:
        contents = page.get_contents()
        if contents is None or not contents.get_data().strip():  # pypdf passes over broken streams silently
            raise ValueError("nothing of it can be unfolded")
    return collector.lines


def _check(until: float) -> None:
    if time.monotonic() > until:
        raise TooLongError(f"takes more than {MAX_SECONDS:.0f} s to read; the rest is not read")


def _has_picture(page: PageObject) -> bool:
    try:
        objects = cast("dict[str, Any]", cast("dict[str, Any]", page["/Resources"])["/XObject"])
        return any(objects[name].get("/Subtype") == "/Image" for name in objects)
    except (KeyError, AttributeError, TypeError):
        return False


class _LineCollector:
    """Collects lines from the pieces of text that pypdf reports, in the order in which they are drawn."""

    def __init__(self, until: float) -> None:
        self.lines: list[TextLine] = []
        self._until = until
        self._text = ""
        self._place: tuple[float, float, float] | None = None
        self._longest = 0

    def check(self, *_: object) -> None:
        """Raise TooLongError where the time is up; pypdf calls this before each drawing operation."""
        _check(self._until)

    def add(self, text: str, outer: list[float], inner: list[float], _: Any, size: float) -> None:
        """Add the next piece of text; a line break in it ends a line.

        `outer` and `inner` are the transformation matrices of the page and of the text, `size` is the font size.
        """
        for number, part in enumerate(clean(text).translate(LIGATURES).translate(CONTROLS).split("\n")):
            if number:
                self.end_line()
            if part.strip():
                x, y, size_here = _place(outer, inner, size)
                if self._place is None:
                    self._place = (x, y, size_here)
                if len(part) > self._longest:  # a line has the size of its longest piece, not that of a footnote mark
                    self._longest, self._place = len(part), (*self._place[:2], size_here)
            self._text += part

    def end_line(self) -> None:
        """End the current line."""
        if self._place:
            self.lines.append(TextLine(" ".join(self._text.split()), *self._place))
        self._text, self._place, self._longest = "", None, 0


def _place(outer: list[float], inner: list[float], size: float) -> tuple[float, float, float]:
    """Return how far along its line and how far up a piece begins, and the size of its letters.

    Both distances are measured in the direction of the text, however the page is turned.
    """
    a, b = inner[0] * outer[0] + inner[1] * outer[2], inner[0] * outer[1] + inner[1] * outer[3]
    c, d = inner[2] * outer[0] + inner[3] * outer[2], inner[2] * outer[1] + inner[3] * outer[3]
    e = inner[4] * outer[0] + inner[5] * outer[2] + outer[4]
    f = inner[4] * outer[1] + inner[5] * outer[3] + outer[5]
    along, up = math.hypot(a, b) or 1.0, math.hypot(c, d) or 1.0
    return (e * a + f * b) / along, (e * c + f * d) / up, abs(size) * up
