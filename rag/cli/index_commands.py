"""`rag reindex`, `inspect`, `status`, `verify`, `rollback`, `gc`: the commands that write and maintain an index."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli import options
from rag.cli.console import echo
from rag.cli.options import INTERRUPTED, PARTLY, UNUSABLE, AsJson, Name
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
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would change; write nothing.")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Embed everything anew; take nothing over.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first thing that cannot be read.")] = False,
    gate: Annotated[Path | None, typer.Option("--gate", help="Publish only what keeps this file's floors.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Go on, and reindex whenever files change.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read articles into a new generation of the index and let it serve."""
    from rag.cli import admin_output

    if gate and dry_run:
        raise typer.BadParameter("--gate measures the generation that is written, and --dry-run writes none")
    if watch and (dry_run or strict):
        raise typer.BadParameter("--watch writes and does not end: it takes neither --dry-run nor --strict")
    service, mapping = options.service(name), _mapping(map)

    def once(again: bool = False) -> int:
        with shown(as_json or quiet or again) as progress:
            report = service.reindex(
                paths or (), mapping=mapping, dry_run=dry_run, rebuild=rebuild and not again, strict=strict,
                by_file=as_json, progress=progress, check=_gatekeeper(gate, service, progress),
            )  # fmt: skip
        if report.generation not in served:  # changes of files that left every article as it was are no news
            admin_output.report(report, as_json)
        served.add(report.generation)
        return report.faults

    served: set[str | None] = set()
    try:
        faults = once()
        if watch:
            _follow(service, lambda: once(again=True))
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

    faults = admin_output.inspected(options.service(None).preview(path, _mapping(map)), most, as_json)
    if faults:
        raise typer.Exit(PARTLY)


def status(name: Name = None, as_json: AsJson = False) -> None:
    """Print what the index holds and which generation serves."""
    from rag.cli import admin_output

    admin_output.status(options.service(name).status(), as_json)


def verify(name: Name = None) -> None:
    """Check checksums, counts, offsets and vectors of the generation that serves."""
    from rag.messages import plural

    service = options.service(name)
    faults = service.verify()
    for fault in faults:
        echo(fault)
    echo(f"{service.live.storage.current()}: {plural(len(faults), 'fault', 'faults') if faults else 'ok'}")
    if faults:
        raise typer.Exit(UNUSABLE)


def rollback(name: Name = None) -> None:
    """Let the generation before the current one serve again."""
    echo(f"{options.service(name).rollback()} serves")


def gc(name: Name = None) -> None:
    """Remove generations beyond RAG_KEEP_GENERATIONS and the remains of interrupted writes."""
    removed = options.service(name).gc()
    echo(f"removed: {', '.join(removed) or 'nothing'}")


def _follow(service: RagService, again: Callable[[], int]) -> None:
    """Reindex after each burst of changes to the files, until SIGTERM or Ctrl-C."""
    from rag.indexing import watch

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    roots = [Path(root) for root in service.status().roots]
    echo(f"following {', '.join(map(str, roots))} (Ctrl-C stops)", err=True)
    watch.follow(roots, service.settings.index_root, again, stop)
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


def _mapping(assignments: list[str] | None) -> dict[str, str]:
    """Return the columns that fields are read from, by field; raises BadParameter where one is not FIELD=NAME."""
    pairs = [assignment.partition("=") for assignment in assignments or ()]
    for field, equals, column in pairs:
        if not (field and equals and column):
            raise typer.BadParameter(f"{field}{equals}{column}: must be FIELD=NAME, e.g. title=headline")
    return {field: column for field, _, column in pairs}
