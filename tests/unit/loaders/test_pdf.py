"""PDF: one article a file, whose pages can be told; what cannot be read of one is said."""

from __future__ import annotations

import gzip
import io
import logging
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from fpdf import FPDF
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from rag.loaders import corpus
from rag.loaders.formats import pdf_layout, pdf_pages
from rag.loaders.formats.pdf_layout import TextLine
from rag.types.articles import Article
from rag.types.reading import Problem

FERRY = (
    "The Saltmarsh ferry runs again from 4 May, the harbour office said on Tuesday, after a winter in dry dock. "
    "Fares stay as they were last summer, and the first boat leaves the quay at twenty past seven in the morning. "
)
PORT = "The port's cranes were painted green. "
SNOW = (
    "Snow fell on the upland farms for the third week running, and the road over the pass stayed shut. "
    "Farmers who had feed to spare took it across the ridge by tractor while the council looked for a plough. "
)
BRIDGE = (
    "Engineers will open the Halloran Bridge to lorries once the new bearings have been tested under load. "
    "Until then drivers are sent round by the old mill, where a second signal has been put up for the school run. "
)


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(content: bytes, name: str = "a.pdf") -> tuple[list[Article], list[str]]:
    Path(name).write_bytes(content)
    items = list(corpus.read([Path(name)]))
    return [i for i in items if isinstance(i, Article)], [str(i) for i in items if isinstance(i, Problem)]


class Paper(FPDF):
    """A paper with a line at the top and a number at the bottom of each page."""

    def header(self) -> None:
        self.set_font("helvetica", size=9)
        self.cell(text=f"The Courier, page {self.page_no()}")
        self.ln(12)

    def footer(self) -> None:
        self.set_y(-15)
        self.cell(text=str(self.page_no()))


def paper(*pages: str, kind: type[FPDF] = FPDF, **about: str) -> bytes:
    """Return a PDF of pages, their paragraphs apart by blank lines, a blank page for ""."""
    out = kind()
    out.set_creation_date(datetime(2025, 4, 22, 6, tzinfo=UTC))
    for name, value in about.items():
        getattr(out, f"set_{name}")(value)
    for page in pages:
        out.add_page()
        out.set_font("times", size=12)
        for paragraph in filter(None, page.split("\n\n")):
            out.multi_cell(0, 6, paragraph, align="L", new_x="LMARGIN", new_y="NEXT")
            out.ln(4)
    return bytes(out.output())


def one(content: bytes) -> Article:
    (article,), problems = read(content)
    assert problems == []
    return article


def test_a_file_is_an_article_of_paragraphs_by_what_it_says_of_itself() -> None:
    content = paper(f"{FERRY}\n\n{SNOW}", title="Ferry to run again", author="Ann Lee and Bo Ray", lang="en-GB")
    article = one(content)
    assert article.text == f"{FERRY.strip()}\n\n{SNOW.strip()}"
    assert (article.title, article.title_from, article.authors) == (
        "Ferry to run again",
        "given",
        ("Ann Lee", "Bo Ray"),
    )
    assert (article.published, article.language, article.id) == (None, "en-GB", "a.pdf")
    assert article.pages == (0,)
    assert article.fields_from["title"] == "Title"


@pytest.mark.parametrize(
    "title",
    ["Microsoft Word - ferry.doc", "untitled", "Untitled-3", "ferry_final.docx", "The ferry v2.doc", "Document1",
     "Layout 1", "C:\\news\\ferry", "PowerPoint Presentation", "ferry.indd", ""],
)  # fmt: skip
def test_a_title_that_nobody_wrote_is_none(title: str) -> None:
    article = one(paper(FERRY, title=title))
    assert article.title_from == "lead"
    assert article.title.startswith("The Saltmarsh ferry")


@pytest.mark.parametrize("title", ["1984", "Mr. Smith goes", "Version 2.0", "Documents show a cover-up"])
def test_a_title_that_somebody_may_have_written_is_kept(title: str) -> None:
    assert one(paper(FERRY, title=title)).title == title


@pytest.mark.parametrize("author", ["admin", "Administrator", "User", "unknown", "-"])
def test_an_author_that_is_nobody_is_none(author: str) -> None:
    assert one(paper(FERRY, author=author)).authors == ()


