"""A run: what every question of a dataset got from one archive; kept as JSON, the base of all figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import Field, ValidationError

from rag.errors import EvaluationError
from rag.types.articles import Record

Setting: TypeAlias = str | int | float | bool | None
QUESTION_LISTS = ("answerable", "unanswerable", "removed", "off_archive")  # the fields of a run that hold questions


class QuestionResult(Record):
    """What one question got.

    `ranking` holds the first 10 articles, `first_relevant_rank` is the rank of the first relevant one among the first
    100. `right` tells whether the first sentence's passage is of a relevant article or holds an answer string, also
    where the sentence was withheld because `confidence` was too low. `metrics` are this question's own.
    """

    id: str
    text: str
    slices: dict[str, str]
    relevant: tuple[str, ...]
    ranking: tuple[str, ...]
    first_title: str | None
    first_relevant_rank: int | None
    metrics: dict[str, float]
    confidence: float
    answered: bool
    sentences: tuple[str, ...]
    right: bool
    answer_ms: float


class Run(Record):
    """The results of a dataset's questions: `answerable` ones, and `unanswerable` ones by the dataset's own word.

    `removed` are the answerable ones again, asked of the archive without their relevant articles; `off_archive` are
    questions of another dataset, `off_archive_set`, asked of this archive.
    """

    format: Literal[2] = 2
    set: str
    off_archive_set: str | None = None
    created: str
    articles: int
    passages: int
    embedder: str
    versions: dict[str, str]
    settings: dict[str, Setting]
    answerable: tuple[QuestionResult, ...] = Field(min_length=1)
    unanswerable: tuple[QuestionResult, ...] = ()
    removed: tuple[QuestionResult, ...] = ()
    off_archive: tuple[QuestionResult, ...] = ()


def save(run: Run, means: dict[str, object], path: Path) -> None:
    """Write a run with its means, which are for people: they follow from the questions."""
    head = run.model_dump(mode="json")
    questions = {name: head.pop(name) for name in QUESTION_LISTS}
    path.write_text(json.dumps({**head, "means": means, **questions}, indent=1, ensure_ascii=False) + "\n", "utf-8")


def load(path: Path) -> Run:
    """Read a saved run; raises EvaluationError where the file holds none."""
    try:
        content = json.loads(path.read_text("utf-8"))
        if isinstance(content, dict):
            content.pop("means", None)
        return Run.model_validate(content)
    except FileNotFoundError:
        raise EvaluationError(f"{path}: does not exist; `rag eval DIR --save {path}` writes it") from None
    except ValueError as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else None
        reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}" if first else str(error)
        raise EvaluationError(f"{path}: is no run that `rag eval --save` wrote: {reason}") from None
