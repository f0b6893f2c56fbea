"""What wrote each structure of an index is recorded, and another version is not read: it is built anew, or refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from rag.errors import IncompatibleIndexError
from rag.index import generation, late_interaction, minhash, storage, stories
from rag.index.backends.faiss import EXACT, IVF, FaissDense
from rag.index.backends.sqlite import SqliteArticles
from rag.index.backends.tantivy import TantivyLexical
from rag.service import RagService
from rag.settings import Settings
from rag.text import analysis
from rag.types.index import IndexManifest
from tests.conftest import ENGINES, SEEDS, ask, service_of

IDENTITIES = {  # where the code keeps the identity of each structure
    "articles": (SqliteArticles, "identity"),
    "dense": (FaissDense, "identity"),
    "lexical": (TantivyLexical, "identity"),
    "token_codes": (late_interaction, "IDENTITY"),
    "stories": (stories, "IDENTITY"),
}
DERIVED = ("lexical", "stories")  # of the others, without a model
TEXTS = {
    "ferry": "A ferry caught fire off the harbour. Nobody was hurt.",
    "ferries": "Two ferries were moored beside the market.",
    "school": "The school won the chess final. Its captain is nine.",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    corpus = tmp_path / "articles"
    corpus.mkdir()
    for id, text in TEXTS.items():
        (corpus / f"{id}.jsonl").write_text(json.dumps({"id": id, "title": id.upper(), "text": text}) + "\n")
    return corpus


@pytest.fixture
def service(tmp_path: Path) -> Callable[..., RagService]:
    """Makes a service that has nothing open yet, as each command has one."""
    return lambda **stated: service_of(Settings(index_root=tmp_path / "indexes", **stated))


def manifest(service: RagService) -> IndexManifest:
    index = service.live.storage
    return storage.read_manifest(index.folder / index.current())


def lexical_hits(service: RagService, question: str) -> set[str]:
    """The articles that share a stem with the question."""
    hits = service.search(ask(question, group_by="passage")).hits
    return {hit.citation.id for hit in hits if hit.scores.lexical_rank}


def test_the_manifest_names_every_structure(service: Callable[..., RagService], folder: Path) -> None:
    service().reindex([folder])
    assert manifest(service()).structures == generation.identities(ENGINES)
    assert generation.identities(ENGINES).keys() == IDENTITIES.keys()


@pytest.mark.parametrize("structure", IDENTITIES)
def test_a_structure_of_another_version_is_not_opened(
    service: Callable[..., RagService], folder: Path, structure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service().reindex([folder])
    was = manifest(service()).structures[structure]
    monkeypatch.setattr(*IDENTITIES[structure], "newer-2")
    command = "`rag reindex`" if structure in DERIVED else "`rag reindex --rebuild`"
    told = re.escape(f"gen-000001: {structure}: written as {was}, this Byline reads newer-2; run {command}")
    for call in (lambda: service().open(), lambda: service().search(ask("ferry")), lambda: service().verify()):
        with pytest.raises(IncompatibleIndexError, match=told):
            call()


@pytest.mark.parametrize("structure", DERIVED)
def test_what_is_derived_is_built_anew_without_embedding(
    service: Callable[..., RagService], folder: Path, structure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service().reindex([folder])
    monkeypatch.setattr(*IDENTITIES[structure], "newer-2")
    report = service().reindex()
    assert (report.generation, report.unchanged, report.embedded) == ("gen-000002", 3, 0)
    assert manifest(service()).structures[structure] == "newer-2"
    assert lexical_hits(service(), "ferry") == {"ferry", "ferries"}
    assert service().verify() == []
    assert service().reindex().generation == "gen-000002", "then nothing has changed"
    with pytest.raises(IncompatibleIndexError, match="gen-000001"):
        service().rollback()


@pytest.mark.parametrize("structure", sorted(IDENTITIES.keys() - {*DERIVED}))
def test_what_was_embedded_is_refused_until_a_rebuild(
    service: Callable[..., RagService], folder: Path, structure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service().reindex([folder])
    monkeypatch.setattr(*IDENTITIES[structure], "newer-2")
    for dry_run in (False, True):
        with pytest.raises(IncompatibleIndexError, match=rf"{structure}: .*`rag reindex --rebuild`"):
            service().reindex(dry_run=dry_run)
    assert service().live.storage.current() == "gen-000001"
    report = service().reindex(rebuild=True)
    assert (report.generation, report.embedded) == ("gen-000002", report.passages)
    assert lexical_hits(service(), "ferry") == {"ferry", "ferries"}


def test_a_rebuild_is_named_where_a_reindex_would_not_be_enough(
    service: Callable[..., RagService], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service().reindex([folder])
    for structure in ("lexical", "token_codes"):
        monkeypatch.setattr(*IDENTITIES[structure], "newer-2")
    with pytest.raises(IncompatibleIndexError, match=r"token_codes: .*`rag reindex --rebuild`"):
        service().open()


def test_an_index_of_another_analysis_is_refused_and_then_analysed_anew(
    service: Callable[..., RagService], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read by another analysis than wrote it, an index answers and finds nothing: "ferries" has no such stem."""
    with monkeypatch.context() as before:
        before.setattr(analysis, "stem", lambda word: word.lower())
        before.setattr(TantivyLexical, "identity", f"tantivy-bm25-2/{analysis.IDENTITY}-unstemmed")
        service().reindex([folder])
        assert lexical_hits(service(), "ferries") == {"ferries"}
    with pytest.raises(IncompatibleIndexError, match=r"unstemmed, this Byline reads .*; run `rag reindex`,"):
        service().search(ask("ferries"))
    report = service().reindex()
    assert (report.generation, report.embedded) == ("gen-000002", 0)
    assert lexical_hits(service(), "ferries") == {"ferry", "ferries"}


def test_the_analysis_is_part_of_the_identity_of_the_lexical_index() -> None:
    assert analysis.IDENTITY in TantivyLexical.identity


def test_sketches_of_another_version_are_drawn_anew_and_not_copied(
    service: Callable[..., RagService], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service().reindex([folder])
    index = service().live.storage
    sketches = index.folder / "gen-000001" / "sketches.bin"
    monkeypatch.setattr(stories, "IDENTITY", "newer-2")
    with mock.patch.object(minhash, "sketch", wraps=minhash.sketch) as sketch:
        service().reindex()
    assert sorted(call.args[0] for call in sketch.call_args_list) == sorted(TEXTS.values())
    assert (index.folder / "gen-000002" / "sketches.bin").read_bytes() == sketches.read_bytes()


@pytest.mark.parametrize(("before", "after"), [(200_000, 0), (0, 200_000)], ids=["exact to IVF", "IVF to exact"])
def test_another_kind_of_dense_index_is_built_without_embedding(
    service: Callable[..., RagService], before: int, after: int
) -> None:
    service(exact_rows=before).reindex([SEEDS])
    assert manifest(service()).dense == (EXACT if before else IVF)
    assert service(exact_rows=after).status().dense == (EXACT if before else IVF), "the old kind is served until then"
    report = service(exact_rows=after).reindex()
    assert (report.generation, report.embedded) == ("gen-000002", 0)
    assert manifest(service()).dense == (EXACT if after else IVF)
    assert service(exact_rows=after).search(ask("When did the Halloran Bridge reopen?")).hits
    assert service(exact_rows=after).reindex().generation == "gen-000002", "then nothing has changed"
