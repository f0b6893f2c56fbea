"""`rag calibrate` and `rag tune`: fit, print what held-out questions say, and store what is better with the index."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

from rag.cli import options
from rag.cli.console import echo, echo_json
from rag.cli.eval_commands import AsOfDay, parse_as_of
from rag.cli.options import AsJson, Name
from rag.cli.progress import shown

if TYPE_CHECKING:
    from rag.evaluation.datasets import Dataset
    from rag.evaluation.fitting.confidence import Calibration
    from rag.evaluation.fitting.fusion_weights import Tuning
    from rag.evaluation.runner import AsOfPolicy
    from rag.service import RagService
    from rag.types.index import FittedConfidence, FittedWeights

FittedPart: TypeAlias = Literal["fusion_weights", "confidence"]  # a field of `rag.types.index.Fitted`
NAMES: dict[FittedPart, str] = {"fusion_weights": "fusion weights", "confidence": "confidence"}

DatasetFolder = Annotated[
    Path | None, typer.Argument(metavar="[DIR]", help="A dataset as `rag eval` reads it, about this index's articles.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be stored; write nothing.")]
Forget = Annotated[bool, typer.Option("--forget", help="Store the defaults again.")]
Sample = Annotated[int, typer.Option("--sample", min=20, help="How many questions to make from the archive.")]


def calibrate(
    folder: DatasetFolder = None,
    sample: Sample = 300,
    as_of: AsOfDay = None,
    dry_run: DryRun = False,
    forget: Forget = False,
    name: Name = None,
    as_json: AsJson = False,
) -> None:
    """Fit the confidence of answers to this archive: on a dataset, or on questions made from its articles."""
    service = options.service(name)
    if forget:
        return _forget(service, "confidence", folder, dry_run, as_json)
    from rag.cli import fit_output
    from rag.evaluation.fitting import confidence

    with shown(as_json) as progress:
        if folder:
            policy = parse_as_of(as_of)
            fitted = confidence.calibrate_on_dataset(service, _dataset(service, folder, policy), policy, progress)
        else:
            fitted = confidence.calibrate_on_archive(service, sample, progress)
    stored = _store(service, "confidence", fitted.fit) if fitted.is_better and not dry_run else None
    if as_json:
        return _print_json(service, fitted, stored)
    lines = fit_output.calibration_lines(fitted)
    echo("\n".join([*lines, fit_output.outcome(service.index, stored, fitted.is_better)]))


def tune(
    folder: DatasetFolder = None,
    as_of: AsOfDay = None,
    dry_run: DryRun = False,
    forget: Forget = False,
    name: Name = None,
    as_json: AsJson = False,
) -> None:
    """Find the fusion weights of cosine, BM25 and late interaction that rank a dataset's articles best."""
    service = options.service(name)
    if forget:
        return _forget(service, "fusion_weights", folder, dry_run, as_json)
    if folder is None:
        raise typer.BadParameter("give a dataset about the articles of this index, or --forget")
    from rag.cli import fit_output
    from rag.evaluation.fitting import fusion_weights

    policy = parse_as_of(as_of)
    dataset = _dataset(service, folder, policy)
    with shown(as_json) as progress:
        tuned = fusion_weights.tune(service, dataset, policy, progress)
    stored = _store(service, "fusion_weights", tuned.fit) if tuned.is_better and not dry_run else None
    for line in fit_output.warning_lines(service, stored):
        echo(f"rag: {line}", err=True)
    if as_json:
        return _print_json(service, tuned, stored)
    lines = fit_output.tuning_lines(tuned)
    echo("\n".join([*lines, fit_output.outcome(service.index, stored, tuned.is_better)]))


def _dataset(service: RagService, path: Path, as_of: AsOfPolicy) -> Dataset:
    """Return the dataset of a folder, or of its questions.jsonl; raises EvaluationError where it is of another one."""
    from rag.evaluation.datasets import load_dataset
    from rag.evaluation.runner import check_dataset

    dataset = load_dataset(path.parent if path.name == "questions.jsonl" else path)
    check_dataset(service.generation, dataset, as_of)
    return dataset


def _store(service: RagService, part: FittedPart, fit: FittedWeights | FittedConfidence | None) -> str:
    """Publish what serves with a fit, or without; return the new generation."""
    return service.publish_fitted(lambda old: old.model_copy(update={part: fit}))


def _forget(service: RagService, part: FittedPart, folder: Path | None, dry_run: bool, as_json: bool) -> None:
    if folder or dry_run:
        raise typer.BadParameter("--forget stores the defaults again, and takes neither a dataset nor --dry-run")
    was_stored = getattr(service.generation.manifest.fitted, part) is not None
    stored = _store(service, part, None) if was_stored else None
    if as_json:
        echo_json(json.dumps({"index": service.index, "stored": was_stored, "generation": stored}))
    elif was_stored:
        echo(f"index {service.index}: {stored} serves, with the default {NAMES[part]}")
    else:
        echo(f"index {service.index}: has the default {NAMES[part]} already; nothing changed")


def _print_json(service: RagService, fitted: Calibration | Tuning, stored: str | None) -> None:
    head = {
        "index": service.index, "better": fitted.is_better, "stored": stored is not None, "generation": stored,
    }  # fmt: skip
    echo_json(json.dumps(head | fitted.model_dump(mode="json")))
