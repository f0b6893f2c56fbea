"""`rag`: parse, call the service, print. Heavy imports wait for the command that needs them.

Exit codes stand in `rag.cli.options`, and at the end of `rag --help`.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from rag.cli import search_commands
from rag.cli.console import echo
from rag.cli.eval_commands import evaluate
from rag.cli.fit_commands import calibrate, tune
from rag.cli.index_commands import inspect, reindex
from rag.cli.mcp_command import mcp
from rag.cli.options import EXIT_CODES, FAILED, NOT_FOUND, OK, UNUSABLE, USAGE, AsJson, Name, service, settings_of
from rag.errors import BylineError, NotFoundError, QuestionError, SettingsError, UnusableIndexError

app = typer.Typer(
    epilog="Exit codes: " + ", ".join(f"{code} {meaning}" for code, meaning in EXIT_CODES.items()) + ".",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        echo(f"byline {version('byline')}")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Ask a news archive; every passage comes with a citation to the very characters of its article."""


def main() -> None:
    """Run the command line, and end the process: taking a loaded model apart would cost a question 0.17 s."""
    # numpy's threads spin for some milliseconds after each product, on the cores that openvino's wait for
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    code = run()
    for stream in (sys.stdout, sys.stderr):
        with suppress(BrokenPipeError):  # whoever read has gone, e.g. `| head`
            stream.flush()
    os._exit(code)


def run() -> int:
    """Run the command line and return its exit code; every error on purpose is one line on stderr."""
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.WARNING)
    logging.getLogger("rag").setLevel(logging.INFO)
    try:
        app()
    except SystemExit as ended:  # how typer always ends
        return ended.code if isinstance(ended.code, int) else OK
    except BylineError as error:
        echo(f"rag: {error}", err=True)
        return _exit_code(error)
    except OSError as error:  # a folder without permission, a full disk: the system's words, without a traceback
        echo(f"rag: {error.filename or 'input/output'}: {error.strerror or error}", err=True)
        return FAILED
    return OK


for _command in (
    search_commands.ask, search_commands.search, search_commands.explain, search_commands.article,
    search_commands.similar, search_commands.timeline,
):  # fmt: skip
    app.command()(_command)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Default: RAG_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Default: RAG_PORT; 0 for any.", min=0, max=65_535)] = None,
    name: Name = None,
) -> None:
    """Serve the search page and the API."""
    import uvicorn

    settings = settings_of(name)
    os.environ["RAG_INDEX"] = settings.index  # the app factory reads the settings again, in uvicorn's process
    host = host or settings.host
    listening = _listening(host, settings.port if port is None else port)
    echo(f"serving index {settings.index} on http://{host}:{listening.getsockname()[1]} (Ctrl-C stops)")
    config = uvicorn.Config(_app_factory(), factory=True, log_level="warning", access_log=False)
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])


def _app_factory() -> Callable[[], Any]:
    """Return this installation's `api.app.create_app`.

    `api` is a common name. Python would import a package of that name on PYTHONPATH first, so the folder that holds
    this `rag` goes before it. The import is by name because the library's modules must not depend on the API's.
    """
    sys.path.insert(0, str(Path(__file__).parents[2]))
    create_app: Callable[[], Any] = import_module("api.app").create_app
    return create_app


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that callers can reach; raises BylineError where there can be none."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise BylineError(
            f"http://{host}:{port} cannot be served: {os.strerror(error.errno or 0)}; try another --host or --port"
        ) from None


@app.command()
def status(name: Name = None, as_json: AsJson = False) -> None:
    """Say what the index holds and which generation serves."""
    from rag.cli import admin_output

    admin_output.status(service(name).status(), as_json)


@app.command()
def verify(name: Name = None) -> None:
    """Check checksums, counts, offsets and vectors of the generation that serves."""
    from rag.messages import plural

    asked_of = service(name)
    faults = asked_of.verify()
    for fault in faults:
        echo(fault)
    echo(f"{asked_of.store.current()}: {plural(len(faults), 'fault', 'faults') if faults else 'ok'}")
    if faults:
        raise typer.Exit(UNUSABLE)


@app.command()
def rollback(name: Name = None) -> None:
    """Let the generation before the current one serve again."""
    echo(f"{service(name).rollback()} serves")


@app.command()
def gc(name: Name = None) -> None:
    """Remove generations beyond RAG_KEEP_GENERATIONS and the remains of interrupted writes."""
    removed = service(name).gc()
    echo(f"removed: {', '.join(removed) or 'nothing'}")


@app.command()
def settings(as_json: AsJson = False) -> None:
    """List every setting with its value and what it is for."""
    from rag.cli import admin_output

    admin_output.settings(settings_of(None), as_json)


app.command()(reindex)
app.command()(inspect)
app.command("eval")(evaluate)
app.command()(calibrate)
app.command()(tune)
app.command()(mcp)


def _exit_code(error: BylineError) -> int:
    if isinstance(error, UnusableIndexError):
        return UNUSABLE
    if isinstance(error, NotFoundError):
        return NOT_FOUND
    return USAGE if isinstance(error, SettingsError | QuestionError) else FAILED
