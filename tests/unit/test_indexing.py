"""A reindex costs what changed, keeps what did not, and loses nothing."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import BylineError, GateError, IncompatibleIndexError, IndexCorruptError, LoadError
from rag.index.base import ArticleStore, IndexedPassage
from rag.index.generation import Generation
from rag.index.storage import IndexStorage
from rag.indexing import build
from rag.indexing.ingest import ReindexOptions
from rag.indexing.reindex import Reindexer
from rag.models.hashing import HashingEmbedder
from rag.text.sentences import paragraphs, sentences
from rag.types.articles import Article
from rag.types.filters import EVERYTHING
from rag.types.index import ReindexReport
from rag.types.reading import Problem
from tests.conftest import ENGINES, article, opened

PATIENCE_S = 10

Run = Callable[..., ReindexReport]


@pytest.fixture
def store(tmp_path: Path) -> IndexStorage:
    return IndexStorage(tmp_path / "index")


@pytest.fixture
def run(store: IndexStorage) -> Run:
    def reindex(
        items: list[Article | Problem], embedder: HashingEmbedder | None = None, **recipe: object
    ) -> ReindexReport:
        work = Reindexer(store, ENGINES, embedder or HashingEmbedder(), ReindexOptions(roots=("memory",), **recipe))  # type: ignore[arg-type]
        return work.run(items)

    return reindex


def counts(report: ReindexReport) -> tuple[int, int, int, int, int]:
    return report.added, report.changed, report.removed, report.unchanged, report.embedded


def test_added_changed_removed_and_unchanged_are_counted_and_only_new_passages_embedded(
    run: Run, articles: list[Article]
) -> None:
    first = run(articles)
    assert counts(first) == (6, 0, 0, 0, first.passages)
    changed = article("ferry", "A ferry sank off the harbour.", "Ferry fire")
    second = run([changed, *[a for a in articles if a.id not in ("ferry", "school")], article("new", "New text.")])
    assert counts(second) == (1, 1, 1, 4, 2)


def test_what_a_check_refuses_is_not_published_and_the_old_generation_serves(
    store: IndexStorage, run: Run, articles: list[Article]
) -> None:
    first, seen = run(articles[:4]).generation, []

    def check(draft: Generation) -> None:
        seen.append((draft.manifest.counts.articles, draft.article("school").id, store.current()))
        raise GateError("not good enough")

    with pytest.raises(GateError, match="not good enough"):
        Reindexer(store, ENGINES, HashingEmbedder(), ReindexOptions(roots=("memory",)), check=check).run(articles)
    assert seen == [(6, "school", first)]
    assert store.open(opened).name == first
    assert {entry.name for entry in store.folder.iterdir()} == {"CURRENT", "writer.lock", "journal", first}


def test_what_fails_stops_the_lexical_index_which_is_built_beside_it(
    store: IndexStorage, run: Run, articles: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, written = run(articles[:4]).generation, threading.Event()

    def endless(_: ArticleStore) -> Iterator[IndexedPassage]:
        for row in count():
            yield IndexedPassage(row, ["bridg"], articles[0].ref())
            written.set()

    def interrupted(*_: object) -> None:
        assert written.wait(PATIENCE_S)
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "_indexed_passages", endless)
    monkeypatch.setattr(build, "build_sketches", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(articles)
    assert {entry.name for entry in store.folder.iterdir()} == {"CURRENT", "writer.lock", "journal", first}


def test_where_the_lexical_index_fails_nothing_is_published(
    store: IndexStorage, run: Run, articles: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(articles[:4]).generation

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(build, "build_lexical", full)
    with pytest.raises(BylineError, match=r"writing failed.*No space left"):
        run(articles)
    assert store.open(opened).name == first
    assert {entry.name for entry in store.folder.iterdir()} == {"CURRENT", "writer.lock", "journal", first}


def test_an_unchanged_archive_publishes_nothing_and_embeds_nothing(run: Run, articles: list[Article]) -> None:
    first, second = run(articles), run(articles)
    assert (second.generation, second.embedded, second.unchanged) == (first.generation, 0, 6)


def test_copied_vectors_are_those_that_embedding_would_give(
    run: Run, store: IndexStorage, articles: list[Article]
) -> None:
    run(articles)
    run([*reversed(articles), article("new", "Another text here.")])
    kept = store.open(opened).dense
    run([*reversed(articles), article("new", "Another text here.")], rebuild=True)
    embedded, rows = store.open(opened).dense, np.arange(len(kept))
    assert len(embedded) == len(kept)
    assert np.array_equal(kept.vectors(rows), embedded.vectors(rows))


def test_a_changed_title_is_embedded_again(run: Run) -> None:
    run([article("a", "The text.", "One title")])
    assert run([article("a", "The text.", "Another title")]).embedded == 1


def test_an_article_that_moved_to_another_line_is_unchanged_but_its_origin_is_true(
    run: Run, store: IndexStorage
) -> None:
    one = article("a", "The text.")
    run([one])
    moved = one.model_copy(update={"origin": one.origin.model_copy(update={"line": 7})})
    assert counts(run([moved])) == (0, 0, 0, 1, 0)
    assert store.open(opened).article("a").origin.line == 7


def test_another_embedder_is_refused_unless_the_index_is_rebuilt(run: Run, articles: list[Article]) -> None:
    run(articles)
    with pytest.raises(IncompatibleIndexError, match="hashing-64-48"):
        run(articles, HashingEmbedder(dim=32))
    assert run(articles, HashingEmbedder(dim=32), rebuild=True).embedded > 0


def test_another_passage_size_chunks_and_embeds_again(run: Run, articles: list[Article]) -> None:
    first = run(articles)
    assert run(articles, passage_tokens=16).passages > first.passages - 1


def test_problems_are_counted_and_the_rest_is_indexed(run: Run, articles: list[Article]) -> None:
    problem = Problem(path="a.jsonl", line=3, field="text", reason="is missing")
    report = run([*articles, problem])
    assert (report.articles, report.problems) == (6, (problem,))


def test_strict_stops_at_a_problem_and_leaves_the_index_as_it_was(
    run: Run, store: IndexStorage, articles: list[Article]
) -> None:
    before = run(articles).generation
    with pytest.raises(LoadError, match=r"a\.jsonl:3: text: is missing"):
        run([Problem(path="a.jsonl", line=3, field="text", reason="is missing")], strict=True)
    assert store.current() == before
    assert sorted(path.name for path in store.folder.iterdir()) == ["CURRENT", before, "writer.lock"]


def test_an_archive_that_cannot_be_read_at_all_does_not_empty_the_index(
    run: Run, store: IndexStorage, articles: list[Article]
) -> None:
    before = run(articles).generation
    with pytest.raises(LoadError, match="the index is as it was"):
        run([])
    assert store.current() == before


def test_a_dry_run_says_what_would_change_and_writes_nothing(store: IndexStorage, articles: list[Article]) -> None:
    report = Reindexer(store, ENGINES, HashingEmbedder(), ReindexOptions(roots=("memory",))).dry_run(articles)
    assert (report.added, report.embedded > 0, report.generation) == (6, True, None)
    assert not store.folder.exists()


def test_equal_passages_are_embedded_once(run: Run) -> None:
    report = run([article("a", "The same text."), article("b", "The same text.")])
    assert (report.passages, report.embedded) == (2, 1)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80).filter(str.strip),
        min_size=1,
        max_size=5,
    )
)
def test_hostile_text_comes_back_from_disk_character_for_character(texts: list[str]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        store = IndexStorage(Path(folder) / "index")
        given = [article(f"a/{number}?#é", text, text[:20].strip() or "t") for number, text in enumerate(texts)]
        Reindexer(store, ENGINES, HashingEmbedder(), ReindexOptions(roots=("memory",))).run(given)
        generation = store.open(opened)
        assert [generation.article(item.id) for item in given] == given
        for row in range(generation.archive.passages):
            (stored,) = generation.passages([row])
            text, passage = stored.article.text, stored.passage
            assert text[passage.start : passage.end] == passage.text
            first, last = paragraphs(text)[passage.paragraph]
            assert first <= passage.start < last
            within = [span for span in sentences(text) if span.start < passage.end and span.end > passage.start]
            assert [span for span, _ in stored.sentences()] == within
            counted = [len(HashingEmbedder().tokens([text[span.start : span.end]])[0]) for span in within]
            assert [number for _, number in stored.sentences()] == counted
        assert generation.faults() == []


def test_a_file_that_lost_bytes_is_found_by_the_manifest(
    run: Run, store: IndexStorage, articles: list[Article]
) -> None:
    run(articles)
    path = store.folder / store.current() / "vectors.npy"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(IndexCorruptError, match="rag rollback"):
        store.open(opened)


def test_a_missing_file_is_damage_not_a_traceback(run: Run, store: IndexStorage, articles: list[Article]) -> None:
    run(articles)
    (store.folder / store.current() / "dense" / "000.faiss").unlink()
    with pytest.raises(IndexCorruptError, match="is missing"):
        store.open(opened)


def test_damage_in_the_files_of_bm25_is_said_or_harmless_but_never_a_traceback(
    run: Run, store: IndexStorage, articles: list[Article]
) -> None:
    run(articles)
    said = 0
    for path in sorted((store.folder / store.current() / "lexical").glob("[!.]*")):
        whole = path.read_bytes()
        path.write_bytes(bytes(byte ^ 0xFF for byte in whole))
        try:
            store.open(opened).lexical.search(["bridg", "ferri"], 5, EVERYTHING)
        except IndexCorruptError:
            said += 1
        path.write_bytes(whole)
    assert said >= 3
