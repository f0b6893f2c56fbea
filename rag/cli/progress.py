"""Progress of long work: bars on a terminal, a line every few seconds in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rag.cli.console import console, echo

if TYPE_CHECKING:
    from rag.instrumentation import Progress

LOG_EVERY_S = 5.0
STAGES = {  # what each stage counts
    "files": "files read",
    "read": "articles read",
    "embed": "passages embedded",
    "index": "indexes built",
    "sketch": "articles sketched",
    "ask": "questions asked",
    "make": "questions made",
    "weights": "fusion weights tried",
}


@contextmanager
def shown(quiet: bool) -> Iterator[Progress]:
    """Yield the callback to which long work reports its progress; it prints nothing if `quiet`."""
    if quiet:
        yield lambda *_: None
    elif sys.stderr.isatty():
        with _bars() as show:
            yield show
    else:
        yield _log_lines()


@contextmanager
def _bars() -> Iterator[Progress]:
    from rich import progress as rich

    columns = (
        rich.TextColumn("{task.description}"), rich.BarColumn(), rich.TextColumn("{task.fields[counted]}"),
        rich.TextColumn("{task.fields[rate]}"), rich.TimeRemainingColumn(),
    )  # fmt: skip
    with rich.Progress(*columns, console=console(stderr=True), transient=True) as bars:
        tasks: dict[str, rich.TaskID] = {}

        def show(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(STAGES[stage], total=total, rate="", counted="")
            speed = bars.tasks[tasks[stage]].speed
            counted = f"{done:,}/{total:,}" if total else f"{done:,}"
            rate = f"{speed:,.0f}/s" if speed else ""
            bars.update(tasks[stage], completed=done, total=total, rate=rate, counted=counted)

        yield show


def _log_lines() -> Progress:
    """Return a callback that prints one line on all stages under way, at most every LOG_EVERY_S seconds."""
    started: dict[str, float] = {}
    lines: dict[str, str] = {}
    start = last = time.monotonic()

    def show(stage: str, done: int, total: int | None) -> None:
        nonlocal last
        now = time.monotonic()
        seconds = max(now - started.setdefault(stage, now if started else start), 1e-3)
        rate = done / seconds
        left = f", {(total - done) / rate:,.0f} s left" if total and rate and total > done else ""
        of = f" of {total:,}" if total else ""
        lines[stage] = f"{STAGES[stage]}: {done:,}{of} ({rate:,.1f}/s{left})"
        if now - last >= LOG_EVERY_S:
            last = now
            echo("; ".join(lines.values()), err=True)
            for name in [name for name in lines if name != stage and name not in ("files", "read")]:
                del lines[name]

    return show
