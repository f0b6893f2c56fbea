"""A dataset -> the fusion weights that rank best: chosen on one half of its questions, measured on the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import numpy as np

from rag.errors import EvaluationError
from rag.evaluation.bootstrap import SEED, Difference, Estimate, difference, interval
from rag.evaluation.datasets import Dataset, JudgedQuestion
from rag.evaluation.metrics import METRICS
from rag.evaluation.runner import AsOfPolicy, day_of
from rag.index.generation import Generation
from rag.instrumentation import Progress
from rag.search import fusion, pipeline, retrieval
from rag.search.fusion import FusionWeights
from rag.service import RagService
from rag.types.arrays import Rows, Scores
from rag.types.articles import Record
from rag.types.index import FittedWeights, MetricChange
from rag.types.requests import AskRequest

# The grid of weights that are tried: docs/decisions/0021-tune-on-halves.md
DENSE = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
MAX_SIM = (0.0, 0.4, 0.8, 1.3, 1.8, 2.5)
MIN_QUESTIONS = 20
CHOSEN_BY = "nDCG@10"
SHOWN = ("nDCG@10", "MRR@10", "hit@4")
DEPTH = 10  # articles of a ranking, as far as these metrics look


class HeldOutMetric(Record):
    """A metric of the held-out half under both weights, each with its interval, and their paired difference."""

    before: Estimate
    after: Estimate
    difference: Difference


class Tuning(Record):
    """The weights that are best on one half of the questions, and the metrics of the other half before and after."""

    fit: FittedWeights
    replaced: tuple[float, float]
    chosen_on: int
    held_out: dict[str, HeldOutMetric]

    @property
    def changes(self) -> bool:
        """Whether other weights than the present ones were chosen."""
        return (self.fit.dense, self.fit.max_sim) != self.replaced

    @property
    def is_better(self) -> bool:
        """Whether the weights are others, and no worse on the held-out half."""
        return self.changes and self.held_out[CHOSEN_BY].difference.value >= 0


@dataclass(frozen=True, eq=False)
class SearchedQuestion:
    """A question with all its candidates: searched once, and fused anew in a fraction of a millisecond.

    `grades` are of article rows, as strings; `max_sims` keeps the MaxSim of each passage row that was computed.
    """

    generation: Generation
    context: pipeline.QueryContext
    grades: Mapping[str, int]
    max_sims: dict[int, float]

    def metrics(self, weights: FusionWeights) -> dict[str, float]:
        """Return every metric of the ranking of articles under `weights`."""
        fused = fusion.fuse(self.context.ranked, weights, self.late_scores)
        best = [place for place, _ in retrieval.collapse(self.generation, fused, "article")[:DEPTH]]
        ranking = [str(row) for row in self.generation.archive.articles_of(fused.rows[best]).tolist()]
        return {name: METRICS[name](ranking, self.grades) for name in SHOWN}

    def late_scores(self, rows: Rows) -> Scores:
        """Return MaxSim of the question with each passage row, computed once for all weights."""
        new = [row for row in rows.tolist() if row not in self.max_sims]
        if new:
            question, query = self.context.request.question, self.context.query
            sims = fusion.late_scores(self.generation, question, query, np.array(new, np.int64))
            self.max_sims.update(zip(new, sims.tolist(), strict=True))
        return np.array([self.max_sims[row] for row in rows.tolist()], float)


def tune(
    service: RagService, dataset: Dataset, as_of: AsOfPolicy = None, progress: Progress = lambda *_: None
) -> Tuning:
    """Choose weights for the archive that `service` serves; the reranker, where there is one, is left out.

    `progress` gets the number of questions put and of weights tried. Raises EvaluationError where the dataset has too
    few questions.
    """
    if len(dataset.questions) < MIN_QUESTIONS:
        raise EvaluationError(
            f"{dataset.name}: {len(dataset.questions)} questions, at least {MIN_QUESTIONS} are needed to tune fusion "
            "weights; label more"
        )
    present = pipeline.fusion_weights(service.generation, service.settings)
    questions = []
    for question in dataset.questions:
        questions.append(_searched(service, question, day_of(as_of, question.day)))
        progress("ask", len(questions), len(dataset.questions))
    order = np.random.default_rng(SEED).permutation(len(questions))
    chosen_on, held_out = ([questions[place] for place in half] for half in np.array_split(order, 2))
    best = _best(chosen_on, present, progress)
    before, after = (_columns(held_out, weights) for weights in (present, best))
    metrics = {name: _compared(before[name], after[name]) for name in SHOWN}
    fit = FittedWeights(
        created=datetime.now(UTC).isoformat(timespec="seconds"), dataset=dataset.name, questions=len(questions),
        held_out={n: MetricChange(before=m.before.value, after=m.after.value) for n, m in metrics.items()},
        dense=best.dense, max_sim=best.max_sim,
    )  # fmt: skip
    replaced = present.dense, present.max_sim
    return Tuning(fit=fit, replaced=replaced, chosen_on=len(chosen_on), held_out=metrics)


def _searched(service: RagService, question: JudgedQuestion, day: date | None) -> SearchedQuestion:
    generation, archive = service.generation, service.generation.archive
    request = AskRequest(question=question.text, as_of=day)
    context = pipeline.run(generation, service.models.without_reranker(), service.settings, request)
    rows = {id: archive.article_row(id) for id in question.grades}  # an article that the archive lacks cannot be found
    grades = {str(id if row is None else row): question.grades[id] for id, row in rows.items()}
    return SearchedQuestion(generation, context, grades, {})


def _best(questions: Sequence[SearchedQuestion], present: FusionWeights, progress: Progress) -> FusionWeights:
    """Return the weights of the grid with the best mean; of equal ones the present, and then the nearest to it."""
    grid = [present, *(replace(present, dense=dense, max_sim=max_sim) for dense in DENSE for max_sim in MAX_SIM)]
    grid.sort(key=lambda weights: abs(weights.dense - present.dense) + abs(weights.max_sim - present.max_sim))
    means = []
    for count, weights in enumerate(grid, 1):
        means.append(round(float(np.mean([question.metrics(weights)[CHOSEN_BY] for question in questions])), 6))
        progress("weights", count, len(grid))
    return grid[means.index(max(means))]


def _columns(questions: Sequence[SearchedQuestion], weights: FusionWeights) -> dict[str, list[float]]:
    rows = [question.metrics(weights) for question in questions]
    return {name: [row[name] for row in rows] for name in SHOWN}


def _compared(before: Sequence[float], after: Sequence[float]) -> HeldOutMetric:
    return HeldOutMetric(before=interval(before), after=interval(after), difference=difference(before, after))
