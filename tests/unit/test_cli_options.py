"""What `takes` makes of the table of fields: an option or an argument for each, and flat values for the command."""

from __future__ import annotations

import inspect
from datetime import date
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from rag.cli import options, search_commands
from rag.cli.options import FlatValues, Name, takes
from rag.types import fields
from rag.types.fields import AS_OF, CLAUSES, DAYS, FIELDS, Clause, FieldSpec
from rag.types.requests import AskRequest, SearchRequest

LANGUAGES = Clause("languages", "language", "any_of", "language", "language", "Language", "Any of these languages.")
DEPTH = FieldSpec("depth", "number", 3, "How deep to look.", "--depth", 1, 9)


def run(names: tuple[str, ...], *arguments: str, **defaults: Any) -> tuple[int, str, list[FlatValues]]:
    """Run a command that takes these fields; return its exit code, its output and the values it was called with."""
    calls: list[FlatValues] = []

    @takes(names, **defaults)
    def command(values: FlatValues, name: Name = None) -> None:
        calls.append(values | {"index": name})

    app = typer.Typer()
    app.command()(command)
    result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})
    return result.exit_code, result.output, calls


def test_each_value_reaches_the_command_by_the_name_of_its_field() -> None:
    code, _, calls = run(
        fields.SEARCH, "Why?", "-k", "3", "--from", "2025-01-01", "--to", "2025-02-01", "--source", "A",
        "--source", "B", "--author", "C", "--section", "D", "--exclude", "e", "--as-of", "2025-03-01",
        "--no-interpret", "--facets",
        "--group-by", "passage", "--sort", "oldest", "--cursor", "abc", "--name", "news",
    )  # fmt: skip
    assert code == 0
    (values,) = calls
    assert values.pop("index") == "news"
    parsed = SearchRequest.parse(**values)
    assert parsed.filter.published_from == date(2025, 1, 1)
    assert parsed.model_dump(mode="json") == {
        "question": "Why?", "k": 3, "as_of": "2025-03-01", "interpret": False, "facets": True, "group_by": "passage",
        "sort": "oldest", "cursor": "abc",
        "filter": {
            "published_from": "2025-01-01", "published_to": "2025-02-01", "sources": ["A", "B"], "authors": ["C"],
            "sections": ["D"], "exclude": ["e"],
        },
    }  # fmt: skip


def test_what_is_not_typed_is_the_default_of_the_record() -> None:
    code, _, calls = run(fields.ASK, "Why?")
    assert code == 0
    calls[0].pop("index")
    assert AskRequest.parse(**calls[0]) == AskRequest(question="Why?")


@pytest.mark.parametrize("command", [search_commands.ask, search_commands.search, search_commands.explain])
def test_every_clause_is_an_option_of_every_command_that_asks(command: Any) -> None:
    names = inspect.signature(command).parameters
    assert {clause.name for clause in (*CLAUSES, AS_OF)} <= names.keys()


def test_every_field_with_a_flag_is_an_option_of_some_command() -> None:
    commands = (search_commands.ask, search_commands.search, search_commands.explain, search_commands.timeline)
    names = {name for command in commands for name in inspect.signature(command).parameters}
    assert FIELDS.keys() <= names


def test_a_timeline_takes_no_days_which_would_narrow_nothing() -> None:
    names = inspect.signature(search_commands.timeline).parameters
    assert not set(DAYS) & names.keys()
    assert names["question"].default is None


def test_a_clause_or_a_field_that_is_added_to_the_table_is_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "CLAUSES", (*CLAUSES, LANGUAGES))
    monkeypatch.setitem(FIELDS, "depth", DEPTH)
    names = (*fields.ASK, "depth")
    code, _, calls = run(names, "Why?", "--language", "en", "--language", "cy", "--depth", "4")
    assert (code, calls[0]["languages"], calls[0]["depth"]) == (0, ["en", "cy"], 4)
    _, output, _ = run(names, "--help")
    assert "Any of these languages." in output
    assert "How deep to look." in output
    code, output, calls = run(names, "Why?", "--depth", "10")
    assert (code, calls) == (2, [])
    assert "--depth" in output


@pytest.mark.parametrize(
    "typed",
    [
        ("-k", "0"),
        ("-k", "101"),
        ("--from", "May"),
        ("--from", "2025-01-01T10:00"),
        ("--sort", "best"),
        ("--unit", "day"),
    ],
    ids=str,
)
def test_what_the_table_does_not_allow_is_refused_by_its_flag(typed: tuple[str, str]) -> None:
    code, output, calls = run(fields.SEARCH, "Why?", *typed)
    assert (code, calls) == (2, [])
    assert typed[0] in output
