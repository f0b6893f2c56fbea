"""What tests of the command share: the real `rag` in processes of its own, over a small archive."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rag import wiring
from rag.models.base import Embedder
from rag.models.on_demand import ModelsOnDemand
from rag.service import RagService
from rag.settings import Settings

RAG = Path(sys.executable).with_name("rag")
PATIENCE_S = 60
TEXTS = {
    "bridge.txt": " date 2025-05-01 (Ann Lee, Courier) The bridge closed in May because a hanger had cracked. "
    "It is forty metres long.",
    "ferry.txt": " date 2025-06-10 (Cy Moss, Wire) A ferry caught fire off the harbour. The fire began in a galley.",
    "seal.txt": " date 2025-07-02 (Bo Ray, Courier) A seal visited the fish market. The seal was called Gilbert.",
}

Rag = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def twin(index_root: Path) -> Embedder:
    return wiring.embedder(Settings(), index_root / ".models")


@pytest.fixture
def root(index_root: Path, tmp_path: Path) -> Path:
    """A root of indexes of this test's own, which finds the compiled model."""
    folder = tmp_path / "indexes"
    folder.mkdir()
    (folder / ".models").symlink_to((index_root / ".models").resolve())
    return folder


@pytest.fixture
def environ(root: Path) -> dict[str, str]:
    given = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")}
    return given | {"RAG_INDEX_ROOT": str(root), "COLUMNS": "120"}


@pytest.fixture
def rag(environ: dict[str, str], tmp_path: Path) -> Rag:
    """Run the command; nothing it is given may end in a traceback."""

    def run(*arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [RAG, *map(str, arguments)],
            cwd=tmp_path, env=environ | more, capture_output=True, text=True, check=False, timeout=PATIENCE_S,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three short articles."""
    made = tmp_path / "archive"
    made.mkdir()
    for name, text in TEXTS.items():
        (made / name).write_text(text)
    return made


@pytest.fixture
def service(root: Path, twin: Embedder) -> RagService:
    """The index that the command finds, to prepare and to look at without another process."""
    return wiring.compose(Settings(index_root=root), ModelsOnDemand(lambda: twin))


@pytest.fixture
def indexed(service: RagService, folder: Path) -> RagService:
    """The three articles, indexed."""
    service.reindex([folder])
    return service
