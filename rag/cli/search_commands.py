"""`rag ask`, `search`, `explain`, `article`, `similar`, `timeline`: what is asked of an index; nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli.options import (  # fmt: skip
    NOT_ANSWERED,
    AsJson,
    AsJsonLines,
    AsOf,
    Authors,
    By,
    Count,
    From,
    Interpret,
    Name,
    Sections,
    Sources,
    To,
    Unit,
    asked,
    form,
    service,
)

if TYPE_CHECKING:
    from rag.types import fields

MOST_LINES = 40  # of a timeline whose unit is not asked for: what a terminal shows at once
LONGER: dict[fields.Unit, fields.Unit] = {"day": "week", "week": "month", "month": "year"}

ArticleId = Annotated[str, typer.Argument(help="Its id, as it stands in every hit and citation.")]


def ask(
    question: str,
    k: Count = 10,
    published_from: From = None,
    published_to: To = None,
    source: Sources = None,
    author: Authors = None,
    section: Sections = None,
    as_of: AsOf = None,
    interpret: Interpret = True,
    fail_on_abstain: Annotated[
        bool, typer.Option("--fail-on-abstain", help="Exit with 6 where the archive holds no answer.")
    ] = False,
    name: Name = None,
    as_json: AsJson = False,
    as_lines: AsJsonLines = False,
) -> None:
    """Answer a question with sentences of the archive, or say that it holds no answer."""
    from rag.cli import search_output

    shown = form(as_json, as_lines)
    wanted = asked(k, published_from, published_to, source, author, section, as_of, interpret)
    found = service(name).answer(question, **wanted)
    search_output.answer(found, shown)
    if fail_on_abstain and not found.answered:
        raise typer.Exit(NOT_ANSWERED)


def search(
    question: str,
    k: Count = 10,
    published_from: From = None,
    published_to: To = None,
    source: Sources = None,
    author: Authors = None,
    section: Sections = None,
    as_of: AsOf = None,
    interpret: Interpret = True,
    by: By = "story",
    facets: Annotated[
        bool, typer.Option("--facets", help="Also count what matches by outlet, author, section and year.")
    ] = False,
    name: Name = None,
    as_json: AsJson = False,
    as_lines: AsJsonLines = False,
) -> None:
    """List the stories, the articles or the passages that match best."""
    from rag.cli import search_output

    shown = form(as_json, as_lines)
    wanted = asked(k, published_from, published_to, source, author, section, as_of, interpret)
    search_output.search(service(name).search(question, **wanted, group_by=by, facets=facets), shown)


def explain(
    question: str,
    article: ArticleId,
    k: Count = 10,
    published_from: From = None,
    published_to: To = None,
    source: Sources = None,
    author: Authors = None,
    section: Sections = None,
    as_of: AsOf = None,
    interpret: Interpret = True,
    name: Name = None,
    as_json: AsJson = False,
) -> None:
    """Say why an article stands where it stands for a question, or why it was not found."""
    from rag.cli import search_output

    wanted = asked(k, published_from, published_to, source, author, section, as_of, interpret)
    search_output.explanation(service(name).explain(question, article, **wanted), as_json)


def article(id: str, name: Name = None, as_json: AsJson = False) -> None:
    """Print one article, by the id that stands in every citation."""
    from rag.cli import search_output

    search_output.article(service(name).article(id), as_json)


def similar(id: ArticleId, k: Count = 10, name: Name = None, as_json: AsJson = False) -> None:
    """List the articles of other stories that are nearest to one in meaning."""
    from rag.cli import search_output

    search_output.similar(service(name).similar(id, k=k), as_json)


def timeline(
    question: Annotated[str | None, typer.Argument(help="Default: all articles.")] = None,
    unit: Unit = None,
    source: Sources = None,
    author: Authors = None,
    section: Sections = None,
    as_of: AsOf = None,
    name: Name = None,
    as_json: AsJson = False,
) -> None:
    """Count the articles that match a question, or all, by when they were published."""
    from rag.cli import search_output

    wanted = asked(1, None, None, source, author, section, as_of, interpret=False)
    asked_of, filter, day = service(name), wanted["filter"], wanted["as_of"]
    found = asked_of.timeline(question, filter=filter, as_of=day, unit=unit)
    while not (unit or as_json) and len(found.buckets) > MOST_LINES and found.unit in LONGER:
        found = asked_of.timeline(question, filter=filter, as_of=day, unit=LONGER[found.unit])
    search_output.timeline(found, as_json)
