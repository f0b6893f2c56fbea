"""Engines that keep more than files are told of all that goes, and what the article writer meets is said in words."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rag.errors import BylineError, EmbedderError, GateError, IncompatibleIndexError
from rag.index.backends.sqlite import SqliteArticles, SqliteArticleWriter
from rag.index.base import ArticleWriter, Engines, GenerationRef
from rag.index.generation import Generation
from rag.index.storage import IndexStorage
from rag.indexing.fitted import publish_fitted
from rag.indexing.ingest import ReindexOptions
from rag.indexing.reindex import Reindexer
from rag.loaders.base import Item
from rag.loaders.fields import ids
from rag.models.base import EmbeddedPassages
from rag.models.hashing import HashingEmbedder
from rag.models.on_demand import ModelsOnDemand
from rag.settings import Settings
from rag.types.articles import Origin
from rag.types.reading import FileStart, Problem, SitemapEntry
from rag.wiring import compose
from tests.conftest import ENGINES, article, opened

MANY = 5_000  # articles: more than are read ahead of the embedder


class Drop(NamedTuple):
    """What an engine is told goes: its name, its folder's name, and whether that still has its files."""

    name: str
    folder: str
    whole: bool


class Told:
    """Notes what is dropped, as an engine outside the folder would remove it."""

    def __init__(self) -> None:
        self.drops: list[Drop] = []

    def __call__(self, ref: GenerationRef) -> None:
        self.drops.append(Drop(ref.name, ref.folder.name, ref.folder.is_dir()))


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def store(tmp_path: Path, told: Told) -> IndexStorage:
    return IndexStorage(tmp_path / "index", told)


def reindex(
    store: IndexStorage,
    items: list[Item],
    engines: Engines = ENGINES,
    embedder: HashingEmbedder | None = None,
    check: Callable[[Generation], None] = lambda _: None,
    keep: int = 2,
) -> None:
    """Reindex by a model-free embedder."""
    options = ReindexOptions(roots=("memory",), keep_generations=keep)
    Reindexer(store, engines, embedder or HashingEmbedder(), options, check=check).run(items)


def edition(number: int) -> list[Item]:
    return [article("page", f"Edition {number} of the paper.")]


# What goes is named to the engines


def test_a_generation_that_is_published_is_not_dropped_and_one_that_is_pruned_is(
    store: IndexStorage, told: Told
) -> None:
    for number in (1, 2):
        reindex(store, edition(number))
    assert told.drops == []
    reindex(store, edition(3))
    assert told.drops == [Drop("gen-000001", "gen-000001.old", True)]
    assert store.generations() == ["gen-000002", "gen-000003"]


def test_a_draft_that_a_check_refuses_is_dropped_by_the_name_it_would_have_had(store: IndexStorage, told: Told) -> None:
    reindex(store, edition(1))

    def refuse(_: Generation) -> None:
        raise GateError("not good enough")

    with pytest.raises(GateError):
        reindex(store, edition(2), check=refuse)
    assert told.drops == [Drop("gen-000002", "gen-000002.draft", True)]
    assert not (store.folder / "gen-000002.draft").exists()


def test_a_draft_of_what_has_not_changed_is_dropped(store: IndexStorage, told: Told) -> None:
    reindex(store, edition(1))
    reindex(store, edition(1))
    assert told.drops == [Drop("gen-000002", "gen-000002.draft", True)]
    assert store.current() == "gen-000001"


def test_a_fit_that_cannot_be_stored_drops_its_draft(store: IndexStorage, told: Told) -> None:
    reindex(store, edition(1))
    with pytest.raises(IncompatibleIndexError):
        publish_fitted(store, ENGINES, lambda fitted: fitted, "another", keep=2)
    assert told.drops == [Drop("gen-000002", "gen-000002.draft", True)]


def test_discarding_what_was_published_drops_nothing(store: IndexStorage, told: Told) -> None:
    reindex(store, edition(1))
    with store.writing():
        store.discard(replace(store.ref("gen-000001"), folder=store.folder / "gen-000001.draft"))
    assert told.drops == []
    assert store.open(opened).article("page").text == "Edition 1 of the paper."


def test_what_dead_writers_left_is_dropped_by_the_names_of_its_generations(store: IndexStorage, told: Told) -> None:
    reindex(store, edition(1))
    for remains in ("gen-000009.draft", "gen-000000.old"):
        (store.folder / remains).mkdir()
    (store.folder / "CURRENT.new").write_text("gen-0")
    with store.writing() as swept:
        assert swept == ["CURRENT.new", "gen-000000.old", "gen-000009.draft"]
    assert told.drops == [Drop("gen-000000", "gen-000000.old", True), Drop("gen-000009", "gen-000009.draft", True)]
    assert sorted(path.name for path in store.folder.iterdir()) == ["CURRENT", "gen-000001", "writer.lock"]


class KeptElsewhere(SqliteArticles):
    """Notes what it drops, and when its writer has let go."""

    def __init__(self) -> None:
        self.events: list[str] = []

    @contextmanager
    def writer(self, draft: GenerationRef) -> Iterator[SqliteArticleWriter]:
        try:
            with super().writer(draft) as writer:
                yield writer
        finally:
            self.events.append(f"closed {draft.name}")

    def drop(self, ref: GenerationRef) -> None:
        self.events.append(f"dropped {ref.name}")


