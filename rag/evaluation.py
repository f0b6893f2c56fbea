"""Labelled questions -> a report: how well an index finds the right articles, and how fast.

A set is a folder in BEIR layout (corpus.jsonl, queries.jsonl, qrels.tsv) or a folder of articles with a
questions.jsonl of its own ({"id", "question", "article", "answer"}; article null: not in the archive).
Articles are judged, after folding passages. nDCG and recall are trec_eval's (ndcg_cut, recall), MRR is
recip_rank within the first ten, hit@4 is success_4.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rag.errors import LoadError
from rag.service import RagService
from rag.types import Record

DEPTH = 100
RESAMPLES = 2_000  # bootstrap resamples of the questions
SEED = 20221118


@dataclass(frozen=True)
class Question:
    """A question, the grade of each article that answers it, and the answer's strings where they are known."""

    id: str
    text: str
    relevant: Mapping[str, int]
    answers: tuple[str, ...] = ()


@dataclass(frozen=True)
class LabelledSet:
    """What to index and what to ask. `absent` are questions that the archive cannot answer."""

    name: str
    corpus: Path
    questions: tuple[Question, ...]
    absent: tuple[Question, ...] = field(default=())


class Measure(Record):
    """A mean over the questions with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def load_set(folder: Path) -> LabelledSet:
    """Read a labelled set; raises LoadError, with file and line, where the folder holds none."""
    if (folder / "qrels.tsv").exists():
        return _beir(folder)
    if (folder / "questions.jsonl").exists():
        return _own(folder)
    raise LoadError(f"{folder}: holds neither qrels.tsv (BEIR layout) nor questions.jsonl")


def _beir(folder: Path) -> LabelledSet:
    relevant: dict[str, dict[str, int]] = {}
    path = folder / "qrels.tsv"
    for number, line in enumerate(path.read_text("utf-8").split("\n")[1:], 2):
        if line:
            try:
                question, article, grade = line.split("\t")
                relevant.setdefault(question, {})[article] = int(grade)
            except ValueError:
                raise LoadError(f"{path}:{number}: is not question, article and grade between tabs") from None
    questions = tuple(
        Question(
            str(given["_id"]),
            given["text"],
            relevant[given["_id"]],
            tuple((given.get("metadata") or {}).get("answers", ())),
        )
        for given in _lines(folder / "queries.jsonl", "_id", "text")
        if any(grade > 0 for grade in relevant.get(given["_id"], {}).values())
    )
    return LabelledSet(folder.resolve().name, folder / "corpus.jsonl", questions)


def _own(folder: Path) -> LabelledSet:
    found = [
        Question(
            given["id"],
            given["question"],
            dict.fromkeys([given["article"], *given.get("also", ())], 1) if given["article"] else {},
            (given["answer"],) if given["answer"] else (),
        )
        for given in _lines(folder / "questions.jsonl", "id", "question", "article", "answer")
    ]
    return LabelledSet(
        folder.resolve().name,
        folder,
        tuple(question for question in found if question.relevant),
        tuple(question for question in found if not question.relevant),
    )


def _lines(path: Path, *needed: str) -> Iterator[dict[str, Any]]:
    if not path.exists():
        raise LoadError(f"{path}: is missing; a labelled set needs it")
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if line.strip():
            try:
                given = json.loads(line)
            except ValueError as error:
                raise LoadError(f"{path}:{number}: json: {error}") from None
            if not isinstance(given, dict):
                raise LoadError(f"{path}:{number}: json: is no object")
            for name in needed:
                if name not in given:
                    raise LoadError(f"{path}:{number}: {name}: is missing")
            yield given


def ndcg(ranking: Sequence[str], relevant: Mapping[str, int], k: int) -> float:
    """Return nDCG@k with linear gains, as trec_eval's ndcg_cut (Jarvelin & Kekalainen 2002)."""
    gains = [relevant.get(id, 0) for id in ranking[:k]]
    ideal = sorted(relevant.values(), reverse=True)[:k]
    best = sum(gain / math.log2(rank + 1) for rank, gain in enumerate(ideal, 1))
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1)) / best if best else 0.0


