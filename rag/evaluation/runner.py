"""The runner: a dataset's questions, put to a service -> a run."""

from __future__ import annotations

import platform
import re
import time
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from importlib.metadata import version
from typing import Any, Literal, TypeAlias

from rag.errors import EvaluationError
from rag.evaluation.datasets import Dataset, JudgedQuestion
from rag.evaluation.metrics import METRICS, first_relevant_rank
from rag.evaluation.runs import QuestionResult, Run, Setting
from rag.evaluation.slices import slices_of
from rag.index.generation import Generation
from rag.instrumentation import Progress
from rag.search.confidence import coefficients_of
from rag.search.pipeline import fusion_weights
from rag.search.searcher import Searcher
from rag.service import RagService
from rag.settings import Settings
from rag.types.articles import Passage
from rag.types.requests import AnswerRequest, SearchRequest
from rag.types.results import Answer

DEPTH = 100  # articles of a ranking that are judged
KEPT = 10  # articles of a ranking that a run keeps
LIBRARIES = ("byline", "faiss-cpu", "numpy", "openvino", "tantivy", "torch")
# Settings on which no result depends
IRRELEVANT_SETTINGS = {"index_root", "index", "host", "port", "reload_s", "keep_generations"}

AsOfPolicy: TypeAlias = date | Literal["question"] | None  # one day, the day of each question, or today


