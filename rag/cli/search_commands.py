"""`rag ask`, `search`, `explain`, `article`, `similar`, `timeline`: the commands that read an index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli.options import (
    NOT_ANSWERED,
    AsJson,
    AsJsonLines,
    FlatValues,
    Name,
    output_form,
    service,
    takes,
)
from rag.types.fields import ASK, DAYS, EXPLAIN, SEARCH, TIMELINE

if TYPE_CHECKING:
    from rag.types.fields import Unit

MOST_LINES = 40  # buckets of a timeline whose unit is not chosen: what a terminal shows at once
LONGER: dict[Unit, Unit] = {"day": "week", "week": "month", "month": "year"}


@takes(ASK)
def ask(
    values: FlatValues,
    fail_on_abstain: Annotated[
        bool, typer.Option("--fail-on-abstain", help="Exit with 6 where the archive holds no answer.")
    ] = False,
    name: Name = None,
    as_json: AsJson = False,
    as_lines: AsJsonLines = False,
) -> None:
    """Answer a question with sentences of the archive, or say that it holds no answer."""
    from rag.cli import search_output
    from rag.types.requests import AnswerRequest

    form = output_form(as_json, as_lines)
    answer = service(name).answer(AnswerRequest.parse(**values))
    search_output.answer(answer, form)
    if fail_on_abstain and not answer.answered:
        raise typer.Exit(NOT_ANSWERED)


@takes(SEARCH)
def search(values: FlatValues, name: Name = None, as_json: AsJson = False, as_lines: AsJsonLines = False) -> None:
    """List the stories, the articles or the passages that match best."""
    from rag.cli import search_output
    from rag.types.requests import SearchRequest

    form = output_form(as_json, as_lines)
    search_output.search(service(name).search(SearchRequest.parse(**values)), form)


@takes(EXPLAIN)
def explain(values: FlatValues, name: Name = None, as_json: AsJson = False) -> None:
    """Explain why an article stands where it stands for a question, or why it was not found."""
    from rag.cli import search_output
    from rag.types.requests import ExplainRequest

    search_output.explanation(service(name).explain(ExplainRequest.parse(**values)), as_json)


@takes(["article"])
def article(values: FlatValues, name: Name = None, as_json: AsJson = False) -> None:
    """Print one article, by the id that stands in every citation."""
    from rag.cli import search_output

    search_output.article(service(name).article(values["article"]), as_json)


@takes(["article", "k"])
def similar(values: FlatValues, name: Name = None, as_json: AsJson = False) -> None:
    """List the articles of other stories that are nearest to one in meaning."""
    from rag.cli import search_output

    search_output.similar(service(name).similar(values["article"], k=values["k"]), as_json)


@takes(TIMELINE, without=DAYS, question=None)  # its days narrow nothing: it shows what lies outside them too
def timeline(values: FlatValues, name: Name = None, as_json: AsJson = False) -> None:
    """Count the articles that match a question, or all, by when they were published."""
    from rag.cli import search_output
    from rag.types.requests import TimelineRequest

    archive, request = service(name), TimelineRequest.parse(**values)
    timeline = archive.timeline(request)
    while not (request.unit or as_json) and len(timeline.buckets) > MOST_LINES and timeline.unit in LONGER:
        timeline = archive.timeline(request.model_copy(update={"unit": LONGER[timeline.unit]}))
    search_output.timeline(timeline, as_json)
