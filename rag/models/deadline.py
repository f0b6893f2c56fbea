"""Re-rank within a deadline: the caller gets all scores in time, or none, and never waits longer.

One thread scores the passages in batches. It stops before a batch that would probably end too late. If a batch hangs,
the caller stops waiting; until that batch ends, every further call returns at once without scores, so that no work
piles up behind it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import SimpleQueue

import numpy as np

from rag.models.base import Reranker
from rag.types.arrays import Scores

PASSAGES_PER_CHECK = 4  # passages in a batch; the clock is read between batches


@dataclass(frozen=True)
class _Job:
    question: str
    passages: Sequence[str]
    deadline: float
    done: Future[Scores | None] = field(default_factory=Future)


class DeadlineReranker:
    """Scores one question at a time, within `within_s` seconds as `clock` counts them. Safe for threads."""

    def __init__(self, reranker: Reranker, within_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.within_s = within_s
        self._reranker = reranker
        self._clock = clock
        self._turn = threading.Lock()  # held from a job's start until its last batch has ended
        self._current: _Job | None = None
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        # A daemon thread, unlike those of a pool: one that hangs must not keep the process from ending
        threading.Thread(target=self._work, name="reranking", daemon=True).start()

    def scores(self, question: str, passages: Sequence[str]) -> Scores | None:
        """Return a score for each passage, or None if the deadline passes first. Raises what the model raises."""
        deadline = self._clock() + self.within_s
        if self._hangs() or not self._turn.acquire(timeout=self.within_s):
            return None
        job = self._current = _Job(question, passages, deadline)
        self._jobs.put(job)
        try:
            return job.done.result(timeout=max(0.0, deadline - self._clock()))
        except TimeoutError:
            return None

    def _hangs(self) -> bool:
        job = self._current
        return job is not None and self._clock() >= job.deadline

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                scores = self._scored(job)
            except Exception as error:  # noqa: BLE001 - the calling thread must get whatever was raised
                outcome: Exception | Scores | None = error
            else:
                outcome = scores
            self._current = None
            self._turn.release()
            if isinstance(outcome, Exception):
                job.done.set_exception(outcome)
            else:
                job.done.set_result(outcome)

    def _scored(self, job: _Job) -> Scores | None:
        """Return all scores; None as soon as the next batch, as slow as the slowest, would end too late."""
        parts: list[Scores] = []
        longest = 0.0
        for start in range(0, len(job.passages), PASSAGES_PER_CHECK):
            began = self._clock()
            if began + longest >= job.deadline:
                return None
            parts.append(self._reranker.scores(job.question, job.passages[start : start + PASSAGES_PER_CHECK]))
            longest = max(longest, self._clock() - began)
        return np.concatenate(parts) if parts else np.zeros(0)
