"""Gates: a TOML file of floors and ceilings that the measures of a labelled set must keep.

questions = "."              # the labelled set, relative to this file

[floors]
"nDCG@10" = 0.68             # any measure of `rag eval --json`; groups by a dot: "absent.AUROC"

[ceilings]
"answer_ms.p50" = 30
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import Field, ValidationError

from rag.errors import EvaluationError, GateError
from rag.evaluation import runner
from rag.evaluation.datasets import load_dataset
from rag.evaluation.summary import summary, values
from rag.index.generation import Generation
from rag.service import RagService
from rag.types.articles import Record


class Gate(Record):
    """What must hold. `questions` is the folder of the labelled set, where the file names one."""

    name: str
    questions: Path | None = None
    floors: dict[str, float] = Field(default_factory=dict)
    ceilings: dict[str, float] = Field(default_factory=dict)

    @property
    def absent(self) -> bool:
        """Whether it names a measure of questions without their relevant articles."""
        return any(name.startswith("absent.") for name in (*self.floors, *self.ceilings))


class Bound(NamedTuple):
    """One line of a gate with the value that was measured."""

    name: str
    value: float
    least: float | None
    most: float | None

    @property
    def holds(self) -> bool:
        """Whether the value keeps it."""
        return (self.least is None or self.value >= self.least) and (self.most is None or self.value <= self.most)

    @property
    def limit(self) -> str:
        """What the value must be."""
        return f"at least {self.least:g}" if self.least is not None else f"at most {self.most:g}"


def load_gate(path: Path) -> Gate:
    """Read a gate; raises EvaluationError where the file is none."""
    try:
        given = tomllib.loads(path.read_text("utf-8"))
        if "questions" in given:
            given["questions"] = path.parent / str(given["questions"])
        gate = Gate(**{"name": str(path), **given})
    except FileNotFoundError:
        raise EvaluationError(f"{path}: does not exist; a gate is a TOML file with a table [floors]") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise EvaluationError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise EvaluationError(f"{path}: cannot be read as TOML: {error}") from None
    if not gate.floors and not gate.ceilings:
        raise EvaluationError(f"{path}: holds no floors and no ceilings")
    return gate


def bounds(gate: Gate, found: Mapping[str, object]) -> list[Bound]:
    """Return every line of the gate with what a summary says; raises EvaluationError for what is not measured."""
    measured = values(found)
    for name in (*gate.floors, *gate.ceilings):
        if name not in measured:
            known = ", ".join(measured)
            raise EvaluationError(f"{gate.name}: {name} was not measured; measured were {known}")
    floors = [Bound(name, measured[name], least, None) for name, least in gate.floors.items()]
    return floors + [Bound(name, measured[name], None, most) for name, most in gate.ceilings.items()]


def keeper(
    path: Path, service: RagService, done: runner.Done, said: Callable[[Sequence[Bound]], None]
) -> Callable[[Generation], None]:
    """Return a check for `RagService.reindex`: it asks a generation the gate's questions, and says the bounds.

    The gate and its set are read at once. The check raises GateError where a bound is broken.
    """
    gate = load_gate(path)
    if gate.questions is None:
        raise EvaluationError(f'{path}: names no labelled set; add questions = "FOLDER", relative to this file')
    labelled = load_dataset(gate.questions)

    def check(generation: Generation) -> None:
        draft = RagService(service.settings, lambda: service.embedder, lambda: service.reranker, generation)
        found = bounds(gate, summary(runner.ask(draft, labelled, absent=gate.absent, done=done)))
        said(found)
        broken = [f"{bound.name} is {bound.value:g}, must be {bound.limit}" for bound in found if not bound.holds]
        if broken:
            raise GateError(f"{path}: {'; '.join(broken)}; nothing was published, the index is as it was")

    return check
