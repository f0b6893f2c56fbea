"""Labelled questions -> the mix that ranks best, chosen on one half of them and measured on the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import numpy.typing as npt

from rag.errors import EvaluationError
from rag.evaluation.bootstrap import Difference, Measure, difference, interval
from rag.evaluation.datasets import Dataset, Question
from rag.evaluation.metrics import MEASURES
from rag.index.generation import Generation
from rag.instrumentation import Progress
from rag.search import fusion, pipeline, retrieval
from rag.search.fusion import FusionWeights
from rag.service import RagService
from rag.types.arrays import Rows, Scores
from rag.types.articles import Record
from rag.types.filters import SearchFilter
from rag.types.index import FittedWeights, MetricChange

DENSE = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
MAX_SIM = (0.0, 0.4, 0.8, 1.3, 1.8, 2.5)
LEAST_QUESTIONS = 20
CHOSEN_BY = "nDCG@10"
SHOWN = ("nDCG@10", "MRR@10", "hit@4")
DEPTH = 10  # articles, as far as these measures look
SEED = 20221118  # of the halves
EVERYTHING = SearchFilter()

Floats = npt.NDArray[np.float64]


class Measured(Record):
    """A measure of the held-out half, of both mixes, each with its interval, and their paired difference."""

    before: Measure
    after: Measure
    difference: Difference


class Tuning(Record):
    """The mix that is best on one half of the questions, and what the other half says of it and of the present one."""

    fit: FittedWeights
    replaced: tuple[float, float]
    chosen_on: int
    held_out: dict[str, Measured]

    @property
    def changes(self) -> bool:
        """Whether another mix than the present one was chosen."""
        return (self.fit.dense, self.fit.max_sim) != self.replaced

    @property
    def is_better(self) -> bool:
        """Whether it is another mix, and no worse on the held-out half."""
        return self.changes and self.held_out[CHOSEN_BY].difference.value >= 0


@dataclass(frozen=True, eq=False)
class Ranked:
    """A question with all that its legs listed: mixed anew in a fraction of a millisecond, searched once."""

    generation: Generation
    asked: pipeline.QueryContext
    grades: Mapping[str, int]
    known: dict[int, float]

    def measures(self, mix: FusionWeights) -> dict[str, float]:
        """Return every measure of the articles' ranking by `mix`."""
        found = fusion.fuse(self.asked.found, mix, self._late)
        best = [place for place, _ in retrieval.collapse(self.generation, found, "article")[:DEPTH]]
        ranking = [str(row) for row in self.generation.archive.article_of[found.rows[best]].tolist()]
        return {name: MEASURES[name](ranking, self.grades) for name in SHOWN}

    def _late(self, rows: Rows) -> Scores:
        """Return MaxSim of each row, computed once for all mixes."""
        new = [row for row in rows.tolist() if row not in self.known]
        if new:
            sims = retrieval.late_scores(
                self.generation, self.asked.question, self.asked.query, np.array(new, np.int64)
            )
            self.known.update(zip(new, sims.tolist(), strict=True))
        return np.array([self.known[row] for row in rows.tolist()], float)


def tune(
    service: RagService, labelled: Dataset, days: Sequence[date | None], progress: Progress = lambda *_: None
) -> Tuning:
    """Choose the mix for the archive that `service` serves; the reranker, where there is one, is left out.

    `days` are what each question is asked on, None for today. Raises EvaluationError where there are too few questions.
    """
    if len(labelled.questions) < LEAST_QUESTIONS:
        raise EvaluationError(
            f"{labelled.name}: {len(labelled.questions)} questions, at least {LEAST_QUESTIONS} tune a mix; label more"
        )
    present = pipeline.fusion_weights(service.generation, service.settings)
    ranked = []
    for question, day in zip(labelled.questions, days, strict=True):
        ranked.append(_ranked(service, question, day))
        progress("ask", len(ranked), len(days))
    order = np.random.default_rng(SEED).permutation(len(ranked))
    chosen_on, held_out = ([ranked[place] for place in half] for half in np.array_split(order, 2))
    best = _best(chosen_on, present, progress)
    before, after = (_columns(held_out, mix) for mix in (present, best))
    held = {name: _measured(before[name], after[name]) for name in SHOWN}
    fit = FittedWeights(
        made=datetime.now(UTC).isoformat(timespec="seconds"), on=labelled.name, questions=len(ranked),
        held_out={name: MetricChange(before=each.before.value, after=each.after.value) for name, each in held.items()},
        dense=best.dense, max_sim=best.max_sim,
    )  # fmt: skip
    return Tuning(fit=fit, replaced=(present.dense, present.max_sim), chosen_on=len(chosen_on), held_out=held)


def _ranked(service: RagService, question: Question, day: date | None) -> Ranked:
    generation, archive = service.generation, service.generation.archive
    asked = pipeline.run(
        generation, service.embedder, None, service.settings, question.text, EVERYTHING, day or date.today(), True
    )
    rows = {id: archive.article_row(id) for id in question.relevant}  # what the archive lacks cannot be found
    grades = {str(id if row is None else row): question.relevant[id] for id, row in rows.items()}
    return Ranked(generation, asked, grades, {})


def _best(ranked: Sequence[Ranked], present: FusionWeights, progress: Progress) -> FusionWeights:
    """Return the mix of the grid with the best mean, the present one and then the nearest to it where some are even."""
    mixes = [present, *(FusionWeights(dense, max_sim) for dense in DENSE for max_sim in MAX_SIM)]
    mixes.sort(key=lambda mix: abs(mix.dense - present.dense) + abs(mix.max_sim - present.max_sim))
    means = []
    for count, mix in enumerate(mixes, 1):
        means.append(round(float(np.mean([each.measures(mix)[CHOSEN_BY] for each in ranked])), 6))
        progress("mix", count, len(mixes))
    return mixes[means.index(max(means))]


def _columns(ranked: Sequence[Ranked], mix: FusionWeights) -> dict[str, list[float]]:
    found = [each.measures(mix) for each in ranked]
    return {name: [each[name] for each in found] for name in SHOWN}


def _measured(before: Sequence[float], after: Sequence[float]) -> Measured:
    return Measured(before=interval(before), after=interval(after), difference=difference(before, after))
