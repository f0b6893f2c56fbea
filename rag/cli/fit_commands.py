"""`rag calibrate` and `rag tune`: fit, print what held-out questions say, and store what is better with the index."""

from __future__ import annotations

import json
from datetime import date
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli import options
from rag.cli.console import echo, echo_json
from rag.cli.eval_commands import AsOfDay, when
from rag.cli.options import AsJson, Name
from rag.cli.progress import shown

if TYPE_CHECKING:
    from rag.evaluation.datasets import Dataset
    from rag.evaluation.fitting.confidence import Calibration
    from rag.evaluation.fitting.fusion_weights import Tuning
    from rag.evaluation.runner import AsOf
    from rag.instrumentation import Progress
    from rag.service import RagService
    from rag.types.index import FittedConfidence, FittedWeights

SEED = 20221118  # of the sample, so that the same archive is asked the same questions
THE_ARCHIVE = "the archive itself"

Labelled = Annotated[
    Path | None, typer.Argument(help="A labelled set as `rag eval` reads it, about the articles of this index.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be stored; write nothing.")]
Forget = Annotated[bool, typer.Option("--forget", help="Store the defaults again.")]
Sample = Annotated[int, typer.Option("--sample", min=20, help="How many questions to make from the archive.")]


def calibrate(
    questions: Labelled = None,
    sample: Sample = 300,
    as_of: AsOfDay = None,
    dry_run: DryRun = False,
    forget: Forget = False,
    name: Name = None,
    as_json: AsJson = False,
) -> None:
    """Fit the confidence of answers to this archive: on labelled questions, or on some made from its articles."""
    from rag.cli import fit_output

    service = options.service(name)
    if forget:
        return _forget(service, "confidence", questions, dry_run, as_json)
    with shown(as_json) as progress:
        if questions:
            found = _by_labels(service, _labelled(service, questions, when(as_of)), when(as_of), progress)
        else:
            found = _by_itself(service, sample, progress)
    stored = _store(service, confidence=found.fit) if found.is_better and not dry_run else None
    if as_json:
        return _print_json(service, found, stored, found.is_better)
    echo("\n".join([*fit_output.calibrated(found), fit_output.outcome(service.store.name, stored, found.is_better)]))


def tune(
    questions: Annotated[Path | None, typer.Argument(metavar="DIR", help="A labelled set about this index.")] = None,
    as_of: AsOfDay = None,
    dry_run: DryRun = False,
    forget: Forget = False,
    name: Name = None,
    as_json: AsJson = False,
) -> None:
    """Find the mix of cosine, BM25 and late interaction that ranks a labelled set's articles best."""
    from rag.cli import fit_output
    from rag.evaluation.fitting import fusion_weights

    service = options.service(name)
    if forget:
        return _forget(service, "mix", questions, dry_run, as_json)
    if questions is None:
        raise typer.BadParameter("give a labelled set about the articles of this index, or --forget")
    day = when(as_of)
    labelled = _labelled(service, questions, day)
    with shown(as_json) as progress:
        found = fusion_weights.tune(service, labelled, [_day(day, each.day) for each in labelled.questions], progress)
    stored = _store(service, mix=found.fit) if found.is_better and not dry_run else None
    for line in fit_output.unheeded(service, stored):
        echo(f"rag: {line}", err=True)
    if as_json:
        return _print_json(service, found, stored, found.is_better)
    echo("\n".join([*fit_output.tuned(found), fit_output.outcome(service.store.name, stored, found.is_better)]))


def _by_labels(service: RagService, labelled: Dataset, as_of: AsOf, progress: Progress) -> Calibration:
    from rag.evaluation.fitting import confidence, examples
    from rag.search import pipeline

    asks = [each._replace(day=_day(as_of, each.day)) for each in examples.asks_of(labelled)]
    found = examples.Examples.of(examples.weighed(service, asks, interpret=True, progress=progress))
    return confidence.calibrate(
        found, pipeline.confidence_coefficients(service.generation), kind="labelled", on=labelled.name,
        threshold=service.settings.min_confidence,
    )  # fmt: skip


def _by_itself(service: RagService, sample: int, progress: Progress) -> Calibration:
    """Fit on questions made from the archive; as many right answers of other archives stand for half of those asked."""
    from rag.evaluation.fitting import confidence, examples, synthetic_questions
    from rag.search import pipeline

    made = []
    for each in islice(synthetic_questions.make(service.generation, sample, SEED), sample):
        made.append(each)
        progress("make", len(made), sample)
    asks = examples.asks_made(made)
    found = examples.weighed(service, asks, interpret=False, progress=progress)
    found += examples.typical(2 * len(made) - len(asks))
    return confidence.calibrate(
        examples.Examples.of(found), pipeline.confidence_coefficients(service.generation), kind="made", on=THE_ARCHIVE,
        threshold=service.settings.min_confidence,
    )  # fmt: skip


def _labelled(service: RagService, path: Path, as_of: AsOf) -> Dataset:
    from rag.evaluation.datasets import load_dataset
    from rag.evaluation.runner import check

    labelled = load_dataset(path.parent if path.name == "questions.jsonl" else path)
    check(service, labelled, as_of)
    return labelled


def _day(as_of: AsOf, own: date | None) -> date | None:
    return own if as_of == "question" else as_of


def _store(service: RagService, **update: FittedWeights | FittedConfidence | None) -> str:
    """Publish what serves with what was fitted; return the generation."""
    from rag.indexing import fitted

    embedder, keep = service.generation.manifest.embedder, service.settings.keep_generations
    return fitted.publish_fitted(service.store, lambda held: held.model_copy(update=update), embedder, keep)


def _forget(service: RagService, what: str, questions: Path | None, dry_run: bool, as_json: bool) -> None:
    if questions or dry_run:
        raise typer.BadParameter("--forget stores the defaults again, and takes neither questions nor --dry-run")
    held = getattr(service.generation.manifest.fitted, what) is not None
    stored = _store(service, **{what: None}) if held else None
    if as_json:
        echo_json(json.dumps({"index": service.store.name, "stored": held, "generation": stored}))
    else:
        said = f"{stored} serves, with the default {what}" if held else f"no {what} was stored; nothing changed"
        echo(f"index {service.store.name}: {said}")


def _print_json(service: RagService, found: Calibration | Tuning, stored: str | None, better: bool) -> None:
    head = {"index": service.store.name, "better": better, "stored": stored is not None, "generation": stored}
    echo_json(json.dumps(head | found.model_dump(mode="json")))
