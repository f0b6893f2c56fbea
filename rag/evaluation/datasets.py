"""Labelled sets: what to index, what to ask, and which articles and strings answer.

A set is a folder in BEIR layout (corpus.jsonl, queries.jsonl, qrels.tsv) or a folder of articles with a
questions.jsonl of its own ({"id", "question", "article", "answer"}; article null: not in the archive). The day of
a question, where it has one, is `metadata.date` in BEIR layout and `date` in questions.jsonl.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from rag.errors import LoadError


@dataclass(frozen=True)
class Question:
    """A question, the grade of each article that answers it, and the answer's strings where they are known."""

    id: str
    text: str
    relevant: Mapping[str, int]
    answers: tuple[str, ...] = ()
    day: date | None = None

    @property
    def gold(self) -> tuple[str, ...]:
        """The ids of the articles that answer it."""
        return tuple(id for id, grade in self.relevant.items() if grade > 0)


@dataclass(frozen=True)
class Dataset:
    """What to index and what to ask. `absent` are questions that the archive cannot answer."""

    name: str
    corpus: Path
    questions: tuple[Question, ...]
    absent: tuple[Question, ...] = field(default=())


def load_dataset(folder: Path) -> Dataset:
    """Read a labelled set; raises LoadError, with file and line, where the folder holds none."""
    if (folder / "qrels.tsv").exists():
        return _beir(folder)
    if (folder / "questions.jsonl").exists():
        return _own(folder)
    raise LoadError(f"{folder}: holds neither qrels.tsv (BEIR layout) nor questions.jsonl")


def _beir(folder: Path) -> Dataset:
    relevant: dict[str, dict[str, int]] = {}
    path = folder / "qrels.tsv"
    for number, line in enumerate(path.read_text("utf-8").split("\n")[1:], 2):
        if line:
            try:
                question, article, grade = line.split("\t")
                relevant.setdefault(question, {})[article] = int(grade)
            except ValueError:
                raise LoadError(f"{path}:{number}: is not question, article and grade between tabs") from None
    questions = []
    for place, given in _lines(folder / "queries.jsonl", "_id", "text"):
        more = given.get("metadata") or {}
        grades = relevant.get(given["_id"], {})
        if any(grade > 0 for grade in grades.values()):
            answers = tuple(more.get("answers", ()))
            questions.append(Question(str(given["_id"]), given["text"], grades, answers, _day(more, place)))
    return Dataset(folder.resolve().name, folder / "corpus.jsonl", tuple(questions))


def _own(folder: Path) -> Dataset:
    found = [
        Question(
            given["id"],
            given["question"],
            dict.fromkeys([given["article"], *given.get("also", ())], 1) if given["article"] else {},
            (given["answer"],) if given["answer"] else (),
            _day(given, place),
        )
        for place, given in _lines(folder / "questions.jsonl", "id", "question", "article", "answer")
    ]
    return Dataset(
        folder.resolve().name,
        folder,
        tuple(question for question in found if question.relevant),
        tuple(question for question in found if not question.relevant),
    )


def _day(given: Mapping[str, Any], place: str) -> date | None:
    said = given.get("date")
    try:
        return date.fromisoformat(said) if said else None
    except (TypeError, ValueError):
        raise LoadError(f"{place}: date: {said!r} is no day such as 2022-06-16") from None


def _lines(path: Path, *needed: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the place (file:line) and the object of each line."""
    if not path.exists():
        raise LoadError(f"{path}: is missing; a labelled set needs it")
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if line.strip():
            place = f"{path}:{number}"
            try:
                given = json.loads(line)
            except ValueError as error:
                raise LoadError(f"{place}: json: {error}") from None
            if not isinstance(given, dict):
                raise LoadError(f"{place}: json: is no object")
            for name in needed:
                if name not in given:
                    raise LoadError(f"{place}: {name}: is missing")
            yield place, given
