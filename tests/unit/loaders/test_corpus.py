"""Each file is read by the loader of its format, and what cannot be read is reported."""

from __future__ import annotations

import gzip
import io
import re
import sys
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow
import pytest
import zstandard
from fpdf import FPDF
from pyarrow.parquet import write_table

from rag.errors import LoadError
from rag.loaders import corpus
from rag.loaders.base import Format, Item, SourceFile
from rag.loaders.fields import article_fields
from rag.loaders.files import archives
from rag.loaders.formats import plaintext
from rag.types.articles import Article
from rag.types.reading import Problem
from tests.packing import tarred, zipped

Items = list[Article | Problem]


FEED = "<rss><channel><item><title>T</title><description>Body.</description></item></channel></rss>"


HTTP = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>Body.</p>"


CRAWL = (
    "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://courier.example/a\r\n"
    f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(HTTP)}\r\n\r\n{HTTP}\r\n\r\n"
)


def pdf(text: str) -> bytes:
    paper = FPDF()
    paper.add_page()
    paper.set_font("helvetica")
    paper.cell(text=text)
    return bytes(paper.output())


def parquet(text: str) -> bytes:
    out = io.BytesIO()
    write_table(pyarrow.table({"text": [text]}), out)
    return out.getvalue()


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in an empty folder, so that paths are shown as they were given."""
    monkeypatch.chdir(tmp_path)


def write(name: str, content: str | bytes = "A text.") -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(*roots: str, **mapping: str) -> Items:
    return list(corpus.read([Path(root) for root in roots], mapping))


def article_ids(items: Items) -> list[str]:
    return [item.id for item in items if isinstance(item, Article)]


def problems(items: Items) -> list[str]:
    return [str(item) for item in items if isinstance(item, Problem)]


def test_a_root_s_questions_are_no_articles_unless_it_says_so() -> None:
    for name in ("a.txt", "questions.jsonl", "sub/questions.jsonl"):
        write(f"news/{name}", '{"id": "1", "text": "Body."}' if name.startswith("q") else '{"id": "2", "text": "B."}')
    assert len(article_ids(read("news"))) == 2
    write("news/.ragignore", "!questions.jsonl\n")
    assert len(article_ids(read("news"))) == 3


def test_every_suffix_of_the_registry_has_a_loader_and_case_does_not_matter() -> None:
    content = {
        ".txt": "Body.", ".text": "Body.", ".md": "Body.", ".markdown": "Body.",
        ".jsonl": '{"text": "Body."}', ".ndjson": '{"text": "Body."}', ".json": '[{"text": "Body."}]',
        ".csv": "text\nBody.\n", ".tsv": "text\ttitle\nBody.\tT\n",
        ".html": "<p>Body.</p>", ".htm": "<p>Body.</p>", ".xhtml": "<p>Body.</p>",
        ".rss": FEED, ".atom": FEED, ".sitemap": None, ".warc": CRAWL, ".eml": "Subject: T\n\nBody.",
        ".mbox": "From a@b 2025\nSubject: T\n\nBody.", ".pdf": pdf("Body."), ".parquet": parquet("Body."),
    }  # fmt: skip
    assert content.keys() == set(corpus.known_suffixes())
    for suffix, text in content.items():
        if text is None:  # it holds no article: see test_loading_feeds.py
            continue
        (item,) = read(str(write(f"a{suffix.upper()}", text)))
        assert isinstance(item, Article), suffix
        assert item.text == "Body."


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("story", "Only text.", "Only text."),
        ("story.php", "<!DOCTYPE html><p>A page.</p>", "A page."),
        ("story.xml", '<?xml version="1.0"?>\n<html><body><p>A page.</p></body></html>', "A page."),
        ("story.dat", '[{"text": "In an array."}]', "In an array."),
        ("story.export", '{\n "text": "In an object."\n}', "In an object."),
        ("story.log", '{"text": "In a line."}\n{"title": "no text"}\n', "In a line."),
        ("story.asc", " date 2025-01-02 (A, S) Headed.", "Headed."),
        ("long", "a" + "é" * 5000, "a" + "é" * 5000),
    ],
)
def test_a_file_of_another_suffix_is_read_if_it_shows_what_it_is(name: str, content: str, text: str) -> None:
    first = read(str(write(name, content)))[0]
    assert isinstance(first, Article)
    assert first.text == text


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.log", b"12:00 started", "suffix '.log' is unknown and the file does not show what it is"),
        ("a", b"\0\1\2\3", "there is no suffix and the file does not show what it is"),
        ("a.pdf", b"7z\xbc\xaf", "holds a 7z archive, not text"),
        ("a.txt", b"\x89PNG\r\n", "holds a picture, not text"),
    ],
)
def test_a_file_that_is_no_article_is_a_problem_naming_the_known_suffixes(
    name: str, content: bytes, reason: str
) -> None:
    known = " ".join(corpus.known_suffixes())
    assert problems(read(str(write(name, content)))) == [f"{name}:1: format: {reason}; known: {known}"]


def test_a_mapping_of_a_field_that_articles_lack_is_refused_before_anything_is_read() -> None:
    with pytest.raises(LoadError, match=r"mapping: no field 'titel'; there are id, title, text"):
        corpus.read([], {"titel": "headline"})


def test_a_field_is_mapped_by_any_of_its_usual_names_and_only_once() -> None:
    write("a.json", '{"who": "Ann Lee", "day": "2025-06-03", "kopf": "The bridge", "rumpf": "It is open."}')
    (article,) = corpus.read([Path("a.json")], {"Author": "who", "date": "day", "headline": "kopf", "body": "rumpf"})
    assert isinstance(article, Article)
    assert (article.authors, article.published, article.title, article.text) == (
        ("Ann Lee",), date(2025, 6, 3), "The bridge", "It is open."
    )  # fmt: skip
    with pytest.raises(LoadError, match="mapping: 'authors' is mapped twice, to 'who' and as 'byline' to 'whom'"):
        corpus.read([], {"author": "who", "byline": "whom"})


# Formats whose files are archives themselves


def packed_article(source: SourceFile) -> Iterator[Item]:
    """Read a format of the tests: a zip with the text of one article in `content.xml`, as .odt files have it."""
    with archives.seekable(source) as file, zipfile.ZipFile(file) as archive:
        record = {"text": archive.read("content.xml").decode(), "title": source.mapping.get("title", "Unmapped")}
    yield from article_fields.articles(record, source.origin(), source.name, article_fields.USUAL, alone=True)


def packed(text: str) -> bytes:
    return zipped({"mimetype": "application/x-packed", "content.xml": text, "meta.xml": "<meta>Not an article.</meta>"})


@pytest.fixture
def with_packed_format(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register the format by one line, as a module of `rag.loaders.formats` would be."""
    monkeypatch.setattr(corpus, "FORMATS", (*corpus.FORMATS, Format(packed_article, (".packed",), is_archive=True)))


