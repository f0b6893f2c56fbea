"""Traces, where the extra `otel` is installed: FastAPI's span continues the caller's trace, each stage is a child span.

OpenTelemetry's own variables say where they are sent (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_SERVICE_NAME` ...).
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi.telemetry import TelemetryConfig

    from rag.instrumentation import Watch

UNTRACED = {"/livez", "/readyz", "/metrics"}  # called every few seconds, and never worth a trace
TELEMETRY: TelemetryConfig = {
    "operation_spans": False,  # the stages tell more than FastAPI's own steps
    "metrics": False,  # /metrics has them
    "logs": False,
    "auto_configure": True,
    "exclude": lambda scope: scope.get("path") in UNTRACED,
}


def telemetry() -> TelemetryConfig:
    """Return FastAPI's configuration of traces: off where the extra is not installed."""
    return TELEMETRY if _installed() else {**TELEMETRY, "tracing": False, "auto_configure": False}


def stage_spans() -> Watch | None:
    """Return the context manager that makes a span of each stage; None where the extra is not installed."""
    if not _installed():
        return None
    from opentelemetry import trace

    return trace.get_tracer("byline", version("byline")).start_as_current_span


def set_request_id(request_id: str) -> None:
    """Put the request's id, by which the log names it, on the request's span."""
    if _installed():
        from opentelemetry import trace

        trace.get_current_span().set_attribute("byline.request_id", request_id)


def record_exception(error: Exception) -> None:
    """Record an exception on the request's span: it is answered with 500, so FastAPI's own span never sees it."""
    if _installed():
        from opentelemetry import trace

        trace.get_current_span().record_exception(error)


@cache
def _installed() -> bool:
    try:
        return find_spec("opentelemetry.sdk") is not None
    except (ModuleNotFoundError, ValueError):  # ValueError: it was imported and is None
        return False
