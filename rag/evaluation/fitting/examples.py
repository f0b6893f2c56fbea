"""Questions put to an archive -> examples: the features of each answer, and whether the answer was right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from rag.evaluation.datasets import Dataset
from rag.evaluation.fitting.reference_examples import REFERENCE_EXAMPLES
from rag.evaluation.fitting.synthetic_questions import SyntheticQuestion
from rag.evaluation.runner import contains_answer
from rag.instrumentation import Progress
from rag.search import answers, pipeline, retrieval
from rag.search.confidence import FEATURES, ConfidenceFeatures
from rag.service import RagService
from rag.types.arrays import Floats
from rag.types.articles import Passage
from rag.types.filters import SearchFilter

NO_FEATURES = ConfidenceFeatures(*[0.0] * len(FEATURES))  # of a question for which no sentence was found


class Example(NamedTuple):
    """The features of an answer, whether it was right, and the question that it belongs to: one group a question."""

    features: ConfidenceFeatures
    right: bool
    group: int


@dataclass(frozen=True, eq=False)
class Examples:
    """Arrays of one length: features [n, len(FEATURES)], right [n] (1 or 0), group [n]."""

    features: Floats
    right: Floats
    group: npt.NDArray[np.int64]

    @classmethod
    def of(cls, examples: Iterable[Example]) -> Self:
        """Gather examples."""
        rows = list(examples)
        return cls(
            np.array([row.features for row in rows], float).reshape(-1, len(FEATURES)),
            np.array([row.right for row in rows], float),
            np.array([row.group for row in rows], np.int64),
        )

    def __len__(self) -> int:
        return len(self.right)

    @property
    def covered(self) -> npt.NDArray[np.bool_]:
        """Which answers share a term with their question [n]: the others have no confidence, whatever is fitted."""
        return np.asarray(self.features[:, FEATURES.index("coverage")] > 0)

    def where(self, chosen: npt.NDArray[np.bool_]) -> Examples:
        """Return some of the examples."""
        return Examples(self.features[chosen], self.right[chosen], self.group[chosen])


class FittingQuestion(NamedTuple):
    """A question put to the archive without the articles in `exclude`.

    An answer is right where it is cited from one of the `relevant` articles or holds one of the `answers`.
    """

    text: str
    group: int
    relevant: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    day: date | None = None


def labelled_questions(dataset: Dataset) -> list[FittingQuestion]:
    """Return each question as it stands and without its relevant articles, then those that have none."""
    questions = []
    for group, question in enumerate(dataset.questions):
        whole = FittingQuestion(question.text, group, question.relevant, question.answers, (), question.day)
        questions += [whole, whole._replace(relevant=(), exclude=question.relevant)]
    unanswerable = enumerate(dataset.unanswerable, len(dataset.questions))
    return questions + [FittingQuestion(question.text, group, day=question.day) for group, question in unanswerable]


def synthetic_questions(synthetic: Iterable[SyntheticQuestion]) -> list[FittingQuestion]:
    """Return each question without its article and the copies of that, and every second one also as it stands.

    `reference_examples` take the place of the others as they stand.
    """
    questions = []
    for group, made in enumerate(synthetic):
        questions.append(FittingQuestion(made.text, group, answers=(made.answer,), exclude=made.articles))
        if group % 2:
            questions.append(FittingQuestion(made.text, group, relevant=made.articles, answers=(made.answer,)))
    return questions


def reference_examples(count: int) -> list[Example]:
    """Return `count` right answers to questions of other archives, spread evenly; their groups are below 0."""
    rows = [ConfidenceFeatures(*row) for row in zip(*(REFERENCE_EXAMPLES[name] for name in FEATURES), strict=True)]
    return [Example(rows[place * len(rows) // count % len(rows)], True, -1 - place) for place in range(count)]


def collect(
    service: RagService, questions: Sequence[FittingQuestion], *, interpret: bool, progress: Progress
) -> list[Example]:
    """Return an example for each question; `interpret` reads time words. `progress` gets the number of questions."""
    examples = []
    for count, question in enumerate(questions, 1):
        passage, features = _first_passage(service, question, interpret)
        right = passage is not None and (
            passage.article_id in question.relevant or contains_answer(passage.text, question.answers)
        )
        examples.append(Example(features or NO_FEATURES, right, question.group))
        progress("ask", count, len(questions))
    return examples


def _first_passage(
    service: RagService, question: FittingQuestion, interpret: bool
) -> tuple[Passage | None, ConfidenceFeatures | None]:
    """Return the passage of the sentence that would be shown first, whatever the confidence, and its features."""
    filter, day = SearchFilter(exclude=question.exclude), question.day or date.today()
    context = pipeline.run(
        service.generation, service.embedder, service.reranker, service.settings, question.text, filter, day, interpret
    )
    hits, passages = pipeline.build_hits(
        context, retrieval.one_article_per_story(context.generation, context.found, answers.PASSAGES_READ)
    )
    selection = pipeline.select_sentences(context, hits, passages)
    first = passages[selection.sentences[0].place].passage if selection.sentences else None
    return first, selection.features
