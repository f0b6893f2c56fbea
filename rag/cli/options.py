"""What commands that ask have in common: their options, and the options -> what is asked of the service."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rag.errors import QuestionError

if TYPE_CHECKING:
    from rag.cli.search_output import Form
    from rag.service import RagService
    from rag.settings import Settings
    from rag.types.requests import Options

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
Count = Annotated[int, typer.Option("-k", help="How many passages, articles or stories, 1 to 100.")]
From = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Published on or after.")]
To = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Published on or before.")]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="The day that is today; nothing later is found."),
]
Interpret = Annotated[
    bool, typer.Option("--interpret/--no-interpret", help="Read time words (this week, in May 2022, ...) or do not.")
]
By = Annotated[
    Literal["story", "article", "passage"],
    typer.Option("--by", help="What is listed once: a story with its copies, an article, a passage."),
]
Unit = Annotated[
    Literal["day", "week", "month", "year"] | None,
    typer.Option("--unit", help="What is counted together; default: the shortest that gives few enough lines."),
]
Sources = Annotated[list[str] | None, typer.Option("--source", help="Outlet; may be repeated.")]
Sections = Annotated[list[str] | None, typer.Option("--section", help="Section; may be repeated.")]
Authors = Annotated[list[str] | None, typer.Option("--author", help="Author; may be repeated.")]


def asked(
    k: int,
    published_from: datetime | None,
    published_to: datetime | None,
    source: list[str] | None,
    author: list[str] | None,
    section: list[str] | None,
    as_of: datetime | None,
    interpret: bool,
) -> Options:
    """Return what is asked beside the question; raises QuestionError where the days are the wrong way round."""
    from pydantic import ValidationError

    from rag.types.filters import SearchFilter

    try:
        filter = SearchFilter(
            published_from=published_from.date() if published_from else None,
            published_to=published_to.date() if published_to else None,
            sources=tuple(source or ()),
            authors=tuple(author or ()),
            sections=tuple(section or ()),
        )
    except ValidationError as error:
        raise QuestionError("filter", error.errors()[0]["msg"].removeprefix("Value error, ")) from None
    return {"k": k, "filter": filter, "as_of": as_of.date() if as_of else None, "interpret": interpret}


def form(as_json: bool, as_lines: bool) -> Form:
    """Return how a result is printed."""
    if as_json and as_lines:
        raise typer.BadParameter("--json prints one document and --jsonl many: take one of them")
    return "json" if as_json else "jsonl" if as_lines else "text"


def settings_of(name: str | None) -> Settings:
    """Return the settings, of the index that is named; raises SettingsError."""
    from rag.settings import load

    return load(overrides={"index": name} if name else {})


def service(name: str | None) -> RagService:
    """Return the service of the index that is named; raises SettingsError."""
    from rag.wiring import build

    return build(settings_of(name))