@pytest.mark.parametrize(
    "line",
    ["3 June 2025", "June 3, 2025", "Tuesday, June 3, 2025", "2025-06-03", "The Courier | 3 June 2025 | Page 1",
     "By Ann Lee, 3 June 2025", "Published: June 3, 2025", "LONDON, June 3, 2025 - The ferry", "3 Jun. 2025"],
)  # fmt: skip
def test_a_day_that_stands_by_itself_in_the_first_lines_is_the_day_of_publication(line: str) -> None:
    article = one(paper(f"Ferry to run again\n\n{line}\n\n{FERRY}"))
    assert (article.published, article.fields_from["published"]) == (date(2025, 6, 3), "first lines")


@pytest.mark.parametrize(
    "line",
    ["The day the file was made is no day of publication.", "They landed on 3 June 1944.", "03/06/2025", "June 2025",
     "Of June 3, 2025 little is known.", "3 June 2999", "31 June 2025", "3 June 2025\n\n5 June 2025"],
)  # fmt: skip
def test_a_day_that_a_sentence_speaks_of_is_none_of_publication_and_no_problem(line: str) -> None:
    assert one(paper(f"{line}\n\n{FERRY}")).published is None


def test_a_day_further_down_is_none_of_publication() -> None:
    assert one(paper(f"{FERRY}\n\n" * 3 + "3 June 2025")).published is None


# Pages


def test_each_page_begins_with_its_first_words() -> None:
    article = one(paper(f"{FERRY}\n\n{PORT}", BRIDGE, SNOW))
    assert article.text == "\n\n".join(text.strip() for text in (FERRY, PORT, BRIDGE, SNOW))
    assert len(article.pages) == 3
    for begin, words in zip(article.pages, ("The Saltmarsh ferry", "Engineers will open", "Snow fell"), strict=True):
        assert article.text[begin:].startswith(words)
        assert begin == 0 or article.text[begin - 2 : begin] == "\n\n"


def test_a_sentence_over_a_page_s_end_keeps_its_paragraph_and_the_page_begins_within() -> None:
    article = one(paper(FERRY + " ".join(SNOW.split()[:12]), " ".join(SNOW.split()[12:])))
    assert article.text == FERRY + SNOW.strip()
    assert article.text[article.pages[1] :].startswith(" ".join(SNOW.split()[12:15]))


def test_lines_along_the_edges_and_page_numbers_are_left_out() -> None:
    article = one(paper(FERRY, SNOW, BRIDGE, SNOW, kind=Paper))
    assert article.text == "\n\n".join(text.strip() for text in (FERRY, SNOW, BRIDGE, SNOW))
    assert "The Courier, page" in PdfReader("a.pdf").pages[1].extract_text()


def test_two_pages_are_too_few_to_tell_what_runs() -> None:
    assert "The Courier, page 1" in one(paper(FERRY, SNOW, kind=Paper)).text


def test_an_empty_page_begins_where_the_next_one_does() -> None:
    article = one(paper(FERRY, "", SNOW, ""))
    assert article.pages == (0, len(FERRY.strip()) + 2, len(FERRY.strip()) + 2, len(article.text))


def test_a_text_that_looks_like_markup_keeps_its_pages() -> None:
    article = one(paper(f"<p>{FERRY}", SNOW))
    assert article.text[article.pages[1] :].startswith("Snow fell")


def test_pages_that_are_turned_are_read_too() -> None:
    writer = PdfWriter(clone_from=io.BytesIO(paper(f"{FERRY}\n\n{SNOW}")))
    for page in writer.pages:
        page.rotate(90)
        page.transfer_rotation_to_content()
    out = io.BytesIO()
    writer.write(out)
    assert one(out.getvalue()).text == f"{FERRY.strip()}\n\n{SNOW.strip()}"


# Lines and paragraphs


def set_lines(*lines: str, size: float = 10, x: float = 50, top: float = 800, leading: float = 12) -> list[TextLine]:
    return [TextLine(text, x, top - leading * number, size) for number, text in enumerate(lines)]


FULL = "a line that is as full as a line can be here"


