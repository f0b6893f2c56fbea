"""The one way to a person's terminal: what is said is cleaned of all that would steer it, whoever wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

_ESCAPED = {code: f"\\u{code:04x}" for code in range(127, 160)}  # what JSON need not escape, and a terminal obeys


def echo(text: object, err: bool = False) -> None:
    """Print a line, or several, in which nothing steers a terminal."""
    from rag.messages import harmless

    typer.echo(harmless(str(text)), err=err)


def echo_json(line: str) -> None:
    """Print JSON with the same meaning, in which nothing steers a terminal."""
    typer.echo(line.translate(_ESCAPED))


def console(width: int | None = None, *, stderr: bool = False) -> Console:
    """Return a console that styles what it is given, and whose words steer nothing."""
    from rich.console import Console

    from rag.messages import harmless

    class Harmless(Console):
        def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
            for segment in super().render(renderable, options):
                yield segment if segment.control else segment._replace(text=harmless(segment.text))

    return Harmless(highlight=False, markup=False, emoji=False, width=width, stderr=stderr)
