"""`rag serve`: the search page and the API of `api/`, handed to uvicorn as an app."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from rag.cli.console import echo
from rag.cli.options import Name, settings_of
from rag.errors import BylineError

BACKLOG = 2048  # connections that wait to be accepted, uvicorn's own default


def serve(
    host: Annotated[str | None, typer.Option(help="Default: RAG_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Default: RAG_PORT; 0 for any.", min=0, max=65_535)] = None,
    name: Name = None,
) -> None:
    """Serve the search page and the API."""
    import uvicorn

    from rag import wiring

    settings = settings_of(name)
    host = host or settings.host
    listening = _listening(host, settings.port if port is None else port)
    app = app_factory()(wiring.build(settings))
    echo(f"serving index {settings.index} on http://{host}:{listening.getsockname()[1]} (Ctrl-C stops)")
    with suppress(KeyboardInterrupt):
        uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listening])


def app_factory() -> Callable[..., Any]:
    """Return `api.app.create_app` of the `api` that is installed beside this very `rag`; raises BylineError.

    `api` is a common name: where another package of that name comes first on `sys.path`, `import api` loads that one.
    So ours is found by its place. It stays out of the import statements here, because `rag` depends on no server: the
    command hands a service over, and what serves it is `api`'s own affair.
    """
    place = Path(__file__).parents[2]  # the folder that holds `rag`
    spec = PathFinder.find_spec("api", [str(place)])
    if spec is None or spec.loader is None or spec.origin is None:
        raise BylineError(f"{place}: holds no package `api`, which serves the page and the API; install byline again")
    if "api" not in sys.modules:
        sys.modules["api"] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules["api"])
    loaded = getattr(sys.modules["api"], "__file__", None)
    if loaded != spec.origin:
        raise BylineError(
            f"{loaded}: is another package named `api`, imported at the start of Python in place of {spec.origin}; "
            "take it out of the environment of `rag serve`"
        )
    factory: Callable[..., Any] = import_module("api.app").create_app
    return factory


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that callers can reach; raises BylineError where there can be none."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise BylineError(
            f"http://{host}:{port} cannot be served: {os.strerror(error.errno or 0)}; try another --host or --port"
        ) from None
