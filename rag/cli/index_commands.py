"""`rag reindex` and `rag inspect`: files -> the index, or what would go into it."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli import options
from rag.cli.console import echo
from rag.cli.options import INTERRUPTED, PARTLY, AsJson, Name
from rag.cli.progress import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from rag.index.generation import Generation
    from rag.instrumentation import Progress
    from rag.service import RagService

Map = Annotated[list[str] | None, typer.Option("--map", help="FIELD=NAME, e.g. title=headline.")]


def reindex(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files and folders; default: those indexed before.")
    ] = None,
    name: Name = None,
    map: Map = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; write nothing.")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Take nothing over from what serves.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first thing that cannot be read.")] = False,
    gate: Annotated[Path | None, typer.Option("--gate", help="Publish only what keeps this file's floors.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Go on, and reindex whenever files change.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read articles into a new generation of the index and let it serve."""
    from rag.cli import admin_output

    if gate and dry_run:
        raise typer.BadParameter("--gate asks what is written, and --dry-run writes nothing")
    if watch and (dry_run or strict):
        raise typer.BadParameter("--watch writes, and goes on: it takes neither --dry-run nor --strict")
    target, mapping = options.service(name), _mapping(map)

    def once(again: bool = False) -> int:
        with shown(as_json or quiet or again) as progress:
            report = target.reindex(
                paths or (), mapping=mapping, dry_run=dry_run, rebuild=rebuild and not again, strict=strict,
                by_file=as_json, progress=progress, check=_gatekeeper(gate, target, progress),
            )  # fmt: skip
        if report.generation not in served:  # a burst that changed nothing is no news
            admin_output.report(report, as_json)
        served.add(report.generation)
        return report.faults

    served: set[str | None] = set()
    try:
        faults = once()
        if watch:
            _follow(target, lambda: once(again=True))
    except KeyboardInterrupt:
        echo("rag: stopped; the index is as it was, and the next run takes up what was embedded", err=True)
        raise typer.Exit(INTERRUPTED) from None
    if faults:
        raise typer.Exit(PARTLY)


def inspect(
    path: Path,
    map: Map = None,
    most: Annotated[int, typer.Option("-n", min=1, help="Show so many articles at most.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Show what would be read out of a file: fields and where they are from, paragraphs, passages, problems."""
    from rag.cli import admin_output

    faults = admin_output.inspected(options.service(None).inspect(path, _mapping(map)), most, as_json)
    if faults:
        raise typer.Exit(PARTLY)


def _follow(target: RagService, again: Callable[[], int]) -> None:
    """Reindex after each burst of changes until the process is told to end."""
    from rag.indexing import watch

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    roots = [Path(root) for root in target.status().roots]
    echo(f"following {', '.join(map(str, roots))} (Ctrl-C stops)", err=True)
    watch.follow(roots, target.settings.index_root, again, stop)
    if not stop.is_set():  # Ctrl-C while nothing was written
        echo("rag: stopped following", err=True)
        raise typer.Exit(INTERRUPTED)


def _gatekeeper(gate: Path | None, target: RagService, progress: Progress) -> Callable[[Generation], None]:
    if gate is None:
        return lambda _: None
    from rag.cli import eval_output
    from rag.evaluation import gates

    return gates.checker(
        gate, target, progress, lambda bounds: echo("\n".join(eval_output.gate_lines(bounds)), err=True)
    )


def _mapping(given: list[str] | None) -> dict[str, str]:
    pairs = [item.partition("=") for item in given or ()]
    for field, equals, column in pairs:
        if not (field and equals and column):
            raise typer.BadParameter(f"{field}{equals}{column}: must be FIELD=NAME, e.g. title=headline")
    return {field: column for field, _, column in pairs}