@pytest.mark.parametrize(
    ("first", "second", "text"),
    [
        (f"{FULL} har-", "bour was shut", f"{FULL} harbour was shut"),
        (f"{FULL} har\u00ad", "bour was shut", f"{FULL} harbour was shut"),
        (f"{FULL} Anglo-", "Saxon", f"{FULL} Anglo- Saxon"),
        (f"{FULL} 2020-", "today is", f"{FULL} 2020- today is"),
        (f"{FULL} and", "the harbour", f"{FULL} and the harbour"),
    ],
)
def test_a_divided_word_is_whole_again(first: str, second: str, text: str) -> None:
    assert pdf_layout.text([set_lines(first, second)])[0] == text


def test_a_word_divided_by_a_page_s_end_is_whole_and_the_page_begins_within_it() -> None:
    text, begins = pdf_layout.text([set_lines(FULL, f"{FULL} har-"), set_lines("bour was shut.", FULL)])
    assert text.startswith(f"{FULL} {FULL} harbour was shut.")
    assert text[begins[1] :].startswith("bour was shut.")


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([TextLine("One", 50, 800, 10), TextLine("two", 50, 770, 10)], id="wide gap"),
        pytest.param([TextLine(f"{FULL}.", 50, 800, 10), TextLine("Two", 62, 788, 10)], id="indented"),
        pytest.param([TextLine("A heading", 50, 800, 16), TextLine("two", 50, 785, 10)], id="size"),
        pytest.param([TextLine(f"{FULL} one", 50, 800, 10), TextLine("• two", 50, 788, 10)], id="bullet"),
        pytest.param([TextLine("It ended.", 50, 800, 10), TextLine(f"Then {FULL}", 50, 788, 10)], id="room left"),
        pytest.param([TextLine("It ended.", 50, 100, 10), TextLine("The next column", 300, 800, 10)], id="column"),
    ],
)
def test_a_paragraph_ends_where_it_shows(lines: list[TextLine]) -> None:
    following = set_lines(FULL, FULL, FULL, top=lines[1].y - 12)
    text, _ = pdf_layout.text([[*lines, *following]])
    assert text.startswith(f"{lines[0].text}\n\n{lines[1].text}")


def test_a_sentence_goes_on_in_the_next_column() -> None:
    columns = [TextLine(f"{FULL} and", 50, 100, 10), *(line._replace(x=300) for line in set_lines("then", FULL))]
    assert pdf_layout.text([columns])[0] == f"{FULL} and then {FULL}"


def test_left_and_right_pages_may_have_lines_of_their_own() -> None:
    pages = []
    for number in range(8):
        head = TextLine(("The Courier", f"4 May 2025 {number}")[number % 2], 50, 820, 10)
        pages.append([head, *set_lines(f"{FULL} {'abcdefgh'[number]}", f"{'abcdefgh'[number]} ends.")])
    text, _ = pdf_layout.text(pages)
    assert "Courier" not in text
    assert "May" not in text


def test_the_headings_of_pages_are_no_running_lines() -> None:
    pages = [[TextLine(f"Chapter {n}", 50, 820, 18), *set_lines(f"{FULL} {'abcd'[n]}", "end.")] for n in range(4)]
    assert "Chapter 3" in pdf_layout.text(pages)[0]


def test_a_line_that_stands_all_over_the_pages_is_text() -> None:
    assert pdf_layout.text([set_lines(*[f"{FULL}."] * 20)] * 3)[0].count(FULL) == 60


words = st.text(st.sampled_from("abc .-•"), min_size=1, max_size=12).map(str.strip).filter(bool)
some_lines = st.builds(TextLine, words, st.floats(0, 500), st.floats(0, 800), st.floats(5, 20))


@given(st.lists(st.lists(some_lines, max_size=6), max_size=6))
def test_pages_begin_in_order_at_their_own_first_words(pages: list[list[TextLine]]) -> None:
    text, begins = pdf_layout.text(pages)
    assert len(begins) == len(pages)
    assert list(begins) == sorted(begins)
    for begin, kept in zip(begins, pdf_layout._without_edges(pages), strict=True):
        if kept:
            assert text[begin:].startswith(kept[0].text.rstrip("-"))


# What cannot be read


