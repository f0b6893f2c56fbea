"""An explanation as tables for people: the article's passages, and the question's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from rag.types.explanation import Explanation, PassageExplanation

MOST_PASSAGES = 8  # the rest of a long article stands in the JSON
NONE = "–"


def passages(given: Explanation) -> Table:
    """Return a line for each of the best passages: score, rank and normalised score in each leg, then the mix."""
    optional = [name for name in ("time", "max_sim", "reranked") if any(getattr(each, name) for each in given.passages)]
    table = _table("passage", "characters", "cosine", "rank", "z", "BM25", "rank", "z", *optional, "mix", "rank")
    for each in given.passages[:MOST_PASSAGES]:
        table.add_row(*_legs(each), *(_number(getattr(each, name)) for name in optional), *_mix(each))
    left = len(given.passages) - MOST_PASSAGES
    if left > 0:
        table.add_row(f"and {left}", "more")
    return table


def terms(given: Explanation) -> Table:
    """Return a line for each of the question's stems, those that stand in the best passage first."""
    table = _table("stem", "stands", "idf", "passages")
    for term in (*given.matched, *given.missing):
        table.add_row(term.term, f"{term.count}×" if term.count else "missing", f"{term.idf:.2f}", f"{term.passages:,}")
    return table


def _table(first: str, *rest: str) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(first, box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in rest:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _legs(each: PassageExplanation) -> tuple[str, ...]:
    return (
        f"#{each.passage_id.rpartition('#')[2]}", f"{each.start}:{each.end}",
        _number(each.dense), _place(each.dense_rank), _number(each.dense_normalised),
        _number(each.lexical), _place(each.lexical_rank), _number(each.lexical_normalised),
    )  # fmt: skip


def _mix(each: PassageExplanation) -> tuple[str, str]:
    return _number(each.fused), _place(each.rank)


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}"


def _place(rank: int | None) -> str:
    return NONE if rank is None else f"{rank:,}"
