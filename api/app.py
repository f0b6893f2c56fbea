"""The app factory: one service behind the API, the search page and the probes."""

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
from api.middleware.observation import TIMING_HEADER, ObservationMiddleware
from api.middleware.request_id import REQUEST_ID_HEADER
from api.middleware.static_files import VersionedStaticFiles
from api.middleware.unexpected import UnexpectedErrorMiddleware
from api.observability import tracing
from api.observability.metrics import Metrics
from api.openapi import schema
from api.pages import views
from api.pages.rendering import STATIC
from api.routes import probes, v1
from api.schemas.response import GENERATION_HEADER
from api.service import ArchiveService

GZIP_FROM_BYTES, GZIP_LEVEL = 1_000, 5  # an answer of 20 KB becomes 4 KB; level 9 takes longer and saves 2 % more
REQUEST_HEADERS = ("Content-Type", "If-None-Match", REQUEST_ID_HEADER, "traceparent", "tracestate")
RESPONSE_HEADERS = ("ETag", GENERATION_HEADER, REQUEST_ID_HEADER, TIMING_HEADER, "Retry-After")


def create_app(service: ArchiveService | None = None) -> FastAPI:
    """Return the app over `service`, or over the one that the settings describe (raises SettingsError).

    It starts without an index: /readyz then says what to do, and the index is opened when it appears.
    """
    if service is None:
        from rag import settings, wiring

        service = wiring.build(settings.load())
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
    _share(app, service)
    handlers.install(app)
    app.include_router(v1.router)
    app.include_router(probes.router)
    app.include_router(views.router, include_in_schema=False)
    app.mount("/static", VersionedStaticFiles(directory=STATIC))
    app.openapi = partial(schema.openapi, app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


def _share(app: FastAPI, service: ArchiveService) -> None:
    """Put what the routes share into the app's state, and the middleware around them."""
    app.state.service = service
    app.state.status_cache = StatusCache(service)
    app.state.metrics = Metrics(service, app.state.status_cache)
    app.state.reloader = IndexReloader(service)
    app.add_middleware(UnexpectedErrorMiddleware)  # each wraps those before it: a 500 too gets the headers of all
    app.add_middleware(GZipMiddleware, minimum_size=GZIP_FROM_BYTES, compresslevel=GZIP_LEVEL)
    if origins := service.settings.origins:
        app.add_middleware(
            CORSMiddleware, allow_origins=origins, allow_methods=("GET", "HEAD", "POST"),
            allow_headers=REQUEST_HEADERS, expose_headers=RESPONSE_HEADERS,
        )  # fmt: skip
    app.add_middleware(ObservationMiddleware, service=service, metrics=app.state.metrics)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the index before the first request, then follow it until shutdown."""
    reloader: IndexReloader = app.state.reloader
    await run_sync(reloader.check)
    app.state.status_cache.questions(patience_s=0)  # starts the search for them, so that the first visit has them
    reloader.start()
    yield
    await run_sync(reloader.stop)
