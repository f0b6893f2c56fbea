"""What the search commands print: a styled page on a terminal, plain and stable text elsewhere, or the API's JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

from rag import messages
from rag.cli import terminal
from rag.cli.console import console, echo, echo_json
from rag.messages import WIDTH, attribution, byline, harmless, wrapped
from rag.types.articles import ArticleView, Record
from rag.types.explanation import Explanation, PassageExplanation
from rag.types.results import Answer, Facets, Hit, QueryInterpretation, SearchResult, SimilarArticles, Timeline

if TYPE_CHECKING:
    from rich.table import Table

Form = Literal["text", "json", "jsonl"]
BAR_WIDTH = 40  # columns of the longest bar of a timeline
MAX_EXPLAINED_PASSAGES = 8  # rows of an explanation's table; JSON has them all
NO_VALUE = "–"


def answer(answer: Answer, form: Form) -> None:
    """Print the answering sentences, or why there are none, then the passages."""
    _warn(answer.warnings)
    if form != "text":
        return _json_lines(_answer_lines(answer)) if form == "jsonl" else record(answer)
    if terminal.is_there():
        return terminal.answer(answer)
    _interpreted(answer.interpreted)
    for sentence in answer.sentences:
        echo(wrapped(sentence.text))
        echo(f"    — {attribution(sentence.citation)} [{sentence.hit_rank}]")
    if not answer.answered:
        echo(messages.why_not(answer))
    hits = answer.hits or answer.near_misses
    if hits:
        echo(f"\n{messages.passages(answer)}")
    return _hits(hits)


def search(result: SearchResult, form: Form) -> None:
    """Print the hits, then the facets if the request asked for them."""
    _warn(result.warnings)
    if form != "text":
        return _json_lines(_result_lines(result)) if form == "jsonl" else record(result)
    if terminal.is_there():
        return terminal.search(result)
    _interpreted(result.interpreted)
    if not result.hits:
        echo("Nothing matches.")
    _hits(result.hits)
    return _facets(result.facets)


def similar(articles: SimilarArticles, as_json: bool) -> None:
    """Print the articles that are most similar to one, the most similar first."""
    if as_json:
        return record(articles)
    echo(f"Similar to {attribution(articles.article)}")
    if not articles.similar:
        echo("\nNo other story.")
    for article in articles.similar:
        echo(f"\n{article.similarity:.2f}  {attribution(article)}\n      {article.id}")
    return None


def timeline(timeline: Timeline, as_json: bool) -> None:
    """Print the number of articles in each bucket as a bar, then their total."""
    if as_json:
        return record(timeline)
    most = max((bucket.articles for bucket in timeline.buckets), default=0)
    for bucket in messages.without_gaps(timeline.buckets):
        if isinstance(bucket, int):
            echo(messages.gap(bucket, timeline.unit))
            continue
        bar = "█" * -(-BAR_WIDTH * bucket.articles // most)
        echo(f"{messages.bucket_label(bucket, timeline.unit)}  {bar:<{BAR_WIDTH}}  {bucket.articles:,}".rstrip())
    undated = f", {timeline.undated:,} of them without a day" if timeline.undated else ""
    noun = "article" if (timeline.matching.value, timeline.matching.relation) == (1, "eq") else "articles"
    verb = (" matches" if noun == "article" else " match") if timeline.question else ""
    echo(f"{messages.total(timeline.matching)} {noun}{verb}{undated}")
    return None


def explanation(explanation: Explanation, as_json: bool) -> None:
    """Print why an article has its rank or was left out, then its passages and the question's stems as tables."""
    _warn(explanation.warnings)
    if as_json:
        return record(explanation)
    echo(f"{attribution(explanation.article)}\n{explanation.why[0].upper()}{explanation.why[1:]}.")
    if explanation.rank:
        passages = messages.plural(explanation.passages_matched, "passage", "passages")
        echo(f"Candidates: {passages} of its story; {explanation.passages[0].passage_id} represents it.")
    page = console(WIDTH)
    for table in (_passage_table(explanation), _term_table(explanation)):
        page.print()
        page.print(table)
    return None


def article(view: ArticleView, as_json: bool) -> None:
    """Print a whole article, its versions, and how an older version differs from the newest."""
    if as_json:
        return record(view)
    article = view.article
    echo(f"{harmless(article.title)}\n{byline(article)}\n{article.origin}")
    if len(view.versions) > 1:
        for version in view.versions:
            shown = " (shown)" if version.version == article.version else ""
            newest = ", the newest" if version.newest else ""
            echo(f"version {version.version}, indexed since {version.since}{newest}{shown}")
    for note in view.later_notes:
        echo(f"Note in the newest version: {messages.note_text(note)}")
    for sentence in view.dropped:
        echo(f"Not in the newest version: {harmless(sentence.text)}")
    for sentence in view.added:
        echo(f"Only in the newest version: {harmless(sentence.text)}")
    echo(f"\n{harmless(article.text)}")
    return None