def test_a_service_tells_its_engines_of_what_it_clears_up(tmp_path: Path) -> None:
    backend, settings = KeptElsewhere(), Settings(index_root=tmp_path, keep_generations=2)
    service = compose(settings, ModelsOnDemand(HashingEmbedder, lambda: None), replace(ENGINES, articles=backend))
    file = tmp_path / "page.txt"
    for number in (1, 2, 3):
        file.write_text(f"Edition {number} of the paper.")
        service.reindex([file])
    closed = [f"closed gen-00000{number}" for number in (1, 2, 3)]
    assert backend.events == [*closed, "dropped gen-000001"]
    (service.live.storage.folder / "gen-000007.draft").mkdir()
    assert service.gc() == ["gen-000007.draft"]
    assert backend.events[4:] == ["dropped gen-000007"]
    assert service.reindex([file], dry_run=True).unchanged == 1
    closing, dropping = backend.events[5:]
    assert closing.startswith("closed ")
    assert dropping == closing.replace("closed", "dropped")


class FailsAtOnce(HashingEmbedder):
    """Embeds nothing."""

    def embed_passages(self, *_: object) -> EmbeddedPassages:
        raise EmbedderError("no more")


def test_a_writer_that_is_stopped_half_way_lets_go_before_its_draft_is_dropped(tmp_path: Path) -> None:
    backend = KeptElsewhere()
    store = IndexStorage(tmp_path / "index", backend.drop)
    many: list[Item] = [article(f"a{n}", f"Story number {n} tells of the bridge.") for n in range(MANY)]
    with pytest.raises(EmbedderError):
        reindex(store, many, replace(ENGINES, articles=backend), FailsAtOnce())
    assert backend.events == ["closed gen-000001", "dropped gen-000001"]


# What the article writer meets is said in words


class Cramped(SqliteArticles):
    """Does something to SQLite's connection before the first article is written."""

    def __init__(self, cramp: Callable[[sqlite3.Connection], object]) -> None:
        self._cramp = cramp

    @contextmanager
    def writer(self, draft: GenerationRef) -> Iterator[ArticleWriter]:  # type: ignore[override]
        with super().writer(draft) as writer:
            self._cramp(writer._db)
            yield writer


def full(connection: sqlite3.Connection) -> object:
    """Let SQLite find its file full: it gets no page beyond those of its empty tables."""
    return connection.execute("PRAGMA max_page_count = 1")


def refusing(action: int, subject: str | None) -> Callable[[sqlite3.Connection], object]:
    """Let SQLite refuse one kind of statement, of one table where it names one."""

    def authorize(code: int, first: str | None, *_: object) -> int:
        return sqlite3.SQLITE_DENY if (code, first) == (action, subject) else sqlite3.SQLITE_OK

    return lambda connection: connection.set_authorizer(authorize)


def everything_that_is_written() -> list[Item]:
    """One of each kind of item: an article, a later version of it, a copy, a problem, what a sitemap lists."""
    here = Origin(path="a.jsonl", line=1)
    stated: dict[str, Any] = {"fields_from": {"id": ids.ADDRESS}}
    return [
        FileStart(path="a.jsonl"),
        article("first", "The first of them. " * 400),
        article("bridge", "The bridge is ten metres long.", **stated),
        article("bridge", "The bridge is forty metres long.", **stated),
        Problem(path="a.jsonl", line=9, field="text", reason="is missing"),
        SitemapEntry(url="https://courier.example/none", origin=here),
    ]


TABLES = ("articles", "passages", "versions", "listed", "files", "problems")
CRAMPS = {
    "full": (full, "database or disk is full"),
    "commit": (refusing(sqlite3.SQLITE_TRANSACTION, "COMMIT"), "not authorized"),
    "read": (refusing(sqlite3.SQLITE_SELECT, None), "not authorized"),
    **{table: (refusing(sqlite3.SQLITE_INSERT, table), "not authorized") for table in TABLES},
}


@pytest.mark.parametrize(("cramp", "words"), CRAMPS.values(), ids=CRAMPS)
def test_what_sqlite_says_of_writing_is_an_error_in_words_and_the_index_serves_on(
    store: IndexStorage, told: Told, cramp: Callable[[sqlite3.Connection], object], words: str
) -> None:
    reindex(store, edition(1))
    with pytest.raises(
        BylineError, match=rf"writing failed: .*gen-000002\.draft/archive\.db: {words}.*run the command again"
    ):
        reindex(store, everything_that_is_written(), replace(ENGINES, articles=Cramped(cramp)))
    assert store.open(opened).article("page").text == "Edition 1 of the paper."
    assert [drop.name for drop in told.drops] == ["gen-000002"]
    assert {path.name for path in store.folder.iterdir()} <= {"CURRENT", "gen-000001", "writer.lock", "journal"}
    reindex(store, everything_that_is_written())
    assert store.open(opened).archive.older_versions("bridge")


def test_a_store_that_cannot_be_begun_is_an_os_error_that_names_the_file(tmp_path: Path) -> None:
    draft = GenerationRef("index", "gen-000001", tmp_path / "nowhere")
    with pytest.raises(OSError, match=r"nowhere/archive\.db: unable to open"), SqliteArticles().writer(draft):
        pass
