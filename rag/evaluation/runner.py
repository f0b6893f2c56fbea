"""Asking: a labelled set and a service -> a run."""

from __future__ import annotations

import platform
import re
import time
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from importlib.metadata import version
from typing import Any, Literal, TypeAlias

from rag.errors import EvaluationError
from rag.evaluation.datasets import Dataset, Question
from rag.evaluation.metrics import MEASURES, gold_rank
from rag.evaluation.runs import QuestionResult, Run, Setting
from rag.evaluation.slices import kinds
from rag.search.pipeline import confidence_coefficients, fusion_weights
from rag.service import RagService
from rag.types.articles import Passage
from rag.types.filters import SearchFilter
from rag.types.results import Answer

DEPTH = 100
KEPT = 10  # articles of a ranking that a run keeps
LIBRARIES = ("byline", "faiss-cpu", "numpy", "openvino", "tantivy", "torch")
NOT_OF_INTEREST = {"index_root", "index", "host", "port", "reload_s", "keep_generations"}  # to what is found

AsOf: TypeAlias = date | Literal["question"] | None  # a day, each question's own, or not said
Done: TypeAlias = Callable[[int, int], None]


def ask(
    service: RagService,
    labelled: Dataset,
    *,
    absent: bool = False,
    off_archive: Dataset | None = None,
    as_of: AsOf = None,
    interpret: bool = True,
    done: Done = lambda *_: None,
) -> Run:
    """Ask every question; with `absent` again without its relevant articles, and those of `off_archive`.

    `done` is called with the number of questions asked, and of how many. Raises EvaluationError where the set cannot
    be asked of this archive.
    """
    check(service, labelled, as_of)
    asker = Asker(service, as_of, interpret)
    others = off_archive.questions if off_archive else ()
    asks = [(asker.answerable, labelled.questions), (asker.unanswerable, labelled.absent)]
    asks += [(asker.removed, labelled.questions if absent else ()), (asker.unanswerable, others)]
    total, count = sum(len(questions) for _, questions in asks), 0
    found: list[list[QuestionResult]] = []
    for way, questions in asks:
        found.append([])
        for question in questions:
            found[-1].append(way(question))
            count += 1
            done(count, total)
    asked, theirs, removed, elsewhere = map(tuple, found)
    status = service.status()
    return Run(
        set=labelled.name, off_archive=off_archive.name if off_archive else None,
        made=datetime.now(UTC).isoformat(timespec="seconds"), articles=status.counts.articles,
        passages=status.counts.passages, embedder=status.embedder,
        versions={"python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
        settings=_settings(service) | {"as_of": as_of and str(as_of), "interpret": interpret},
        asked=asked, absent=theirs, removed=removed, elsewhere=elsewhere,
    )  # fmt: skip


def _settings(service: RagService) -> dict[str, Setting]:
    """Return what the answers depend on: settings, and what was fitted to the archive in their place."""
    weights, generation = fusion_weights(service.generation, service.settings), service.generation
    return {
        **service.settings.model_dump(mode="json", exclude=NOT_OF_INTEREST),
        "dense_weight": weights.dense,
        "max_sim_weight": weights.max_sim,
        "slopes": " ".join(map(str, confidence_coefficients(generation))),
    }


class Asker:
    """Asks one service. The same generation is asked beside it with no threshold: what was withheld is judged too."""

    def __init__(self, service: RagService, as_of: AsOf, interpret: bool) -> None:
        self.service = service
        self.as_of = as_of
        self.interpret = interpret
        frank = service.settings.model_copy(update={"min_confidence": 0.0})
        self._frank = RagService(frank, lambda: service.embedder, lambda: service.reranker, service.generation)

    def answerable(self, question: Question) -> QuestionResult:
        """Ask for the ranking and for an answer."""
        found = self.service.search(question.text, k=DEPTH, group_by="article", **self._when(question))
        ranking = [hit.passage.article_id for hit in found.hits]
        titles = [hit.citation.title for hit in found.hits[:1]]
        asked = self._answered(question, SearchFilter(), question.gold)
        held = {name: measure(ranking, question.relevant) for name, measure in MEASURES.items()}
        return asked.model_copy(
            update={
                "ranking": tuple(ranking[:KEPT]), "first_title": titles[0] if titles else None,
                "gold_rank": gold_rank(ranking, question.relevant), "measures": held | asked.measures,
            }
        )  # fmt: skip

    def removed(self, question: Question) -> QuestionResult:
        """Ask the archive without the question's relevant articles: right is what holds an answer string."""
        return self._answered(question, SearchFilter(exclude=question.gold), ())

    def unanswerable(self, question: Question) -> QuestionResult:
        """Ask what this archive cannot answer: nothing is right."""
        return self._answered(question, SearchFilter(), ()).model_copy(update={"right": False})

    def _answered(self, question: Question, filter: SearchFilter, gold: tuple[str, ...]) -> QuestionResult:
        began = time.perf_counter()
        answer = self.service.answer(question.text, filter=filter, **self._when(question))
        took = (time.perf_counter() - began) * 1000
        frank = answer if answer.answered else self._frank.answer(question.text, filter=filter, **self._when(question))
        passage = _first_passage(frank)
        texts = tuple(sentence.text for sentence in answer.sentences)
        return QuestionResult(
            id=question.id, text=question.text, slices=kinds(question.text), gold=question.gold,
            ranking=tuple(dict.fromkeys(hit.passage.article_id for hit in answer.hits)),
            first_title=answer.hits[0].citation.title if answer.hits else None, gold_rank=None,
            measures=_judged(answer.answered, texts, question.answers), confidence=answer.confidence,
            answered=answer.answered, sentences=texts,
            right=passage is not None and (passage.article_id in gold or holds(passage.text, question.answers)),
            answer_ms=round(took, 3),
        )  # fmt: skip

    def _when(self, question: Question) -> dict[str, Any]:
        """Return how the service is asked: whether time words are read, and on what day, where one was said."""
        day = question.day if self.as_of == "question" else self.as_of
        return {"interpret": self.interpret} | ({"as_of": day} if day else {})


def holds(text: str, answers: Iterable[str]) -> bool:
    """Return whether an answer stands in the text as whole words: a passage holds "5" or "four" in others by chance."""
    return any(re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", text) for answer in answers)


def _judged(answered: bool, shown: tuple[str, ...], answers: tuple[str, ...]) -> dict[str, float]:
    found = {"answered": float(answered)}
    if answers:
        for name, texts in (("answer_in_first_sentence", shown[:1]), ("answer_in_sentences", shown)):
            found[name] = float(any(answer in text for text in texts for answer in answers))
    return found


def _first_passage(answer: Answer) -> Passage | None:
    return answer.hits[answer.sentences[0].hit_rank - 1].passage if answer.sentences else None


def check(service: RagService, labelled: Dataset, as_of: AsOf) -> None:
    """Raise EvaluationError where the set cannot be asked of the archive that `service` serves."""
    name, archive = labelled.name, service.generation.archive
    if not labelled.questions:
        raise EvaluationError(f"{name}: holds no question that has a relevant article")
    if all(archive.article_row(id) is None for question in labelled.questions for id in question.gold):
        example = labelled.questions[0].gold[0]
        raise EvaluationError(f"{name}: the archive holds none of its relevant articles, {example!r} for one")
    if as_of == "question" and not any(question.day for question in labelled.questions):
        raise EvaluationError(f"{name}: no question of it has a date to be asked as of")
