"""What goes wrong is said in one shape; a server without an index lives and says what to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.errors.handlers import ProblemDetail
from api.middleware.observation import MAX_BODY_BYTES
from rag.errors import (
    BylineError,
    EmbedderError,
    IncompatibleIndexError,
    IndexCorruptError,
    IndexMissingError,
    QuestionError,
    RerankerError,
)
from tests.contract.fake_service import FakeService

MISSING = IndexMissingError("index 'default' does not exist; run `rag reindex PATH`")


@contextmanager
def serving(service: FakeService) -> Iterator[TestClient]:
    with TestClient(create_app(service)) as client:
        yield client


def problem(response: Any, status: int, slug: str) -> ProblemDetail:
    """The response's body, which must be a problem of that kind."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found = ProblemDetail.model_validate_json(response.text)
    assert (found.status, found.type) == (status, f"/docs#problem-{slug}")
    assert found.title
    assert found.detail
    return found


def eventually(claim: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not claim():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, "q"),
        ({"q": ""}, "q"),
        ({"q": "x" * 2001}, "q"),
        ({"q": "x", "k": 0}, "k"),
        ({"q": "x", "k": 101}, "k"),
        ({"q": "x", "k": "many"}, "k"),
        ({"q": "x", "published_from": "May"}, "published_from"),
        ({"q": "x", "published_from": "2025-02-01", "published_to": "2025-01-01"}, "filter"),
        ({"q": "x", "source": ["a", ""]}, "source.1"),
        ({"q": "x", "soruce": "a"}, "soruce"),
        ({"q": "x", "group_by": "article"}, "group_by"),
    ],
)
def test_a_parameter_at_fault_is_named(params: dict[str, Any], field: str) -> None:
    with serving(FakeService()) as client:
        found = problem(client.get("/v1/answer", params=params), 422, "invalid-request")
    assert [error.field for error in found.errors or ()] == [field]
    assert found.generation == "gen-000007"
    assert found.instance == "/v1/answer"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "question"),
        ({"question": "x", "top_k": 3}, "top_k"),
        ({"question": 7}, "question"),
        ({"question": "x", "k": 101}, "k"),
        ({"question": "x", "filter": {"source": ["a"]}}, "filter.source"),
        ({"question": "x", "filter": {"published_from": "x"}}, "filter.published_from"),
        (
            {"question": "x", "filter": {"published_from": "2025-02-01", "published_to": "2025-01-01"}},
            "filter",
        ),
        ({"question": "x", "as_of": "2025-01-01", "filter": {"as_of": "2021-01-01"}}, "filter.as_of"),
        (["question"], "body"),
    ],
)
def test_a_field_at_fault_is_named(body: Any, field: str) -> None:
    with serving(FakeService()) as client:
        found = problem(client.post("/v1/answer", json=body), 422, "invalid-request")
    assert [error.field for error in found.errors or ()] == [field]


@pytest.mark.parametrize(
    ("params", "detail"),
    [
        ({"q": "x", "k": 0}, "Invalid value for `k`: Input should be greater than or equal to 1."),
        ({"q": "x", "as_of": "May"}, "Invalid value for `as_of`: must be a day, as 2025-04-22."),
        ({}, "Missing field `q`."),
        ({"q": "x", "soruce": "a"}, "Unknown field `soruce`."),
        ({"q": " ", "k": 0}, "Invalid value for `q`: is empty. The first of 2 errors, see `errors`."),
        (
            {"q": "x", "published_from": "2025-02-01", "published_to": "2025-01-01"},
            "Invalid value for `filter`: published_from 2025-02-01 is after published_to 2025-01-01.",
        ),
    ],
)
def test_the_detail_of_an_invalid_request_is_a_sentence_about_its_first_error(
    params: dict[str, Any], detail: str
) -> None:
    with serving(FakeService()) as client:
        found = problem(client.get("/v1/answer", params=params), 422, "invalid-request")
    assert found.detail == f"{detail} /docs lists what is accepted."


@pytest.mark.parametrize("sent", [b'{"question":', b"", b'{"question": "\\ud800"}', b'{"question": "x", "\\ud800": 1}'])
def test_a_body_that_is_no_question_is_a_problem(sent: bytes) -> None:
    with serving(FakeService()) as client:
        response = client.post("/v1/answer", content=sent, headers={"Content-Type": "application/json"})
    problem(response, 422, "invalid-request")


def test_a_body_too_deep_or_too_long_is_refused() -> None:
    headers = {"Content-Type": "application/json"}
    with serving(FakeService()) as client:
        problem(client.post("/v1/answer", content=b"[" * 100_000, headers=headers), 400, "refused-request")
        long = b"[" + b" " * MAX_BODY_BYTES
        problem(client.post("/v1/answer", content=long, headers=headers), 413, "refused-request")


