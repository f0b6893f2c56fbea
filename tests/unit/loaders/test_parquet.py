"""Parquet: a record a row, streamed, whole or not at all."""

from __future__ import annotations

import gzip
import io
import sys
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from rag.loaders import corpus
from rag.loaders.formats import parquet as loader
from rag.types.articles import Article
from rag.types.reading import Problem


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def raw(table: pa.Table | dict[str, object], **options: object) -> bytes:
    out = io.BytesIO()
    parquet.write_table(table if isinstance(table, pa.Table) else pa.table(table), out, **options)
    return out.getvalue()


def read(content: bytes, name: str = "a.parquet", **mapping: str) -> tuple[list[Article], list[str]]:
    Path(name).write_bytes(content)
    items = list(corpus.read([Path(name)], mapping))
    return [i for i in items if isinstance(i, Article)], [str(i) for i in items if isinstance(i, Problem)]


def test_each_column_is_a_field_and_each_row_an_article() -> None:
    table = {
        "Headline": ["Ferry", "Snow"],
        "Body": ["The ferry runs.", "It snowed."],
        "authors": [["Ann Lee", "Bo Ray"], None],
        "publisher": [{"id": 1, "name": "The Courier"}, None],
        "date": [date(2025, 4, 22), None],
        "modified": pa.array([datetime(2025, 4, 23, 6, tzinfo=UTC), None], pa.timestamp("ns", tz="UTC")),
        "url": ["https://courier.example/ferry", None],
        "section": pa.array(["Local", None]).dictionary_encode(),
        "lang": ["en", None],
        "views": [1, 2],
    }
    articles, problems = read(raw(table))
    assert problems == []
    ferry, snow = articles
    assert (ferry.title, ferry.text, ferry.authors) == ("Ferry", "The ferry runs.", ("Ann Lee", "Bo Ray"))
    assert (ferry.source, ferry.section, ferry.language) == ("The Courier", "Local", "en")
    assert (ferry.published, ferry.modified) == (date(2025, 4, 22), date(2025, 4, 23))
    assert (ferry.url, ferry.id) == ("https://courier.example/ferry", "courier.example/ferry")
    assert (snow.title, snow.authors, snow.source, snow.published) == ("Snow", (), None, None)
    assert [str(article.origin) for article in articles] == ["a.parquet:1", "a.parquet:2"]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "Europe/London"])
def test_a_time_keeps_its_day_and_clock(unit: str, zone: str | None) -> None:
    when = pa.array([1_745_299_800], pa.timestamp("s", tz=zone)).cast(pa.timestamp(unit, tz=zone))
    (article,), problems = read(raw({"text": ["Body."], "published": when}))
    assert (problems, article.published) == ([], date(2025, 4, 22))
    assert article.published_at is not None
    assert article.published_at.isoformat() == ("2025-04-22T06:30:00+01:00" if zone else "2025-04-22T05:30:00")


def test_bytes_are_text_where_they_are_utf_8() -> None:
    articles, problems = read(raw({"text": pa.array(["Café.".encode(), b"\xff\xfe"], pa.binary())}))
    assert [article.text for article in articles] == ["Café."]
    assert problems == ["a.parquet:2: text: 'text' is bytes, not text"]


def test_a_row_of_broken_text_is_a_problem_and_the_others_are_read() -> None:
    given = pa.array([b"One.", b"\xff\xfe", b"Three."], pa.binary())
    broken = pa.Array.from_buffers(pa.string(), 3, given.buffers())
    articles, problems = read(raw({"text": broken}))
    assert [(article.text, article.origin.line) for article in articles] == [("One.", 1), ("Three.", 3)]
    assert len(problems) == 1
    assert problems[0].startswith("a.parquet:2: parquet: the row cannot be read: 'utf-8' codec")


