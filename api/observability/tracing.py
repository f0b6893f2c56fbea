"""Traces, where the extra `otel` is installed: FastAPI's span goes on with the caller's, each stage is a child of it.

Where to send them, OpenTelemetry's own variables say (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_SERVICE_NAME` ...).
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi.telemetry import TelemetryConfig

    from rag.instrumentation import Watch

UNTRACED = {"/livez", "/readyz", "/metrics"}  # asked every few seconds, and never looked at
TELEMETRY: TelemetryConfig = {
    "operation_spans": False,  # the stages tell more than FastAPI's own steps
    "metrics": False,  # /metrics has them
    "logs": False,
    "auto_configure": True,
    "exclude": lambda scope: scope.get("path") in UNTRACED,
}


def telemetry() -> TelemetryConfig:
    """Return what FastAPI is told of it: to do nothing, where the extra is not installed."""
    return TELEMETRY if _installed() else {**TELEMETRY, "tracing": False, "auto_configure": False}


def watch() -> Watch | None:
    """Return what makes a span of a stage; None where the extra is not installed."""
    if not _installed():
        return None
    from opentelemetry import trace

    return trace.get_tracer("byline", version("byline")).start_as_current_span


def name_request(name: str) -> None:
    """Let the request's span bear the name that the log has."""
    if _installed():
        from opentelemetry import trace

        trace.get_current_span().set_attribute("byline.request_id", name)


def record(fault: Exception) -> None:
    """Let the request's span tell of a fault: it is answered, so that nobody outside sees it raised."""
    if _installed():
        from opentelemetry import trace

        trace.get_current_span().record_exception(fault)


@cache
def _installed() -> bool:
    try:
        return find_spec("opentelemetry.sdk") is not None
    except (ModuleNotFoundError, ValueError):  # ValueError: it was imported and is None
        return False