@pytest.mark.usefixtures("with_packed_format")
@pytest.mark.parametrize(
    ("name", "content", "origin", "id"),
    [
        ("a.packed", packed("Text."), "a.packed:1", "a.packed"),
        ("A.PACKED", packed("Text."), "A.PACKED:1", "A.PACKED"),
        ("n.zip", zipped({"in/a.packed": packed("Text.")}), "n.zip!/in/a.packed:1", "n.zip/in/a.packed"),
        ("n.tar", tarred({"in/a.packed": packed("Text.")}), "n.tar!/in/a.packed:1", "n.tar/in/a.packed"),
        ("n.tar", tarred({"b.zip": zipped({"a.packed": packed("Text.")})}), "n.tar!/b.zip!/a.packed:1",
         "n.tar/b.zip/a.packed"),
        ("a.packed.gz", gzip.compress(packed("Text.")), "a.packed.gz:1", "a.packed"),
    ],
)  # fmt: skip
def test_a_format_that_is_a_zip_inside_is_added_by_its_suffix(name: str, content: bytes, origin: str, id: str) -> None:
    write(name, content)
    (article,) = read(name, title="kicker")
    assert isinstance(article, Article)
    assert (article.text, article.title, str(article.origin), article.id) == ("Text.", "kicker", origin, id)


