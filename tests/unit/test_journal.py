"""What was embedded before a reindex stopped is found again, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from rag.errors import EmbedderError
from rag.index.storage import IndexStorage
from rag.indexing import embedding_journal
from rag.indexing.embedding_journal import EmbeddingJournal
from rag.indexing.ingest import ReindexOptions
from rag.indexing.reindex import Reindexer
from rag.models.base import EmbeddedPassages
from rag.models.hashing import HashingEmbedder
from rag.types.articles import Article
from tests.conftest import ENGINES, article, opened

RNG = np.random.default_rng(1)
DIM = 8


def digest(n: int) -> bytes:
    return n.to_bytes(4, "big") * 4


def filled(path: Path, count: int, by: str = "e") -> list[tuple[np.ndarray, np.ndarray]]:
    given = [
        (RNG.standard_normal(DIM).astype(np.float32), RNG.integers(0, 256, (n % 4, 16)).astype(np.uint8))
        for n in range(count)
    ]
    with EmbeddingJournal(path, by, DIM) as held:
        for n, (vector, codes) in enumerate(given):
            held.add(digest(n), vector, codes)
    return given


def test_what_was_added_is_found_at_once_and_after_opening_again(tmp_path: Path) -> None:
    given = filled(tmp_path / "j", 50)
    with EmbeddingJournal(tmp_path / "j", "e", DIM) as held:
        assert len(held) == 50
        held.add(digest(77), given[0][0], given[0][1])
        for n, (vector, codes) in enumerate(given):
            assert held.holds(digest(n))
            found = held.find(digest(n))
            assert np.array_equal(found.vector, vector.astype(np.float16))
            assert np.array_equal(found.codes, codes)
        assert held.find(digest(77)).vector.shape == (DIM,)
        assert not held.holds(digest(99))
        with pytest.raises(KeyError):
            held.find(digest(99))


@pytest.mark.parametrize("lost", [1, 15, 16, 24, 30, 40, 41])
def test_half_a_record_is_cut_off_and_the_next_one_takes_its_place(tmp_path: Path, lost: int) -> None:
    path = tmp_path / "j"
    filled(path, 3)
    path.write_bytes(path.read_bytes()[:-lost])
    with EmbeddingJournal(path, "e", DIM) as held:
        assert len(held) == 2
        held.add(digest(9), RNG.standard_normal(DIM).astype(np.float32), np.zeros((1, 16), np.uint8))
    with EmbeddingJournal(path, "e", DIM) as held:
        assert [held.holds(digest(n)) for n in (0, 1, 2, 9)] == [True, True, False, True]


def test_a_record_that_changed_on_disk_ends_what_is_believed(tmp_path: Path) -> None:
    path = tmp_path / "j"
    filled(path, 5)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    with EmbeddingJournal(path, "e", DIM) as held:
        assert 0 < len(held) < 5


def test_another_embedder_s_journal_is_begun_anew(tmp_path: Path) -> None:
    filled(tmp_path / "j", 5)
    with EmbeddingJournal(tmp_path / "j", "another", DIM) as held:
        assert len(held) == 0
    assert not (tmp_path / "j").exists()


class Stops(HashingEmbedder):
    """Embeds so many passages, then fails; counts what it was asked for."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.asked: list[str] = []
        self._after = after

    def embed_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] = lambda _: None
    ) -> EmbeddedPassages:
        if len(self.asked) >= self._after:
            raise EmbedderError("no more")
        self.asked += texts
        return super().embed_passages(texts, progress)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.indexing.reindex.LARGE_BATCH", 4)


def many(count: int) -> list[Article]:
    return [article(f"a{n}", f"Story number {n} tells of the bridge. It has {n} sentences.") for n in range(count)]


@pytest.mark.usefixtures("small_batches")
def test_nothing_is_embedded_twice_after_a_reindex_that_stopped(tmp_path: Path) -> None:
    store, stopped, next_one = IndexStorage(tmp_path / "x"), Stops(8), Stops(1000)
    with pytest.raises(EmbedderError):
        Reindexer(store, ENGINES, stopped, ReindexOptions(roots=("x",))).run(many(20))
    assert sorted(path.name for path in store.folder.iterdir()) == ["journal", "writer.lock"]
    report = Reindexer(store, ENGINES, next_one, ReindexOptions(roots=("x",))).run(many(20))
    assert 8 <= len(stopped.asked) < 12  # how many come at once depends on who is faster, the reader or the embedder
    assert not set(stopped.asked) & set(next_one.asked)
    assert report.embedded == len(next_one.asked) == report.passages - len(stopped.asked)
    assert not (store.folder / embedding_journal.JOURNAL_FILE).exists()

    plain = IndexStorage(tmp_path / "plain")
    Reindexer(plain, ENGINES, HashingEmbedder(), ReindexOptions(roots=("x",))).run(many(20))
    one, other = store.open(opened), plain.open(opened)
    rows = np.arange(report.passages)
    assert np.array_equal(one.dense.vectors(rows), other.dense.vectors(rows))
    assert all(np.array_equal(one.tokens.of(row), other.tokens.of(row)) for row in rows.tolist())


@pytest.mark.usefixtures("small_batches")
def test_what_interrupts_reading_is_raised_and_what_was_embedded_is_kept(tmp_path: Path) -> None:
    def interrupted() -> Iterator[Article]:
        yield from many(12)
        raise KeyboardInterrupt

    store = IndexStorage(tmp_path / "x")
    with pytest.raises(KeyboardInterrupt):
        Reindexer(store, ENGINES, HashingEmbedder(), ReindexOptions(roots=("x",))).run(interrupted())
    next_one = Stops(1000)
    Reindexer(store, ENGINES, next_one, ReindexOptions(roots=("x",))).run(many(12))
    assert len(next_one.asked) < 12
