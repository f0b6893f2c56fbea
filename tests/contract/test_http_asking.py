"""Lists that go on, batches, timelines, similar articles and citations, over a real index that changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from api.app import create_app
from api.openapi import examples
from api.schemas.request import body_model
from rag.service import RagService
from rag.settings import Settings
from rag.types.articles import Article
from rag.types.requests import Request
from rag.types.results import SearchBatch, SearchResult, SimilarArticles, Timeline
from tests.conftest import article
from tests.contract.fake_service import FakeService
from tests.serving import hashing_service, publish

ASK: dict[str, Any] = {"q": "rope", "group_by": "article", "k": 4}


def written(service: RagService, articles: list[Article]) -> None:
    publish(service, articles, keep_generations=2)
    service.reload()


@pytest.fixture
def articles() -> list[Article]:
    """Ten articles about rope of two outlets and two sections, one of which has an id that ends in `/similar`."""
    return [
        article(
            "knots/similar" if number == 9 else "knots" if number == 8 else f"rope-{number}",
            f"Rope number {number} was spliced by hand {number} times. " + ("Hemp is strong. " * number),
            f"Rope {number}",
            source="Courier" if number % 2 else "Wire",
            section="Harbour" if number % 3 else "Local",
            published=date(2025, number % 3 + 1, 1 + number),
        )
        for number in range(10)
    ]


@pytest.fixture
def service(tmp_path: Path, articles: list[Article]) -> RagService:
    service = hashing_service(Settings(index_root=tmp_path, reload_s=2))
    written(service, articles)
    return service


@pytest.fixture
def client(service: RagService) -> Iterator[TestClient]:
    with TestClient(create_app(service)) as client:
        yield client


def followed(client: TestClient, first: SearchResult, **params: Any) -> list[str]:
    """The ids of a list that is followed to its end by its cursors."""
    found, last = [hit.citation.id for hit in first.hits], first
    while last.next:
        response = client.get("/v1/search", params={**ASK, **params, "cursor": last.next})
        assert response.status_code == 200, response.text
        last = SearchResult.model_validate_json(response.text)
        assert last.generation == response.headers["X-Byline-Generation"] == first.generation
        found += [hit.citation.id for hit in last.hits]
    return found


def test_a_list_goes_on_by_its_cursor_to_its_end(client: TestClient) -> None:
    first = SearchResult.model_validate_json(client.get("/v1/search", params=ASK).text)
    whole = client.get("/v1/search", params={**ASK, "k": 100}).json()
    found = followed(client, first)
    assert found == [hit["citation"]["id"] for hit in whole["hits"]]
    assert len(found) == first.total.value == 10
    assert whole["next"] is None


def test_a_cursor_goes_on_in_the_generation_it_began_in_by_post_too(
    client: TestClient, service: RagService, articles: list[Article]
) -> None:
    first = SearchResult.model_validate_json(client.get("/v1/search", params=ASK).text)
    tagged = client.get("/v1/search", params={**ASK, "cursor": first.next}).headers["ETag"]
    written(service, articles[:3])
    assert client.get("/v1/status").json()["generation"] == "gen-000002"
    assert len(followed(client, first)) == 10
    posted = client.post("/v1/search", json={"question": "rope", "group_by": "article", "k": 4, "cursor": first.next})
    assert posted.json()["generation"] == "gen-000001"
    again = client.get("/v1/search", params={**ASK, "cursor": first.next}, headers={"If-None-Match": tagged})
    assert again.status_code == 200  # it may be gone soon, which only asking can tell


def test_a_cursor_of_a_generation_that_is_gone_says_so_and_what_to_do(
    client: TestClient, service: RagService, articles: list[Article]
) -> None:
    first = client.get("/v1/search", params=ASK).json()
    for count in (3, 4, 5):
        written(service, articles[:count])
    gone = client.get("/v1/search", params={**ASK, "cursor": first["next"]})
    assert gone.status_code == 409
    assert gone.headers["content-type"] == "application/problem+json"
    assert gone.json()["type"] == "/docs#problem-generation-gone"
    assert "gen-000001" in gone.json()["detail"]
    assert "without the cursor" in gone.json()["detail"]
    body = {"question": "rope", "group_by": "article", "cursor": first["next"]}
    assert client.post("/v1/search", json=body).status_code == 409


@pytest.mark.parametrize("params", [{"cursor": "nonsense"}, {"cursor": "é"}, {"cursor": "x" * 501}, {"q": "other"}])
def test_a_cursor_of_nothing_or_of_another_list_is_refused(client: TestClient, params: dict[str, Any]) -> None:
    cursor = client.get("/v1/search", params=ASK).json()["next"]
    response = client.get("/v1/search", params={**ASK, "cursor": cursor, **params})
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["cursor"]


def test_facets_are_counted_where_they_are_asked_for(client: TestClient) -> None:
    for path in ("/v1/answer", "/v1/search"):
        assert client.get(path, params={"q": "rope"}).json()["facets"] is None
        by_get = client.get(path, params={"q": "rope", "facets": "true"}).json()["facets"]
        by_post = client.post(path, json={"question": "rope", "facets": True}).json()["facets"]
        assert by_get == by_post
        assert {one["value"] for one in by_get["sections"]} <= {"Harbour", "Local"}
        assert by_get["matching"]["value"] == sum(one["articles"] for one in by_get["sources"]) > 0


def test_a_section_narrows_by_get_and_post(client: TestClient) -> None:
    by_get = client.get("/v1/search", params={**ASK, "section": "local", "k": 100}).json()
    body = {"question": "rope", "group_by": "article", "k": 100, "filter": {"sections": ["LOCAL"]}}
    by_post = client.post("/v1/search", json=body).json()
    assert {hit["citation"]["section"] for hit in by_get["hits"]} == {"Local"}
    assert [hit["citation"]["id"] for hit in by_get["hits"]] == [hit["citation"]["id"] for hit in by_post["hits"]]
    both = client.get("/v1/search", params={**ASK, "section": ["Local", "Harbour"], "k": 100}).json()
    assert both["total"]["value"] == 10


def test_a_batch_is_what_its_searches_are_alone_in_one_generation(client: TestClient) -> None:
    asked = [
        {"question": "rope", "k": 3},
        {"question": "hemp", "group_by": "passage", "facets": True},
        {"question": "splice", "filter": {"sources": ["Wire"]}, "as_of": "2025-02-01"},
    ]
    response = client.post("/v1/search/batch", json={"searches": asked})
    batch = SearchBatch.model_validate_json(response.text)
    assert response.headers["X-Byline-Generation"] == batch.generation == "gen-000001"
    assert [one.model_dump_json() for one in batch.results] == [
        client.post("/v1/search", json=one).text for one in asked
    ]


@pytest.mark.parametrize(
    ("searches", "fields"),
    [
        ([{"question": "a"}, {"question": "b"}, {"question": "c"}, {"question": "d", "k": 0}], ["searches.3.k"]),
        ([{"question": " "}], ["searches.0.question"]),
        ([{"question": "a", "cursor": "x"}], ["searches.0.cursor"]),
        (
            [
                {"question": "a"},
                {"question": "a", "filter": {"published_from": "2025-02-01", "published_to": "2025-01-01"}},
            ],
            ["searches.1.filter"],
        ),
        ([{"k": 3}, {"question": "a", "as_of": 0}], ["searches.0.question", "searches.1.as_of"]),
        ([], ["searches"]),
        ([{"question": "a"}] * 21, ["searches"]),
    ],
)
def test_what_is_wrong_in_a_batch_is_named_with_its_search(
    client: TestClient, searches: Any, fields: list[str]
) -> None:
    response = client.post("/v1/search/batch", json={"searches": searches})
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == fields


def test_a_timeline_counts_all_or_what_matches(client: TestClient) -> None:
    everything = Timeline.model_validate_json(client.get("/v1/timeline", params={"unit": "month"}).text)
    assert [bucket.articles for bucket in everything.buckets] == [4, 3, 3]
    assert everything.question is None
    narrowed = client.get("/v1/timeline", params={"unit": "month", "source": "wire", "q": "rope"}).json()
    assert narrowed["question"] == "rope"
    assert 0 < sum(bucket["articles"] for bucket in narrowed["buckets"]) <= 5
    early = client.get("/v1/timeline", params={"as_of": "2025-01-31"}).json()
    assert early["as_of"] == "2025-01-31"
    assert early["matching"]["value"] == 4
    wrong = client.get("/v1/timeline", params={"unit": "hour", "q": ""})
    assert {error["field"] for error in wrong.json()["errors"]} == {"unit", "q"}


def test_similar_articles_are_those_of_other_stories(client: TestClient) -> None:
    found = SimilarArticles.model_validate_json(client.get("/v1/articles/rope-1/similar", params={"k": 3}).text)
    assert found.article.id == "rope-1"
    assert 0 < len(found.similar) <= 3
    assert "rope-1" not in {one.id for one in found.similar}
    assert client.get("/v1/articles/none/similar").status_code == 404
    assert client.get("/v1/articles/rope-1/similar?k=0").json()["errors"][0]["field"] == "k"


def test_an_id_that_ends_in_similar_is_reached_when_it_is_sent_as_one_segment(client: TestClient) -> None:
    id = "knots/similar"
    assert client.get(f"/v1/articles/{quote(id, safe='')}").json()["article"]["id"] == id
    assert client.get("/v1/articles/knots/similar").json()["article"]["id"] == "knots"  # those similar to `knots`
    assert client.get(f"/v1/articles/{quote(id, safe='')}/similar").json()["article"]["id"] == id
    assert client.get(f"/v1/articles/{id}/similar").json()["article"]["id"] == id
    assert client.head(f"/v1/articles/{quote(id, safe='')}").status_code == 200


def test_a_method_that_an_id_ending_in_similar_has_not_is_refused_as_any(client: TestClient) -> None:
    for path in ("/v1/articles/knots/similar", "/v1/articles/knots%2Fsimilar"):
        response = client.post(path)
        assert response.status_code == 405
        assert response.headers["Allow"] == "GET, HEAD"


def test_citations_are_checked_in_their_order(client: TestClient, service: RagService, articles: list[Article]) -> None:
    citation = client.get("/v1/search", params=ASK).json()["hits"][0]["citation"]
    least = {name: citation[name] for name in ("id", "start", "end", "quote")}
    sent = [
        citation,
        least,
        {**least, "start": 5, "end": 9},
        {**least, "id": "none"},
        {**least, "quote": "Never said."},
    ]
    response = client.post("/v1/citations/verify", json={"citations": sent})
    assert [one["verdict"] for one in response.json()["results"]] == ["exact", "exact", "moved", "gone", "changed"]
    assert response.headers["X-Byline-Generation"] == response.json()["generation"]
    written(service, [one for one in articles if one.id != citation["id"]])
    again = client.post("/v1/citations/verify", json={"citations": [citation]})
    assert [one["verdict"] for one in again.json()["results"]] == ["gone"]


@pytest.mark.parametrize(
    ("citations", "field"),
    [
        ([], "citations"),
        ([examples.CITED] * 101, "citations"),
        ([{"id": "a", "start": 0, "end": 3}], "citations.0.quote"),
        ([examples.CITED, {**examples.CITED, "start": -1}], "citations.1.start"),
        ([{**examples.CITED, "start": "0"}], "citations.0.start"),
        ([{**examples.CITED, "end": True}], "citations.0.end"),
    ],
)
def test_what_is_no_citation_is_named(client: TestClient, citations: Any, field: str) -> None:
    response = client.post("/v1/citations/verify", json={"citations": citations})
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_what_pydantic_would_read_into_a_value_is_refused() -> None:
    """The schema says what is taken, and nothing else is: no seconds for a day, no words for a number."""
    more: dict[str, Any]
    with TestClient(create_app(FakeService())) as client:
        for params in ({"as_of": "0"}, {"published_from": "2025-04-22T00:00"}, {"published_to": "20250422"}):
            assert client.get("/v1/answer", params={"q": "x", **params}).status_code == 422, params
        for more in ({"k": "3"}, {"k": True}, {"interpret": 1}, {"facets": "yes"}, {"as_of": 0}, {"k": 1.5}):
            assert client.post("/v1/answer", json={"question": "x", **more}).status_code == 422, more
        for more in ({"k": 3.0}, {"interpret": False}, {"as_of": None}, {"filter": {"published_from": "2025-04-22"}}):
            assert client.post("/v1/answer", json={"question": "x", **more}).status_code == 200, more


@pytest.mark.parametrize("value", ["2", True])
def test_a_body_s_number_that_may_be_left_out_is_a_number_too(value: object) -> None:
    class SomeRequest(Request):
        most: int | None = None

    body: Any = body_model(SomeRequest)
    assert [body(most=most).model_dump() for most in (2, None)] == [{"most": 2}, {"most": None}]
    with pytest.raises(ValidationError, match="must be a number"):
        body(most=value)


@pytest.mark.parametrize("blank", [" ", "\t\n", "\x1c\x1f", "\x85", "\ufeff", "\u2028\u3000"])
def test_a_question_of_white_space_alone_is_empty(blank: str) -> None:
    with TestClient(create_app(FakeService())) as client:
        response = client.post("/v1/answer", json={"question": blank})
    assert response.json()["errors"] == [{"field": "question", "reason": "is empty"}]


def test_the_first_and_the_last_day_of_the_calendar_can_be_asked_for(client: TestClient) -> None:
    for day in ("0001-01-01", "9999-12-31"):
        for path in ("/v1/answer", "/v1/search", "/v1/timeline"):
            params = {"q": "What was spliced last year?", "as_of": day, "published_from": day, "published_to": day}
            assert client.get(path, params=params).status_code == 200
            assert client.get(path, params={"q": "What was spliced?", "as_of": day}).status_code == 200
