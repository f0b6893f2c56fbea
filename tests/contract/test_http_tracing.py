"""Traces: the caller's goes on in a span of the request, each stage is a child; without the extra nothing is there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from starlette.testclient import TestClient

from api.app import create_app
from api.openapi import examples
from tests.conftest import ROOT
from tests.contract.fake_service import FakeService

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CALLER = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
ASK = {"q": examples.QUESTION}


@pytest.fixture(scope="module")
def provider() -> Iterator[TracerProvider]:
    """The process's own: it can be set once, so that spans of later tests are dropped when this module is done."""
    provider = TracerProvider()
    trace.set_tracer_provider(provider)
    yield provider
    provider.shutdown()


@pytest.fixture
def exporter(provider: TracerProvider) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield exporter
    exporter.shutdown()


@pytest.fixture
def service() -> FakeService:
    service = FakeService()
    service.stages = {"embed": 0.001, "search": 0.001, "answer": 0.001}
    return service


@pytest.fixture
def client(service: FakeService, exporter: InMemorySpanExporter) -> Iterator[TestClient]:
    with TestClient(create_app(service)) as client:
        yield client


def spans(exporter: InMemorySpanExporter) -> dict[str, Any]:
    return {span.name: span for span in exporter.get_finished_spans()}


def test_the_callers_trace_goes_on_and_each_stage_is_a_child(
    client: TestClient, exporter: InMemorySpanExporter
) -> None:
    client.get("/v1/answer", params=ASK, headers=CALLER)
    found = spans(exporter)
    assert set(found) == {"GET /v1/answer", "embed", "search", "answer"}
    server = found["GET /v1/answer"]
    assert server.kind == SpanKind.SERVER
    assert {format(span.context.trace_id, "032x") for span in found.values()} == {TRACE}
    assert format(server.parent.span_id, "016x") == PARENT
    for stage in ("embed", "search", "answer"):
        assert found[stage].parent.span_id == server.context.span_id
        assert server.start_time <= found[stage].start_time < found[stage].end_time <= server.end_time
    assert server.attributes["http.response.status_code"] == 200


def test_a_request_without_a_trace_begins_one(client: TestClient, exporter: InMemorySpanExporter) -> None:
    client.get(f"/v1/articles/{examples.ARTICLE.id}")
    (server,) = spans(exporter).values()
    assert server.parent is None
    assert server.attributes["http.route"] == "/v1/articles/{id}"


def test_a_span_names_the_request_as_its_log_does(client: TestClient, exporter: InMemorySpanExporter) -> None:
    client.get("/v1/status", headers={"X-Request-ID": "find-me"})
    assert spans(exporter)["GET /v1/status"].attributes["byline.request_id"] == "find-me"


def test_a_fault_is_seen_in_the_trace(client: TestClient, service: FakeService, exporter: InMemorySpanExporter) -> None:
    service.fault = ZeroDivisionError("secret")
    assert client.get("/v1/answer", params=ASK, headers=CALLER).status_code == 500
    server = spans(exporter)["GET /v1/answer"]
    assert server.status.status_code == StatusCode.ERROR
    (event,) = server.events
    assert event.attributes["exception.type"] == "ZeroDivisionError"


def test_probes_are_not_traced(client: TestClient, exporter: InMemorySpanExporter) -> None:
    for path in ("/livez", "/readyz", "/metrics"):
        client.get(path, headers=CALLER)
    assert exporter.get_finished_spans() == ()


WITHOUT = """
import sys
sys.path[:0] = ["."]
sys.modules["opentelemetry.sdk"] = None  # what an import finds where it is not installed
from tests.contract.fake_service import FakeService
from starlette.testclient import TestClient
from api.observability import tracing
from api.app import create_app
assert tracing.stage_spans() is None
with TestClient(create_app(FakeService())) as client:
    answer = client.get("/v1/answer", params={"q": "x"}, headers={"traceparent": "00-%s-%s-01"})
    assert answer.status_code == 200, answer.text
loaded = [name for name in sys.modules if name.startswith(("opentelemetry.sdk.", "opentelemetry.exporter"))]
assert loaded == [], loaded
print("served")
"""


def test_without_the_extra_nothing_breaks_and_nothing_of_it_is_imported() -> None:
    program = WITHOUT % (TRACE, PARENT)
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "served\n", done.stderr
