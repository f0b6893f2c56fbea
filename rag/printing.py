"""What the command line shows: records as text for people, or as the JSON that the API sends."""

from __future__ import annotations

import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from rag import tables
from rag.explanation import Explanation
from rag.manifest import FittedConfidence, FittedMix, ReindexReport, Status
from rag.settings import PREFIX, Settings
from rag.types import Answer, ArticleRef, ArticleView, Citation, Copy, Hit, Interpretation, SearchResult

if TYPE_CHECKING:
    from pydantic import BaseModel

    from rag.ports import Progress

WIDTH = 100
LOG_EVERY_S = 5.0
WHY_NOT = {
    "no_match": "no passage shares its words",
    "low_confidence": "the nearest passages do not support an answer",
    "outside_dates": "nothing of these days answers, but something of another time does (see --no-interpret)",
    "filter_empty": "no article passes the filter",
}
STAGES = {
    "read": "articles read",
    "embed": "passages embedded",
    "index": "indexes built",
    "sketch": "articles sketched",
    "ask": "questions asked",
    "make": "questions made",
    "mix": "mixes tried",
}


@contextmanager
def progress(quiet: bool) -> Iterator[Progress]:
    """Yield what long work reports to: a bar on a terminal, a line every few seconds in a log."""
    if quiet:
        yield lambda *_: None
    elif sys.stderr.isatty():
        with _bars() as show:
            yield show
    else:
        yield _log_lines()