def encrypted(password: str) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(paper(FERRY)))
    writer.encrypt(password, "owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_an_encrypted_file_is_read_if_anyone_may() -> None:
    assert read(encrypted("secret")) == ([], ["a.pdf:1: pdf: is encrypted and needs a password; not read"])
    assert one(encrypted("")).text == FERRY.strip()


def test_a_cipher_that_needs_a_library_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from pypdf.errors import DependencyError

    def missing(self: PdfReader, password: str) -> int:
        raise DependencyError("cryptography>=3.1 is required for AES algorithm")

    monkeypatch.setattr(PdfReader, "decrypt", missing)
    reason = "is encrypted by AES, which needs `pip install cryptography`; not read"
    assert read(encrypted("")) == ([], [f"a.pdf:1: pdf: {reason}"])


@pytest.mark.parametrize("content", [b"hello", b"%PDF-1.7", b"%PDF-1.7\n" + b"\0" * 5000, paper(FERRY)[:300]])
def test_a_damaged_file_is_one_problem(content: bytes) -> None:
    articles, problems = read(content)
    assert articles == []
    assert len(problems) == 1
    assert problems[0].startswith("a.pdf:1: pdf: ")


def test_a_damaged_page_costs_no_other() -> None:
    writer = PdfWriter(clone_from=io.BytesIO(paper(FERRY, SNOW, BRIDGE)))
    contents: Any = writer.pages[1]["/Contents"].get_object()
    contents._data = b"x" + contents._data[1:40]
    out = io.BytesIO()
    writer.write(out)
    articles, problems = read(out.getvalue())
    assert articles[0].text == f"{FERRY.strip()}\n\n{BRIDGE.strip()}"
    assert articles[0].pages == (0, len(FERRY.strip()) + 2, len(FERRY.strip()) + 2)
    assert len(problems) == 1
    assert problems[0].startswith("a.pdf:1: pdf: page 2 is damaged: ")


def scan(*texts: str) -> bytes:
    from PIL import Image

    out = FPDF()
    for text in texts:
        out.add_page()
        out.set_font("times", size=12)
        out.multi_cell(0, 6, text) if text else out.image(Image.new("L", (8, 8)), w=100)
    return bytes(out.output())


def test_a_scan_is_a_problem_and_so_are_scanned_pages() -> None:
    assert read(scan("", "")) == ([], ["a.pdf:1: pdf: none of 2 pages holds text: a scan; not read"])
    assert read(paper("")) == ([], ["a.pdf:1: pdf: none of 1 pages holds text; not read"])
    articles, problems = read(scan("", FERRY, ""))
    assert articles[0].pages[:2] == (0, 0)
    assert problems == ["a.pdf:1: pdf: pages 1, 3 hold a picture and no text; not read"]


def test_pages_bytes_and_time_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    content = paper(FERRY, SNOW, BRIDGE)
    monkeypatch.setattr(pdf_pages, "MAX_PAGES", 2)
    articles, problems = read(content)
    assert articles[0].text == f"{FERRY.strip()}\n\n{SNOW.strip()}"
    assert problems == ["a.pdf:1: pdf: has more than 2 pages; the rest is not read"]
    monkeypatch.setattr(pdf_pages, "MAX_STREAM_BYTES", 50)
    articles, problems = read(content)
    assert (articles, len(problems)) == ([], 3)
    assert "page 1 is damaged: Limit reached" in problems[0]
    monkeypatch.setattr(pdf_pages, "MAX_SECONDS", -1.0)
    assert read(content) == ([], ["a.pdf:1: pdf: takes more than -1 s to read; the rest is not read"])


def test_what_is_kept_of_pages_read_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_pages, "FORGET_AFTER_PAGES", 1)
    assert len(one(paper(FERRY, SNOW, BRIDGE)).pages) == 3


@pytest.mark.parametrize("name", ["a.txt", "a.bin", "a"])
def test_it_is_known_by_its_first_bytes(name: str) -> None:
    assert read(paper(FERRY), name)[0][0].text == FERRY.strip()


def test_it_is_read_inside_an_archive() -> None:
    assert read(gzip.compress(paper(FERRY)), "a.pdf.gz")[0][0].text == FERRY.strip()


def test_the_library_says_nothing_of_its_own(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.WARNING):
        read(paper(FERRY)[:-200])
    assert caplog.records == []
    assert capfd.readouterr().err == ""


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)
    assert read(paper(FERRY)) == ([], ["a.pdf:1: format: PDF files need `pip install 'byline[pdf]'`"])


WHOLE = paper(FERRY, SNOW)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_damage_ends_in_anything_but_a_problem(data: st.DataObject) -> None:
    damaged = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 20))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    read(bytes(damaged[: data.draw(st.integers(len(damaged) // 2, len(damaged)))]))