def record(record: Record) -> None:
    """Print a record as one line of JSON."""
    echo_json(record.model_dump_json())


def _answer_lines(answer: Answer) -> Iterable[str]:
    """Yield a line for the answer as a whole, then one for each sentence, then one for each hit or near miss."""
    lists = ("sentences", "hits", "near_misses")
    yield _with_kind("answer", answer.model_dump_json(exclude=set(lists)))
    for name, kind in zip(lists, ("sentence", "hit", "near_miss"), strict=True):
        yield from (_with_kind(kind, item.model_dump_json()) for item in getattr(answer, name))


def _result_lines(result: SearchResult) -> Iterable[str]:
    """Yield a line for each hit, then one for the facets."""
    yield from (hit.model_dump_json() for hit in result.hits)
    if result.facets:
        yield _with_kind("facets", result.facets.model_dump_json())


def _with_kind(kind: str, json: str) -> str:
    """Return a JSON object with `kind` as its first member."""
    return f'{{"kind":"{kind}",{json[1:]}'


def _json_lines(lines: Iterable[str]) -> None:
    for line in lines:
        echo_json(line)


def _interpreted(interpretation: QueryInterpretation | None) -> None:
    if interpretation:
        echo(f"{messages.interpreted(interpretation)}.\n", err=True)


def _warn(warnings: tuple[str, ...]) -> None:
    for warning in warnings:
        echo(f"rag: {warning}", err=True)


def _facets(facets: Facets | None) -> None:
    if facets:
        echo("\n" + "\n".join(messages.facet_lines(facets)))


def _hits(hits: tuple[Hit, ...]) -> None:
    for hit in hits:
        echo(f"\n[{hit.rank}] {attribution(hit.citation)}")
        echo(wrapped(hit.passage.text, "    "))
        where = f"{hit.citation.id} {hit.passage.start}:{hit.passage.end}"
        echo(f"    {where}" + (f"  {hit.citation.url}" if hit.citation.url else ""))
        if hit.also_in:
            echo(f"    also in: {'; '.join(map(messages.copy_line, hit.also_in))}")


def _passage_table(explanation: Explanation) -> Table:
    """Return a row for each of the best passages: score, rank and z-score of each retriever, then the fused score."""
    passages = explanation.passages
    stages = [passage.scores for passage in passages if passage.scores]
    optional = [name for name in ("time", "max_sim", "reranked") if any(getattr(scores, name) for scores in stages)]
    table = _table("passage", "characters", "cosine", "rank", "z", "BM25", "rank", "z", *optional, "fused", "rank")
    for passage in passages[:MAX_EXPLAINED_PASSAGES]:
        table.add_row(*_cells(passage, optional))
    left = len(passages) - MAX_EXPLAINED_PASSAGES
    if left > 0:
        table.add_row(f"and {left}", "more")
    return table


def _term_table(explanation: Explanation) -> Table:
    """Return a row for each stem of the question, those that occur in the best passage first."""
    table = _table("stem", "count", "idf", "passages")
    for term in (*explanation.matched, *explanation.missing):
        table.add_row(term.term, f"{term.count}×" if term.count else "missing", f"{term.idf:.2f}", f"{term.passages:,}")
    return table


def _table(first: str, *rest: str) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(first, box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in rest:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _cells(passage: PassageExplanation, optional: Iterable[str]) -> Iterator[str]:
    """Yield the cells of a passage's row; one that is no candidate has scores of the retrievers alone."""

    def stage(name: str) -> str:
        return _score(getattr(passage.scores, name, None))

    yield f"#{passage.passage_id.rpartition('#')[2]}"
    yield f"{passage.start}:{passage.end}"
    yield from (_score(passage.dense), _rank(passage.dense_rank), stage("dense_normalised"))
    yield from (_score(passage.lexical), _rank(passage.lexical_rank), stage("lexical_normalised"))
    yield from (*map(stage, optional), stage("fused"), _rank(passage.rank))


def _score(value: float | None) -> str:
    return NO_VALUE if value is None else f"{value:.2f}"


def _rank(rank: int | None) -> str:
    return NO_VALUE if rank is None else f"{rank:,}"