@contextmanager
def _bars() -> Iterator[Progress]:
    from rich import progress as rich
    from rich.console import Console

    columns = (
        rich.TextColumn("{task.description}"), rich.BarColumn(), rich.MofNCompleteColumn(),
        rich.TextColumn("{task.fields[rate]}"), rich.TimeRemainingColumn(),
    )  # fmt: skip
    with rich.Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, rich.TaskID] = {}

        def show(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(STAGES[stage], total=total, rate="")
            speed = bars.tasks[tasks[stage]].speed
            bars.update(tasks[stage], completed=done, total=total, rate=f"{speed:,.0f}/s" if speed else "")

        yield show


def _log_lines() -> Progress:
    began: dict[str, float] = {}
    said = last = time.monotonic()

    def show(stage: str, done: int, total: int | None) -> None:
        nonlocal said, last
        now = time.monotonic()
        start = began.setdefault(stage, last)  # a stage begins where the one before it ended
        last = now
        if now - said >= LOG_EVERY_S:
            said = now
            rate = done / max(now - start, 1e-3)
            left = f", {(total - done) / rate:,.0f} s left" if total and rate else ""
            of = f" of {total:,}" if total else ""
            typer.echo(f"{STAGES[stage]}: {done:,}{of} ({rate:,.1f}/s{left})", err=True)

    return show


def report(given: ReindexReport, as_json: bool) -> None:
    """Print what a reindex did; its problems go to stderr, one line each."""
    for problem in given.problems:
        typer.echo(str(problem), err=True)
    if as_json:
        return _json(given)
    typer.echo(
        f"added {given.added:,}, changed {given.changed:,}, removed {given.removed:,}, unchanged {given.unchanged:,}; "
        f"{given.embedded:,} of {given.passages:,} passages embedded; {given.seconds:.1f} s"
    )
    if given.problems:
        typer.echo(f"{len(given.problems):,} problems; the rest is indexed", err=True)
    typer.echo("dry run: nothing was written" if given.dry_run else f"index {given.index}: {given.generation} serves")


def answer(given: Answer, as_json: bool) -> None:
    """Print the answering sentences, or why there are none, then the passages."""
    _warn(given.warnings)
    if as_json:
        return _json(given)
    _interpreted(given.interpreted)
    if given.answered:
        for sentence in given.sentences:
            typer.echo(_wrapped(sentence.text))
            typer.echo(f"    — {_source(sentence.citation)} [{sentence.hit_rank}]")
    else:
        typer.echo(f"Not in this archive: {WHY_NOT[str(given.reason)]}.")
    shown = given.hits or given.near_misses
    if shown:
        typer.echo("\nPassages" if given.answered else "\nNearest passages")
    _hits(shown)


def search(given: SearchResult, as_json: bool) -> None:
    """Print the hits."""
    _warn(given.warnings)
    if as_json:
        return _json(given)
    _interpreted(given.interpreted)
    if not given.hits:
        typer.echo("Nothing matches.")
    _hits(given.hits)


def explanation(given: Explanation, as_json: bool) -> None:
    """Print why an article stands where it stands, its passages and the question's words as tables."""
    _warn(given.warnings)
    if as_json:
        return _json(given)
    from rich.console import Console

    typer.echo(f"{given.article.title} ({_byline(given.article)})\n{given.why[0].upper()}{given.why[1:]}.")
    if given.rank:
        counted = f"{given.passages_matched:,} {'passage' if given.passages_matched == 1 else 'passages'} of its story"
        typer.echo(f"Candidates: {counted}; {given.passages[0].passage_id} stands for it.")
    console = Console(highlight=False, width=WIDTH)
    for table in (tables.passages(given), tables.terms(given)):
        console.print()
        console.print(table)


def article(given: ArticleView, as_json: bool) -> None:
    """Print a whole article."""
    if as_json:
        return _json(given)
    typer.echo(f"{given.article.title}\n{_byline(given.article)}\n{given.article.origin}\n\n{given.article.text}")


def status(given: Status, as_json: bool) -> None:
    """Print what an index holds."""
    if as_json:
        return _json(given)
    sources = ", ".join(f"{source} {count:,}" for source, count in given.sources[:10]) or "none named"
    dates = f"{given.published_from} to {given.published_to}" if given.published_from else "none"
    for name, value in {
        "index": given.index,
        "generation": f"{given.generation}, made {given.created}; kept: {', '.join(given.previous) or 'no other'}",
        "holds": f"{given.counts.articles:,} articles, {given.counts.passages:,} passages, {given.bytes / 1e6:,.1f} MB",
        "dates": dates,
        "sources": sources,
        "embedder": given.embedder,
        "search": given.dense,
        "roots": ", ".join(given.roots),
        "problems": f"{given.problems:,} at the last reindex",
        "mix": _fitted(given.fitted.mix),
        "confidence": _fitted(given.fitted.confidence),
    }.items():
        typer.echo(f"{name:<11} {value}")


def _fitted(given: FittedMix | FittedConfidence | None) -> str:
    if given is None:
        return "by default"
    weights = given.slopes if isinstance(given, FittedConfidence) else (given.dense, given.max_sim)
    said = ", ".join(f"{weight:.2f}" for weight in weights)
    return f"{said}; fitted {given.made} on {given.questions:,} questions of {given.on}"


def settings(given: Settings, as_json: bool) -> None:
    """Print every setting."""
    if as_json:
        return _json(given)
    for name, field in Settings.model_fields.items():
        typer.echo(f"{PREFIX + name.upper():<22} {getattr(given, name)!s:<18} {field.description}")


def _json(record: BaseModel) -> None:
    typer.echo(record.model_dump_json())


def _interpreted(given: Interpretation | None) -> None:
    if given:
        days = [f"from {given.published.first}"] if given.published.first else []
        days += [f"to {given.published.last}"] if given.published.last else []
        how = "only what was" if given.exact else "best what was"
        typer.echo(f"({how} published {' '.join(days)}: {given.because})\n", err=True)


def _warn(warnings: tuple[str, ...]) -> None:
    for warning in warnings:
        typer.echo(f"rag: {warning}", err=True)


def _hits(hits: tuple[Hit, ...]) -> None:
    for hit in hits:
        typer.echo(f"\n[{hit.rank}] {_source(hit.citation)}")
        typer.echo(_wrapped(hit.passage.text, "    "))
        where = f"{hit.citation.id} {hit.passage.start}:{hit.passage.end}"
        typer.echo(f"    {where}" + (f"  {hit.citation.url}" if hit.citation.url else ""))
        if hit.also_in:
            typer.echo(f"    also in: {'; '.join(map(_copy, hit.also_in))}")


def _copy(copy: Copy) -> str:
    said = ", ".join(str(part) for part in (copy.source, copy.published) if part) or copy.title
    return f"{said} ({copy.share:.0%} of its wording{', the earliest' if copy.earliest else ''}, {copy.id})"


def _source(citation: Citation) -> str:
    return f"{citation.title} ({_byline(citation)})"


def _byline(ref: ArticleRef) -> str:
    said = [", ".join(ref.authors), ref.source, str(ref.published) if ref.published else None]
    return ", ".join(part for part in said if part) or "no byline"


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(" ".join(text.split()), WIDTH, initial_indent=indent, subsequent_indent=indent)
