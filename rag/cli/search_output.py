"""What asking prints: a page on a terminal, plain and stable text elsewhere, or the JSON that the API sends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from rag import messages
from rag.cli import tables, terminal
from rag.cli.console import console, echo, echo_json
from rag.messages import WIDTH, byline, harmless, source, wrapped
from rag.types.articles import ArticleView, Record
from rag.types.explanation import Explanation
from rag.types.results import Answer, Facets, Hit, QueryInterpretation, SearchResult, SimilarArticles, Timeline

Form = Literal["text", "json", "jsonl"]
BAR = 40  # characters of the longest bar of a timeline


def answer(given: Answer, form: Form) -> None:
    """Print the answering sentences, or why there are none, then the passages."""
    _warn(given.warnings)
    if form != "text":
        return _lines(_parts(given)) if form == "jsonl" else record(given)
    if terminal.is_there():
        return terminal.answer(given)
    _interpreted(given.interpreted)
    for sentence in given.sentences:
        echo(wrapped(sentence.text))
        echo(f"    — {source(sentence.citation)} [{sentence.hit_rank}]")
    if not given.answered:
        echo(messages.why_not(given))
    shown = given.hits or given.near_misses
    if shown:
        echo(f"\n{messages.passages(given)}")
    return _hits(shown)


def search(given: SearchResult, form: Form) -> None:
    """Print the hits, and what matches counted, where that was asked for."""
    _warn(given.warnings)
    if form != "text":
        return _lines(_found(given)) if form == "jsonl" else record(given)
    if terminal.is_there():
        return terminal.search(given)
    _interpreted(given.interpreted)
    if not given.hits:
        echo("Nothing matches.")
    _hits(given.hits)
    return _facets(given.facets)


def similar(given: SimilarArticles, as_json: bool) -> None:
    """Print the articles that are nearest to one, nearest first."""
    if as_json:
        return record(given)
    echo(f"Like {source(given.article)}")
    if not given.similar:
        echo("\nNo other story.")
    for each in given.similar:
        echo(f"\n{each.similarity:.2f}  {source(each)}\n      {each.id}")
    return None


def timeline(given: Timeline, as_json: bool) -> None:
    """Print how many articles were published when, as bars."""
    if as_json:
        return record(given)
    most = max((bucket.articles for bucket in given.buckets), default=0)
    for bucket in messages.without_gaps(given.buckets):
        if isinstance(bucket, int):
            echo(messages.gap(bucket, given.unit))
            continue
        bar = "█" * -(-BAR * bucket.articles // most)
        echo(f"{messages.bucket_label(bucket, given.unit)}  {bar:<{BAR}}  {bucket.articles:,}".rstrip())
    beside = f", {given.undated:,} of them without a day" if given.undated else ""
    what = "article" if (given.matching.value, given.matching.relation) == (1, "eq") else "articles"
    verb = (" matches" if what == "article" else " match") if given.question else ""
    echo(f"{messages.total(given.matching)} {what}{verb}{beside}")
    return None


def explanation(given: Explanation, as_json: bool) -> None:
    """Print why an article stands where it stands, its passages and the question's words as tables."""
    _warn(given.warnings)
    if as_json:
        return record(given)
    echo(f"{source(given.article)}\n{given.why[0].upper()}{given.why[1:]}.")
    if given.rank:
        counted = f"{given.passages_matched:,} {'passage' if given.passages_matched == 1 else 'passages'} of its story"
        echo(f"Candidates: {counted}; {given.passages[0].passage_id} stands for it.")
    page = console(WIDTH)
    for table in (tables.passages(given), tables.terms(given)):
        page.print()
        page.print(table)
    return None


def article(given: ArticleView, as_json: bool) -> None:
    """Print a whole article."""
    if as_json:
        return record(given)
    article = given.article
    echo(f"{harmless(article.title)}\n{byline(article)}\n{article.origin}")
    if len(given.versions) > 1:
        for each in given.versions:
            here = " (shown)" if each.version == article.version else ""
            echo(f"version {each.version}, held since {each.since}{', the newest' if each.newest else ''}{here}")
    for note in given.later_notes:
        echo(f"said later: {messages.note_text(note)}")
    for sentence in given.dropped:
        echo(f"no longer said: {harmless(sentence.text)}")
    for sentence in given.added:
        echo(f"said since: {harmless(sentence.text)}")
    echo(f"\n{harmless(article.text)}")
    return None


def record(given: Record) -> None:
    """Print a record as one line of JSON."""
    echo_json(given.model_dump_json())


def _parts(given: Answer) -> Iterable[str]:
    """Yield an answer a line: what it is all in all, then each sentence, then each hit or near miss."""
    many = ("sentences", "hits", "near_misses")
    yield _named("answer", given.model_dump_json(exclude=set(many)))
    for name, kind in zip(many, ("sentence", "hit", "near_miss"), strict=True):
        yield from (_named(kind, each.model_dump_json()) for each in getattr(given, name))


def _found(given: SearchResult) -> Iterable[str]:
    """Yield each hit as a line, and what was counted as the last one."""
    yield from (hit.model_dump_json() for hit in given.hits)
    if given.facets:
        yield _named("facets", given.facets.model_dump_json())


def _named(kind: str, json: str) -> str:
    return f'{{"kind":"{kind}",{json[1:]}'


def _lines(lines: Iterable[str]) -> None:
    for line in lines:
        echo_json(line)


def _interpreted(given: QueryInterpretation | None) -> None:
    if given:
        echo(f"{messages.interpreted(given)}.\n", err=True)


def _warn(warnings: tuple[str, ...]) -> None:
    for warning in warnings:
        echo(f"rag: {warning}", err=True)


def _facets(given: Facets | None) -> None:
    if given:
        echo("\n" + "\n".join(messages.counted(given)))


def _hits(hits: tuple[Hit, ...]) -> None:
    for hit in hits:
        echo(f"\n[{hit.rank}] {source(hit.citation)}")
        echo(wrapped(hit.passage.text, "    "))
        where = f"{hit.citation.id} {hit.passage.start}:{hit.passage.end}"
        echo(f"    {where}" + (f"  {hit.citation.url}" if hit.citation.url else ""))
        if hit.also_in:
            echo(f"    also in: {'; '.join(map(messages.copy, hit.also_in))}")