def reciprocal_rank(ranking: Sequence[str], relevant: Mapping[str, int], k: int) -> float:
    """Return 1 / the rank of the first relevant article within k, else 0."""
    return next((1 / rank for rank, id in enumerate(ranking[:k], 1) if relevant.get(id, 0) > 0), 0.0)


def recall(ranking: Sequence[str], relevant: Mapping[str, int], k: int) -> float:
    """Return the share of the relevant articles that stand within k."""
    wanted = {id for id, grade in relevant.items() if grade > 0}
    return len(wanted.intersection(ranking[:k])) / len(wanted)


def hit(ranking: Sequence[str], relevant: Mapping[str, int], k: int) -> float:
    """Return 1 where a relevant article stands within k, else 0."""
    return float(any(relevant.get(id, 0) > 0 for id in ranking[:k]))


MEASURES: dict[str, Callable[[Sequence[str], Mapping[str, int]], float]] = {
    "nDCG@10": lambda ranking, relevant: ndcg(ranking, relevant, 10),
    "MRR@10": lambda ranking, relevant: reciprocal_rank(ranking, relevant, 10),
    "recall@10": lambda ranking, relevant: recall(ranking, relevant, 10),
    "recall@100": lambda ranking, relevant: recall(ranking, relevant, 100),
    "hit@4": lambda ranking, relevant: hit(ranking, relevant, 4),
}


def interval(values: Sequence[float]) -> Measure:
    """Return the mean and its 95 % percentile bootstrap interval (Efron 1979), resampling questions."""
    given = np.array(values, float)
    picks = np.random.default_rng(SEED).integers(0, len(given), (RESAMPLES, len(given)))
    low, high = np.quantile(given[picks].mean(axis=1), [0.025, 0.975])
    return Measure(value=round(float(given.mean()), 4), low=round(float(low), 4), high=round(float(high), 4))


def evaluate(
    service: RagService, labelled: LabelledSet, progress: Callable[[int, int], None] = lambda *_: None
) -> dict[str, Any]:
    """Ask every question; return each measure by name, the counts, and latencies in milliseconds."""
    values: dict[str, list[float]] = {name: [] for name in MEASURES}
    took: list[float] = []
    for done, question in enumerate(labelled.questions, 1):
        hits = service.search(question.text, k=DEPTH, group_by="article").hits
        ranking = [hit.passage.article_id for hit in hits]
        for name, measure in MEASURES.items():
            values[name].append(measure(ranking, question.relevant))
        _judge_answer(service, question, values, took)
        progress(done, len(labelled.questions))
    refused = [not service.answer(question.text).answered for question in labelled.absent]
    if refused:
        values["abstained_when_absent"] = [float(value) for value in refused]
    status = service.status()
    return {
        "set": labelled.name,
        "questions": len(labelled.questions),
        "articles": status.counts.articles,
        "passages": status.counts.passages,
        "embedder": status.embedder,
        **{name: interval(found).model_dump() for name, found in values.items() if found},
        "answer_ms": {f"p{p}": round(float(np.percentile(took, p)), 2) for p in (50, 90, 99)},
    }


def _judge_answer(service: RagService, question: Question, values: dict[str, list[float]], took: list[float]) -> None:
    began = time.perf_counter()
    answer = service.answer(question.text)
    took.append((time.perf_counter() - began) * 1000)
    values.setdefault("answered", []).append(float(answer.answered))
    if question.answers:
        texts = [sentence.text for sentence in answer.sentences]
        for name, shown in (("answer_in_first_sentence", texts[:1]), ("answer_in_sentences", texts)):
            held = any(string in text for text in shown for string in question.answers)
            values.setdefault(name, []).append(float(held))
