"""Each article once: copies are counted once, two texts at one address are versions, ids stay apart."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.index.storage import IndexStorage
from rag.indexing.ingest import ReindexOptions
from rag.indexing.reindex import Reindexer
from rag.loaders.corpus import CorpusReader
from rag.models.hashing import HashingEmbedder
from rag.types.articles import Article
from rag.types.index import ReindexReport
from tests.conftest import ENGINES, opened

Run = Callable[..., ReindexReport]
URL = "https://courier.example/bridge"


@pytest.fixture
def store(tmp_path: Path) -> IndexStorage:
    return IndexStorage(tmp_path / "index")


@pytest.fixture
def run(store: IndexStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Write files anew and index them."""
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path / "in")

    def reindex(files: dict[str, object], **recipe: object) -> ReindexReport:
        for path in Path().iterdir():
            path.unlink()
        for name, content in files.items():
            Path(name).write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
        done = ReindexOptions(roots=(".",), **recipe)  # type: ignore[arg-type]
        return Reindexer(store, ENGINES, HashingEmbedder(), done).run(CorpusReader([Path()]))

    return reindex


def page(text: str, **fields: object) -> dict[str, object]:
    return {"url": URL, "title": "The bridge", "text": text, **fields}


def held(store: IndexStorage) -> dict[str, str]:
    return {each.article.id: each.article.text for each, _ in store.open(opened).archive.all_articles()}


def test_an_exact_copy_is_counted_once_also_under_another_file_name(run: Run, store: IndexStorage) -> None:
    report = run({"a.txt": "One text.", "b.txt": "One text.", "c.json": page("P."), "d.json": page("P.")}, by_file=True)
    assert (report.articles, report.copies, report.faults) == (2, 2, 0)
    assert [(file.path, file.articles, file.copies) for file in report.by_file] == [
        ("a.txt", 1, 0), ("b.txt", 0, 1), ("c.json", 1, 0), ("d.json", 0, 1),
    ]  # fmt: skip
    assert run({"a.txt": "One text.", "c.json": page("P.")}).generation == "gen-000002"  # the copies went: noted


def test_copies_that_state_ids_of_their_own_are_articles_of_their_own(run: Run) -> None:
    assert run({"a.json": [{"id": n, "text": "One text."} for n in range(3)]}).articles == 3


@pytest.mark.parametrize("other", ['{"id": "x", "text": "Two."}', '{"id": "x", "title": "U", "text": "One."}'])
def test_another_text_under_a_stated_id_is_a_problem_that_names_the_first(
    run: Run, store: IndexStorage, other: str
) -> None:
    report = run({"a.jsonl": f'{{"id": "x", "text": "One."}}\n{other}\n'})
    assert held(store) == {"x": "One."}
    assert [str(problem) for problem in report.problems] == [
        "a.jsonl:2: id: 'x' is already used by a.jsonl:1; give each article an id of its own"
    ]


def indexed(tmp_path: Path, *roots: str) -> dict[str, str]:
    """Return what is held once these roots below `tmp_path`, in this order, are indexed."""
    store = IndexStorage(tmp_path / f"index-{'-'.join(roots).replace('/', '_')}")
    paths = [tmp_path / root for root in roots]
    report = Reindexer(store, ENGINES, HashingEmbedder(), ReindexOptions(roots=tuple(map(str, paths)))).run(
        CorpusReader(paths)
    )
    assert report.faults == 0
    return held(store)


