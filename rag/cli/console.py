"""Printing to a terminal: every text passes here and loses the control characters that would steer the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

_ESCAPED = {code: f"\\u{code:04x}" for code in range(127, 160)}  # JSON allows these controls unescaped


def echo(text: object, err: bool = False) -> None:
    """Print `text` without control characters, to stderr if `err`."""
    from rag.messages import harmless

    typer.echo(harmless(str(text)), err=err)


def echo_json(line: str) -> None:
    """Print a line of JSON with its control characters escaped, which keeps its meaning."""
    typer.echo(line.translate(_ESCAPED))


def console(width: int | None = None, *, stderr: bool = False) -> Console:
    """Return a rich console that styles text and drops control characters from it; `width` is in columns."""
    from rich.console import Console

    from rag.messages import harmless

    class Harmless(Console):
        def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
            for segment in super().render(renderable, options):
                yield segment if segment.control else segment._replace(text=harmless(segment.text))

    return Harmless(highlight=False, markup=False, emoji=False, width=width, stderr=stderr)
