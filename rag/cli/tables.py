"""An explanation as tables for people: the article's passages, and the question's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.table import Table

    from rag.types.explanation import Explanation, PassageExplanation

MOST_PASSAGES = 8  # the JSON holds the rest of a long article
NONE = "–"
OPTIONAL = ("time", "max_sim", "reranked")  # scores that have a column only where a passage has one other than 0


def passages(explanation: Explanation) -> Table:
    """Return a row for each of the best passages: score, rank and normalised score in each leg, then the mix."""
    scores = [passage.scores for passage in explanation.passages if passage.scores]
    optional = [name for name in OPTIONAL if any(getattr(score, name) for score in scores)]
    table = _table("passage", "characters", "cosine", "rank", "z", "BM25", "rank", "z", *optional, "mix", "rank")
    for passage in explanation.passages[:MOST_PASSAGES]:
        table.add_row(*_row(passage, optional))
    left = len(explanation.passages) - MOST_PASSAGES
    if left > 0:
        table.add_row(f"and {left}", "more")
    return table


def terms(explanation: Explanation) -> Table:
    """Return a row for each stem of the question, those that the best passage holds first."""
    table = _table("stem", "stands", "idf", "passages")
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


def _row(passage: PassageExplanation, optional: Iterable[str]) -> Iterator[str]:
    """Yield the cells of a passage; a passage that is no candidate has no normalised score and no place in the mix."""

    def score(name: str) -> str:
        return _number(getattr(passage.scores, name, None))

    yield f"#{passage.passage_id.rpartition('#')[2]}"
    yield f"{passage.start}:{passage.end}"
    yield from (_number(passage.dense), _place(passage.dense_rank), score("dense_normalised"))
    yield from (_number(passage.lexical), _place(passage.lexical_rank), score("lexical_normalised"))
    yield from (*map(score, optional), score("fused"), _place(passage.rank))


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}"


def _place(rank: int | None) -> str:
    return NONE if rank is None else f"{rank:,}"
