"""`rag eval`: put a dataset's questions, or compare two saved runs; measure, print, save, report, and hold a gate."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli.console import echo, echo_json
from rag.cli.options import FAILED, AsJson, Interpret
from rag.cli.progress import shown

if TYPE_CHECKING:
    from rag.evaluation.datasets import Dataset
    from rag.evaluation.gates import Gate
    from rag.evaluation.runner import AsOfPolicy
    from rag.instrumentation import Progress
    from rag.service import RagService

Folder = Annotated[
    Path | None,
    typer.Argument(help="A dataset: BEIR layout, or articles with questions.jsonl; default: the gate's."),
]
Root = Annotated[
    Path | None, typer.Option("--index-root", help="Keep the dataset's index here; default: a temporary folder.")
]
Save = Annotated[Path | None, typer.Option("--save", help="Write the run, with every question, to this JSON file.")]
Compare = Annotated[
    tuple[Path, Path] | None,
    typer.Option("--compare", metavar="A B", help="Compare two saved runs instead: what B gained and lost."),
]
GateFile = Annotated[Path | None, typer.Option("--gate", help="TOML file of floors; exit 1 where one is broken.")]
Slices = Annotated[bool, typer.Option("--slices", help="Also by question word, length and time words.")]
Report = Annotated[Path | None, typer.Option("--report", help="Write a page of figures to this HTML file.")]
Absent = Annotated[
    bool, typer.Option("--absent", help="Ask everything again with its relevant articles left out of the archive.")
]
OffArchive = Annotated[
    Path | None, typer.Option("--off-archive", help="Another dataset, whose questions this archive cannot answer.")
]
AsOfDay = Annotated[
    str | None, typer.Option("--as-of", metavar="DAY", help="The day to ask on: YYYY-MM-DD, now, or each question's.")
]


def evaluate(
    folder: Folder = None,
    index_root: Root = None,
    save: Save = None,
    compare: Compare = None,
    gate: GateFile = None,
    slices: Slices = False,
    report: Report = None,
    absent: Absent = False,
    off_archive: OffArchive = None,
    as_of: AsOfDay = None,
    interpret: Interpret = True,
    as_json: AsJson = False,
) -> None:
    """Index a dataset, put its questions, and print how well the right articles were found."""
    from rag.cli import eval_output
    from rag.evaluation import gates, runner, runs
    from rag.evaluation.datasets import load_dataset
    from rag.evaluation.report import page
    from rag.evaluation.summary import summary

    if compare:
        _refuse("--compare", folder=folder, save=save, gate=gate, report=report)
        return _compare(*compare, as_json)
    _check_writable(save, report)
    limits = gates.load_gate(gate) if gate else None
    dataset = load_dataset(_folder(folder, limits))
    others = load_dataset(off_archive) if off_archive else None
    policy = parse_as_of(as_of)
    with shown(as_json) as progress, _indexed(dataset, index_root, progress) as service:
        run = runner.run_dataset(
            service, dataset, absent=absent or bool(limits and limits.absent), off_archive=others, as_of=policy,
            interpret=interpret, progress=progress,
        )  # fmt: skip
    figures = summary(run, slices=slices)
    if save:
        runs.save(run, {name: value for name, value in figures.items() if name != "slices"}, save)
    if report:
        report.write_text(page(run), "utf-8")
    echo_json(json.dumps(figures, indent=2)) if as_json else echo("\n".join(eval_output.summary_lines(figures)))
    bounds = gates.bounds(limits, figures) if limits else []
    for line in eval_output.gate_lines(bounds):
        echo(line, err=as_json)
    if not all(bound.holds for bound in bounds):
        raise typer.Exit(FAILED)


def _compare(before: Path, after: Path, as_json: bool) -> None:
    from rag.cli import eval_output
    from rag.evaluation.compare import compare_files

    comparison = compare_files(before, after)
    if as_json:
        echo_json(comparison.model_dump_json(indent=2))
    else:
        echo("\n".join(eval_output.comparison_lines(comparison)))


def _refuse(alone: str, **others: Path | None) -> None:
    for name, value in others.items():
        if value:
            raise typer.BadParameter(f"{alone} takes two saved runs, and no {name} beside them")


def _check_writable(*paths: Path | None) -> None:
    """Refuse a file in a folder that does not exist at once, not after every question."""
    for path in paths:
        if path and not path.parent.is_dir():
            raise typer.BadParameter(f"{path}: its folder does not exist")


def _folder(folder: Path | None, gate: Gate | None) -> Path:
    chosen = folder or (gate.questions if gate else None)
    if chosen is None:
        raise typer.BadParameter("give a dataset, a --gate that names one, or --compare A B")
    return chosen


def parse_as_of(text: str | None) -> AsOfPolicy:
    """Return the day, or the policy, that `--as-of` names; None where it is not given."""
    if text is None or text == "question":
        return text  # type: ignore[return-value]
    try:
        return date.today() if text == "now" else date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"--as-of {text}: must be a day such as 2022-06-16, or now, or question") from None


@contextmanager
def _indexed(dataset: Dataset, index_root: Path | None, progress: Progress) -> Iterator[RagService]:
    """Yield a service over the dataset's articles, indexed now or kept from before."""
    import tempfile
    from contextlib import nullcontext

    from rag import wiring
    from rag.settings import load

    base = load()
    with nullcontext(index_root) if index_root else tempfile.TemporaryDirectory(prefix="byline-eval-") as root:
        settings = base.model_copy(update={"index_root": Path(str(root)), "index": dataset.name})
        service = wiring.build(settings, cache=base.index_root / ".models")
        service.reindex([dataset.corpus], progress=progress)
        yield service