def put(path: Path, files: dict[str, str]) -> None:
    """Write files into a folder, or into a new zip."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
    else:
        path.mkdir(exist_ok=True)
        for name, text in files.items():
            (path / name).write_text(text)


def test_files_of_one_name_in_two_archives_are_two_articles_and_a_copy_is_none(tmp_path: Path) -> None:
    put(tmp_path / "news/1998.zip", {"001.txt": "One.", "002.txt": "Both."})
    put(tmp_path / "news/1999.zip", {"001.txt": "Other.", "002.txt": "Both."})
    expected = {"1998.zip/001.txt": "One.", "1998.zip/002.txt": "Both.", "1999.zip/001.txt": "Other."}
    assert indexed(tmp_path, "news") == indexed(tmp_path, "news/1998.zip", "news/1999.zip") == expected


def test_files_of_one_name_in_two_roots_are_two_articles_whatever_the_order(tmp_path: Path) -> None:
    put(tmp_path / "r1", {"001.txt": "One.", "own.txt": "Own.", "copy.txt": "Both."})
    put(tmp_path / "r2", {"001.txt": "Other.", "copy.txt": "Both."})
    expected = {"r1/001.txt": "One.", "r2/001.txt": "Other.", "own.txt": "Own.", "copy.txt": "Both."}
    assert indexed(tmp_path, "r1", "r2") == indexed(tmp_path, "r2", "r1") == expected
    assert indexed(tmp_path, "r1") == {"001.txt": "One.", "own.txt": "Own.", "copy.txt": "Both."}


def test_roots_of_one_name_are_told_apart_by_where_they_lie(tmp_path: Path) -> None:
    for at, text in (("a", "One."), ("b", "Other.")):
        put(tmp_path / at / "news", {"001.txt": text})
        put(tmp_path / at / "1998.zip", {"x.txt": f"Packed {text}"})
    roots = ["a/news", "b/news", "a/1998.zip", "b/1998.zip"]
    expected = {
        "a/news/001.txt": "One.", "b/news/001.txt": "Other.",
        "a/1998.zip/x.txt": "Packed One.", "b/1998.zip/x.txt": "Packed Other.",
    }  # fmt: skip
    assert indexed(tmp_path, *roots) == indexed(tmp_path, *reversed(roots)) == expected


def test_a_file_and_a_compressed_one_of_its_name_are_two_articles(tmp_path: Path) -> None:
    put(tmp_path / "r", {"a.txt": "One."})
    (tmp_path / "r/a.txt.gz").write_bytes(gzip.compress(b"Other."))
    found = indexed(tmp_path, "r")
    assert found.pop("a.txt") == "One."
    ((id, text),) = found.items()
    assert (id.startswith("a.txt-"), text) == (True, "Other.")


def test_two_articles_called_alike_on_one_day_are_told_apart(run: Run, store: IndexStorage) -> None:
    said = {"title": "Weather", "source": "The Courier", "date": "2025-06-03"}
    report = run({"a.json": [{**said, "text": "Rain."}, {**said, "text": "Sun."}, {**said, "text": "Sun."}]})
    assert (report.articles, report.copies, report.faults) == (2, 1, 0)
    first, second = held(store)
    assert first == "the-courier/2025-06-03/weather"
    assert second.startswith(f"{first}-")


def test_the_newest_text_at_an_address_is_the_article_and_the_others_are_its_versions(
    run: Run, store: IndexStorage
) -> None:
    report = run({
        "a.json": [{"id": "before", "text": "Before."}],
        "b.json": [page("Second.", modified="2025-06-02")],
        "c.json": [page("First.", modified="2025-06-01")],
        "d.json": [page("Third.", modified="2025-06-03")],
        "e.json": [{"id": "after", "text": "After. It has two sentences."}],
    })  # fmt: skip
    assert (report.added, report.articles, report.older_versions, report.faults) == (3, 3, 2, 0)
    assert held(store) == {
        "before": "Before.", "courier.example/bridge": "Third.", "after": "After. It has two sentences."
    }  # fmt: skip
    generation = store.open(opened)
    assert generation.faults() == []
    older = generation.archive.older_versions("courier.example/bridge")
    assert {each.article.text for each in older} == {"First.", "Second."}
    assert [row.article for row in generation.archive.passages_at(range(3)).values()] == [0, 1, 2]


def test_a_second_reindex_of_the_same_versions_changes_and_embeds_nothing(run: Run, store: IndexStorage) -> None:
    files = {"a.json": [page("First."), page("Second."), page("Third.")]}
    first, second = run(files), run(files)
    assert (second.generation, second.embedded, second.unchanged) == (first.generation, 0, 1)
    third = run({"a.json": [page("First.")]})
    assert (third.changed, third.removed, third.embedded) == (1, 0, 1)
    assert held(store) == {"courier.example/bridge": "First."}


def test_a_changed_text_leaves_its_older_version_readable_until_the_article_goes(run: Run, store: IndexStorage) -> None:
    run({"a.txt": "The bridge is ten metres long."})
    run({"a.txt": "The bridge is forty metres long."})
    report = run({"a.txt": "The bridge is forty metres long.\n\nCorrection: it was said to be ten.", "b.txt": "B."})
    assert (report.changed, report.added) == (1, 1)
    older = store.open(opened).archive.older_versions("a.txt")
    assert [each.article.text for each in older] == [
        "The bridge is forty metres long.", "The bridge is ten metres long."
    ]  # fmt: skip
    run({"b.txt": "B."})
    assert store.open(opened).archive.older_versions("a.txt") == []


def test_what_a_sitemap_lists_and_no_file_holds_is_reported(run: Run) -> None:
    listed = "".join(f"<url><loc>{address}</loc></url>" for address in (f"{URL}?utm_source=x", f"{URL}-2"))
    sitemap = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</urlset>'
    report = run({"a.json": [page("P.")], "sitemap.xml": sitemap})
    assert report.faults == 0
    assert [(each.url, str(each.origin)) for each in report.missing] == [(f"{URL}-2", "sitemap.xml:1")]


def test_problems_stay_with_the_generation(run: Run, store: IndexStorage) -> None:
    report = run({"a.txt": "Text.", "b.jsonl": "{\n"})
    assert store.open(opened).archive.problems() == list(report.problems)
    assert report.faults == len(report.problems) == 1


def test_a_note_of_correction_is_known_by_its_words(run: Run, store: IndexStorage) -> None:
    run({"a.txt": "Text of it.\n\nCorrection (June 3, 2025): An earlier version misstated the length."})
    found: Article = store.open(opened).article("a.txt")
    (note,) = found.notes
    assert (note.kind, found.text[note.start : note.end]) == ("correction", note.text)
