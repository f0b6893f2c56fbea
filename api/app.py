"""The app factory: one RagService behind the API, the search page and the probes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version

from anyio.to_thread import run_sync
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware

from api.background.reloader import IndexReloader
from api.background.status_cache import StatusCache
from api.errors import handlers
from api.middleware.observation import TIMING_HEADER, Observing
from api.middleware.request_id import REQUEST_ID_HEADER
from api.middleware.static_files import Statics
from api.middleware.unexpected import Faults
from api.observability import tracing
from api.observability.metrics import Metrics
from api.openapi import schema
from api.pages import views
from api.pages.rendering import STATIC
from api.routes import probes, v1
from api.schemas.response import GENERATION_HEADER
from rag import settings, wiring
from rag.service import RagService

GZIP_FROM_BYTES, GZIP_LEVEL = 1_000, 5  # an answer of 20 KB becomes 4 KB; level 9 takes longer and saves 2 % more
SENT = ("Content-Type", "If-None-Match", REQUEST_ID_HEADER, "traceparent", "tracestate")
EXPOSED = ("ETag", GENERATION_HEADER, REQUEST_ID_HEADER, TIMING_HEADER, "Retry-After")


def create_app(service: RagService | None = None) -> FastAPI:
    """Return the app over `service`, or over the one that the settings describe (raises SettingsError).

    A missing index is no reason not to start: /readyz says what to do, and it is opened when it appears.
    """
    service = service or wiring.build(settings.load())
    app = FastAPI(
        title="Byline",
        version=version("byline"),
        description="Ask a news archive; every passage cites the very characters it comes from.",
        docs_url=None,  # our own /docs: the default one loads its scripts from another host
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        telemetry=tracing.telemetry(),
        lifespan=_lifespan,
    )
    _observe(app, service)
    handlers.install(app)
    app.include_router(v1.router)
    app.include_router(probes.router)
    app.include_router(views.router, include_in_schema=False)
    app.mount("/static", Statics(directory=STATIC))
    app.openapi = partial(schema.openapi, app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


def _observe(app: FastAPI, service: RagService) -> None:
    """Give the routes what they share, and put the middleware around them."""
    app.state.service = service
    app.state.facts = StatusCache(service)
    app.state.metrics = Metrics(service, app.state.facts)
    app.state.watcher = IndexReloader(service)
    app.add_middleware(Faults)  # each is put around those before it: a 500 too has the headers of all
    app.add_middleware(GZipMiddleware, minimum_size=GZIP_FROM_BYTES, compresslevel=GZIP_LEVEL)
    if origins := service.settings.origins:
        app.add_middleware(
            CORSMiddleware, allow_origins=origins, allow_methods=("GET", "HEAD", "POST"),
            allow_headers=SENT, expose_headers=EXPOSED,
        )  # fmt: skip
    app.add_middleware(Observing, service=service, metrics=app.state.metrics)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the index before the first request, then follow it until shutdown."""
    watcher: IndexReloader = app.state.watcher
    await run_sync(watcher.look)
    app.state.facts.questions(patience_s=0)  # looked for meanwhile, so that the first visit is invited with them
    watcher.start()
    yield
    await run_sync(watcher.stop)
