"""What was fitted is published as a generation of links, is used by those who ask, and goes on to the next one."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from rag.cli import admin_output
from rag.errors import IncompatibleIndexError, IndexCorruptError, IndexLockedError
from rag.index import late_interaction, storage
from rag.indexing.fitted import publish_fitted
from rag.indexing.ingest import ReindexOptions
from rag.indexing.reindex import Reindexer
from rag.models.hashing import HashingEmbedder
from rag.search import confidence, pipeline
from rag.search.fusion import FusionWeights
from rag.service import RagService
from rag.settings import Settings
from rag.types.articles import Article
from rag.types.index import Fitted, FittedConfidence, FittedWeights
from tests.conftest import ENGINES, article, ask, opened, service_of

WEIGHTS = FittedWeights(created="2026-01-01", dataset="a set", questions=9, held_out={}, dense=0.25, max_sim=0.5)
FLAT = FittedConfidence(
    created="2026-01-01", dataset="a set", questions=9, held_out={},
    coefficients=dict.fromkeys(confidence.COEFFICIENTS, 0.0),
)  # fmt: skip
OTHER = FLAT.model_copy(update={"coefficients": {"intercept": 0.0, "length": 0.0}})
IDENTITY = HashingEmbedder().identity


@pytest.fixture
def index(tmp_path: Path, articles: list[Article]) -> storage.IndexStorage:
    found = storage.IndexStorage(tmp_path / "index")
    Reindexer(found, ENGINES, HashingEmbedder(), ReindexOptions(roots=("memory",))).run(articles)
    return found


def service(index: storage.IndexStorage, **settings: object) -> RagService:
    return service_of(
        Settings.model_validate({"index_root": index.folder.parent, "index": index.name, **settings}), HashingEmbedder
    )


def with_weights(fitted: Fitted) -> Fitted:
    return fitted.model_copy(update={"fusion_weights": WEIGHTS})


def with_confidence(fitted: Fitted) -> Fitted:
    return fitted.model_copy(update={"confidence": FLAT})


def test_a_revision_is_the_same_archive_of_links_under_a_new_name_and_rolls_back(index: storage.IndexStorage) -> None:
    before = storage.read_manifest(index.folder / index.current())
    assert publish_fitted(index, ENGINES, with_weights, IDENTITY, keep=2) == "gen-000002" == index.current()
    after = storage.read_manifest(index.folder / "gen-000002")
    assert (after.parent, after.fitted.fusion_weights, after.files) == ("gen-000001", WEIGHTS, before.files)
    assert service(index).verify() == []
    for file in after.files:
        old, new = (index.folder / name / file.name for name in ("gen-000001", "gen-000002"))
        assert old.samefile(new)
    assert service(index).rollback() == "gen-000001"
    assert service(index).status().fitted == Fitted()


def test_what_was_fitted_before_stays_beside_what_is_fitted_now(index: storage.IndexStorage) -> None:
    publish_fitted(index, ENGINES, with_weights, IDENTITY, keep=2)
    publish_fitted(index, ENGINES, with_confidence, IDENTITY, keep=2)
    assert service(index).status().fitted == Fitted(fusion_weights=WEIGHTS, confidence=FLAT)
    assert index.generations() == ["gen-000002", "gen-000003"]  # the first is pruned, and its files still are there
    assert service(index).verify() == []


def test_files_are_copied_where_links_fail(index: storage.IndexStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(os, "link", refuse)
    publish_fitted(index, ENGINES, with_weights, IDENTITY, keep=2)
    assert service(index).verify() == []


def test_a_missing_file_is_said_and_what_serves_stays(index: storage.IndexStorage) -> None:
    (index.folder / "gen-000001" / late_interaction.CODES).unlink()
    with pytest.raises(IndexCorruptError, match="is missing"):
        publish_fitted(index, ENGINES, with_weights, IDENTITY, keep=2)
    assert index.generations() == ["gen-000001"]


def test_what_was_fitted_to_another_embedder_is_not_stored(index: storage.IndexStorage) -> None:
    with pytest.raises(IncompatibleIndexError, match="run again"):
        publish_fitted(index, ENGINES, with_weights, "another", keep=2)
    assert index.current() == "gen-000001"


def test_one_writer_at_a_time(index: storage.IndexStorage) -> None:
    with index.writing(), pytest.raises(IndexLockedError):
        publish_fitted(index, ENGINES, with_weights, IDENTITY, keep=2)


def test_a_reindex_carries_over_what_was_fitted_unless_the_embedder_is_another(
    index: storage.IndexStorage, articles: list[Article]
) -> None:
    another = HashingEmbedder(dim=32)
    publish_fitted(index, ENGINES, with_weights, IDENTITY, keep=2)
    Reindexer(index, ENGINES, HashingEmbedder(), ReindexOptions(roots=("memory",))).run(
        [*articles, article("new", "A seal sang.")]
    )
    assert index.open(opened).manifest.fitted.fusion_weights == WEIGHTS
    Reindexer(index, ENGINES, HashingEmbedder(), ReindexOptions(roots=("memory",), rebuild=True)).run(articles)
    assert index.open(opened).manifest.fitted.fusion_weights == WEIGHTS
    Reindexer(index, ENGINES, another, ReindexOptions(roots=("memory",), rebuild=True)).run(articles)
    assert index.open(opened).manifest.fitted == Fitted()


def test_a_manifest_of_before_has_nothing_fitted(index: storage.IndexStorage) -> None:
    path = index.folder / index.current() / storage.MANIFEST
    manifest = storage.read_manifest(path.parent)
    path.write_text(manifest.model_dump_json(exclude={"fitted"}))
    assert storage.read_manifest(path.parent) == manifest


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, FusionWeights(0.25, 0.5)),
        ({"dense_weight": 0.5}, FusionWeights(0.5, 0.5)),  # the default's own value, said by the operator
        ({"max_sim_weight": 2.0}, FusionWeights(0.25, 2.0)),
    ],
    ids=["nothing said", "one weight", "the other"],
)
def test_what_the_operator_says_wins_over_what_was_fitted(
    index: storage.IndexStorage, said: dict[str, float], expected: FusionWeights
) -> None:
    assert pipeline.fusion_weights(service(index).generation, Settings()) == FusionWeights()
    publish_fitted(index, ENGINES, with_weights, IDENTITY, keep=2)
    assert pipeline.fusion_weights(service(index).generation, Settings(**said)) == expected


def test_a_service_that_is_open_takes_a_new_confidence_up(index: storage.IndexStorage) -> None:
    asked = service(index)
    assert pipeline.confidence_coefficients(asked.generation) == confidence.COEFFICIENTS
    assert asked.answer(ask("Why did the bridge close?")).confidence != 0.5
    publish_fitted(index, ENGINES, with_confidence, IDENTITY, keep=2)
    assert asked.reload()
    assert asked.answer(ask("Why did the bridge close?")).confidence == 0.5


def test_a_confidence_of_other_features_is_not_used_and_the_status_says_so(
    index: storage.IndexStorage, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = service(index)
    before = asked.answer(ask("Why did the bridge close?")).confidence
    publish_fitted(index, ENGINES, lambda fitted: fitted.model_copy(update={"confidence": OTHER}), IDENTITY, keep=2)
    assert asked.reload()
    assert asked.answer(ask("Why did the bridge close?")).confidence == before
    admin_output.status(asked.status(), as_json=False)
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("confidence"))
    assert "default coefficients: those fitted 2026-01-01 (intercept 0.00, length 0.00) do not match" in line
    assert line.endswith("run `rag calibrate` again")
