"""Gates: a TOML file of floors and ceilings that the metrics of a dataset must keep.

questions = "."              # the dataset's folder, relative to this file

[floors]
"nDCG@10" = 0.68             # any figure of `rag eval --json`; groups by a dot: "absent.AUROC"

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
from rag.instrumentation import Progress
from rag.service import RagService
from rag.types.articles import Record


class Gate(Record):
    """Floors and ceilings by the name of a figure. `questions` is the dataset's folder, where the file names one."""

    name: str
    questions: Path | None = None
    floors: dict[str, float] = Field(default_factory=dict)
    ceilings: dict[str, float] = Field(default_factory=dict)

    @property
    def absent(self) -> bool:
        """Whether it names a figure of questions without their relevant articles."""
        return any(name.startswith("absent.") for name in (*self.floors, *self.ceilings))


class Bound(NamedTuple):
    """One line of a gate with the value that was measured."""

    name: str
    value: float
    floor: float | None
    ceiling: float | None

    @property
    def holds(self) -> bool:
        """Whether the value keeps to it."""
        return (self.floor is None or self.value >= self.floor) and (self.ceiling is None or self.value <= self.ceiling)

    @property
    def limit(self) -> str:
        """What the value must be."""
        return f"at least {self.floor:g}" if self.floor is not None else f"at most {self.ceiling:g}"


def load_gate(path: Path) -> Gate:
    """Read a gate; raises EvaluationError where the file is no gate."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
        if "questions" in content:
            content["questions"] = path.parent / str(content["questions"])
        gate = Gate(**{"name": str(path), **content})
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


def bounds(gate: Gate, figures: Mapping[str, object]) -> list[Bound]:
    """Return every line of the gate with its value in a summary; raises EvaluationError for what is not measured."""
    measured = values(figures)
    for name in (*gate.floors, *gate.ceilings):
        if name not in measured:
            known = ", ".join(measured)
            raise EvaluationError(f"{gate.name}: {name} was not measured; measured were {known}")
    floors = [Bound(name, measured[name], floor, None) for name, floor in gate.floors.items()]
    return floors + [Bound(name, measured[name], None, ceiling) for name, ceiling in gate.ceilings.items()]


def checker(
    path: Path, service: RagService, progress: Progress, report: Callable[[Sequence[Bound]], None]
) -> Callable[[Generation], None]:
    """Return a check for `RagService.reindex`: it puts the gate's questions to a generation and reports the bounds.

    The gate and its dataset are read at once. The check raises GateError where a bound is broken.
    """
    gate = load_gate(path)
    if gate.questions is None:
        raise EvaluationError(f'{path}: names no dataset; add questions = "FOLDER", relative to this file')
    dataset = load_dataset(gate.questions)

    def check(generation: Generation) -> None:
        run = runner.run_dataset(service, dataset, absent=gate.absent, generation=generation, progress=progress)
        lines = bounds(gate, summary(run))
        report(lines)
        broken = [f"{bound.name} is {bound.value:g}, must be {bound.limit}" for bound in lines if not bound.holds]
        if broken:
            raise GateError(f"{path}: {'; '.join(broken)}; nothing was published, the index is as it was")

    return check
