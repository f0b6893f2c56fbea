"""What people read of measures on a terminal: summaries, comparisons and gates as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rag.evaluation.compare import Comparison, MetricComparison, RankChange
from rag.evaluation.gates import Bound

NAME_WIDTH = 26


def measured(found: Mapping[str, object]) -> Iterator[str]:
    """Yield a line for each count and measure of a summary; groups and slices under headings of their own."""
    groups = {}
    for name, value in found.items():
        if isinstance(value, Mapping) and any(isinstance(inner, Mapping) for inner in value.values()):
            groups[name] = value
        elif isinstance(value, Mapping):
            yield f"{name:<{NAME_WIDTH}} {_figures(value)}"
        else:
            yield f"{name:<{NAME_WIDTH}} {value}"
    for name, group in groups.items():
        yield f"\n{name}"
        yield from _grouped(group) if name == "slices" else measured(group)


def _grouped(slices: Mapping[str, object]) -> Iterator[str]:
    """Yield a table a dimension: a line a slice, a column a measure."""
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


def bounded(bounds: Sequence[Bound]) -> Iterator[str]:
    """Yield a line for each floor and ceiling of a gate."""
    for bound in bounds:
        yield f"{'ok' if bound.holds else 'BROKEN':<7} {bound.name:<{NAME_WIDTH}} {bound.value:<8g} {bound.limit}"


def compared(found: Comparison) -> Iterator[str]:
    """Yield what changed from the first run to the second: settings, measures, then the questions."""
    yield f"{found.set}: {found.questions:,} questions, the second run against the first"
    for name, (old, new) in found.settings.items():
        yield f"{name}: {old} -> {new}"
    head = f"{'measure':<{NAME_WIDTH}} {'before':>8} {'after':>8} {'change':>8}"
    yield f"\n{head}  {'95 % interval':<18} {'p':<7}gained/lost"
    for name, each in found.measures.items():
        yield _line(name, each)
    before, after = found.answer_ms
    yield f"{'answer_ms p50':<{NAME_WIDTH}} {before:>8.2f} {after:>8.2f}  as busy as the machine was"
    for title, changes in _titled(found.changed):
        yield f"\n{title}"
        yield from map(_change, changes)


def _line(name: str, each: MetricComparison) -> str:
    change = each.difference
    interval = f"[{change.low:+.3f}, {change.high:+.3f}]"
    counts = f"{len(each.better)}/{len(each.worse)}" if each.better or each.worse else ""
    verdict = "" if each.verdict == "even" else f"  {each.verdict}"
    return (
        f"{name:<{NAME_WIDTH}} {each.before:>8.3f} {each.after:>8.3f} {change.value:>+8.3f}  {interval:<18} "
        f"{change.p:<7.3f}{counts}{verdict}"
    ).rstrip()


def _titled(changes: Sequence[RankChange]) -> Iterator[tuple[str, list[RankChange]]]:
    for measure in dict.fromkeys(change.measure for change in changes):
        for word, sign in (("worse", -1), ("better", 1)):
            held = [c for c in changes if c.measure == measure and (c.after - c.before) * sign > 0]
            if held:
                yield f"{word} by {measure} (rank of the first relevant article before -> after)", held


def _change(change: RankChange) -> str:
    before, after = (str(rank) if rank else "none" for rank in (change.rank_before, change.rank_after))
    return f"  {before:>4} -> {after:<4} {change.before:.3f} -> {change.after:.3f}  {change.id}: {change.text}"
