"""Archives and compressed files are read as streams, and what is wrong with one costs nothing else."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import random
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.loaders import corpus
from rag.loaders.files import archives
from rag.settings import ReadingLimits
from rag.types.articles import Article
from rag.types.reading import Problem
from tests.packing import tarred, zipped

RECORDS = "".join(json.dumps({"id": f"r{n}", "title": f"T{n}", "text": f"Text {n}."}) + "\n" for n in range(200))
FILES = {
    "a/one.txt": "Text one.",
    "two.md": "---\ntitle: Two\n---\nText two.",
    "a/b/many.jsonl": RECORDS,
}


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(name: str, raw: bytes) -> tuple[list[Article], list[str]]:
    Path(name).write_bytes(raw)
    items = list(corpus.read([Path(name)]))
    return [i for i in items if isinstance(i, Article)], [str(i) for i in items if isinstance(i, Problem)]


def summary(articles: list[Article]) -> set[tuple[str, str, str]]:
    return {(article.id, article.title, article.text) for article in articles}


def plain(below: str) -> set[tuple[str, str, str]]:
    for name, content in FILES.items():
        path = Path("plain", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    articles = summary([item for item in corpus.read([Path("plain")]) if isinstance(item, Article)])
    return {(id if id.startswith("r") else f"{below}/{id}", title, text) for id, title, text in articles}


@pytest.mark.parametrize(
    ("name", "below", "pack"),
    [
        ("n.zip", "n.zip", lambda: zipped(FILES)),
        ("n.tar", "n.tar", lambda: tarred(FILES)),
        ("n.tar.gz", "n.tar", lambda: gzip.compress(tarred(FILES))),
        ("n.tgz", "n.tar", lambda: gzip.compress(tarred(FILES))),
        ("n.tar.xz", "n.tar", lambda: lzma.compress(tarred(FILES))),
        ("n.tar.bz2", "n.tar", lambda: bz2.compress(tarred(FILES))),
        ("n.tar.zst", "n.tar", lambda: zstandard.compress(tarred(FILES))),
        ("n.zip.gz", "n.zip", lambda: gzip.compress(zipped(FILES))),
        ("misnamed.txt", "misnamed.txt", lambda: zipped(FILES)),
        ("nested.zip", "nested.zip/in.tar", lambda: zipped({"in.tar": tarred(FILES)})),
    ],
)
def test_an_archive_holds_the_articles_of_its_folder(name: str, below: str, pack: Callable[[], bytes]) -> None:
    articles, problems = read(name, pack())
    assert problems == []
    assert summary(articles) == plain(below)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
def test_a_compressed_file_is_read_as_what_it_holds(compress: Callable[[bytes], bytes]) -> None:
    ending = {"gzip": "gz", "bz2": "bz2", "lzma": "xz"}.get(compress.__module__, "zst")
    articles, problems = read(f"one.txt.{ending}", compress(b"date 2025-05-01 (Ann Lee, Courier) The text."))
    assert problems == []
    assert (articles[0].id, articles[0].text, articles[0].authors) == ("one.txt", "The text.", ("Ann Lee",))


def test_a_member_says_where_it_is() -> None:
    articles, _ = read("n.zip", zipped({"a/one.txt": "Text."}))
    assert str(articles[0].origin) == "n.zip!/a/one.txt:1"
    articles, _ = read("n.jsonl.gz", gzip.compress(RECORDS.encode()))
    assert str(articles[3].origin) == "n.jsonl.gz:4"


def test_what_was_read_before_a_cut_stands() -> None:
    noise = "".join(
        json.dumps({"id": f"r{n}", "text": random.Random(n).randbytes(300).hex()}) + "\n" for n in range(500)
    )
    whole = gzip.compress(noise.encode())
    articles, problems = read("cut.jsonl.gz", whole[: len(whole) // 2])
    assert 100 < len(articles) < 400
    assert len(problems) == 1
    assert "is damaged or cut off" in problems[0]
    for compress in (gzip.compress, bz2.compress, lzma.compress):
        articles, problems = read("cut.jsonl.gz", compress(b'{"text": "One."}\n') + compress(noise.encode())[:-9])
        assert articles[0].text == "One."  # however little it is
        assert "is damaged or cut off" in problems[-1]
    articles, problems = read("cut.tar", tarred({"a.txt": "Text a.", "b.txt": "Text b." * 1000})[:2000])
    assert [article.id for article in articles] == ["cut.tar/a.txt"]
    assert "is damaged or cut off" in problems[0]


@pytest.mark.parametrize("name", ["../up.txt", "/etc/x.txt", "a/../../up.txt", "..\\up.txt", "C:\\x.txt"])
def test_a_name_that_leads_out_is_reported_and_not_read(name: str) -> None:
    for pack in (zipped, tarred):
        articles, problems = read("n.bin", pack({name: "Bad.", "good.txt": "Good."}))
        assert [article.id for article in articles] == ["n.bin/good.txt"]
        assert len(problems) == 1
        assert "leads out of the archive; not read" in problems[0]


def test_links_and_encrypted_members_are_reported_and_not_read() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        link = tarfile.TarInfo("link.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert "'link.txt' is a link or a device; not read" in read("n.tar", out.getvalue())[1][0]
    raw = bytearray(zipped({"a.txt": "Text."}))
    for at in (6, raw.index(b"PK\x01\x02") + 8):
        raw[at] |= 1  # the flag of encryption, in both headers
    assert "'a.txt' is encrypted; not read" in read("n.zip", bytes(raw))[1][0]


@pytest.mark.slow
def test_a_bomb_is_not_unfolded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "FREE_BYTES", 1_000_000)
    zeros = gzip.compress(b"x" * 500_000_000)
    for name, raw in (("b.txt.gz", zeros), ("b.zip", zipped({"b.txt": b"x" * 500_000_000, "a.txt": "Text."}))):
        articles, problems = read(name, raw)
        assert len(problems) == 1
        assert "unfolds to more than 200 times its size" in problems[0]
        assert [article.id for article in articles] == (["b.zip/a.txt"] if name == "b.zip" else [])


def test_archives_within_archives_end_somewhere() -> None:
    raw = b"Text."
    for _ in range(10):
        raw = gzip.compress(raw)
    assert read("deep.gz", raw)[1] == [
        f"deep.gz:1: archive: is more than {ReadingLimits().max_archive_depth} archives deep; not read"
    ]


def test_hidden_members_are_passed_over() -> None:
    files = {".a.txt": "No.", "b/.c/d.txt": "No.", "__MACOSX/x.txt": "No.", "e.txt": "Yes."}
    assert [article.id for article in read("n.zip", zipped(files))[0]] == ["n.zip/e.txt"]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_damage_ends_in_anything_but_a_problem(data: st.DataObject) -> None:
    small = {"a.txt": "Text a.", "b.jsonl": RECORDS[:300], "c.html": "<p>Text.</p>"}
    packed = [zipped(small), tarred(small), gzip.compress(tarred(small)), lzma.compress(tarred(small)),
              bz2.compress(RECORDS.encode()), zstandard.compress(RECORDS.encode())]  # fmt: skip
    raw = bytearray(data.draw(st.sampled_from(packed)))
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    read("fuzz.bin", bytes(raw[: data.draw(st.integers(0, len(raw)))]))