def test_the_services_own_refusal_is_said_by_field_in_the_callers_words() -> None:
    with serving(FakeService(fault=QuestionError("question", "is empty"))) as client:
        by_get = problem(client.get("/v1/answer", params={"q": " "}), 422, "invalid-request")
        by_post = problem(client.post("/v1/answer", json={"question": " "}), 422, "invalid-request")
    for found, field in ((by_get, "q"), (by_post, "question")):
        assert [error.model_dump() for error in found.errors or ()] == [{"field": field, "reason": "is empty"}]


def test_an_unknown_address_and_method_are_problems() -> None:
    with serving(FakeService()) as client:
        assert problem(client.get("/nope?x=1"), 404, "not-found").instance == "/nope"
        problem(client.get("/static/nope.css"), 404, "not-found")
        problem(client.get("/v1/articles/no%20such"), 404, "article-missing")
        problem(client.get("/v1/explain", params={"q": "x", "article": "no such"}), 404, "article-missing")
        problem(client.post("/v1/explain", json={"question": "x", "article": "no such"}), 404, "article-missing")
        response = client.delete("/v1/answer")
        problem(response, 405, "method-not-allowed")
        assert response.headers["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize(
    ("fault", "status", "slug"),
    [
        (MISSING, 503, "index-missing"),
        (IndexCorruptError("vectors.npy is short; run `rag rollback`"), 503, "index-unusable"),
        (
            IncompatibleIndexError("another model wrote it; run `rag reindex --rebuild`"),
            503,
            "index-unusable",
        ),
        (EmbedderError("model x is nowhere; install it"), 503, "model-unavailable"),
        (RerankerError("reranker x is nowhere; install it"), 503, "model-unavailable"),
        (BylineError("something on purpose"), 500, "internal-error"),
    ],
)
def test_each_error_of_the_service_has_its_kind_and_keeps_its_words(fault: Any, status: int, slug: str) -> None:
    with serving(FakeService(fault=fault)) as client:
        found = problem(client.get("/v1/answer", params={"q": "x"}), status, slug)
    assert found.detail == str(fault)


def test_what_nobody_foresaw_is_logged_and_says_nothing_of_the_inside(caplog: pytest.LogCaptureFixture) -> None:
    with serving(FakeService(fault=ZeroDivisionError("secret"))) as client:
        response = client.get("/v1/answer", params={"q": "x"})
        found = problem(response, 500, "internal-error")
        assert client.get("/", params={"q": "x"}).headers["content-type"].startswith("text/html")
        assert 'route="/v1/answer",status="500"} 1.0' in client.get("/metrics").text
    assert "secret" not in response.text
    assert "secret" in caplog.text
    assert found.generation == response.headers["X-Byline-Generation"] == "gen-000007"


def test_without_an_index_the_server_lives_says_what_to_do_and_picks_it_up(caplog: pytest.LogCaptureFixture) -> None:
    service = FakeService(opening=MISSING)
    with serving(service) as client:
        assert client.get("/livez").json() == {"status": "live", "generation": None}
        assert "rag reindex" in problem(client.get("/readyz"), 503, "index-missing").detail
        response = client.get("/v1/status")
        assert problem(response, 503, "index-missing").generation is None
        assert "X-Byline-Generation" not in response.headers
        assert "byline_generation_info{" not in client.get("/metrics").text
        eventually(lambda: service.checks > 3)
        service.opening = None
        eventually(lambda: client.get("/readyz").status_code == 200)
        assert client.get("/v1/status").status_code == 200
    assert [record.message for record in caplog.records if record.name == "api.background.reloader"] == [str(MISSING)]


def test_a_newer_generation_is_served_and_a_damaged_one_is_not() -> None:
    service = FakeService()
    with serving(service) as client:
        assert 'generation="gen-000007"' in client.get("/metrics").text
        service.next_name = "gen-000008"
        eventually(lambda: client.get("/v1/status").json()["generation"] == "gen-000008")
        service.opening = IndexCorruptError("gen-000009 is short")
        seen = service.checks
        eventually(lambda: service.checks > seen + 2)
        assert client.get("/readyz").json() == {"status": "ready", "generation": "gen-000008"}
        assert 'byline_generation_info{generation="gen-000008"' in client.get("/metrics").text


def test_the_reloader_outlives_what_nobody_foresaw_and_ends_with_the_server() -> None:
    service = FakeService()
    with serving(service) as client:
        service.opening = OSError("disk gone")
        seen = service.checks
        eventually(lambda: service.checks > seen + 2)
        service.opening, service.next_name = None, "gen-000008"
        eventually(lambda: client.get("/livez").json()["generation"] == "gen-000008")
    seen = service.checks
    time.sleep(0.05)
    assert service.checks == seen
