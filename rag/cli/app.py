"""The command line as a whole: its commands, its exit codes, and errors as one line on stderr.

What is heavy to import waits for the command that needs it. Exit codes stand in `rag.cli.options`, and at the end of
`rag --help`.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from typing import Annotated

import typer

from rag.cli import index_commands, search_commands
from rag.cli.console import echo
from rag.cli.eval_commands import evaluate
from rag.cli.fit_commands import calibrate, tune
from rag.cli.mcp_command import mcp
from rag.cli.options import EXIT_CODES, FAILED, NOT_FOUND, OK, UNUSABLE, USAGE, AsJson, settings_of
from rag.cli.serve_command import serve
from rag.errors import BylineError, NotFoundError, QuestionError, SettingsError, UnusableIndexError

app = typer.Typer(
    epilog="Exit codes: " + ", ".join(f"{code} {meaning}" for code, meaning in EXIT_CODES.items()) + ".",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _print_version(is_asked_for: bool) -> None:
    if is_asked_for:
        echo(f"byline {version('byline')}")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Ask a news archive; every passage comes with a citation to the very characters of its article."""


def main() -> None:
    """Run the command line and end the process at once: freeing a loaded model would add 0.17 s to each question."""
    # numpy's threads keep spinning for milliseconds after each product, on the cores that openvino's wait for
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    code = run()
    for stream in (sys.stdout, sys.stderr):
        with suppress(BrokenPipeError):  # the reader of the pipe has ended, e.g. `| head`
            stream.flush()
    os._exit(code)


def run() -> int:
    """Run the command line and return its exit code; each error that Byline raises is one line on stderr."""
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.WARNING)
    logging.getLogger("rag").setLevel(logging.INFO)
    try:
        app()
    except SystemExit as exit:  # how typer always ends
        return exit.code if isinstance(exit.code, int) else OK
    except BylineError as error:
        echo(f"rag: {error}", err=True)
        return _exit_code(error)
    except OSError as error:  # a folder without permission, a full disk: the system's words and no traceback
        echo(f"rag: {error.filename or 'input/output'}: {error.strerror or error}", err=True)
        return FAILED
    return OK


def settings(as_json: AsJson = False) -> None:
    """List every setting with its value and what it is for."""
    from rag.cli import admin_output

    admin_output.settings(settings_of(None), as_json)


COMMANDS: tuple[Callable[..., None], ...] = (
    search_commands.ask, search_commands.search, search_commands.explain, search_commands.article,
    search_commands.similar, search_commands.timeline, serve, index_commands.status, index_commands.verify,
    index_commands.rollback, index_commands.gc, settings, index_commands.reindex, index_commands.inspect, evaluate,
    calibrate, tune, mcp,
)  # fmt: skip
for _command in COMMANDS:
    app.command("eval" if _command is evaluate else None)(_command)  # `eval` is a function of Python's own


def _exit_code(error: BylineError) -> int:
    if isinstance(error, UnusableIndexError):
        return UNUSABLE
    if isinstance(error, NotFoundError):
        return NOT_FOUND
    return USAGE if isinstance(error, SettingsError | QuestionError) else FAILED
