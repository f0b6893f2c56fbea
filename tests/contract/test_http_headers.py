"""What every response carries beside its body: tags, names, times, encodings, and who may read it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any, Self

import anyio
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.middleware.etag import SETTINGS
from api.middleware.observation import server_timing
from api.middleware.unexpected import UnexpectedErrorMiddleware
from api.openapi import examples
from rag.errors import EmbedderError, IndexCorruptError, IndexMissingError
from rag.settings import Settings
from tests.contract.fake_service import FakeService

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.types import Message, Receive, Scope, Send

ASK = {"q": examples.QUESTION}
ARTICLE = f"/v1/articles/{examples.ARTICLE.id}"
PAGE = "https://news.example"


@contextmanager
def serving(service: FakeService) -> Iterator[TestClient]:
    with TestClient(create_app(service)) as client:
        yield client


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def client(service: FakeService) -> Iterator[TestClient]:
    with serving(service) as client:
        yield client


def tag(client: TestClient, path: str, params: dict[str, Any] | None = None) -> str:
    """The tag of what a GET is answered."""
    found = client.get(path, params=params).headers["ETag"]
    assert re.fullmatch(r'W/"[0-9a-f]{32}"', found)
    return found


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/v1/answer", ASK),
        ("/v1/search", {**ASK, "group_by": "passage", "facets": True}),
        ("/v1/explain", {**ASK, "article": examples.ARTICLE.id}),
        ("/v1/timeline", {}),
        (ARTICLE, {}),
        (f"{ARTICLE}/similar", {"k": 3}),
    ],
)
def test_who_has_an_answer_is_told_so_without_asking_again(
    client: TestClient, service: FakeService, path: Any, params: Any
) -> None:
    first = client.get(path, params=params)
    assert first.headers["Cache-Control"] == "no-cache"
    asked = len(service.requests)
    again = client.get(path, params=params, headers={"If-None-Match": f'"other", {first.headers["ETag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Cache-Control"] == "no-cache"
    assert again.headers["X-Byline-Generation"] == "gen-000007"
    assert len(service.requests) == asked


def test_the_status_is_told_again_only_where_it_changed(client: TestClient, service: FakeService) -> None:
    before = client.get("/v1/status").headers["ETag"]
    assert client.get("/v1/status", headers={"If-None-Match": before}).status_code == 304
    service.status = lambda: examples.STATUS.model_copy(update={"previous": ()})  # pruned, while the same one serves
    after = client.get("/v1/status", headers={"If-None-Match": before})
    assert after.status_code == 200
    assert after.json()["previous"] == []


def test_a_304_is_counted_under_its_route(client: TestClient) -> None:
    known = {"If-None-Match": tag(client, "/v1/answer", ASK)}
    client.get("/v1/answer", params=ASK, headers=known)
    assert 'byline_requests_total{method="GET",route="/v1/answer",status="304"} 1.0' in client.get("/metrics").text


def test_parameters_in_another_order_are_the_same_request_and_other_values_another(client: TestClient) -> None:
    one = tag(client, "/v1/search?q=a&source=x&k=3")
    assert tag(client, "/v1/search?k=3&source=x&q=a") == one
    assert len({one, tag(client, "/v1/search?q=a&source=y&k=3"), tag(client, "/v1/answer?q=a&source=x&k=3")}) == 3


def test_the_day_is_part_of_what_is_asked_but_not_of_an_article(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = date.today()
    assert tag(client, "/v1/answer", {**ASK, "as_of": today}) == tag(client, "/v1/answer", ASK)
    before, article = tag(client, "/v1/answer", ASK), tag(client, ARTICLE)

    class Tomorrow(date):
        @classmethod
        def today(cls) -> Self:
            return cls.fromordinal(today.toordinal() + 1)

    monkeypatch.setattr("api.middleware.etag.date", Tomorrow)
    assert tag(client, "/v1/answer", ASK) != before
    assert tag(client, ARTICLE) == article


def test_another_generation_program_or_setting_makes_another_tag(client: TestClient, service: FakeService) -> None:
    seen = [tag(client, "/v1/answer", ASK)]
    service.name = service.next_name = "gen-000008"
    seen.append(tag(client, "/v1/answer", ASK))
    service.created = "2025-05-05"  # an index made anew counts from one again
    seen.append(tag(client, "/v1/answer", ASK))
    service.settings = service.settings.model_copy(update={"min_confidence": 0.5})
    seen.append(tag(client, "/v1/answer", ASK))
    app: Any = client.app
    app.version = "9.9.9"
    seen.append(tag(client, "/v1/answer", ASK))
    assert len(set(seen)) == len(seen)


def test_a_default_that_is_set_is_not_one_that_is_not() -> None:
    """What is set wins over what was fitted, so that the answers differ."""
    with serving(FakeService()) as unset, serving(FakeService(dense_weight=0.5)) as said:
        assert tag(unset, "/v1/answer", ASK) != tag(said, "/v1/answer", ASK)


def test_every_setting_is_one_that_changes_answers_or_one_that_does_not() -> None:
    """A new setting must be put on one side: where it changes answers and is no part of a tag, old ones stay."""
    reading = {name for name in Settings.model_fields if name.startswith("max_") and name != "max_sim_weight"}
    writing = {"passage_tokens", "exact_rows", "keep_generations", "index_root"}  # another index is another `created`
    assert SETTINGS | reading | writing | {"host", "port", "reload_s", "cors_origins"} == set(Settings.model_fields)


def test_what_is_no_lasting_answer_has_no_tag(client: TestClient, service: FakeService) -> None:
    assert "ETag" not in client.get("/v1/answer", params={"q": ""}).headers
    assert "ETag" not in client.get("/v1/articles/none").headers
    assert "ETag" not in client.post("/v1/answer", json={"question": "Why?"}).headers
    service.answer = lambda *_, **__: examples.ANSWER.model_copy(update={"warnings": ("not re-ranked: late",)})
    late = client.get("/v1/answer", params=ASK).headers
    assert "ETag" not in late
    assert late["Cache-Control"] == "no-store"


def test_an_answer_that_a_new_generation_came_into_has_no_tag(client: TestClient, service: FakeService) -> None:
    def answer(*_: Any, **__: Any) -> Any:
        service.name = service.next_name = "gen-000008"
        return examples.ANSWER

    service.answer = answer
    response = client.get("/v1/answer", params=ASK)
    assert response.headers["X-Byline-Generation"] == "gen-000007"
    assert "ETag" not in response.headers


def test_head_is_told_what_get_would_be(client: TestClient) -> None:
    got = client.get("/v1/answer", params=ASK).headers
    for response in (client.head("/v1/answer", params=ASK), client.head("/v1/status"), client.head("/static/page.css")):
        assert response.status_code == 200
        assert response.headers["ETag"]
    assert client.head("/v1/answer", params=ASK).headers["ETag"] == got["ETag"]
    assert client.head("/v1/answer", params=ASK, headers={"If-None-Match": got["ETag"]}).status_code == 304


def test_long_bodies_are_compressed_for_who_can_read_it_and_caches_are_told(client: TestClient) -> None:
    plain = client.get("/v1/answer", params=ASK, headers={"Accept-Encoding": "identity"})
    packed = client.get("/v1/answer", params=ASK, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 2
    assert plain.text == packed.text
    assert plain.headers["ETag"] == packed.headers["ETag"]
    assert "Content-Encoding" not in client.get("/livez", headers={"Accept-Encoding": "gzip"}).headers


def varies(response: Response) -> set[str]:
    return {name.strip() for name in response.headers.get("Vary", "").split(",")} - {""}


def test_what_is_not_sent_again_varies_as_what_was_sent() -> None:
    with serving(FakeService(cors_origins=PAGE)) as client:
        for path, params in (("/v1/answer", ASK), ("/v1/status", {}), ("/static/page.css", {})):
            for headers in ({}, {"Origin": PAGE}):
                sent = client.get(path, params=params, headers=headers)
                kept = client.get(path, params=params, headers={**headers, "If-None-Match": sent.headers["ETag"]})
                assert kept.status_code == 304
                assert varies(kept) == varies(sent) | {"Accept-Encoding"}


def test_a_static_file_is_kept_for_good_where_its_address_names_its_version(client: TestClient) -> None:
    asked = client.get("/static/page.css")
    named = client.get("/static/page.css?v=abc")
    assert asked.headers["Cache-Control"] == "no-cache"
    assert named.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert asked.headers["ETag"].startswith('W/"')  # it may be compressed
    assert client.get("/static/page.css", headers={"If-None-Match": asked.headers["ETag"]}).status_code == 304
    assert client.get("/static/none.css?v=abc").headers["Cache-Control"] == "no-cache"
    assert client.get("/static/page.css?v=").headers["Cache-Control"] == "no-cache"


def test_each_stage_is_timed_in_its_order(client: TestClient, service: FakeService) -> None:
    service.stages = {"answer": 0.002, "embed": 0.01, "facets": 0.001}
    said = client.get("/v1/answer", params=ASK).headers["Server-Timing"]
    took = {name: float(spent) for name, spent in re.findall(r"(\w+);dur=([\d.]+)", said)}
    assert list(took) == ["embed", "answer", "facets", "total"]
    assert 10 <= took["embed"] < took["total"]
    assert took["total"] >= took["embed"] + took["answer"] + took["facets"]
    assert client.get("/v1/status").headers["Server-Timing"].startswith("total;dur=")


def test_times_are_milliseconds_and_an_unknown_stage_is_not_told() -> None:
    assert server_timing({"search": 0.00312, "other": 1.0}, 0.0114) == "search;dur=3.1, total;dur=11.4"


@pytest.mark.parametrize("given", ["a", "req:2025.04_1-x", "x" * 128])
def test_a_sane_name_of_a_request_is_taken_over(client: TestClient, given: str) -> None:
    response = client.get("/v1/articles/none", headers={"X-Request-ID": given})
    assert response.headers["X-Request-ID"] == response.json()["request_id"] == given


@pytest.mark.parametrize("given", ["", "x" * 129, "two words", "a\tb", "<b>", "é".encode("latin-1"), "a/b"])
def test_any_other_is_replaced(client: TestClient, given: Any) -> None:
    response = client.get("/v1/articles/none", headers={"X-Request-ID": given})
    assert re.fullmatch(r"[0-9a-f]{16}", response.headers["X-Request-ID"])
    assert response.json()["request_id"] == response.headers["X-Request-ID"]


def test_each_request_has_a_name_of_its_own(client: TestClient) -> None:
    assert len({client.get("/livez").headers["X-Request-ID"] for _ in range(10)}) == 10


def test_a_fault_is_logged_by_the_name_that_its_caller_has(caplog: pytest.LogCaptureFixture) -> None:
    with serving(FakeService(fault=ZeroDivisionError("secret"))) as client:
        response = client.get("/v1/answer", params=ASK, headers={"X-Request-ID": "find-me"})
    assert response.status_code == 500
    assert response.json()["request_id"] == response.headers["X-Request-ID"] == "find-me"
    assert "GET '/v1/answer' failed (request find-me)" in caplog.text


def test_half_an_answer_does_not_look_whole(caplog: pytest.LogCaptureFixture) -> None:
    """What fails after it began to be sent is broken off, for the server to close the connection."""
    sent: list[Message] = []

    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ZeroDivisionError("secret")

    async def keep(message: Message) -> None:
        sent.append(message)

    async def nothing() -> Message:
        return {"type": "http.request"}

    scope = {"type": "http", "method": "GET", "path": "/x", "headers": [], "state": {"request_id": "find-me"}}
    with pytest.raises(ZeroDivisionError):
        anyio.run(UnexpectedErrorMiddleware(failing), scope, nothing, keep)
    assert [message["type"] for message in sent] == ["http.response.start"]
    assert "failed (request find-me)" in caplog.text


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (IndexMissingError("no index"), "5"),
        (IndexCorruptError("short"), "60"),
        (EmbedderError("no model"), "60"),
    ],
)
def test_what_may_be_over_later_says_when(fault: Any, seconds: str) -> None:
    with serving(FakeService(fault=fault)) as client:
        response = client.get("/v1/answer", params=ASK)
    assert (response.status_code, response.headers["Retry-After"]) == (503, seconds)


def test_a_probe_that_is_not_ready_says_when_to_look_again() -> None:
    with serving(FakeService(opening=IndexMissingError("no index"))) as client:
        assert client.get("/readyz").headers["Retry-After"] == "5"
        assert "Retry-After" not in client.get("/livez").headers


def test_other_pages_may_read_nothing_unless_the_operator_says_so(client: TestClient) -> None:
    response = client.get("/v1/answer", params=ASK, headers={"Origin": PAGE})
    assert "Access-Control-Allow-Origin" not in response.headers
    refused = client.options("/v1/answer", headers={"Origin": PAGE, "Access-Control-Request-Method": "POST"})
    assert refused.status_code == 405


def preflight(client: TestClient, origin: str, method: str = "POST", headers: str = "content-type,x-request-id") -> Any:
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return client.options("/v1/answer", headers={"Origin": origin, **asked})


def test_pages_of_named_origins_may_ask_and_read_our_headers() -> None:
    with serving(FakeService(cors_origins=f"{PAGE}, https://other.example:8443")) as client:
        allowed = preflight(client, PAGE)
        assert allowed.status_code == 200
        assert allowed.headers["Access-Control-Allow-Origin"] == PAGE
        assert "POST" in allowed.headers["Access-Control-Allow-Methods"]
        assert preflight(client, "https://other.example:8443").status_code == 200
        assert preflight(client, "https://evil.example").status_code == 400
        assert preflight(client, PAGE, method="DELETE").status_code == 400
        assert preflight(client, PAGE, headers="if-none-match, traceparent").status_code == 200
        response = client.get("/v1/answer", params=ASK, headers={"Origin": PAGE})
        assert response.headers["Access-Control-Allow-Origin"] == PAGE
        assert "Origin" in response.headers["Vary"]
        exposed = set(response.headers["Access-Control-Expose-Headers"].split(", "))
        assert {"ETag", "X-Byline-Generation", "X-Request-ID", "Server-Timing"} <= exposed
        assert (
            "Access-Control-Allow-Origin"
            not in client.get("/livez", headers={"Origin": "https://evil.example"}).headers
        )


def test_a_star_lets_every_page_read() -> None:
    with serving(FakeService(cors_origins="*")) as client:
        assert preflight(client, "https://any.example").headers["Access-Control-Allow-Origin"] == "*"
        assert client.get("/livez", headers={"Origin": PAGE}).headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("fault", "params", "status"),
    [(ZeroDivisionError("x"), ASK, 500), (IndexMissingError("x"), ASK, 503), (None, {"q": ""}, 422)],
)
def test_a_problem_has_the_headers_of_every_response(fault: Any, params: Any, status: int) -> None:
    with serving(FakeService(fault=fault, cors_origins=PAGE)) as client:
        response = client.get("/v1/answer", params=params, headers={"Origin": PAGE})
    assert response.status_code == status
    assert response.headers["Access-Control-Allow-Origin"] == PAGE
    assert response.headers["X-Byline-Generation"] == "gen-000007"
    assert response.headers["Server-Timing"].startswith("total;dur=")
    assert response.headers["X-Request-ID"] == response.json()["request_id"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-cache"