@pytest.mark.usefixtures("with_packed_format")
def test_other_archives_are_still_opened_beside_such_a_format() -> None:
    write("n.zip", zipped({"a.packed": packed("One."), "b.txt": "Two."}))
    write("m.txt", zipped({"c.txt": "Three."}))
    assert [item.text for item in read("n.zip", "m.txt") if isinstance(item, Article)] == ["One.", "Two.", "Three."]


@pytest.mark.usefixtures("with_packed_format")
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "a.packed:1: file: is empty"),
        (packed("Text.")[:60], "a.packed:1: archive: is damaged or cut off"),
        (b"Only text.", "a.packed:1: archive: is damaged or cut off"),
    ],
    ids=["empty", "cut off", "no archive"],
)
def test_a_file_of_such_a_format_that_cannot_be_read_is_one_problem(content: bytes, reason: str) -> None:
    write("a.packed", content)
    (only_problem,) = problems(read("a.packed"))
    assert only_problem.startswith(reason)


def test_a_format_is_found_by_its_magic_bytes_whatever_the_file_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """As an .epub begins: a zip whose first member is `mimetype`, not compressed."""
    magic = re.compile(rb"PK\x03\x04.{26}mimetype", re.DOTALL)
    monkeypatch.setattr(corpus, "FORMATS", (*corpus.FORMATS, Format(packed_article, (".packed",), magic=magic)))
    for name in ("a.packed", "a.zip", "a"):
        write(name, packed("Text."))
        assert [item.text for item in read(name) if isinstance(item, Article)] == ["Text."]


def test_a_format_is_found_by_the_sign_of_its_text_under_an_unknown_suffix(monkeypatch: pytest.MonkeyPatch) -> None:
    write("a.wiki", "== Ferry ==\nText.")
    assert "suffix '.wiki' is unknown" in problems(read("a.wiki"))[0]
    sign = re.compile("== ")
    monkeypatch.setattr(corpus, "FORMATS", (*corpus.FORMATS, Format(plaintext.load, (".mediawiki",), sign=sign)))
    (article,) = read("a.wiki")
    assert isinstance(article, Article)
    assert article.text == "== Ferry ==\nText."


@pytest.mark.parametrize(
    ("library", "name", "content", "problem"),
    [
        ("zstandard", "a.txt.zst", zstandard.compress(b"Text."), "Zstandard files need `pip install 'byline[zstd]'`"),
        ("fastwarc", "a.warc", b"WARC/1.0\r\n", "WARC files need `pip install 'byline[warc]'`"),
        ("pyarrow", "a.parquet", b"PAR1\0", "Parquet files need `pip install 'byline[parquet]'`"),
        ("pypdf", "a.pdf", b"%PDF-1.7", "PDF files need `pip install 'byline[pdf]'`"),
    ],
)
def test_a_file_that_needs_a_library_that_is_not_installed_names_what_to_install(
    library: str, name: str, content: bytes, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in [module for module in sys.modules if module.partition(".")[0] == library]:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, library, None)
    write(name, content)
    assert problems(read(name)) == [f"{name}:1: format: {problem}"]


@pytest.mark.parametrize("error", [ValueError("I/O operation on closed file"), OSError(9, "Bad file descriptor")])
def test_a_file_that_is_closed_while_its_share_is_asked_for_counts_as_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    class Closing(io.BytesIO):
        """Another thread closes it between the look whether it is closed and the question how far it was read."""

        def tell(self) -> int:
            raise error

    (tmp_path / "a.txt").write_text("Some text.")
    reader = corpus.CorpusReader([tmp_path])
    assert list(reader)
    monkeypatch.setattr(reader, "_open", Closing())
    assert reader.share == 1.0
