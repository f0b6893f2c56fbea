"""The client against a real socket that fails first: what it sends, when it asks again, what its errors say."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import httpx2
import pytest

from api.openapi import examples
from rag.client import AsyncByline, Byline, Retry
from rag.errors import (
    ApiError,
    ArticleMissingError,
    BylineError,
    GenerationGoneError,
    IndexMissingError,
    ModelError,
    QuestionError,
    UnreachableError,
    UnreadableReplyError,
    UnusableIndexError,
)
from rag.types.fields import CLAUSES
from rag.types.requests import SearchRequest, flat_fields
from rag.types.results import Answer
from tests.contract.scripted import Reply, problem, scripted

ANSWER = Reply(body=examples.ANSWER.model_dump_json())
BUSY = problem(503, "index-missing", "Nothing is indexed yet; run `rag reindex PATH`.")
NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)

Call = Callable[..., Any]


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture(params=["Byline", "AsyncByline"])
def call(request: pytest.FixtureRequest, slept: list[float]) -> Call:
    """Make one call by either client: `call(url, "answer", "why?", k=3)`; nobody really sleeps."""

    async def nap(seconds: float) -> None:
        slept.append(seconds)

    async def awaiting(url: str, method: str, *arguments: Any, client: dict[str, Any], **options: Any) -> Any:
        async with AsyncByline(url, sleep=nap, **client) as archive:
            return await getattr(archive, method)(*arguments, **options)

    def either(url: str, method: str, *arguments: Any, client: dict[str, Any] | None = None, **options: Any) -> Any:
        client = {"retry": Retry(random=lambda: 1.0, clock=lambda: NOON), **(client or {})}
        if request.param == "AsyncByline":
            return anyio.run(lambda: awaiting(url, method, *arguments, client=client, **options))
        with Byline(url, sleep=slept.append, **client) as archive:
            return getattr(archive, method)(*arguments, **options)

    return either


def test_a_question_is_sent_with_what_was_said_and_nothing_else(call: Call) -> None:
    with scripted(ANSWER) as server:
        answer = call(
            server.url, "answer", "Why?", k=3, sources=["The Courier"], published_from=date(2025, 1, 1),
            published_to="2025-02-01", as_of="2025-03-01", request_id="abc-1",
        )  # fmt: skip
        assert answer == examples.ANSWER
        call(server.url, "answer", "Why?")
    first, second = server.requests
    assert (first.method, first.path) == ("POST", "/v1/answer")
    assert first.json() == {
        "question": "Why?", "k": 3, "as_of": "2025-03-01",
        "filter": {"sources": ["The Courier"], "published_from": "2025-01-01", "published_to": "2025-02-01"},
    }  # fmt: skip
    assert first.headers["X-Request-ID"] == "abc-1"
    assert first.headers["User-Agent"].startswith("byline/")
    assert second.json() == {"question": "Why?"}
    assert "X-Request-ID" not in second.headers


def test_every_clause_and_every_option_reaches_the_server(call: Call) -> None:
    values = {clause.name: ["x", "y"] if clause.kind in {"any_of", "none_of"} else "2025-01-01" for clause in CLAUSES}
    options = {"k": 3, "as_of": "2025-03-01", "interpret": False, "facets": True, "group_by": "article",
               "sort": "newest", "cursor": "c"}  # fmt: skip
    assert options.keys() | values.keys() == {field.name for field in flat_fields(SearchRequest)} - {"question"}
    replies = [Reply(body=record.model_dump_json()) for record in (examples.SEARCH_RESULT, examples.SEARCH_BATCH)]
    with scripted(*replies) as server:
        call(server.url, "search", "Why?", **values, **options)
        call(server.url, "search_all", ["Why?", {"question": "Who?", **values, **options}])
    assert server.requests[0].json() == {"question": "Why?", "filter": values, **options}
    assert server.requests[1].json() == {
        "searches": [{"question": "Why?"}, {"question": "Who?", "filter": values, **options}]
    }


def test_every_clause_is_a_parameter_of_the_timeline_s_address(call: Call) -> None:
    values = {clause.name: ["x", "y"] if clause.kind in {"any_of", "none_of"} else "2025-01-01" for clause in CLAUSES}
    with scripted(Reply(body=examples.TIMELINE.model_dump_json())) as server:
        call(server.url, "timeline", "Why?", **values, as_of=date(2025, 3, 1), unit="year")
        call(server.url, "timeline")
    sent = parse_qs(urlsplit(server.requests[0].path).query)
    named = {clause.param: values[clause.name] for clause in CLAUSES}
    assert sent == {"q": ["Why?"], "as_of": ["2025-03-01"], "unit": ["year"]} | {
        name: value if isinstance(value, list) else [value] for name, value in named.items()
    }
    assert server.requests[1].path == "/v1/timeline"


def test_none_is_as_good_as_leaving_an_option_out(call: Call) -> None:
    with scripted(ANSWER) as server:
        call(server.url, "answer", "Why?", as_of=None, k=None, published_from=None, sources=None, request_id=None)
    assert server.requests[0].json() == {"question": "Why?"}


def test_an_id_is_one_part_of_the_path_whatever_stands_in_it(call: Call) -> None:
    with scripted(Reply(body=examples.ARTICLE_VIEW.model_dump_json())) as server:
        call(server.url, "article", "a/b c?#é", version="0123abcd")
        call(f"{server.url}/behind/a/proxy", "article", "half \ud800")
    assert [request.path for request in server.requests] == [
        "/v1/articles/a%2Fb%20c%3F%23%C3%A9%400123abcd",
        "/behind/a/proxy/v1/articles/half%20%3F",
    ]


def test_what_is_misspelt_or_cannot_be_is_refused_before_anything_is_sent(call: Call) -> None:
    with scripted(ANSWER) as server:
        with pytest.raises(TypeError, match="'soruces' is no option of this call, which takes as_of"):
            call(server.url, "answer", "Why?", soruces=["x"])
        with pytest.raises(QuestionError, match="published_from 2025-02-01 is after"):
            call(server.url, "answer", "Why?", published_from="2025-02-01", published_to="2025-01-01")
        with pytest.raises(QuestionError, match="published_from: "):
            call(server.url, "answer", "Why?", published_from="May")
        with pytest.raises(QuestionError, match=r"sources: takes a list of names; write \['Courier'\]"):
            call(server.url, "answer", "Why?", sources="Courier")
    assert server.requests == []


def test_fields_that_a_newer_server_adds_are_left_out_at_every_depth(call: Call) -> None:
    said = examples.ANSWER.model_dump(mode="json")
    for part in (said, said["hits"][0], said["hits"][0]["scores"], said["sentences"][0]["citation"]):
        part["of_a_later_version"] = {"x": [1]}
    with pytest.raises(ValueError, match="Extra inputs"):  # or this test could not fail
        Answer.model_validate(said)
    with scripted(Reply(body=json.dumps(said))) as server:
        assert call(server.url, "answer", "Why?") == examples.ANSWER


@pytest.mark.parametrize("body", ['{"question": "Why?"}', "<html>", ""])
def test_a_reply_that_is_no_record_says_what_to_do(call: Call, body: str) -> None:
    with scripted(Reply(body=body)) as server, pytest.raises(UnreadableReplyError) as caught:
        call(server.url, "answer", "Why?")
    assert str(caught.value).startswith(f"{server.url}/v1/answer: is no Answer that this version reads: ")
    assert str(caught.value).endswith("; check the address, or update byline")


# Asking again


def test_a_busy_server_is_asked_again_with_growing_pauses(call: Call, slept: list[float]) -> None:
    with scripted(BUSY, problem(429, "too-many-requests", "Slower."), Reply(0), ANSWER) as server:
        assert call(server.url, "answer", "Why?") == examples.ANSWER
    assert slept == [0.25, 0.5, 1.0]
    assert [request.json() for request in server.requests] == [{"question": "Why?"}] * 4


def test_pauses_are_spread_and_bounded() -> None:
    early, late = Retry(random=lambda: 0.0), Retry(random=lambda: 1.0, longest_s=3.0, attempts=9)
    reply = httpx2.Response(503)
    assert [early.pause_s(n, reply) for n in (1, 2, 3, 4)] == [0.125, 0.25, 0.5, None]
    assert [late.pause_s(n, reply) for n in (4, 5, 8, 9)] == [2.0, 3.0, 3.0, None]
    spread = {Retry().pause_s(1, reply) for _ in range(20)}
    assert len(spread) > 1
    assert all(0.125 <= pause <= 0.25 for pause in spread if pause)


@pytest.mark.parametrize(
    ("said", "pause"),
    [
        ("2", 2.25),
        ("Sun, 01 Mar 2026 12:00:03 GMT", 3.25),
        ("Sun, 01 Mar 2026 12:00:03 -0000", 3.25),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.25),  # is past
        ("soon", 0.25),
        ("-3", 0.25),
        ("", 0.25),
    ],
)
def test_retry_after_is_waited_for(call: Call, slept: list[float], said: str, pause: float) -> None:
    busy = problem(503, "busy", "Later.", {"Retry-After": said})
    with scripted(busy, ANSWER) as server:
        assert call(server.url, "answer", "Why?") == examples.ANSWER
    assert slept == [pause]


@pytest.mark.parametrize("said", ["3600", "Mon, 02 Mar 2026 12:00:00 GMT"])
def test_what_asks_for_a_longer_wait_than_is_allowed_fails_at_once(call: Call, slept: list[float], said: str) -> None:
    with (
        scripted(problem(429, "too-many-requests", "Come back later.", {"Retry-After": said})) as server,
        pytest.raises(ApiError, match="429 Too Many Requests: Come back later"),
    ):
        call(server.url, "answer", "Why?")
    assert (len(server.requests), slept) == (1, [])


def test_a_server_that_stays_busy_fails_with_its_last_word(call: Call, slept: list[float]) -> None:
    with scripted(BUSY) as server, pytest.raises(IndexMissingError, match="run `rag reindex PATH`") as caught:
        call(server.url, "answer", "Why?", client={"retry": Retry(attempts=3)})
    assert (len(server.requests), len(slept)) == (3, 2)
    assert isinstance(caught.value.__cause__, ApiError)
    assert caught.value.__cause__.problem["status"] == 503


@pytest.mark.parametrize("status", [400, 404, 422, 500, 502])
def test_what_another_try_cannot_mend_is_not_asked_again(call: Call, slept: list[float], status: int) -> None:
    with scripted(problem(status, "some-kind", "No.")) as server, pytest.raises(ApiError):
        call(server.url, "answer", "Why?")
    assert (len(server.requests), slept) == (1, [])


def test_ready_asks_once_and_says_yes_or_no(call: Call, slept: list[float]) -> None:
    with scripted(BUSY, Reply(body='{"status": "ready", "generation": "gen-000001"}')) as server:
        assert [call(server.url, "ready"), call(server.url, "ready")] == [False, True]
    assert slept == []


# Errors


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def test_where_no_server_listens_is_said_with_the_address(call: Call, slept: list[float]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(UnreachableError) as caught:
        call(url, "status")
    assert str(caught.value).startswith(f"{url}: ")
    assert "(4 attempts); is a server running there?" in str(caught.value)
    assert slept == [0.25, 0.5, 1.0]


@pytest.mark.parametrize("url", ["localhost:8000", "", "127.0.0.1", "ftp://x", "http://", "http://[::1"])
def test_what_is_no_address_is_refused_at_once(url: str) -> None:
    for client in (Byline, AsyncByline):
        with pytest.raises(UnreachableError, match="is no address of a server; write it as http"):
            client(url)


def test_a_server_that_starts_late_is_reached(slept: list[float]) -> None:
    """A refused connection is asked again: the server comes up in the first pause."""
    port = free_port()
    with ExitStack() as running:

        def start_late(seconds: float) -> None:
            slept.append(seconds)
            running.enter_context(scripted(ANSWER, port=port))

        with Byline(f"http://127.0.0.1:{port}", sleep=start_late) as archive:
            assert archive.answer("Why?") == examples.ANSWER
    assert len(slept) == 1


def test_a_server_that_is_silent_is_left_in_time_and_not_asked_again(call: Call, slept: list[float]) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(UnreachableError, match=r"timed out|Timeout"):
            call(f"http://127.0.0.1:{silent.getsockname()[1]}", "status", client={"timeout_s": 0.2})
    assert slept == []


@pytest.mark.parametrize(
    ("reply", "raised"),
    [
        (problem(404, "article-missing", "no article 'x'"), ArticleMissingError),
        (problem(409, "generation-gone", "gen-000001 is not kept any more"), GenerationGoneError),
        (problem(503, "index-missing", "run `rag reindex`"), IndexMissingError),
        (problem(503, "index-unusable", "is damaged"), UnusableIndexError),
        (problem(503, "model-unavailable", "cannot be loaded"), ModelError),
        (problem(500, "internal-error", "Try again"), ApiError),
        (problem(404, "not-found", "Check the address"), ApiError),
        (problem(418, "of-a-later-version", "Tea"), ApiError),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else str(value.status),
)
def test_a_problem_is_the_error_that_the_service_raises(call: Call, reply: Reply, raised: type[BylineError]) -> None:
    with scripted(reply) as server, pytest.raises(raised) as caught:
        call(server.url, "status", client={"retry": Retry(attempts=1)})
    assert type(caught.value) is raised
    whole = caught.value if isinstance(caught.value, ApiError) else caught.value.__cause__
    assert isinstance(whole, ApiError)
    assert (whole.status, whole.problem) == (reply.status, json.loads(reply.body))
    assert json.loads(reply.body)["detail"] in str(caught.value)


def test_each_field_at_fault_is_named(call: Call) -> None:
    errors = [{"field": "k", "reason": "is 0, must be 1 to 100"}, {"field": "unit", "reason": "is not known here"}]
    refused = problem(422, "invalid-request", "Mend k.", errors=errors)
    with scripted(refused) as server, pytest.raises(QuestionError) as caught:
        call(server.url, "answer", "Why?", k=0)
    assert str(caught.value) == "k: is 0, must be 1 to 100; unit: is not known here"
    assert caught.value.field == "k"


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(502, "<h1>Bad\n gateway</h1>", {"Content-Type": "text/html"}), "502 Bad Gateway: <h1>Bad gateway</h1>"),
        (Reply(500, b"", {}), "500 Internal Server Error: nothing else was said"),
        (Reply(500, "{", {"Content-Type": "application/problem+json"}), "500 Internal Server Error: {"),
        (Reply(500, "[1]", {"Content-Type": "application/json"}), "500 Internal Server Error: [1]"),
        (Reply(301, b"", {"Location": "https://x.example/"}), "leads to https://x.example/; use that address"),
    ],
    ids=lambda value: None if isinstance(value, Reply) else value[:12],
)
def test_what_a_proxy_says_is_told_with_the_address(call: Call, reply: Reply, said: str) -> None:
    with scripted(reply) as server, pytest.raises(ApiError) as caught:
        call(server.url, "status")
    assert str(caught.value).startswith(f"{server.url}/v1/status: {reply.status} ")
    assert str(caught.value).endswith(said)
    assert caught.value.problem == {}


# What it needs


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)


def test_importing_the_client_loads_no_service_no_index_and_no_model() -> None:
    done = run("import rag.client, sys; print(*sys.modules)")
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert {"rag.client", "rag.types.results", "httpx2"} <= loaded
    heavy = {"numpy", "faiss", "torch", "tantivy", "openvino", "tokenizers", "fastapi", "starlette", "typer", "rich"}
    assert loaded & heavy == set()
    rooms = {".".join(name.split(".")[:2]) for name in loaded if name.startswith("rag.")}
    assert rooms == {"rag.client", "rag.errors", "rag.types"}


def test_without_its_extra_the_client_says_what_to_install() -> None:
    done = run("import sys; sys.modules['httpx2'] = None\nimport rag.client")
    assert done.returncode == 1
    assert "pip install 'byline[client]'" in done.stderr.splitlines()[-1]
