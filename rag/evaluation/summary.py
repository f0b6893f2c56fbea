"""A run -> its metrics by name, each with an interval, for the output of `rag eval`, for gates and for reports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from rag.evaluation import calibration_metrics
from rag.evaluation.bootstrap import Estimate, Picks, Statistic, interval, interval_of
from rag.evaluation.runs import QuestionResult, Run
from rag.types.arrays import Floats

Estimates: TypeAlias = dict[str, Estimate]
SLICED = ("nDCG@10", "hit@4", "recall@100", "answered", "answer_in_first_sentence")  # The metrics of a slice
CALIBRATION: dict[str, Callable[[Floats, Floats], float]] = {
    "AUROC": calibration_metrics.auroc,
    "ECE": calibration_metrics.ece,
    "risk@50%": calibration_metrics.risk_at,
}


def summary(run: Run, *, slices: bool = False) -> dict[str, object]:
    """Return the output of `rag eval --json`: counts, metrics (value, low, high), groups of metrics, latencies."""
    figures: dict[str, object] = {
        "set": run.set,
        "questions": len(run.answerable),
        "articles": run.articles,
        "passages": run.passages,
        "embedder": run.embedder,
        **_dumped(metrics(run)),
    }
    if run.removed:
        figures["absent"] = {"questions": len(run.removed), **_dumped(absent(run))}
    if run.off_archive:
        figures["off_archive"] = {
            "set": run.off_archive_set, "questions": len(run.off_archive), **_dumped(off_archive(run))
        }  # fmt: skip
    if slices:
        figures["slices"] = {
            dimension: {name: {"questions": count, **_dumped(part)} for name, (count, part) in parts.items()}
            for dimension, parts in sliced(run.answerable).items()
        }
    return figures | {"answer_ms": latencies(run)}


def latencies(run: Run) -> dict[str, float]:
    """Return the 50th, 90th and 99th percentile of the latency of an answer, in milliseconds."""
    milliseconds = [result.answer_ms for result in run.answerable]
    return {f"p{p}": round(float(np.percentile(milliseconds, p)), 2) for p in (50, 90, 99)}


def metrics(run: Run) -> Estimates:
    """Return the mean metrics of the answerable questions, and the calibration metrics of all questions."""
    estimates = means(run.answerable)
    if run.unanswerable:
        estimates["abstained_when_absent"] = _abstained(run.unanswerable)
    return estimates | calibrated([*run.answerable, *run.unanswerable])


def absent(run: Run) -> Estimates:
    """Return abstention over the answerable questions pooled with the same ones without their relevant articles."""
    estimates = {"abstained": _abstained(run.removed)}
    return estimates | calibrated([*run.answerable, *run.removed], len(run.answerable))


def off_archive(run: Run) -> Estimates:
    """Return how well the confidence separates the dataset's questions from those of another dataset, as AUROC."""
    pooled = [*run.answerable, *run.off_archive]
    ours = np.arange(len(pooled)) < len(run.answerable)
    confidence = np.array([result.confidence for result in pooled])
    auroc = interval_of(lambda picks: calibration_metrics.auroc(confidence[picks], ours[picks]), len(pooled))
    return {"abstained": _abstained(run.off_archive)} | ({"AUROC": auroc} if auroc else {})


def means(results: Sequence[QuestionResult], names: Iterable[str] | None = None) -> Estimates:
    """Return the mean of every metric (or of `names`) that the questions have."""
    wanted = names or dict.fromkeys(name for result in results for name in result.metrics)
    values = {name: [result.metrics[name] for result in results if name in result.metrics] for name in wanted}
    return {name: interval(column) for name, column in values.items() if column}


def sliced(results: Sequence[QuestionResult]) -> dict[str, dict[str, tuple[int, Estimates]]]:
    """Return the number of questions and the main metrics of every slice, the largest slice first."""
    slices: dict[str, dict[str, list[QuestionResult]]] = {}
    for result in results:
        for dimension, name in result.slices.items():
            slices.setdefault(dimension, {}).setdefault(name, []).append(result)
    return {
        dimension: {
            name: (len(part), means(part, SLICED))
            for name, part in sorted(parts.items(), key=lambda item: (-len(item[1]), item[0]))
        }
        for dimension, parts in slices.items()
    }


def calibrated(results: Sequence[QuestionResult], count: int | None = None) -> Estimates:
    """Return AUROC, ECE and risk at half coverage, leaving out those that are not defined.

    With `count`, `results` are several runs of the same `count` questions one after the other, and the results of one
    question are resampled together.
    """
    questions = count or len(results)
    offsets = np.arange(0, len(results), questions)[:, np.newaxis]
    estimates = {name: interval_of(_pooled(metric, offsets), questions) for name, metric in statistics(results).items()}
    return {name: estimate for name, estimate in estimates.items() if estimate}


def statistics(results: Sequence[QuestionResult]) -> dict[str, Statistic]:
    """Return each calibration metric as a function of the indices of the questions that it is computed over."""
    confidence = np.array([result.confidence for result in results])
    right = np.array([result.right for result in results])

    def over(metric: Callable[[Floats, Floats], float]) -> Statistic:
        return lambda picks: metric(confidence[picks], right[picks])

    return {name: over(metric) for name, metric in CALIBRATION.items()}


def _pooled(statistic: Statistic, offsets: Picks) -> Statistic:
    """Return the statistic over the picked questions in each of the runs that begin at `offsets`."""
    return lambda picks: statistic((offsets + picks).ravel())


def values(figures: Mapping[str, object], prefix: str = "") -> dict[str, float]:
    """Return the numbers of a summary by their dotted names: `nDCG@10`, `absent.AUROC`, `answer_ms.p50`."""
    flat: dict[str, float] = {}
    for name, value in figures.items():
        if isinstance(value, Mapping):
            inner = value.get("value")
            flat |= {prefix + name: inner} if inner is not None else values(value, f"{prefix}{name}.")
        elif isinstance(value, int | float):
            flat[prefix + name] = float(value)
    return flat


def _abstained(results: Sequence[QuestionResult]) -> Estimate:
    """Return the share of questions that were not answered."""
    return interval([float(not result.answered) for result in results])


def _dumped(estimates: Estimates) -> dict[str, object]:
    return {name: estimate.model_dump() for name, estimate in estimates.items()}
