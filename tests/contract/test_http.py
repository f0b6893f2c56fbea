"""The API's contract, over a service that answers from records."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from api.app import create_app
from api.errors.handlers import ProblemDetail
from api.openapi import examples
from rag.types.articles import ArticleView
from rag.types.explanation import Explanation
from rag.types.filters import SearchFilter
from rag.types.index import Health, Status
from rag.types.results import Answer, CheckedBatch, SearchBatch, SearchResult, SimilarArticles, Timeline
from tests.contract.fake_service import FakeService

RECORDS = {
    record.__name__: record
    for record in (
        Answer, ArticleView, CheckedBatch, Explanation, Health, SearchBatch, SearchResult, SimilarArticles, Status,
        Timeline,
    )
}  # fmt: skip
ASK = {"q": examples.QUESTION}
EXPLAIN = {**ASK, "article": examples.ARTICLE.id}


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def client(service: FakeService) -> Iterator[TestClient]:
    with TestClient(create_app(service)) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "params", "record"),
    [
        ("/v1/answer", ASK, Answer),
        ("/v1/search", ASK, SearchResult),
        ("/v1/explain", EXPLAIN, Explanation),
        (f"/v1/articles/{examples.ARTICLE.id}", {}, ArticleView),
        (f"/v1/articles/{examples.ARTICLE.id}/similar", {}, SimilarArticles),
        ("/v1/timeline", {}, Timeline),
        ("/v1/status", {}, Status),
    ],
)
def test_a_body_is_the_records_own_json_and_the_header_names_its_generation(
    client: TestClient, path: str, params: Any, record: Any
) -> None:
    response = client.get(path, params=params)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.text == record.model_validate_json(response.text).model_dump_json()
    assert response.headers["X-Byline-Generation"] == response.json()["generation"] == "gen-000007"


@pytest.mark.parametrize(
    ("path", "more"), [("/v1/answer", {}), ("/v1/search", {}), ("/v1/explain", {"article": examples.ARTICLE.id})]
)
def test_get_and_post_ask_the_service_the_same(
    client: TestClient, service: FakeService, path: str, more: dict[str, Any]
) -> None:
    client.get(
        path,
        params={
            "q": "Why?", "k": 3, "published_from": "2025-01-01", "published_to": "2025-02-01",
            "source": ["A", "B"], "author": "C", "section": ["D", "E"], **more,
        },
    )  # fmt: skip
    wanted = {
        "published_from": "2025-01-01",
        "published_to": "2025-02-01",
        "sources": ["A", "B"],
        "authors": ["C"],
        "sections": ["D", "E"],
    }
    client.post(path, json={"question": "Why?", "k": 3, "filter": wanted, **more})
    by_get, by_post = service.asked
    assert by_get == by_post
    assert by_get["filter"] == SearchFilter(
        published_from=date(2025, 1, 1),
        published_to=date(2025, 2, 1),
        sources=("A", "B"),
        authors=("C",),
        sections=("D", "E"),
    )


def test_search_groups_as_it_is_told(client: TestClient, service: FakeService) -> None:
    client.get("/v1/search", params={**ASK, "group_by": "passage"})
    client.post("/v1/search", json={"question": "Why?", "group_by": "passage"})
    assert [call["group_by"] for call in service.asked] == ["passage", "passage"]


def test_every_response_names_the_generation_its_duration_and_what_a_browser_may_do(client: TestClient) -> None:
    for path in ("/v1/status", "/nope", "/livez", "/readyz", "/metrics", "/", "/docs", "/static/page.css"):
        headers = client.get(path).headers
        assert headers["X-Byline-Generation"] == "gen-000007", path
        assert headers["Server-Timing"].startswith("total;dur="), path
        assert "default-src 'self'" in headers["Content-Security-Policy"], path
        assert headers["X-Content-Type-Options"] == "nosniff", path


def test_head_is_served_as_get(client: TestClient) -> None:
    assert client.head("/").status_code == 200
    assert client.head("/livez").status_code == 200


def test_metrics_count_by_template_and_outcome_and_name_what_is_open(client: TestClient) -> None:
    client.get("/v1/articles/one")
    client.get("/v1/articles/two")
    client.get("/v1/answer", params=ASK)
    client.get("/", params=ASK)
    client.get("/static/page.css")
    client.get("/nope/at/all")
    text = client.get("/metrics").text
    assert 'byline_requests_total{method="GET",route="/v1/articles/{id:path}",status="404"} 2.0' in text
    assert 'byline_requests_total{method="GET",route="(none)",status="404"} 1.0' in text
    assert "page.css" not in text
    assert 'byline_answers_total{outcome="answered"} 2.0' in text
    assert 'byline_generation_info{generation="gen-000007",index="default"} 1.0' in text
    assert "byline_articles 412.0" in text
    assert "byline_passages 1630.0" in text
    assert 'byline_request_seconds_bucket{le="0.005",route="/v1/answer"}' in text


def test_the_last_hour_can_be_read_by_route(client: TestClient) -> None:
    client.get("/v1/answer", params=ASK)
    client.get("/v1/articles/one")
    app: Any = client.app
    found = {one.route: one for one in app.state.metrics.last_hour()}
    assert found.keys() == {"/v1/answer", "/v1/articles/{id:path}"}
    assert found["/v1/answer"].count == 1
    assert 0 < found["/v1/answer"].p50_ms <= found["/v1/answer"].p99_ms


def test_two_apps_do_not_share_their_counts(client: TestClient) -> None:
    client.get("/v1/status")
    with TestClient(create_app(FakeService())) as other:
        assert 'route="/v1/status"' not in other.get("/metrics").text


def operations(client: TestClient) -> list[tuple[str, str, dict[str, Any]]]:
    schema = client.get("/openapi.json").json()
    return [
        (path, method, operation) for path, methods in schema["paths"].items() for method, operation in methods.items()
    ]


def test_the_schema_names_every_endpoint(client: TestClient) -> None:
    assert {f"{method} {path}" for path, method, _ in operations(client)} == {
        "get /v1/answer", "post /v1/answer", "get /v1/search", "post /v1/search", "post /v1/search/batch",
        "get /v1/timeline", "get /v1/explain", "post /v1/explain", "post /v1/citations/verify",
        "get /v1/articles/{id}", "get /v1/articles/{id}/similar", "get /v1/status", "get /livez", "get /readyz",
        "get /metrics",
    }  # fmt: skip


def test_every_status_of_every_operation_has_an_example_that_its_own_record_takes(client: TestClient) -> None:
    for path, method, operation in operations(client):
        for status, response in operation["responses"].items():
            if status == "304":
                assert "content" not in response
            elif status >= "400":
                content = response["content"]["application/problem+json"]
                assert content["schema"]["$ref"].endswith("/ProblemDetail")
                assert content["examples"], f"{method} {path} {status}"
                for slug, example in content["examples"].items():
                    problem = ProblemDetail.model_validate(example["value"])
                    assert (problem.type, problem.status) == (f"/docs#problem-{slug}", int(status))
            elif content := response["content"].get("application/json"):
                record = RECORDS[content["schema"]["$ref"].rpartition("/")[2]]
                assert record.model_validate(content["example"]).model_dump(mode="json") == content["example"]
            else:
                assert list(text_string_to_metric_families(response["content"]["text/plain"]["example"]))


def test_every_response_of_the_schema_names_its_headers_with_an_example(client: TestClient) -> None:
    for path, method, operation in operations(client):
        for status, response in operation["responses"].items():
            named = response["headers"]
            assert {"X-Request-ID", "Server-Timing"} <= named.keys()
            assert all(header["description"] and header["example"] for header in named.values())
            assert ("ETag" in named) == (path.startswith("/v1") and method == "get" and status in {"200", "304"})
            assert ("Retry-After" in named) == (status == "503")
        if path.startswith("/v1"):
            assert "X-Byline-Generation" in operation["responses"]["200"]["headers"]
            assert {"500", "503"} <= operation["responses"].keys()


def test_every_parameter_and_every_field_of_a_body_is_described(client: TestClient) -> None:
    schema = client.get("/openapi.json").json()
    for path, method, operation in operations(client):
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], f"{method} {path}: {parameter['name']}"
    for name, record in schema["components"]["schemas"].items():
        for field, given in record["properties"].items() if name.endswith("Body") else ():
            assert given.get("description") or "$ref" in given, f"{name}.{field}"


def test_the_examples_of_the_schema_are_taken_by_the_api(client: TestClient) -> None:
    schema = client.get("/openapi.json").json()
    for name, path in (
        ("AnswerBody", "/v1/answer"),
        ("SearchBody", "/v1/search"),
        ("SearchBatchBody", "/v1/search/batch"),
        ("ExplainBody", "/v1/explain"),
        ("CitationsBody", "/v1/citations/verify"),
    ):
        (example,) = schema["components"]["schemas"][name]["examples"]
        assert client.post(path, json=example).status_code == 200


def test_an_example_citation_is_the_articles_own_characters() -> None:
    for citation in (examples.ANSWER.hits[0].citation, examples.ANSWER.sentences[0].citation):
        assert examples.ARTICLE.text[citation.start : citation.end] == citation.quote


def test_docs_show_every_endpoint_and_problem_and_load_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs").text
    for path in (
        "/v1/answer",
        "/v1/search",
        "/v1/explain",
        "/v1/articles/{id}",
        "/v1/articles/{id}/similar",
        "/v1/search/batch",
        "/v1/timeline",
        "/v1/citations/verify",
        "/v1/status",
        "/livez",
        "/readyz",
        "/metrics",
    ):
        assert path in page
    assert "curl " in page
    assert "group_by" in page
    assert '<code>searches</code> <span class="quiet">body, object, any number, required' in page
    assert "<code>searches[].filter.sections</code>" in page
    assert '<code>citations[].start</code> <span class="quiet">body, integer from 0, required</span>' in page
    assert '<code>k</code> <span class="quiet">query, integer 1 to 100, else 10</span>' in page
    problem = client.get("/v1/articles/nope").json()
    assert f'id="{problem["type"].partition("#")[2]}"' in page
    for attribute in ('src="http', 'href="http', 'src="//', "<style", "style=", "onclick"):
        assert attribute not in page
