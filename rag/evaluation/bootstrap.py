"""Intervals by resampling questions (Efron 1979): the same resamples for every run, so that runs can be paired."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from rag.types.articles import Record

RESAMPLES = 2_000
SEED = 20221118  # of everything random in the evaluation, so that it gives the same figures each time

Picks: TypeAlias = npt.NDArray[np.int64]
Statistic: TypeAlias = Callable[[Picks], float]  # places of questions, some of them several times -> a value, or nan


class Estimate(Record):
    """A value over the questions with its 95 % percentile interval."""

    value: float
    low: float
    high: float


class Difference(Estimate):
    """A difference of two runs on the same questions. `p` is two-sided: twice the share of resamples beyond 0."""

    p: float


def resamples(count: int) -> Picks:
    """Return [RESAMPLES, count] places of questions, drawn with replacement."""
    return np.random.default_rng(SEED).integers(0, count, (RESAMPLES, count))


def interval(values: Sequence[float]) -> Estimate:
    """Return the mean with its interval."""
    sample = np.array(values, float)
    return _estimate(float(sample.mean()), sample[resamples(len(sample))].mean(axis=1))


def interval_of(statistic: Statistic, count: int) -> Estimate | None:
    """Return any statistic of `count` questions with its interval; None where it is not defined for them.

    Resamples for which it is not defined (AUROC, where all are right) are left out.
    """
    value = statistic(np.arange(count))
    return None if np.isnan(value) else _estimate(value, [statistic(picks) for picks in resamples(count)])


def difference(before: Sequence[float], after: Sequence[float]) -> Difference:
    """Return the mean of `after - before`, question by question, with interval and p (Efron & Tibshirani 1993)."""
    changes = np.array(after, float) - np.array(before, float)
    return _difference(float(changes.mean()), changes[resamples(len(changes))].mean(axis=1))


def difference_of(before: Statistic, after: Statistic, count: int) -> Difference | None:
    """Return the difference of a statistic on the same resamples; None where it is not defined for both."""
    value = after(np.arange(count)) - before(np.arange(count))
    return None if np.isnan(value) else _difference(value, [after(p) - before(p) for p in resamples(count)])


def _estimate(value: float, resampled: npt.ArrayLike) -> Estimate:
    low, high = np.nanquantile(np.asarray(resampled, float), [0.025, 0.975])
    return Estimate(value=round(value, 4), low=round(float(low), 4), high=round(float(high), 4))


def _difference(value: float, resampled: npt.ArrayLike) -> Difference:
    defined = np.asarray(resampled, float)
    defined = defined[~np.isnan(defined)]
    beyond = 2 * min(float((defined <= 0).mean()), float((defined >= 0).mean()))
    return Difference(**_estimate(value, defined).model_dump(), p=round(min(1.0, beyond), 4))
