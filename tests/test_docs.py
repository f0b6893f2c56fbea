"""The documents say what the code does: commands, options, settings, codes, paths. `test_readme.py` runs examples."""

from __future__ import annotations

import re
import subprocess

import pytest
import typer.main

from rag.cli import app, options
from rag.settings import PREFIX, Settings
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
COMMANDS = typer.main.get_group(app.app).commands


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_stands_in_its_row_of_the_readme(name: str) -> None:
    row = next((line for line in README.splitlines() if line.startswith(f"| `rag {name}")), "")
    assert row
    for parameter in COMMANDS[name].params:
        if parameter.param_type_name == "option" and parameter.name != "help":
            assert any(f"`{spelled}`" in row for spelled in parameter.opts), f"{name}: {parameter.opts}"


def test_no_row_names_a_command_that_is_not_there() -> None:
    assert set(re.findall(r"^\| `rag (\w+)", README, re.MULTILINE)) == set(COMMANDS)


def test_the_settings_table_is_the_settings_with_their_defaults() -> None:
    rows = dict(re.findall(r"^\| `(RAG_\w+)` \| `([^`]*)` \|", README, re.MULTILINE))
    assert rows == {PREFIX + name.upper(): str(field.default) for name, field in Settings.model_fields.items()}


def test_the_exit_codes_are_the_command_line_s() -> None:
    rows = dict(re.findall(r"^\| (\d+) \| (\w+)", README, re.MULTILINE))
    codes = {
        options.FAILED: "failed",
        options.USAGE: "usage",
        options.UNUSABLE: "the",
        options.NOT_FOUND: "not",
        options.PARTLY: "partly",
        options.NOT_ANSWERED: "not",
        options.INTERRUPTED: "stopped",
    }
    assert rows == {"0": "ok", **{str(code): word for code, word in codes.items()}}


def test_every_path_that_the_architecture_names_exists() -> None:
    named = re.findall(r"`((?:rag|api|tests|seeds|indexes)/[\w/.-]*)`", ARCHITECTURE)
    assert len(named) > 40
    built = ("indexes/.models/",)
    assert [path for path in named if path not in built and not (ROOT / path).exists()] == []


def test_every_module_stands_in_the_architecture_by_name_or_by_its_folder() -> None:
    modules = [path.relative_to(ROOT).as_posix() for path in (ROOT / "rag").glob("*.py") if path.stem != "__init__"]
    assert [path for path in modules if f"`{path}`" not in ARCHITECTURE] == []


def test_every_link_between_documents_leads_somewhere() -> None:
    for name in ("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "seeds/README.md", "indexes/README.md"):
        text = (ROOT / name).read_text("utf-8")
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert (ROOT / name).parent.joinpath(target).exists(), f"{name}: {target}"


def test_every_make_target_is_in_its_help_and_those_of_the_readme_exist() -> None:
    targets = set(re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[1].split()) - {"help"}  # type: ignore[index]
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^make (\w+)", shown, re.MULTILINE)) == targets
    assert set(re.findall(r"`?make (\w+)", README)) <= targets


def test_every_command_that_prose_shows_can_be_given() -> None:
    """`rag ...` between backticks, in every document: the command is there, and takes the options."""
    shown = [found for text in (README, ARCHITECTURE) for found in re.findall(r"`rag (\w+)([^`|]*)`", text)]
    assert len(shown) > 40
    for name, rest in shown:
        assert name in COMMANDS, name
        spelled = {way for parameter in COMMANDS[name].params for way in (*parameter.opts, *parameter.secondary_opts)}
        assert set(re.findall(r"(?<!\S)--?[a-z][\w-]*", rest)) <= spelled, f"rag {name}{rest}"


def test_nothing_is_left_to_be_filled_in() -> None:
    for text in (README, ARCHITECTURE):
        assert not re.search(r"\bTBD\b|FIGURES|TODO|FIXME", text)
