"""Datasets: what to index, which questions to ask, and which articles and strings answer them.

A dataset is a folder in BEIR layout (corpus.jsonl, queries.jsonl, qrels.tsv) or a folder of articles with a
questions.jsonl of its own ({"id", "question", "article", "answer"}; article null: not in the archive). The day of
a question, where it has one, is `metadata.date` in BEIR layout and `date` in questions.jsonl.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rag.errors import LoadError


@dataclass(frozen=True)
class JudgedQuestion:
    """A question with the grade of each article that was judged for it, and the answer's strings where they are known.

    An article of a grade above 0 answers it. `day` is the day on which it was asked, where that is known.
    """

    id: str
    text: str
    grades: Mapping[str, int]
    answers: tuple[str, ...] = ()
    day: date | None = None

    @property
    def relevant(self) -> tuple[str, ...]:
        """The ids of the articles that answer it."""
        return tuple(id for id, grade in self.grades.items() if grade > 0)


@dataclass(frozen=True)
class Dataset:
    """A corpus to index and the questions to ask of it; the archive cannot answer the `unanswerable` ones."""

    name: str
    corpus: Path
    questions: tuple[JudgedQuestion, ...]
    unanswerable: tuple[JudgedQuestion, ...] = ()


def load_dataset(folder: Path) -> Dataset:
    """Read a dataset; raises LoadError, with file and line, where the folder holds none."""
    if (folder / "qrels.tsv").exists():
        return _beir(folder)
    if (folder / "questions.jsonl").exists():
        return _own_layout(folder)
    raise LoadError(f"{folder}: holds neither qrels.tsv (BEIR layout) nor questions.jsonl")


def _beir(folder: Path) -> Dataset:
    qrels = _qrels(folder / "qrels.tsv")
    questions = []
    for place, row in _lines(folder / "queries.jsonl", "_id", "text"):
        metadata = row.get("metadata") or {}
        grades = qrels.get(row["_id"], {})
        if any(grade > 0 for grade in grades.values()):
            answers = tuple(metadata.get("answers", ()))
            questions.append(JudgedQuestion(str(row["_id"]), row["text"], grades, answers, _day(metadata, place)))
    return Dataset(folder.resolve().name, folder / "corpus.jsonl", tuple(questions))


def _qrels(path: Path) -> dict[str, dict[str, int]]:
    """Return the grade of each judged article under each question's id."""
    qrels: dict[str, dict[str, int]] = {}
    for number, line in enumerate(path.read_text("utf-8").split("\n")[1:], 2):
        if line:
            try:
                question, article, grade = line.split("\t")
                qrels.setdefault(question, {})[article] = int(grade)
            except ValueError:
                raise LoadError(f"{path}:{number}: is not question, article and grade between tabs") from None
    return qrels


def _own_layout(folder: Path) -> Dataset:
    questions = [
        JudgedQuestion(
            row["id"],
            row["question"],
            dict.fromkeys([row["article"], *row.get("also", ())], 1) if row["article"] else {},
            (row["answer"],) if row["answer"] else (),
            _day(row, place),
        )
        for place, row in _lines(folder / "questions.jsonl", "id", "question", "article", "answer")
    ]
    return Dataset(
        folder.resolve().name,
        folder,
        tuple(question for question in questions if question.grades),
        tuple(question for question in questions if not question.grades),
    )


def _day(row: Mapping[str, Any], place: str) -> date | None:
    day = row.get("date")
    try:
        return date.fromisoformat(day) if day else None
    except (TypeError, ValueError):
        raise LoadError(f"{place}: date: {day!r} is no day such as 2022-06-16") from None


def _lines(path: Path, *required: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the place (file:line) and the object of each line; raises LoadError where one lacks a required key."""
    if not path.exists():
        raise LoadError(f"{path}: is missing; a dataset needs it")
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if line.strip():
            place = f"{path}:{number}"
            try:
                row = json.loads(line)
            except ValueError as error:
                raise LoadError(f"{place}: json: {error}") from None
            if not isinstance(row, dict):
                raise LoadError(f"{place}: json: is no object")
            for name in required:
                if name not in row:
                    raise LoadError(f"{place}: {name}: is missing")
            yield place, row
