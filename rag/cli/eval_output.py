"""What people read of an evaluation on a terminal: summaries, comparisons and gates as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rag.evaluation.compare import Comparison, MetricComparison, RankChange
from rag.evaluation.gates import Bound

NAME_WIDTH = 26


def summary_lines(figures: Mapping[str, object]) -> Iterator[str]:
    """Yield a line for each count and metric of a summary; groups and slices under headings of their own."""
    groups = {}
    for name, value in figures.items():
        if isinstance(value, Mapping) and any(isinstance(inner, Mapping) for inner in value.values()):
            groups[name] = value
        elif isinstance(value, Mapping):
            yield f"{name:<{NAME_WIDTH}} {_figures(value)}"
        else:
            yield f"{name:<{NAME_WIDTH}} {value}"
    for name, group in groups.items():
        yield f"\n{name}"
        yield from _slices(group) if name == "slices" else summary_lines(group)


def _slices(slices: Mapping[str, object]) -> Iterator[str]:
    """Yield a table for each dimension, with a line for each slice and a column for each metric."""
    for dimension, parts in slices.items():
        if isinstance(parts, Mapping):
            names = list(dict.fromkeys(name for part in parts.values() for name in part))
            width = [max(len(name), 9) for name in names]
            yield "  ".join([f"{dimension:<20}", *(f"{name:>{n}}" for name, n in zip(names, width, strict=True))])
            for title, part in parts.items():
                cells = [f"{_cell(part.get(name)):>{n}}" for name, n in zip(names, width, strict=True)]
                yield "  ".join([f"{title:<20}", *cells])


def _figures(value: Mapping[str, object]) -> str:
    if "value" in value:
        return f"{value['value']:.3f}   [{value['low']:.3f}, {value['high']:.3f}]"
    return ", ".join(f"{key} {number}" for key, number in value.items())


def _cell(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{value['value']:.3f}"
    return "" if value is None else str(value)


def gate_lines(bounds: Sequence[Bound]) -> Iterator[str]:
    """Yield a line for each floor and ceiling of a gate."""
    for bound in bounds:
        yield f"{'ok' if bound.holds else 'BROKEN':<7} {bound.name:<{NAME_WIDTH}} {bound.value:<8g} {bound.limit}"


def comparison_lines(comparison: Comparison) -> Iterator[str]:
    """Yield what changed from the first run to the second: settings, metrics, then the questions."""
    yield f"{comparison.set}: {comparison.questions:,} questions, the second run against the first"
    for name, (old, new) in comparison.settings.items():
        yield f"{name}: {old} -> {new}"
    head = f"{'metric':<{NAME_WIDTH}} {'before':>8} {'after':>8} {'change':>8}"
    yield f"\n{head}  {'95 % interval':<18} {'p':<7}gained/lost"
    for name, metric in comparison.metrics.items():
        yield _metric(name, metric)
    before, after = comparison.answer_ms
    yield f"{'answer_ms p50':<{NAME_WIDTH}} {before:>8.2f} {after:>8.2f}  as busy as the machine was"
    for title, changes in _titled(comparison.changed):
        yield f"\n{title}"
        yield from map(_change, changes)


def _metric(name: str, metric: MetricComparison) -> str:
    change = metric.difference
    interval = f"[{change.low:+.3f}, {change.high:+.3f}]"
    counts = f"{len(metric.better)}/{len(metric.worse)}" if metric.better or metric.worse else ""
    verdict = "" if metric.verdict == "even" else f"  {metric.verdict}"
    return (
        f"{name:<{NAME_WIDTH}} {metric.before:>8.3f} {metric.after:>8.3f} {change.value:>+8.3f}  {interval:<18} "
        f"{change.p:<7.3f}{counts}{verdict}"
    ).rstrip()


def _titled(changes: Sequence[RankChange]) -> Iterator[tuple[str, list[RankChange]]]:
    for metric in dict.fromkeys(change.metric for change in changes):
        for word, sign in (("worse", -1), ("better", 1)):
            listed = [c for c in changes if c.metric == metric and (c.after - c.before) * sign > 0]
            if listed:
                yield f"{word} by {metric} (rank of the first relevant article before -> after)", listed


def _change(change: RankChange) -> str:
    before, after = (str(rank) if rank else "none" for rank in (change.rank_before, change.rank_after))
    return f"  {before:>4} -> {after:<4} {change.before:.3f} -> {change.after:.3f}  {change.id}: {change.text}"
