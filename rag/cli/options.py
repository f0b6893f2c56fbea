"""The options that commands share: those that every command has, and one for each field of a request."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

from rag.types.fields import AS_OF, CLAUSES, FIELDS, Clause, FieldSpec

if TYPE_CHECKING:
    from rag.cli.search_output import Form
    from rag.service import RagService
    from rag.settings import Settings

OK, FAILED, USAGE, UNUSABLE, NOT_FOUND, PARTLY, NOT_ANSWERED = range(7)  # exit codes
INTERRUPTED = 130  # what a shell says of a process that Ctrl-C ended

EXIT_CODES = {
    OK: "ok",
    FAILED: "failed",
    USAGE: "usage",
    UNUSABLE: "incompatible or damaged index",
    NOT_FOUND: "not found",
    PARTLY: "partly failed",
    NOT_ANSWERED: "not answered (`rag ask --fail-on-abstain`)",
    INTERRUPTED: "stopped by Ctrl-C",
}

Name = Annotated[str | None, typer.Option("--name", help="Index to use; default: RAG_INDEX.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AsJsonLines = Annotated[
    bool,
    typer.Option(
        "--jsonl", help="Print a line of JSON for each hit (ask: with its `kind`, sentences first; facets come last)."
    ),
]
Interpret = Annotated[bool, typer.Option("--interpret/--no-interpret", help=FIELDS["interpret"].help)]

FlatValues: TypeAlias = dict[
    str, Any
]  # what was typed, by the names of fields and clauses, as `Request.parse` takes it
Command: TypeAlias = Callable[..., None]


def takes(names: Iterable[str], *, without: Collection[str] = (), **defaults: Any) -> Callable[[Command], Command]:
    """Give a command an option or an argument for each of these fields of a request (see `rag.types.fields`).

    `filter` stands for all its clauses, and `defaults` replace those of the table. The command gets what was typed as
    its first argument; typer sees the fields in its place, then the parameters of the command itself. So neither a
    field nor a clause is named in a command, and pydantic is not loaded before a command runs.
    """
    fields = [parameter for name in names for parameter in _parameters(name) if parameter.name not in without]
    fields = [field.replace(default=defaults.get(field.name, field.default)) for field in fields]

    def decorate(command: Command) -> Command:
        _, *own = inspect.signature(command, eval_str=True).parameters.values()

        @wraps(command)
        def flat(**typed: Any) -> None:
            command({field.name: _without_time(typed.pop(field.name)) for field in fields}, **typed)

        parameters = [*fields, *(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own)]
        flat.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # where inspect looks first
        flat.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return flat

    return decorate


def _parameters(name: str) -> Iterator[inspect.Parameter]:
    """Yield the parameters of one field of a request, as typer reads them."""
    if name == "filter":
        yield from map(_clause_parameter, CLAUSES)
    elif name == AS_OF.name:
        yield _clause_parameter(AS_OF)
    else:
        yield _field_parameter(FIELDS[name])


def _clause_parameter(clause: Clause) -> inspect.Parameter:
    flag = f"--{clause.flag}"
    if clause.kind in {"any_of", "none_of"}:
        several = typer.Option(flag, help=f"{clause.help} May be repeated.")
        return _parameter(clause.name, None, list[str] | None, several)
    day = typer.Option(flag, help=clause.help, formats=["%Y-%m-%d"])
    return _parameter(clause.name, None, datetime | None, day)  # the only type by which typer reads a day


def _field_parameter(field: FieldSpec) -> inspect.Parameter:
    types: dict[str, Any] = {"text": str, "number": int, "truth": bool, "choice": Literal[field.choices]}
    kind = types[field.kind] | None if field.default is None else types[field.kind]
    default = inspect.Parameter.empty if field.default is ... else field.default
    if not field.flag:
        return _parameter(field.name, default, kind, typer.Argument(help=field.help))
    flag = f"{field.flag}/--no-{field.flag.removeprefix('--')}" if field.default is True else field.flag
    bounds: dict[str, Any] = {"min": field.least, "max": field.most} if field.kind == "number" else {}
    return _parameter(field.name, default, kind, typer.Option(flag, help=field.help, **bounds))


def _parameter(name: str, default: Any, kind: Any, info: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, info])


def _without_time(value: object) -> object:
    return value.date() if isinstance(value, datetime) else value


def output_form(as_json: bool, as_lines: bool) -> Form:
    """Return the form that a result is printed in; raises BadParameter where both kinds of JSON are asked for."""
    if as_json and as_lines:
        raise typer.BadParameter("--json prints one document and --jsonl many: take one of them")
    return "json" if as_json else "jsonl" if as_lines else "text"


def settings_of(name: str | None) -> Settings:
    """Return the settings, with the index of this name where one is named; raises SettingsError."""
    from rag.settings import load

    return load(overrides={"index": name} if name else {})


def service(name: str | None) -> RagService:
    """Return the service over the index of this name, by default that of the settings; raises SettingsError."""
    from rag.wiring import build

    return build(settings_of(name))
