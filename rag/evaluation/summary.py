"""A run -> its measures by name, each with an interval: what `rag eval` prints, gates hold and reports show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from rag.evaluation import calibration_metrics
from rag.evaluation.bootstrap import Measure, Picks, Statistic, interval, interval_of
from rag.evaluation.calibration_metrics import Floats
from rag.evaluation.runs import QuestionResult, Run

Measures: TypeAlias = dict[str, Measure]
SLICED = ("nDCG@10", "hit@4", "recall@100", "answered", "answer_in_first_sentence")
CALIBRATION: dict[str, Callable[[Floats, Floats], float]] = {
    "AUROC": calibration_metrics.auroc,
    "ECE": calibration_metrics.ece,
    "risk@50%": calibration_metrics.risk_at,
}


def summary(run: Run, *, slices: bool = False) -> dict[str, object]:
    """Return what `rag eval --json` prints: counts, measures (value, low, high), groups of measures, latencies."""
    found: dict[str, object] = {
        "set": run.set,
        "questions": len(run.asked),
        "articles": run.articles,
        "passages": run.passages,
        "embedder": run.embedder,
        **_dumped(measures(run)),
    }
    if run.removed:
        found["absent"] = {"questions": len(run.removed), **_dumped(absent(run))}
    if run.elsewhere:
        found["off_archive"] = {
            "set": run.off_archive, "questions": len(run.elsewhere), **_dumped(off_archive(run))
        }  # fmt: skip
    if slices:
        found["slices"] = {
            dimension: {name: {"questions": count, **_dumped(given)} for name, (count, given) in parts.items()}
            for dimension, parts in sliced(run.asked).items()
        }
    return found | {"answer_ms": latencies(run)}


def latencies(run: Run) -> dict[str, float]:
    """Return percentiles of the milliseconds an answer took."""
    took = [each.answer_ms for each in run.asked]
    return {f"p{p}": round(float(np.percentile(took, p)), 2) for p in (50, 90, 99)}


def measures(run: Run) -> Measures:
    """Return the means over the answerable questions, then how far the confidence can be trusted over all."""
    found = means(run.asked)
    if run.absent:
        found["abstained_when_absent"] = _abstained(run.absent)
    return found | calibrated([*run.asked, *run.absent])


def absent(run: Run) -> Measures:
    """Return abstention over the answerable questions pooled with the same ones without their relevant articles."""
    found = {"abstained": _abstained(run.removed)}
    return found | calibrated([*run.asked, *run.removed], len(run.asked))


def off_archive(run: Run) -> Measures:
    """Return how well the confidence tells the set's questions from those of another set, by AUROC."""
    pooled = [*run.asked, *run.elsewhere]
    ours = np.arange(len(pooled)) < len(run.asked)
    confidence = np.array([each.confidence for each in pooled])
    told = interval_of(lambda picks: calibration_metrics.auroc(confidence[picks], ours[picks]), len(pooled))
    return {"abstained": _abstained(run.elsewhere)} | ({"AUROC": told} if told else {})


def means(asked: Sequence[QuestionResult], names: Iterable[str] | None = None) -> Measures:
    """Return the mean of every measure (or of `names`) that the questions have."""
    wanted = names or dict.fromkeys(name for each in asked for name in each.measures)
    values = {name: [each.measures[name] for each in asked if name in each.measures] for name in wanted}
    return {name: interval(given) for name, given in values.items() if given}


def sliced(asked: Sequence[QuestionResult]) -> dict[str, dict[str, tuple[int, Measures]]]:
    """Return the number of questions and the main measures of every slice, the largest slice first."""
    found: dict[str, dict[str, list[QuestionResult]]] = {}
    for each in asked:
        for dimension, name in each.slices.items():
            found.setdefault(dimension, {}).setdefault(name, []).append(each)
    return {
        dimension: {
            name: (len(held), means(held, SLICED))
            for name, held in sorted(parts.items(), key=lambda part: (-len(part[1]), part[0]))
        }
        for dimension, parts in found.items()
    }


def calibrated(asked: Sequence[QuestionResult], count: int | None = None) -> Measures:
    """Return AUROC, ECE and risk at half coverage.

    With `count`, the same `count` questions stand in `asked` several times over, and are resampled together.
    """
    drawn = count or len(asked)
    times = np.arange(0, len(asked), drawn)[:, np.newaxis]
    found = {name: interval_of(_pooled(of, times), drawn) for name, of in statistics(asked).items()}
    return {name: measure for name, measure in found.items() if measure}


def statistics(asked: Sequence[QuestionResult]) -> dict[str, Statistic]:
    """Return each measure of calibration as a function of the places of questions."""
    confidence = np.array([each.confidence for each in asked])
    right = np.array([each.right for each in asked])

    def over(of: Callable[[Floats, Floats], float]) -> Statistic:
        return lambda picks: of(confidence[picks], right[picks])

    return {name: over(of) for name, of in CALIBRATION.items()}


def _pooled(of: Statistic, times: Picks) -> Statistic:
    return lambda picks: of((times + picks).ravel())


def values(given: Mapping[str, object], prefix: str = "") -> dict[str, float]:
    """Return every figure of a summary by its dotted name: `nDCG@10`, `absent.AUROC`, `answer_ms.p50`."""
    found: dict[str, float] = {}
    for name, value in given.items():
        if isinstance(value, Mapping):
            inner = value.get("value")
            found |= {prefix + name: inner} if inner is not None else values(value, f"{prefix}{name}.")
        elif isinstance(value, int | float):
            found[prefix + name] = float(value)
    return found


def _abstained(asked: Sequence[QuestionResult]) -> Measure:
    return interval([float(not each.answered) for each in asked])


def _dumped(given: Measures) -> dict[str, object]:
    return {name: measure.model_dump() for name, measure in given.items()}
