"""Two runs of the same questions: what got better or worse, by how much, and for which questions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rag.errors import EvaluationError
from rag.evaluation.bootstrap import Difference, difference, difference_of
from rag.evaluation.runs import QuestionResult, Run, load
from rag.evaluation.summary import latencies, statistics
from rag.types.articles import Record

LESS_IS_BETTER = frozenset({"ECE", "risk@50%"})
LISTED = 10  # changed questions that are listed for a metric, of those that gained and of those that lost
NAMED = 5  # questions that an error names
LEADING = ("nDCG@10", "answer_in_first_sentence")  # the metrics whose changed questions are listed


class MetricComparison(Record):
    """A metric of both runs, its difference, and the ids of the questions that gained and lost."""

    before: float
    after: float
    difference: Difference
    less_is_better: bool
    better: tuple[str, ...] = ()
    worse: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """Whether the second run is "better" or "worse": "even" where the interval holds 0."""
        if self.difference.low <= 0 <= self.difference.high:
            return "even"
        return "better" if (self.difference.value > 0) != self.less_is_better else "worse"


class RankChange(Record):
    """A question whose metric changed, with the rank of its first relevant article before and after."""

    metric: str
    id: str
    text: str
    before: float
    after: float
    rank_before: int | None
    rank_after: int | None


class Comparison(Record):
    """The second run against the first. `changed` lists the most changed questions, losses first.

    `answer_ms` are medians without an interval: resampling questions does not tell how busy the machine was.
    """

    set: str
    questions: int
    settings: dict[str, tuple[str, str]]
    metrics: dict[str, MetricComparison]
    answer_ms: tuple[float, float]
    changed: tuple[RankChange, ...]


def compare_files(before: Path, after: Path) -> Comparison:
    """Compare two saved runs; raises EvaluationError where they are not of the same questions."""
    return compare(load(before), load(after), (str(before), str(after)))


def compare(before: Run, after: Run, names: tuple[str, str] = ("the first", "the second")) -> Comparison:
    """Compare two runs; raises EvaluationError, with `names`, where they are not of the same questions."""
    _check_same(before, after, names)
    second = {result.id: result for result in after.answerable}
    pairs = [(result, second[result.id]) for result in before.answerable]
    shared = [name for name in before.answerable[0].metrics if all(name in r.metrics for pair in pairs for r in pair)]
    metrics = {name: _compared(name, pairs) for name in shared}
    changed = [change for name in LEADING if name in shared for change in _changes(name, pairs)]
    return Comparison(
        set=after.set,
        questions=len(pairs),
        settings=_changed_settings(before, after),
        metrics=metrics | _calibrations(pairs),
        answer_ms=(latencies(before)["p50"], latencies(after)["p50"]),
        changed=tuple(changed),
    )


def _compared(name: str, pairs: Sequence[tuple[QuestionResult, QuestionResult]]) -> MetricComparison:
    before, after = ([result.metrics[name] for result in side] for side in zip(*pairs, strict=True))
    return MetricComparison(
        before=round(float(np.mean(before)), 4),
        after=round(float(np.mean(after)), 4),
        difference=difference(before, after),
        less_is_better=False,
        better=tuple(a.id for a, b in pairs if b.metrics[name] > a.metrics[name]),
        worse=tuple(a.id for a, b in pairs if b.metrics[name] < a.metrics[name]),
    )


def _calibrations(pairs: Sequence[tuple[QuestionResult, QuestionResult]]) -> dict[str, MetricComparison]:
    before, after = (statistics(list(side)) for side in zip(*pairs, strict=True))
    every = np.arange(len(pairs))
    comparisons = {}
    for name, statistic in before.items():
        if changed := difference_of(statistic, after[name], len(pairs)):
            values = {"before": round(statistic(every), 4), "after": round(after[name](every), 4)}
            comparisons[name] = MetricComparison(**values, difference=changed, less_is_better=name in LESS_IS_BETTER)
    return comparisons


def _changes(name: str, pairs: Sequence[tuple[QuestionResult, QuestionResult]]) -> list[RankChange]:
    """Return the most changed questions by one metric: first those that lost, then those that gained."""
    changes = sorted(
        (
            RankChange(
                metric=name, id=a.id, text=a.text, before=round(a.metrics[name], 4),
                after=round(b.metrics[name], 4), rank_before=a.first_relevant_rank, rank_after=b.first_relevant_rank,
            )
            for a, b in pairs
            if a.metrics[name] != b.metrics[name]
        ),
        key=lambda change: (-abs(change.after - change.before), change.id),
    )  # fmt: skip
    worse = [change for change in changes if change.after < change.before]
    better = [change for change in changes if change.after > change.before]
    return worse[:LISTED] + better[:LISTED]


def _changed_settings(before: Run, after: Run) -> dict[str, tuple[str, str]]:
    sides = [
        {"embedder (identity)": run.embedder, "articles": run.articles, "passages": run.passages}
        | dict(run.settings.items())
        | {f"{name} (version)": version for name, version in run.versions.items()}
        for run in (before, after)
    ]
    names = dict.fromkeys(name for side in sides for name in side)
    return {
        name: (str(sides[0].get(name)), str(sides[1].get(name)))
        for name in names
        if sides[0].get(name) != sides[1].get(name)
    }


def _check_same(before: Run, after: Run, names: tuple[str, str]) -> None:
    sides = [{result.id: result.text for result in run.answerable} for run in (before, after)]
    if sides[0] == sides[1]:
        return
    counts = zip(names, (before, after), strict=True)
    reasons = [f"{name} asks {len(run.answerable)} of {run.set}" for name, run in counts]
    for name, ours, theirs in ((names[0], sides[0], sides[1]), (names[1], sides[1], sides[0])):
        if alone := sorted(ours.keys() - theirs.keys()):
            reasons.append(f"only in {name}: {_few(alone)}")
    if differ := sorted(id for id in sides[0].keys() & sides[1].keys() if sides[0][id] != sides[1][id]):
        reasons.append(f"worded otherwise: {_few(differ)}")
    raise EvaluationError(f"the runs are not of the same questions: {'; '.join(reasons)}")


def _few(ids: Sequence[str]) -> str:
    return ", ".join(ids[:NAMED]) + (f" and {len(ids) - NAMED:,} more" if len(ids) > NAMED else "")
