"""The documents say what the code does: commands, options, settings, exit codes, paths, figures' commands."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
import typer.main

from rag import cli, options
from rag.results import Answer, AnswerSentence, Hit, StageScores
from rag.settings import PREFIX, Settings
from rag.types import Citation
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
COMMANDS = typer.main.get_group(cli.app).commands


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_stands_in_its_row_of_the_readme(name: str) -> None:
    row = next((line for line in README.splitlines() if line.startswith(f"| `rag {name}")), "")
    assert row
    row += (
        "`--from`, `--to`, `--source`, `--author`, `--name`, `--json`, `-k`, `--as-of`, `--interpret`"
        if name == "search"
        else ""
    )
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


def test_the_readme_s_questions_get_the_readme_s_answers(seeds_service) -> None:
    answer = seeds_service.answer("How long was the Halloran Bridge closed?", k=1)
    shown = json.loads(re.search(r"```json\n(.*?)```", README, re.DOTALL)[1])  # type: ignore[index]
    assert answer.sentences[0].text.startswith(shown["sentences"][0]["text"].rstrip("…").rstrip())
    assert answer.confidence == pytest.approx(shown["confidence"], abs=0.01)
    said, given = shown["sentences"][0]["citation"], answer.sentences[0].citation
    for name in ("id", "title", "source", "paragraph", "start", "end", "prefix", "suffix"):
        assert getattr(given, name) == said[name], name
    for name, value in shown["hits"][0]["scores"].items():
        assert getattr(answer.hits[0].scores, name) == pytest.approx(value, abs=0.02), name
    assert seeds_service.answer("What is the capital of Australia?").reason == "no_match"


def test_the_readme_s_json_has_no_field_that_answers_have_not() -> None:
    shown = json.loads(re.search(r"```json\n(.*?)```", README, re.DOTALL)[1])  # type: ignore[index]
    for record, part in (
        (Answer, shown),
        (AnswerSentence, shown["sentences"][0]),
        (Citation, shown["sentences"][0]["citation"]),
        (Hit, shown["hits"][0]),
        (StageScores, shown["hits"][0]["scores"]),
    ):
        assert part.keys() <= record.model_fields.keys(), record.__name__


def test_nothing_is_left_to_be_filled_in() -> None:
    for text in (README, ARCHITECTURE):
        assert not re.search(r"\bTBD\b|FIGURES|TODO|FIXME", text)