def run_dataset(
    service: RagService,
    dataset: Dataset,
    *,
    absent: bool = False,
    off_archive: Dataset | None = None,
    as_of: AsOfPolicy = None,
    interpret: bool = True,
    generation: Generation | None = None,
    progress: Progress = lambda *_: None,
) -> Run:
    """Put every question; with `absent` again without its relevant articles; then those of `off_archive`.

    `generation` is asked, by default the one that answers. `progress` gets the number of questions put so far. Raises
    EvaluationError where the dataset is not about that archive.
    """
    generation = generation or service.generation
    check_dataset(generation, dataset, as_of)
    asker = QuestionAsker(service, generation, as_of, interpret)
    lists: dict[str, tuple[Callable[[JudgedQuestion], QuestionResult], tuple[JudgedQuestion, ...]]] = {
        "answerable": (asker.answerable, dataset.questions),
        "unanswerable": (asker.unanswerable, dataset.unanswerable),
        "removed": (asker.removed, dataset.questions if absent else ()),
        "off_archive": (asker.unanswerable, off_archive.questions if off_archive else ()),
    }
    total, count = sum(len(questions) for _, questions in lists.values()), 0
    results: dict[str, list[QuestionResult]] = {name: [] for name in lists}
    for name, (ask, questions) in lists.items():
        for question in questions:
            results[name].append(ask(question))
            count += 1
            progress("ask", count, total)
    manifest = generation.manifest
    return Run(
        set=dataset.name, off_archive_set=off_archive.name if off_archive else None,
        created=datetime.now(UTC).isoformat(timespec="seconds"), articles=manifest.counts.articles,
        passages=manifest.counts.passages, embedder=manifest.embedder,
        versions={"python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
        settings=_settings(service.settings, generation) | {"as_of": as_of and str(as_of), "interpret": interpret},
        answerable=tuple(results["answerable"]), unanswerable=tuple(results["unanswerable"]),
        removed=tuple(results["removed"]), off_archive=tuple(results["off_archive"]),
    )  # fmt: skip


def _settings(settings: Settings, generation: Generation) -> dict[str, Setting]:
    """Return what the answers depend on: settings, and what was fitted to the archive in their place."""
    weights, coefficients = fusion_weights(generation, settings), generation.manifest.fitted.confidence
    return {
        **settings.model_dump(mode="json", exclude=IRRELEVANT_SETTINGS),
        "dense_weight": weights.dense,
        "max_sim_weight": weights.max_sim,
        "confidence_coefficients": ", ".join(f"{n} {value}" for n, value in coefficients_of(coefficients).items()),
    }


class QuestionAsker:
    """Puts questions to a generation, with the service's threshold and without: what was withheld is judged too."""

    def __init__(self, service: RagService, generation: Generation, as_of: AsOfPolicy, interpret: bool) -> None:
        self.generation = generation
        self.as_of = as_of
        self.interpret = interpret
        self.searcher = service.searcher
        settings = service.settings.model_copy(update={"min_confidence": 0.0})
        self._unthresholded = Searcher(service.index, service.models, settings)

    def answerable(self, question: JudgedQuestion) -> QuestionResult:
        """Return the ranking and the answer of a question that the archive answers."""
        request = SearchRequest.parse(k=DEPTH, group_by="article", **self._options(question))
        hits = self.searcher.search(self.generation, request).hits
        ranking = [hit.passage.article_id for hit in hits]
        result = self._answer(question, (), question.relevant)
        metrics = {name: metric(ranking, question.grades) for name, metric in METRICS.items()}
        return result.model_copy(
            update={
                "ranking": tuple(ranking[:KEPT]),
                "first_title": hits[0].citation.title if hits else None,
                "first_relevant_rank": first_relevant_rank(ranking, question.grades),
                "metrics": metrics | result.metrics,
            }
        )

    def removed(self, question: JudgedQuestion) -> QuestionResult:
        """Return what the archive without the relevant articles answers: right is what holds an answer string."""
        return self._answer(question, question.relevant, ())

    def unanswerable(self, question: JudgedQuestion) -> QuestionResult:
        """Return what the archive answers to a question that it cannot answer: nothing is right."""
        return self._answer(question, (), ()).model_copy(update={"right": False})

    def _answer(self, question: JudgedQuestion, exclude: tuple[str, ...], relevant: tuple[str, ...]) -> QuestionResult:
        request = AnswerRequest.parse(exclude=exclude, **self._options(question))
        began = time.perf_counter()
        answer = self.searcher.answer(self.generation, request)
        seconds = time.perf_counter() - began
        judged = answer if answer.answered else self._unthresholded.answer(self.generation, request)
        passage = _first_passage(judged)
        sentences = tuple(sentence.text for sentence in answer.sentences)
        return QuestionResult(
            id=question.id, text=question.text, slices=slices_of(question.text), relevant=question.relevant,
            ranking=tuple(dict.fromkeys(hit.passage.article_id for hit in answer.hits)),
            first_title=answer.hits[0].citation.title if answer.hits else None, first_relevant_rank=None,
            metrics=_answer_metrics(answer.answered, sentences, question.answers), confidence=answer.confidence,
            answered=answer.answered, sentences=sentences,
            right=passage is not None
            and (passage.article_id in relevant or contains_answer(passage.text, question.answers)),
            answer_ms=round(seconds * 1000, 3),
        )  # fmt: skip

    def _options(self, question: JudgedQuestion) -> dict[str, Any]:
        """Return the fields of a request: the question, the day on which it is put, whether time words are read."""
        return {"question": question.text, "as_of": day_of(self.as_of, question.day), "interpret": self.interpret}


def day_of(as_of: AsOfPolicy, own: date | None) -> date | None:
    """Return the day on which a question is put whose `own` day is given; None for today."""
    return own if as_of == "question" else as_of


def contains_answer(text: str, answers: Iterable[str]) -> bool:
    """Return whether an answer stands in the text as whole words: "5" and "four" stand within others by chance."""
    return any(re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", text) for answer in answers)


def _answer_metrics(answered: bool, sentences: tuple[str, ...], answers: tuple[str, ...]) -> dict[str, float]:
    metrics = {"answered": float(answered)}
    if answers:
        for name, texts in (("answer_in_first_sentence", sentences[:1]), ("answer_in_sentences", sentences)):
            metrics[name] = float(any(answer in text for text in texts for answer in answers))
    return metrics


def _first_passage(answer: Answer) -> Passage | None:
    return answer.hits[answer.sentences[0].hit_rank - 1].passage if answer.sentences else None


def check_dataset(generation: Generation, dataset: Dataset, as_of: AsOfPolicy) -> None:
    """Raise EvaluationError where the dataset is not about the archive of a generation."""
    name, archive = dataset.name, generation.archive
    if not dataset.questions:
        raise EvaluationError(f"{name}: holds no question that has a relevant article")
    if all(archive.article_row(id) is None for question in dataset.questions for id in question.relevant):
        example = dataset.questions[0].relevant[0]
        raise EvaluationError(f"{name}: the archive holds none of its relevant articles, {example!r} for one")
    if as_of == "question" and not any(question.day for question in dataset.questions):
        raise EvaluationError(f"{name}: no question of it has a date to be asked as of")
