"""What long work shows while it lasts: bars on a terminal, a line every few seconds in a log."""

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
STAGES = {
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
    """Yield what long work reports to."""
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
    """Return what prints one line of all that is under way, every LOG_EVERY_S."""
    began: dict[str, float] = {}
    said: dict[str, str] = {}
    start = last = time.monotonic()

    def show(stage: str, done: int, total: int | None) -> None:
        nonlocal last
        now = time.monotonic()
        took = max(now - began.setdefault(stage, now if began else start), 1e-3)
        rate = done / took
        left = f", {(total - done) / rate:,.0f} s left" if total and rate and total > done else ""
        of = f" of {total:,}" if total else ""
        said[stage] = f"{STAGES[stage]}: {done:,}{of} ({rate:,.1f}/s{left})"
        if now - last >= LOG_EVERY_S:
            last = now
            echo("; ".join(said.values()), err=True)
            for name in [name for name in said if name != stage and name not in ("files", "read")]:
                del said[name]

    return show
