"""PDF: one article a file, with the characters at which its pages begin. A scan, which has no text, is reported."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rag.loaders.base import SourceFile, problem
from rag.loaders.fields import article_fields, datelines
from rag.loaders.formats import pdf_layout, pdf_pages
from rag.loaders.formats.pdf_layout import TextLine
from rag.types.articles import Article
from rag.types.reading import Problem

if TYPE_CHECKING:
    from pypdf import PdfReader

FIRST_LINES = "first lines"
HEAD_LINES = 5  # of the first page, that may state the day of publication
NAMES: article_fields.Names = {
    "id": (),
    "title": ("Title",),
    "text": ("text",),
    "authors": ("Author",),
    "source": (),
    "published": (FIRST_LINES,),  # the file's own CreationDate is the day it was scanned or printed
    "modified": (),
    "url": (),
    "section": (),
    "language": ("Lang",),
}
NO_TITLE = re.compile(
    r"microsoft (?:word|powerpoint|excel)\s*-.*|untitled.*|powerpoint presentation|title|(?:file:|[a-z]:\\|/).*"
    r"|(?:document|presentation|layout|slide|page|scan)\s*\d*"
    r"|\S+\.[a-z][a-z0-9]{1,4}|.*\.(?:docx?|pdf|indd|qxd|odt|rtf|tex|html?)",
    re.IGNORECASE,
)
NO_AUTHOR = re.compile(r"(?:admin(?:istrator)?|user|owner|author|unknown|default|anonymous|root|\W*)", re.IGNORECASE)


def load(
    source: SourceFile,
    mapping: dict[str, str],  # noqa: ARG001 - there are no fields to map
) -> Iterator[Article | Problem]:
    """Yield the article of all pages; pages that cannot be read are reported and the others read."""
    try:
        from pypdf import apply_configuration
    except ImportError:
        yield problem(source.origin(), "format", "PDF files need `pip install 'byline[pdf]'`")
        return
    most = pdf_pages.MAX_STREAM_BYTES
    with apply_configuration(
        zlib_maximum_output_length=most, lzw_maximum_output_length=most, run_length_maximum_output_length=most
    ):
        found = list(_read(source))
    yield from found


def _read(source: SourceFile) -> Iterator[Article | Problem]:
    at, raw = source.origin(), source.read()
    try:
        reader = pdf_pages.opened(raw)
        count, about = len(reader.pages), _about(reader)
    except pdf_pages.EncryptedError as error:
        yield problem(at, "pdf", str(error))
        return
    except Exception as error:  # noqa: BLE001 - a damaged file may raise anything
        yield problem(at, "pdf", f"is damaged or cut off: {error or type(error).__name__}; not read")
        return
    pages, scans, said = _pages(reader)
    text, begins = pdf_layout.text(pages)
    if text and scans:
        said.append(f"{_numbered(scans)} a picture and no text; not read")
    elif not text and not said:
        said.append(f"none of {count} pages holds text{': a scan' if scans else ''}; not read")
    yield from (problem(at, "pdf", reason) for reason in said)
    if text:
        head = [line.text for line in pages[0][:HEAD_LINES]]
        record = {**about, FIRST_LINES: str(datelines.day(head) or ""), "text": text, article_fields.PAGES: begins}
        yield from article_fields.articles(record, at, source.name, NAMES, alone=True)


def _pages(reader: PdfReader) -> tuple[list[list[TextLine]], list[int], list[str]]:
    """Return the lines of each page that was reached, the pages that are pictures, and what is wrong with others."""
    pages: list[list[TextLine]] = []
    scans: list[int] = []
    said: list[str] = []
    try:
        for number, found in enumerate(pdf_pages.lines(reader), 1):
            if isinstance(found, pdf_pages.PictureError):
                scans.append(number)
            elif isinstance(found, Exception):
                said.append(f"page {number} is damaged: {found or type(found).__name__}; not read")
            pages.append([] if isinstance(found, Exception) else found)
    except pdf_pages.TooLongError as error:
        said.append(str(error))
    return pages, scans, said


def _numbered(pages: list[int]) -> str:
    shown, more = ", ".join(map(str, pages[:10])), len(pages) - 10
    return f"page {shown} holds" if len(pages) == 1 else f"pages {shown}{f' and {more} more' if more > 0 else ''} hold"


def _about(reader: PdfReader) -> dict[str, object]:
    """Return what the file says of itself, as far as a person may have written it."""
    found, told = reader.metadata, dict[str, object]()
    title, author = (" ".join(str(found.get(name) or "").split()) if found else "" for name in ("/Title", "/Author"))
    if not NO_TITLE.fullmatch(title):
        told["Title"] = title
    if not NO_AUTHOR.fullmatch(author):
        told["Author"] = author
    told["Lang"] = str(reader.root_object.get("/Lang") or "") or None
    return told
