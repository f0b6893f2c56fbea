"""PDF: one article a file, which knows where its pages begin. A scan, which has no text, is reported."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rag.loaders.base import SourceFile, optional_import, problem
from rag.loaders.fields import article_fields, datelines
from rag.loaders.formats import pdf_layout, pdf_pages
from rag.loaders.formats.pdf_layout import TextLine
from rag.types.articles import Article
from rag.types.reading import Problem

if TYPE_CHECKING:
    from pypdf import PdfReader

FIRST_LINES = "first lines"  # `Article.fields_from` shows so where the day was read
HEAD_LINES = 5  # So many lines of the first page may state the day of publication
NAMES: article_fields.FieldNames = {
    "id": (),
    "title": ("Title",),
    "text": ("text",),
    "authors": ("Author",),
    "source": (),
    "published": (FIRST_LINES,),  # not CreationDate, which is the day of the scan or the printing
    "modified": (),
    "url": (),
    "section": (),
    "language": ("Lang",),
}
NOT_A_TITLE = re.compile(
    r"microsoft (?:word|powerpoint|excel)\s*-.*|untitled.*|powerpoint presentation|title|(?:file:|[a-z]:\\|/).*"
    r"|(?:document|presentation|layout|slide|page|scan)\s*\d*"
    r"|\S+\.[a-z][a-z0-9]{1,4}|.*\.(?:docx?|pdf|indd|qxd|odt|rtf|tex|html?)",
    re.IGNORECASE,
)
NOT_AN_AUTHOR = re.compile(
    r"(?:admin(?:istrator)?|user|owner|author|unknown|default|anonymous|root|\W*)", re.IGNORECASE
)


def load(source: SourceFile) -> Iterator[Article | Problem]:
    """Yield the article of all pages; pages that cannot be read are reported and the others read."""
    with optional_import("byline[pdf]", "PDF files"):
        from pypdf import apply_configuration
    limit = pdf_pages.MAX_STREAM_BYTES
    with apply_configuration(
        zlib_maximum_output_length=limit, lzw_maximum_output_length=limit, run_length_maximum_output_length=limit
    ):
        items = list(_read(source))  # all of them, because the configuration is global
    yield from items


def _read(source: SourceFile) -> Iterator[Article | Problem]:
    at, raw = source.origin(), source.read()
    try:
        reader = pdf_pages.open_pdf(raw)
        count, metadata = len(reader.pages), _metadata(reader)
    except pdf_pages.EncryptedError as error:
        yield problem(at, "pdf", str(error))
        return
    except Exception as error:  # noqa: BLE001 - a damaged file may raise anything
        yield problem(at, "pdf", f"is damaged or cut off: {error or type(error).__name__}; not read")
        return
    pages, scans, reasons = _pages(reader)
    text, begins = pdf_layout.text(pages)
    if text and scans:
        reasons.append(f"{_numbered(scans)} a picture and no text; not read")
    elif not text and not reasons:
        reasons.append(f"none of {count} pages holds text{': a scan' if scans else ''}; not read")
    yield from (problem(at, "pdf", reason) for reason in reasons)
    if text:
        head = [line.text for line in pages[0][:HEAD_LINES]]
        record = {**metadata, FIRST_LINES: str(datelines.day(head) or ""), "text": text}
        yield from article_fields.articles(record, at, source.name, NAMES, alone=True, pages=begins)


def _pages(reader: PdfReader) -> tuple[list[list[TextLine]], list[int], list[str]]:
    """Return the lines of each page, the numbers of the pages that are pictures, and the reasons of problems."""
    pages: list[list[TextLine]] = []
    scans: list[int] = []
    reasons: list[str] = []
    try:
        for number, lines in enumerate(pdf_pages.lines(reader), 1):
            if isinstance(lines, pdf_pages.PictureError):
                scans.append(number)
            elif isinstance(lines, Exception):
                reasons.append(f"page {number} is damaged: {lines or type(lines).__name__}; not read")
            pages.append([] if isinstance(lines, Exception) else lines)
    except pdf_pages.TooLongError as error:
        reasons.append(str(error))
    return pages, scans, reasons


def _numbered(pages: list[int]) -> str:
    first, more = ", ".join(map(str, pages[:10])), len(pages) - 10
    return f"page {first} holds" if len(pages) == 1 else f"pages {first}{f' and {more} more' if more > 0 else ''} hold"


def _metadata(reader: PdfReader) -> dict[str, object]:
    """Return title, author and language from the file's metadata, unless a program seems to have filled them in."""
    info, metadata = reader.metadata, dict[str, object]()
    title, author = (" ".join(str(info.get(name) or "").split()) if info else "" for name in ("/Title", "/Author"))
    if not NOT_A_TITLE.fullmatch(title):
        metadata["Title"] = title
    if not NOT_AN_AUTHOR.fullmatch(author):
        metadata["Author"] = author
    metadata["Lang"] = str(reader.root_object.get("/Lang") or "") or None
    return metadata
