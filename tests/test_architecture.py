"""The layers hold, rooms are few, a name has one meaning, and modules stay small and say what they are for."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

MODULES = sorted(path for package in ("rag", "api") for path in (ROOT / package).rglob("*.py"))
MAX_MODULE_LINES, MAX_FUNCTION_LINES = 500, 45
MAX_TOP_MODULES, ROOMS = 8, 12
BAGS = {"util", "utils", "helper", "helpers", "core", "common", "misc"}  # names that name nothing
Function = ast.FunctionDef | ast.AsyncFunctionDef


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def imported(tree: ast.Module) -> set[str]:
    """The top-level names of all that a module imports, at its head or inside a function."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
            assert node.level == 0, "imports are absolute"
    return found


def first_sentence(text: str) -> str:
    return text.strip().split(". ")[0].split(".\n")[0].strip()


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_stays_small(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MAX_MODULE_LINES
    long = {node.name: node.end_lineno - node.lineno + 1 for node in functions(parsed(path)) if node.end_lineno}
    assert {name: lines for name, lines in long.items() if lines > MAX_FUNCTION_LINES} == {}


def test_every_module_says_what_it_is_for_in_words_of_its_own() -> None:
    said: dict[str, str] = {}
    for path in MODULES:
        text = ast.get_docstring(parsed(path))
        if text is None:  # only a package with nothing in it has nothing to say
            assert path.name == "__init__.py", f"{named(path)} has no docstring"
            assert not path.read_text("utf-8").strip(), f"{named(path)} has no docstring"
            continue
        sentence = first_sentence(text)
        assert len(sentence.split()) >= 3, f"{named(path)}: {sentence!r} says too little"
        assert sentence not in said, f"{named(path)} and {said[sentence]} say the same: {sentence!r}"
        said[sentence] = named(path)


def test_no_module_is_a_bag_of_unrelated_things() -> None:
    names = {part.removesuffix(".py") for path in MODULES for part in path.relative_to(ROOT).parts}
    assert not names & BAGS


def test_the_library_has_twelve_rooms_and_few_modules_beside_them() -> None:
    beside = [path for path in (ROOT / "rag").glob("*.py") if path.name not in {"__init__.py", "__main__.py"}]
    rooms = [path.parent.name for path in (ROOT / "rag").glob("*/__init__.py")]
    assert len(beside) <= MAX_TOP_MODULES, [path.name for path in beside]
    assert len(rooms) == ROOMS, rooms


def types_of(tree: ast.Module) -> Iterator[str]:
    """The names of classes and type aliases at the head of a module, private ones apart."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            name = node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            name = target.id if isinstance(target, ast.Name) else ""
        else:
            continue
        if name[:1].isupper() and not name.isupper():
            yield name


def test_a_type_name_has_one_meaning_in_the_library() -> None:
    """A reader who meets `Citation` need not ask which: no two modules define a type or an alias of one name."""
    modules: dict[str, list[str]] = {}
    for path in MODULES:
        if path.is_relative_to(ROOT / "rag"):
            for name in types_of(parsed(path)):
                modules.setdefault(name, []).append(named(path))
    assert {name: paths for name, paths in modules.items() if len(paths) > 1} == {}


@pytest.mark.parametrize("path", [path for path in MODULES if path.is_relative_to(ROOT / "rag")], ids=named)
def test_the_library_never_imports_the_api(path: Path) -> None:
    assert "api" not in imported(parsed(path))


def linter() -> dict[str, Any]:
    settings: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    return settings


@pytest.fixture(scope="module")
def linted() -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    environ = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    return subprocess.run(
        [program, "--no-cache"], cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=120
    )


def test_imports_point_down_only(linted: subprocess.CompletedProcess[str]) -> None:
    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert "0 broken" in linted.stdout


def test_every_contract_was_checked(linted: subprocess.CompletedProcess[str]) -> None:
    for contract in linter()["contracts"]:
        assert f"{contract['name']} KEPT" in linted.stdout


def test_every_module_of_the_library_has_its_layer() -> None:
    """A new module that no layer names would be free to import anything."""
    layers = next(contract["layers"] for contract in linter()["contracts"] if contract["type"] == "layers")
    with_a_layer = {name.strip() for layer in layers for name in layer.split("|")}
    heads = {path.relative_to(ROOT / "rag").parts[0].removesuffix(".py") for path in (ROOT / "rag").rglob("*.py")}
    assert {f"rag.{head}" for head in heads - {"__init__"}} <= with_a_layer
