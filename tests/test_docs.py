"""The documents say what the code does: commands, options, settings, codes, paths. `test_readme.py` runs examples."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer.main

from rag.cli import app, options
from rag.settings import PREFIX, Settings
from tests.conftest import ROOT
from tests.documents import DECISIONS, DOCUMENTS

MAX_BYTES = {"README.md": 14_000, "ARCHITECTURE.md": 10_000}
CLI = DOCUMENTS["docs/cli.md"]
ARCHITECTURE = DOCUMENTS["ARCHITECTURE.md"]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
COMMANDS = typer.main.get_group(app.app).commands
OPTION = re.compile(r"`(--?[a-z][\w-]*)`")
SHARED = "[the options of a question](#the-options-of-a-question)"
INDEX_OF_DECISIONS = "docs/decisions/README.md"
PARTS = ["Status", "Context", "Measured", "Decision", "Consequences"]  # of every decision, in this order
BUILT = "indexes/.models/"  # a path that documents name and no checkout holds


def section(text: str, heading: str) -> str:
    """Return what stands below `## heading`, up to the next heading of that level."""
    return re.split(r"^## ", text.partition(f"\n## {heading}\n")[2], flags=re.MULTILINE)[0]


def options_of(name: str) -> set[str]:
    return {
        spelling
        for parameter in COMMANDS[name].params
        if parameter.param_type_name == "option" and parameter.name != "help"
        for spelling in (*parameter.opts, *parameter.secondary_opts)
    }


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_a_row_with_exactly_its_options(name: str) -> None:
    (row,) = [line for line in CLI.splitlines() if line.startswith(f"| `rag {name}")]
    shared = OPTION.findall(section(CLI, "The options of a question")) if SHARED in row else []
    assert {*OPTION.findall(row), *shared} == options_of(name)


def test_no_row_names_a_command_that_is_not_there() -> None:
    assert set(re.findall(r"^\| `rag (\w+)", CLI, re.MULTILINE)) == set(COMMANDS)


def test_the_settings_table_is_the_settings_with_their_defaults() -> None:
    rows = dict(re.findall(r"^\| `(RAG_\w+)` \| `([^`]*)` \|", DOCUMENTS["docs/settings.md"], re.MULTILINE))
    assert rows == {PREFIX + name.upper(): str(field.default) for name, field in Settings.model_fields.items()}


def test_the_exit_codes_are_the_command_line_s() -> None:
    rows = dict(re.findall(r"^\| (\d+) \| (\w+)", CLI, re.MULTILINE))
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


def test_the_table_of_endpoints_is_the_schema_s() -> None:
    schema = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
    assert set(re.findall(r"^\| `(/[^`]+)` \|", DOCUMENTS["docs/api.md"], re.MULTILINE)) == set(schema["paths"])


def test_the_table_of_extras_is_the_package_s() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    rows = re.findall(r"^\| `byline\[(\w+)\]` \|", DOCUMENTS["README.md"], re.MULTILINE)
    assert set(rows) == set(project["optional-dependencies"]) - {"dev"}


@pytest.mark.parametrize("name", sorted(MAX_BYTES))
def test_a_document_stays_short_enough_to_be_read(name: str) -> None:
    assert len(DOCUMENTS[name].encode()) <= MAX_BYTES[name]


def rooms() -> list[str]:
    """Return the packages that stand directly in `rag/` and `api/`: `rag/types`, `api/routes`, ..."""
    folders = {path.parent for package in ("rag", "api") for path in (ROOT / package).glob("*/*.py")}
    return sorted(folder.relative_to(ROOT).as_posix() for folder in folders)


@pytest.mark.parametrize("room", rooms())
def test_every_room_says_in_a_sentence_what_it_is_for(room: str) -> None:
    text = ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text("utf-8")))
    assert text is not None, f"{room}/__init__.py has no docstring"
    assert len(text.split()) >= 5, f"{room}/__init__.py says too little: {text!r}"


def test_the_rooms_of_the_architecture_are_the_packages() -> None:
    rows = re.findall(r"^\| `((?:rag|api)/\w+)/` \| \S", section(ARCHITECTURE, "Rooms"), re.MULTILINE)
    assert sorted(rows) == rooms()


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_every_path_that_a_document_names_exists(name: str) -> None:
    paths = re.findall(r"`((?:rag|api|tests|seeds|indexes|docs)/[\w/.-]*)`", DOCUMENTS[name])
    assert [path for path in paths if path != BUILT and not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_every_module_that_a_document_runs_exists(name: str) -> None:
    modules = re.findall(r"python -m ([\w.]+)", DOCUMENTS[name])
    assert [module for module in modules if find_spec(module) is None] == []


def anchors(text: str) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", [*sorted(DOCUMENTS), "CHANGELOG.md", "seeds/README.md", "indexes/README.md"])
def test_every_link_between_documents_leads_somewhere(name: str) -> None:
    path = ROOT / name
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", path.read_text("utf-8")):
        aim = path.parent / target if target else path
        assert aim.exists(), f"{name}: {target}"
        assert not anchor or anchor in anchors(aim.read_text("utf-8")), f"{name}: {target}#{anchor}"


def test_every_make_target_is_in_its_help() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^make ([\w-]+)", shown, re.MULTILINE)) == make_targets()


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_every_make_target_that_a_document_shows_exists(name: str) -> None:
    assert set(re.findall(r"(?:`|^)make ([\w-]+)", DOCUMENTS[name], re.MULTILINE)) <= make_targets()


def make_targets() -> set[str]:
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony
    return set(phony[1].split()) - {"help"}


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_every_command_that_prose_shows_can_be_given(name: str) -> None:
    """`rag ...` between backticks: the command is there, and takes the options."""
    for command, rest in re.findall(r"`rag (\w+)([^`|]*)`", DOCUMENTS[name]):
        assert command in COMMANDS, command
        spelled = set(re.findall(r"(?<!\S)--?[a-z][\w-]*", rest))
        assert spelled <= options_of(command), f"rag {command}{rest}"


def test_prose_shows_commands() -> None:
    shown = [command for text in DOCUMENTS.values() for command in re.findall(r"`rag (\w+)", text)]
    assert len(shown) > 60


@pytest.mark.parametrize("name", [name for name in DECISIONS if name != INDEX_OF_DECISIONS])
def test_every_decision_has_a_number_of_its_own_and_all_parts(name: str) -> None:
    number = Path(name).name[:4]
    text = DOCUMENTS[name]
    assert re.match(rf"# {number}\. \S", text)
    assert [other for other in DECISIONS if Path(other).name.startswith(number)] == [name]
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == PARTS
    assert all(section(text, part).strip() for part in PARTS)


def test_the_index_of_decisions_lists_them_all_by_title() -> None:
    listed = re.findall(r"^- \[(\d{4}\. [^\]]+)\]\(([\w-]+\.md)\)", DOCUMENTS[INDEX_OF_DECISIONS], re.MULTILINE)
    titles = [
        (re.match(r"# (.*)", DOCUMENTS[name])[1], Path(name).name)  # type: ignore[index]
        for name in DECISIONS
        if name != INDEX_OF_DECISIONS
    ]
    assert listed == titles


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_nothing_is_left_to_be_filled_in(name: str) -> None:
    assert not re.search(r"\bTBD\b|FIGURES|TODO|FIXME", DOCUMENTS[name])
