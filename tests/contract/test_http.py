"""The API's contract, over a service that answers from records."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from prometheus_client.parser import text_string_to_metric_families
from pydantic import Field
from starlette.testclient import TestClient

from api.app import create_app
from api.deps import in_address, in_body
from api.errors.handlers import ProblemDetail
from api.openapi import examples
from rag.types.articles import ArticleView
from rag.types.explanation import Explanation
from rag.types.filters import SearchFilter
from rag.types.index import Health, Status
from rag.types.requests import AnswerRequest, ExplainRequest, Request, SearchRequest, TimelineRequest, flat_fields
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
            "source": ["A", "B"], "author": "C", "section": ["D", "E"], "exclude": "F", **more,
        },
    )  # fmt: skip
    wanted = {
        "published_from": "2025-01-01",
        "published_to": "2025-02-01",
        "sources": ["A", "B"],
        "authors": ["C"],
        "sections": ["D", "E"],
        "exclude": ["F"],
    }
    client.post(path, json={"question": "Why?", "k": 3, "filter": wanted, **more})
    by_get, by_post = service.requests
    assert by_get == by_post
    assert by_get.filter == SearchFilter(
        published_from=date(2025, 1, 1),
        published_to=date(2025, 2, 1),
        sources=("A", "B"),
        authors=("C",),
        sections=("D", "E"),
        exclude=("F",),
    )


def test_search_groups_and_sorts_as_it_is_told(client: TestClient, service: FakeService) -> None:
    client.get("/v1/search", params={**ASK, "group_by": "passage", "sort": "newest"})
    client.post("/v1/search", json={"question": "Why?", "group_by": "passage", "sort": "newest"})
    assert [(request.group_by, request.sort) for request in service.requests] == [("passage", "newest")] * 2


@pytest.mark.parametrize(
    ("path", "request_type"),
    [
        ("/v1/answer", AnswerRequest), ("/v1/search", SearchRequest), ("/v1/explain", ExplainRequest),
        ("/v1/timeline", TimelineRequest),
    ],
)  # fmt: skip
def test_an_address_and_a_body_take_every_field_of_their_request(
    client: TestClient, path: str, request_type: type[Request]
) -> None:
    schema = client.get("/openapi.json").json()
    parameters = schema["paths"][path]["get"]["parameters"]
    fields = list(flat_fields(request_type))
    assert [parameter["name"] for parameter in parameters] == [
        "q" if field.name == "question" else field.clause.param if field.clause else field.name for field in fields
    ]
    assert [parameter["description"] for parameter in parameters] == [field.help for field in fields]
    if "post" in schema["paths"][path]:
        reference = schema["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        body = schema["components"]["schemas"][reference.rpartition("/")[2]]
        assert list(body["properties"]) == list(request_type.model_fields)


class TranslatedRequest(AnswerRequest):
    """A request with two fields that the API has never heard of."""

    language: Annotated[str, Field(min_length=2, description="The language of the answer.")] = "en"
    least: Annotated[int, Field(ge=1, description="How many sentences there are at least.")] = 1


def test_a_new_field_of_a_request_is_taken_without_a_change_of_the_api() -> None:
    app = FastAPI()

    @app.get("/")
    def get(request: Annotated[TranslatedRequest, Depends(in_address(TranslatedRequest))]) -> TranslatedRequest:
        return request

    @app.post("/")
    def post(request: Annotated[TranslatedRequest, Depends(in_body(TranslatedRequest))]) -> TranslatedRequest:
        return request

    client = TestClient(app)
    by_get = client.get("/", params={"q": "Why?", "source": "A", "language": "no", "least": "2"})
    by_post = client.post("/", json={"question": "Why?", "filter": {"sources": ["A"]}, "language": "no", "least": 2})
    assert by_get.json() == by_post.json()
    assert TranslatedRequest.model_validate_json(by_get.text) == TranslatedRequest(
        question="Why?", filter=SearchFilter(sources=("A",)), language="no", least=2
    )
    assert client.get("/", params={"q": "Why?", "language": "n"}).status_code == 422
    assert client.post("/", json={"question": "Why?", "least": "2"}).status_code == 422
    named = {parameter["name"] for parameter in client.get("/openapi.json").json()["paths"]["/"]["get"]["parameters"]}
    assert {"q", "source", "language", "least"} <= named


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
    routes = {latency.route: latency for latency in app.state.metrics.last_hour()}
    assert routes.keys() == {"/v1/answer", "/v1/articles/{id:path}"}
    assert routes["/v1/answer"].count == 1
    assert 0 < routes["/v1/answer"].p50_ms <= routes["/v1/answer"].p99_ms


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
