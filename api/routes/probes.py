"""Routes for monitoring: whether the process lives, whether it can answer, and its metrics."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from api.deps import AppMetrics, Service
from api.errors import handlers, problem_types
from api.openapi.examples import METRICS
from api.openapi.schema import problem_responses
from api.schemas.response import generation_of
from rag.errors import BylineError
from rag.index.storage import reindex_command
from rag.types.index import Health

router = APIRouter(tags=["operation"])


@router.get("/livez", response_model=Health, response_description="Alive", responses=problem_responses())
def get_livez(service: Service) -> Health:
    """Report that the process is alive, whether or not it can answer."""
    return Health(status="live", generation=generation_of(service))


@router.get(
    "/readyz",
    response_model=Health,
    response_description="Ready",
    responses=problem_responses(problem_types.NO_INDEX, problem_types.BAD_INDEX, problem_types.NO_MODEL),
)
def get_readyz(request: Request, service: Service) -> Health | Response:
    """Report whether questions can be answered, and if not what to do about it."""
    generation = generation_of(service)
    if generation:
        return Health(status="ready", generation=generation)
    error = request.app.state.reloader.last_error
    if isinstance(error, BylineError):
        return handlers.respond_to_error(request, error)
    index = service.settings.index
    detail = f"index {index!r} is not open; run `{reindex_command(index)}`"
    return handlers.respond(request, problem_types.NO_INDEX, detail)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"description": "Metrics", "content": {"text/plain": {"example": METRICS}}}, **problem_responses()},
)
def get_metrics(metrics: AppMetrics) -> Response:
    """Return counters and gauges in Prometheus' text format."""
    return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)
