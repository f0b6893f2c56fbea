"""What the command line shows: records as text for people, or as the JSON that the API sends."""

from __future__ import annotations

import textwrap
from bisect import bisect_right
from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

from rag import tables
from rag.explanation import Explanation
from rag.manifest import FittedConfidence, FittedMix, ReindexReport, Status
from rag.results import Answer, Hit, Interpretation, SearchResult
from rag.settings import PREFIX, Settings
from rag.types import ArticleRef, ArticleView, Citation, Copy, Inspected, Listed, Problem

if TYPE_CHECKING:
    from pydantic import BaseModel

WIDTH = 100
MISSING_SHOWN = 10
INSPECTED = (
    "id", "title", "authors", "source", "published", "published_at", "modified", "url", "section", "language", "origin",
)  # fmt: skip
WHY_NOT = {
    "no_match": "no passage shares its words",
    "low_confidence": "the nearest passages do not support an answer",
    "outside_dates": "nothing of these days answers, but something of another time does (see --no-interpret)",
    "filter_empty": "no article passes the filter",
}


def report(given: ReindexReport, as_json: bool) -> None:
    """Print what a reindex did on one line; its problems go to stderr, one line each."""
    for problem in given.problems:
        typer.echo(str(problem), err=True)
    if given.faults > len(given.problems):
        typer.echo(f"... and {given.faults - len(given.problems):,} more", err=True)
    if as_json:
        return _json(given)
    beside = [(given.copies, "copies"), (given.older_versions, "older versions"), (given.faults, "problems")]
    said = [f"added {given.added:,}", f"changed {given.changed:,}", f"removed {given.removed:,}"]
    said += [f"unchanged {given.unchanged:,}", *(f"{count:,} {what}" for count, what in beside if count)]
    what = "dry run, nothing was written" if given.dry_run else f"{given.generation} serves"
    typer.echo(
        f"index {given.index}: {what}; {', '.join(said)}; "
        f"{given.embedded:,} of {given.passages:,} passages embedded; {given.seconds:.1f} s"
    )
    _missing(given.missing)


def _missing(listed: tuple[Listed, ...]) -> None:
    """Say on stderr which addresses that sitemaps list no file holds."""
    for one in listed[:MISSING_SHOWN]:
        typer.echo(f"{one.origin}: lists {one.url}, which no file holds", err=True)
    if len(listed) > MISSING_SHOWN:
        typer.echo(f"... and {len(listed) - MISSING_SHOWN:,} more (--json has them)", err=True)


def inspected(items: Iterable[Inspected | Listed | Problem], most: int, as_json: bool) -> int:
    """Print the first `most` articles as they would be indexed, and problems on stderr; return how many of those."""
    count = faults = listed = 0
    for item in items:
        if isinstance(item, Problem):
            faults += 1
            typer.echo(str(item), err=True)
        elif isinstance(item, Listed):
            listed += 1
        else:
            count += 1
            if count <= most:
                _json(item) if as_json else _inspected(item)
    if not as_json:
        beside = [(faults, "problems"), (listed, "addresses listed")]
        said = [f"{count:,} {'article' if count == 1 else 'articles'}", *(f"{n:,} {what}" for n, what in beside if n)]
        typer.echo(f"{', '.join(said)}{f'; the first {most:,} are shown' if count > most else ''}")
    return faults


def _inspected(given: Inspected) -> None:
    article = given.article
    for name in INSPECTED:
        value = getattr(article, name)
        shown = "; ".join(value) if isinstance(value, tuple) else value
        where = article.fields_from.get(name) or ("its first sentence" if name == "title" else "")
        if shown:
            typer.echo(f"{name:<13} {shown!s:<60}  {f'({where})' if where else ''}".rstrip())
    for note in article.notes:
        typer.echo(f"{'note':<13} {note.kind}: {' '.join(note.text.split())[:WIDTH]}")
    typer.echo(f"{'text':<13} {len(article.text):,} characters, {len(given.passages):,} passages")
    for passage in given.passages:
        page = bisect_right(article.pages, passage.start)
        typer.echo(f"\n[{passage.id}] {passage.start}:{passage.end}{f', page {page}' if page else ''}")
        for paragraph in passage.text.split("\n\n"):
            typer.echo(_wrapped(paragraph, "    ") + "\n" * (paragraph != passage.text.rpartition("\n\n")[2]))
    typer.echo("")


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
    article = given.article
    typer.echo(f"{article.title}\n{_byline(article)}\n{article.origin}")
    if len(given.versions) > 1:
        for each in given.versions:
            here = " (shown)" if each.version == article.version else ""
            typer.echo(f"version {each.version}, held since {each.since}{', the newest' if each.newest else ''}{here}")
    for note in given.later_notes:
        typer.echo(f"said later ({note.kind}): {' '.join(note.text.split())}")
    typer.echo(f"\n{article.text}")


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
