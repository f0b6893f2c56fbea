"""The wheel: what it holds, and that `byline[client]` by itself asks a server without a model or an index."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from api.openapi import examples
from tests.conftest import ROOT
from tests.contract.scripted import Reply, scripted

PACKAGES = ("rag", "api")
BUILT_FROM = ("pyproject.toml", "README.md", "LICENSE")
CLIENT_MB = 40  # 10 MB were installed when this was written; the product is 1,800 MB
CALL = """
import sys
import anyio
from rag.client import AsyncByline, Byline

async def answer() -> str:
    async with AsyncByline(sys.argv[1]) as archive:
        return (await archive.answer("How long was the bridge closed?")).generation

with Byline(sys.argv[1]) as archive:
    print(archive.answer("How long was the bridge closed?").generation, anyio.run(answer))
"""


def run(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that the checkout stays as it is."""
    folder = tmp_path_factory.mktemp("wheel")
    tree = folder / "tree"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in BUILT_FROM:
        shutil.copy(ROOT / name, tree)
    built = run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", folder, tree)
    assert built.returncode == 0, built.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def client_environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of its own with `byline[client]` and what pip installs for it."""
    folder = tmp_path_factory.mktemp("client") / "venv"
    assert run(sys.executable, "-m", "venv", "--without-pip", folder).returncode == 0
    python = folder / "bin" / "python"
    done = run(sys.executable, "-m", "pip", "--python", python, "install", "--no-compile", f"{wheel}[client]")
    if done.returncode and "connection broken" in done.stderr:
        pytest.skip("pip reaches no package index")
    assert done.returncode == 0, done.stderr
    return folder


def test_the_wheel_holds_every_file_of_both_packages_and_nothing_else(wheel: Path) -> None:
    tree = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        assert {name for name in archive.namelist() if ".dist-info/" not in name} == tree


def test_the_client_s_extra_installs_an_http_library_and_pydantic_only(client_environment: Path) -> None:
    names = "from importlib.metadata import distributions as all; print(*(one.name for one in all()))"
    listed = run(client_environment / "bin" / "python", "-c", names)
    assert {name.lower().replace("_", "-") for name in listed.stdout.split()} == {
        "byline",
        "annotated-types", "pydantic", "pydantic-core", "typing-extensions", "typing-inspection",
        "anyio", "h11", "httpcore2", "httpx2", "idna", "truststore",
    }  # fmt: skip
    files = [path for path in client_environment.rglob("*") if path.is_file() and not path.is_symlink()]
    assert sum(path.stat().st_size for path in files) < CLIENT_MB * 1_000_000


def test_from_that_environment_both_clients_ask_a_server(client_environment: Path, tmp_path: Path) -> None:
    (tmp_path / "call.py").write_text(CALL)
    with scripted(Reply(body=examples.ANSWER.model_dump_json())) as server:
        done = run(client_environment / "bin" / "python", "-W", "error", tmp_path / "call.py", server.url)
    assert done.stderr == ""
    assert done.stdout.split() == [examples.ANSWER.generation] * 2
    assert [(request.method, request.path) for request in server.requests] == [("POST", "/v1/answer")] * 2


def test_there_the_command_says_what_to_install(client_environment: Path) -> None:
    done = run(client_environment / "bin" / "rag", "--version")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "rag: typer is not installed: pip install 'byline[standard]'\n"
