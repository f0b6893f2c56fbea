"""Questions, asked -> examples: what spoke for each answer, and whether it was right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from rag.evaluation.datasets import Dataset
from rag.evaluation.fitting.reference_examples import TYPICAL
from rag.evaluation.fitting.synthetic_questions import SyntheticQuestion
from rag.evaluation.runner import holds
from rag.instrumentation import Progress
from rag.search import answers, confidence, pipeline, retrieval
from rag.service import RagService
from rag.types.articles import Passage
from rag.types.filters import SearchFilter

Floats = npt.NDArray[np.float64]
NOTHING = (0.0,) * 4  # no word is shared, so that nothing is said


class Example(NamedTuple):
    """What spoke for an answer, whether it was right, and the question it belongs to: one question is one group."""

    evidence: Sequence[float]
    right: bool
    group: int


@dataclass(frozen=True, eq=False)
class Examples:
    """Arrays of one length: evidence [n, 4], right [n], group [n]."""

    evidence: Floats
    right: Floats
    group: npt.NDArray[np.int64]

    @classmethod
    def of(cls, given: Iterable[Example]) -> Self:
        """Gather examples."""
        held = list(given)
        return cls(
            np.array([each.evidence for each in held], float).reshape(-1, len(NOTHING)),
            np.array([each.right for each in held], float),
            np.array([each.group for each in held], np.int64),
        )

    def __len__(self) -> int:
        return len(self.right)

    def where(self, held: npt.NDArray[np.bool_]) -> Examples:
        """Return some of the examples."""
        return Examples(self.evidence[held], self.right[held], self.group[held])


class Ask(NamedTuple):
    """One question as it is asked of the archive without `exclude`, and what is right then: `gold` or `answers`."""

    text: str
    group: int
    gold: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    day: date | None = None


def asks_of(labelled: Dataset) -> list[Ask]:
    """Return each question as it stands and without its relevant articles, then those that have none."""
    found = []
    for group, question in enumerate(labelled.questions):
        as_it_stands = Ask(question.text, group, question.gold, question.answers, (), question.day)
        found += [as_it_stands, as_it_stands._replace(gold=(), exclude=question.gold)]
    absent = enumerate(labelled.absent, len(labelled.questions))
    return found + [Ask(question.text, group, day=question.day) for group, question in absent]


def asks_made(made: Iterable[SyntheticQuestion]) -> list[Ask]:
    """Return each made question without its article and that one's copies, and every second one as it stands too.

    `typical` takes the place of the others as they stand.
    """
    found = []
    for group, each in enumerate(made):
        found.append(Ask(each.text, group, answers=(each.answer,), exclude=each.articles))
        if group % 2:
            found.append(Ask(each.text, group, gold=each.articles, answers=(each.answer,)))
    return found


def typical(count: int) -> list[Example]:
    """Return `count` right answers to real questions of other archives, the groups below 0."""
    lines = [tuple(map(float, TYPICAL[place * len(TYPICAL) // count % len(TYPICAL)])) for place in range(count)]
    return [Example(line, True, -1 - place) for place, line in enumerate(lines)]


def weighed(service: RagService, asks: Sequence[Ask], *, interpret: bool, progress: Progress) -> list[Example]:
    """Ask; `interpret` reads time words. `progress` is told how many were asked."""
    found = []
    for count, each in enumerate(asks, 1):
        passage, evidence = _weigh(service, each, interpret)
        right = passage is not None and (passage.article_id in each.gold or holds(passage.text, each.answers))
        found.append(Example(evidence or NOTHING, right, each.group))
        progress("ask", count, len(asks))
    return found


def _weigh(
    service: RagService, ask: Ask, interpret: bool
) -> tuple[Passage | None, confidence.ConfidenceFeatures | None]:
    """Return the passage of the sentence that would be shown first, whatever the confidence, and what speaks for it."""
    filter, day = SearchFilter(exclude=ask.exclude), ask.day or date.today()
    asked = pipeline.run(
        service.generation, service.embedder, service.reranker, service.settings, ask.text, filter, day, interpret
    )
    hits, found = pipeline.build_hits(
        asked, retrieval.one_article_per_story(asked.generation, asked.found, answers.PASSAGES_READ)
    )
    verdict = pipeline.select_sentences(asked, hits, found)
    return (found[verdict.sentences[0].place].passage if verdict.sentences else None), verdict.evidence
