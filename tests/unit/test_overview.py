"""An operator sees what is kept, what serves, and what could not be read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from rag.indexing.ingest import ReindexOptions
from rag.indexing.reindex import Reindexer
from rag.models.hashing import HashingEmbedder
from rag.search.overview import overview
from rag.service import RagService
from rag.settings import Settings
from tests.conftest import Build, article


def test_generations_months_and_problems_are_those_of_the_index(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    (folder / "a.jsonl").write_text('{"title": "A", "text": "Rain fell.", "date": "2025-05-01"}\n{"title": "B"}\n')
    (folder / "news-sitemap.xml").write_text(
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://a.example/x</loc></url></urlset>'
    )
    service = RagService(Settings(index_root=tmp_path / "indexes"), HashingEmbedder)
    service.reindex([folder])
    (folder / "b.txt").write_text("A seal visited the market.")
    service.reindex()
    service.open()
    found = overview(service.store, service.generation)
    assert [(kept.name, kept.counts.articles, kept.serves) for kept in found.generations] == [
        ("gen-000002", 2, True),
        ("gen-000001", 1, False),
    ]
    assert [(bucket.first.isoformat(), bucket.articles) for bucket in found.months if bucket.first] == [
        ("2025-05-01", 1)
    ]
    assert found.undated == 1
    assert found.faults == len(found.problems) == 1
    assert found.problems[0].line == 2
    assert [listed.url for listed in found.missing] == ["https://a.example/x"]
    assert not found.more_missing


def test_a_generation_that_cannot_be_read_is_passed_over(tmp_path: Path, build: Build) -> None:
    service = RagService(Settings(index_root=tmp_path / "indexes"), HashingEmbedder)
    (tmp_path / "a.txt").write_text("A seal visited the market.")
    service.reindex([tmp_path / "a.txt"])
    service.open()
    (service.store.folder / "gen-000009").mkdir()
    assert [kept.name for kept in overview(service.store, service.generation).generations] == ["gen-000001"]


def test_an_archive_of_centuries_is_looked_after_too(tmp_path: Path) -> None:
    service = RagService(Settings(index_root=tmp_path), HashingEmbedder)
    old = article("old", "A gazette of the war.", published=date(1620, 1, 1))
    items = [old, article("new", "News.", published=date(2025, 1, 1))]
    Reindexer(service.store, HashingEmbedder(), ReindexOptions(roots=("memory",))).run(items)
    assert sum(bucket.articles for bucket in overview(service.store, service.generation).months) == 2