def test_a_mapping_reaches_into_objects_and_other_columns_stay_unread() -> None:
    table = {"story": [{"full": "Body.", "kicker": "Mapped"}], "text_id": [1], "price": [Decimal("1.50")]}
    (article,), problems = read(raw(table), text="story.full", title="story.kicker", section="price")
    assert (problems, article.text, article.title, article.section) == ([], "Body.", "Mapped", "1.50")


def test_a_table_without_a_text_is_one_problem() -> None:
    content = raw({"title": ["A", "B"], "story": ["a", "b"]})
    reason = "columns: no column holds the text: title, story; map one: text=NAME"
    assert read(content) == ([], [f"a.parquet:1: {reason}"])
    assert [article.text for article in read(content, text="story")[0]] == ["a", "b"]


def test_a_row_without_a_text_is_a_problem_of_its_number() -> None:
    articles, problems = read(raw({"title": ["A", "B", "C"], "text": ["a", None, "c"]}))
    assert [article.origin.line for article in articles] == [1, 3]
    assert problems == ["a.parquet:2: text: is missing or empty; the record has title"]


def test_a_table_without_rows_holds_nothing() -> None:
    assert read(raw({"text": pa.array([], pa.string())})) == ([], [])


@pytest.mark.parametrize("name", ["a.bin", "a.txt", "a"])
def test_it_is_known_by_its_first_bytes(name: str) -> None:
    assert [article.text for article in read(raw({"text": ["Body."]}), name)[0]] == ["Body."]


def test_a_text_that_begins_with_the_same_letters_is_a_text() -> None:
    assert read(b"PAR1 is a road.", "a.txt")[0][0].text == "PAR1 is a road."


def test_it_is_read_inside_an_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.loaders.files.archives.IN_MEMORY_BYTES", 1000)  # it waits in a file
    content = raw({"text": [f"Text {n}." for n in range(500)]})
    assert len(read(gzip.compress(content), "a.parquet.gz")[0]) == 500
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("in.parquet", content)
    articles, problems = read(out.getvalue(), "a.zip")
    assert (problems, len(articles), str(articles[7].origin)) == ([], 500, "a.zip!/in.parquet:8")


def test_rows_are_streamed_and_those_before_the_damage_stand() -> None:
    content = raw({"text": [f"Text {n}. {'x' * 500}" for n in range(4000)]}, row_group_size=1000, compression="none",
                  use_dictionary=False)  # fmt: skip
    damaged = bytearray(content)
    start = parquet.ParquetFile(io.BytesIO(content)).metadata.row_group(3).column(0).data_page_offset
    damaged[start : start + 30] = b"\xff" * 30
    articles, problems = read(bytes(damaged))
    assert [article.origin.line for article in articles] == list(range(1, len(articles) + 1))
    assert 2900 <= len(articles) <= 3000
    assert len(problems) == 1
    assert problems[0].startswith("a.parquet:1: parquet: cannot be read: ")
    assert problems[0].endswith("what was read before stands")


@pytest.mark.parametrize("content", [b"hello", b"PAR1\x15\x04", raw({"text": ["Body."]})[:-9]])
def test_what_is_no_table_is_one_problem(content: bytes) -> None:
    articles, problems = read(content)
    assert articles == []
    assert len(problems) == 1
    assert problems[0].startswith("a.parquet:1: parquet: cannot be read: ")


def test_a_table_that_unfolds_too_far_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader, "FREE_BYTES", 1000)
    content = raw({"text": ["x" * 5_000_000]}, compression="zstd", use_dictionary=False)
    reason = "parquet: unfolds to more than 200 times its size; not read"
    assert read(content) == ([], [f"a.parquet:1: {reason}"])


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert read(raw({"text": ["Body."]})) == (
        [], ["a.parquet:1: format: Parquet files need `pip install 'byline[parquet]'`"],
    )  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_damage_ends_in_anything_but_a_problem(data: st.DataObject) -> None:
    damaged = bytearray(raw({"text": ["One.", "Two."], "date": [date(2025, 3, 3)] * 2}))
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    read(bytes(damaged))
