"""A run: what every question of a set got from one archive; kept as JSON, the base of all that is measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import Field, ValidationError

from rag.errors import EvaluationError
from rag.types.articles import Record

Setting: TypeAlias = str | int | float | bool | None


class QuestionResult(Record):
    """What one question got.

    `ranking` holds the first 10 articles, `gold_rank` is the rank of the first relevant one among the first 100.
    `right` says whether the first sentence's passage is of a relevant article or holds an answer string, also where
    the sentence was not shown because `confidence` was too low. `measures` are this question's own.
    """

    id: str
    text: str
    slices: dict[str, str]
    gold: tuple[str, ...]
    ranking: tuple[str, ...]
    first_title: str | None
    gold_rank: int | None
    measures: dict[str, float]
    confidence: float
    answered: bool
    sentences: tuple[str, ...]
    right: bool
    answer_ms: float


class Run(Record):
    """A set asked of an archive: `asked` are its answerable questions, `absent` those that it says are not.

    `removed` are the answerable ones again, asked of the archive without their relevant articles; `elsewhere` are
    questions of another set, named `off_archive`, asked of this archive.
    """

    format: Literal[1] = 1
    set: str
    off_archive: str | None = None
    made: str
    articles: int
    passages: int
    embedder: str
    versions: dict[str, str]
    settings: dict[str, Setting]
    asked: tuple[QuestionResult, ...] = Field(min_length=1)
    absent: tuple[QuestionResult, ...] = ()
    removed: tuple[QuestionResult, ...] = ()
    elsewhere: tuple[QuestionResult, ...] = ()


def save(run: Run, means: dict[str, object], path: Path) -> None:
    """Write a run with its means, which are for reading: they follow from the questions."""
    head = run.model_dump(mode="json")
    questions = {name: head.pop(name) for name in ("asked", "absent", "removed", "elsewhere")}
    path.write_text(json.dumps({**head, "means": means, **questions}, indent=1, ensure_ascii=False) + "\n", "utf-8")


def load(path: Path) -> Run:
    """Read a saved run; raises EvaluationError where the file is none."""
    try:
        given = json.loads(path.read_text("utf-8"))
        if isinstance(given, dict):
            given.pop("means", None)
        return Run.model_validate(given)
    except FileNotFoundError:
        raise EvaluationError(f"{path}: does not exist; `rag eval DIR --save {path}` writes it") from None
    except ValueError as error:
        why = error.errors()[0] if isinstance(error, ValidationError) else None
        said = f"{'.'.join(map(str, why['loc']))}: {why['msg']}" if why else str(error)
        raise EvaluationError(f"{path}: is no run that `rag eval --save` wrote: {said}") from None
