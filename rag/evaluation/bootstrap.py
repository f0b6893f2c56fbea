"""Intervals by resampling questions (Efron 1979): the same resamples for every run, so that runs can be paired."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from rag.types.articles import Record

RESAMPLES = 2_000
SEED = 20221118

Picks: TypeAlias = npt.NDArray[np.int64]
Statistic: TypeAlias = Callable[[Picks], float]  # places of questions, repeated ones included -> a value, or nan


class Measure(Record):
    """A value over the questions with its 95 % percentile interval."""

    value: float
    low: float
    high: float


class Difference(Measure):
    """A difference of two runs on the same questions. `p` is two-sided: twice the share of resamples beyond 0."""

    p: float


def resamples(count: int) -> Picks:
    """Return [RESAMPLES, count] places of questions, drawn with replacement."""
    return np.random.default_rng(SEED).integers(0, count, (RESAMPLES, count))


def interval(values: Sequence[float]) -> Measure:
    """Return the mean with its interval."""
    given = np.array(values, float)
    return _measure(float(given.mean()), given[resamples(len(given))].mean(axis=1))


def interval_of(statistic: Statistic, count: int) -> Measure | None:
    """Return any statistic of `count` questions with its interval; None where it is not defined for them.

    Resamples for which it is not defined (AUROC, where all are right) are left out.
    """
    value = statistic(np.arange(count))
    return None if np.isnan(value) else _measure(value, [statistic(picks) for picks in resamples(count)])


def difference(before: Sequence[float], after: Sequence[float]) -> Difference:
    """Return the mean of `after - before`, question by question, with interval and p (Efron & Tibshirani 1993)."""
    given = np.array(after, float) - np.array(before, float)
    return _difference(float(given.mean()), given[resamples(len(given))].mean(axis=1))


def difference_of(before: Statistic, after: Statistic, count: int) -> Difference | None:
    """Return the difference of a statistic on the same resamples; None where it is not defined for both."""
    value = after(np.arange(count)) - before(np.arange(count))
    return None if np.isnan(value) else _difference(value, [after(p) - before(p) for p in resamples(count)])


def _measure(value: float, resampled: npt.ArrayLike) -> Measure:
    low, high = np.nanquantile(np.asarray(resampled, float), [0.025, 0.975])
    return Measure(value=round(value, 4), low=round(float(low), 4), high=round(float(high), 4))


def _difference(value: float, resampled: npt.ArrayLike) -> Difference:
    given = np.asarray(resampled, float)
    given = given[~np.isnan(given)]
    beyond = 2 * min(float((given <= 0).mean()), float((given >= 0).mean()))
    return Difference(**_measure(value, given).model_dump(), p=round(min(1.0, beyond), 4))
