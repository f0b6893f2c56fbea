"""What `rag reindex` promises beyond an index: no work is lost, folders are followed, each file is reported."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rag.indexing.embedding_journal import EmbeddingJournal
from rag.service import RagService
from rag.types.index import ReindexReport
from tests.conftest import ask
from tests.integration.conftest import PATIENCE_S, RAG, Rag


def reported(done: subprocess.CompletedProcess[str], code: int = 0) -> ReindexReport:
    assert done.returncode == code, done.stderr
    return ReindexReport.model_validate_json(done.stdout)


@contextmanager
def interruptible() -> Iterator[None]:
    """Children hear Ctrl-C also where this run was started in the background, with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def awaited(holds: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not holds():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, "nothing happened"
        time.sleep(0.02)


def started(environ: dict[str, str], *arguments: object) -> subprocess.Popen[str]:
    with interruptible():
        return subprocess.Popen(
            [RAG, *map(str, arguments)], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )


def test_ctrl_c_leaves_the_old_generation_serving_and_the_next_run_takes_up_what_was_embedded(
    rag: Rag, environ: dict[str, str], indexed: RagService, tmp_path: Path
) -> None:
    corpus, journal = tmp_path / "long.jsonl", indexed.live.storage.folder / "journal"
    lines = (
        {"title": f"Ferry {n}", "text": f"Ferry {n} left. It took {n} people and rope for {n} boats."}
        for n in range(1_500)
    )
    corpus.write_text("\n".join(map(json.dumps, lines)))
    process = started(environ, "reindex", corpus)
    awaited(lambda: journal.exists() and journal.stat().st_size > 100_000, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out, "Traceback" in err) == (130, "", False), err
    assert "the next run takes up what was embedded" in err
    assert indexed.status().generation == "gen-000001"
    assert indexed.answer(ask("Why did the bridge close?")).answered
    assert {entry.name for entry in indexed.live.storage.folder.iterdir()} == {
        "CURRENT", "writer.lock", "gen-000001", "journal"
    }  # fmt: skip
    about = json.loads(journal.read_bytes().split(b"\n")[0])
    with EmbeddingJournal(journal, about["embedder"], about["dim"]) as kept:
        embedded = len(kept)
    report = reported(rag("reindex", corpus, "--json"))
    assert report.passages == report.articles == 1_500
    assert 0 < embedded < 1_500
    assert report.embedded == 1_500 - embedded
    assert not journal.exists()


def test_a_folder_that_is_followed_is_fresh_within_seconds_and_a_burst_is_one_generation(
    rag: Rag, environ: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    pytest.importorskip("watchfiles")
    process = started(environ, "reindex", folder, "--watch", "--quiet")
    try:
        assert process.stdout is not None
        assert "gen-000001 serves; added 3" in process.stdout.readline()
        time.sleep(0.5)  # until the folder is followed: the line is printed first
        for n in range(20):
            (folder / f"more-{n}.txt").write_text(f"A tram of line {n} left the rails at the market.")
        (folder / ".hidden.txt").write_text("Nobody reads this.")
        began = time.monotonic()
        said = process.stdout.readline()
        assert "gen-000002 serves; added 20" in said
        assert time.monotonic() - began < 10
        (folder / "more-3.txt").unlink()
        assert "gen-000003 serves; added 0, changed 0, removed 1" in process.stdout.readline()
    finally:
        process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_S) == 130
    process.communicate()
    assert json.loads(rag("status", "--json").stdout)["counts"]["articles"] == 22


def test_a_report_tells_of_each_file_what_was_read_and_why_not(rag: Rag, folder: Path) -> None:
    (folder / "copy.txt").write_bytes((folder / "seal.txt").read_bytes())
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0 a picture")
    with zipfile.ZipFile(folder / "old.zip", "w") as archive:
        archive.writestr("one.md", "# One\n\nThe first.")
        archive.writestr("two.md", "# Two\n\nThe second.")
    listed = "".join(f"<url><loc>https://courier.example/{n}</loc></url>" for n in range(3))
    (folder / "sitemap.xml").write_text(
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</urlset>'
    )
    report = reported(rag("reindex", folder, "--json"), 5)
    told = {Path(file.path).name: (file.articles, file.copies) for file in report.by_file}
    assert told == {
        "bridge.txt": (1, 0), "copy.txt": (1, 0), "ferry.txt": (1, 0), "old.zip": (2, 0), "photo.jpg": (0, 0),
        "seal.txt": (0, 1), "sitemap.xml": (0, 0),
    }  # fmt: skip
    assert [(Path(problem.path).name, problem.field) for problem in report.problems] == [("photo.jpg", "format")]
    assert [each.url for each in report.missing] == [f"https://courier.example/{n}" for n in range(3)]
    assert (report.files, report.articles, report.copies, report.faults) == (7, 5, 1, 1)

    said = rag("reindex", folder, "--quiet")
    assert said.stdout.count("\n") == 1
    assert "lists https://courier.example/2, which no file holds" in said.stderr


def test_inspect_shows_fields_and_where_they_are_from_passages_and_problems(rag: Rag, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<html><head><meta property='og:title' content='The bridge'><meta property='og:site_name' content='Courier'>"
        "<meta property='article:published_time' content='2025-06-03T10:00:00+02:00'></head><body><article>"
        f"<p>{'The bridge opened again. ' * 12}</p><p>Correction: it is forty metres long.</p></article></body></html>"
    )
    said = rag("inspect", page).stdout
    for wanted in (
        "title         The bridge", "(og:title)", "2025-06-03 10:00:00+02:00", "(article:published_time)",
        "note          Correction: it is forty", "[page.html#1] 0:", "1 article",
    ):  # fmt: skip
        assert wanted in said or wanted.replace("page.html#1", "courier/2025-06-03/the-bridge#1") in said, said
    (tmp_path / "bad.jsonl").write_text('{"text": "One."}\n{"text": 1, "title": ["x"]\n')
    done = rag("inspect", tmp_path / "bad.jsonl", "--json")
    assert done.returncode == 5
    assert json.loads(done.stdout)["article"]["fields_from"]["text"] == "text"
    assert "bad.jsonl:2: json: " in done.stderr
    assert rag("inspect", tmp_path / "nowhere").returncode == 1
    assert rag("status").returncode == 4  # nothing was indexed


def test_an_older_version_is_printed_by_its_name(rag: Rag, folder: Path) -> None:
    rag("reindex", folder)
    (folder / "seal.txt").write_text(" date 2025-07-02 (Bo Ray, Courier) A walrus visited the fish market.")
    rag("reindex")
    versions = json.loads(rag("article", "seal.txt", "--json").stdout)["versions"]
    assert [version["newest"] for version in versions] == [True, False]
    said = rag("article", f"seal.txt@{versions[1]['version']}").stdout
    assert "A seal visited the fish market." in said
    assert f"version {versions[0]['version']}" in said
    assert rag("article", "seal.txt@000000000000").returncode == 4
