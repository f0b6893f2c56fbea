"""`rag mcp` in a process of its own, called by the official client over stdin and stdout."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from rag.service import RagService
from rag.types.requests import AnswerRequest, SearchRequest, flat_fields
from tests.conftest import SEEDS
from tests.integration.conftest import RAG, Rag

QUESTION = "How long was the Halloran Bridge closed?"
HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "hand", "version": "1"}}
ABSENT = "What is the capital of Australia?"
Called = Callable[..., Any]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where the server's stderr goes."""
    return tmp_path / "stderr.log"


@pytest.fixture
def session(environ: dict[str, str], tmp_path: Path, log: Path) -> Callable[[Callable[[Client], Awaitable[Any]]], Any]:
    """Run an async function with a client of a fresh server."""

    def run(talk: Callable[[Client], Awaitable[Any]]) -> Any:
        async def connected() -> Any:
            server = StdioServerParameters(command=str(RAG), args=["mcp"], env=environ, cwd=tmp_path)
            with log.open("w") as errors:
                async with Client(stdio_client(server, errlog=errors)) as client:
                    return await talk(client)

        return anyio.run(connected)

    return run


@pytest.fixture
def seeds(service: RagService) -> RagService:
    service.reindex([SEEDS])
    return service


def structured(result: Any) -> dict[str, Any]:
    assert not result.is_error, result.content
    content = result.structured_content
    assert isinstance(content, dict)
    return content


def text(result: Any) -> str:
    (block,) = result.content
    content: str = block.text
    return content


def test_every_tool_says_what_it_takes_and_returns(
    session: Callable[[Callable[[Client], Awaitable[Any]]], Any], seeds: RagService
) -> None:
    async def talk(client: Client) -> Any:
        return client.instructions, (await client.list_tools()).tools

    instructions, tools = session(talk)
    assert "holds no answer" in instructions
    assert [tool.name for tool in tools] == ["answer", "search", "article"]
    for tool in tools:
        assert tool.description
        assert tool.annotations.read_only_hint
        assert all(argument["description"] for argument in tool.input_schema["properties"].values())
        assert tool.output_schema["properties"]
    answer, search, _ = ({*tool.input_schema["properties"]} for tool in tools)
    assert answer == {field.name for field in flat_fields(AnswerRequest)} - {"facets"}
    assert search == {field.name for field in flat_fields(SearchRequest)} - {"facets"}
    assert {"question"} == set(tools[0].input_schema["required"])


def test_every_quote_is_the_very_characters_of_the_article_that_is_returned(
    session: Callable[[Callable[[Client], Awaitable[Any]]], Any], seeds: RagService
) -> None:
    async def talk(client: Client) -> None:
        answer = structured(await client.call_tool("answer", {"question": QUESTION, "k": 4}))
        listed = structured(
            await client.call_tool("search", {"question": "bridge repair", "k": 9, "group_by": "passage"})
        )
        assert answer["answered"]
        assert len(listed["passages"]) == 9
        quoted = [*answer["sentences"], *(one["citation"] for one in answer["passages"] + listed["passages"])]
        for citation in quoted:
            version = {"id": citation["id"], "version": citation["version"]}
            article = structured(await client.call_tool("article", version))
            assert article["text"][citation["start"] : citation["end"]] == citation["quote"]
            for name in ("id", "version", "title", "authors", "source", "published", "url"):
                assert article[name] == citation[name]
        (first, *_) = answer["sentences"]
        assert first["link"].startswith(f"{first['url']}#:~:text=")
        assert first["published"] == "2025-05-17"

    session(talk)


def test_an_answer_can_be_read_without_its_structure(
    session: Callable[[Callable[[Client], Awaitable[Any]]], Any], seeds: RagService
) -> None:
    async def talk(client: Client) -> None:
        result = await client.call_tool("answer", {"question": QUESTION, "k": 1})
        first = structured(result)["sentences"][0]
        printed = text(result)
        assert f"1. “{first['quote']}”\n— {first['title']}, Moira Tench, The Tarnhaven Ledger, 2025-05-17" in printed
        assert first["link"] in printed
        article = await client.call_tool("article", {"id": first["id"]})
        assert text(article).endswith(structured(article)["text"])
        assert text(article).startswith(first["title"])

    session(talk)


def test_an_abstention_is_said_as_such(
    session: Callable[[Callable[[Client], Awaitable[Any]]], Any], seeds: RagService
) -> None:
    async def talk(client: Client) -> None:
        result = await client.call_tool("answer", {"question": ABSENT})
        answer = structured(result)
        assert (answer["answered"], answer["reason"], answer["sentences"]) == (False, "no_match", [])
        assert text(result).startswith("Not in this archive: no passage shares its words.\n")
        assert "which may be about something else" in text(result)

    session(talk)


def test_a_search_is_narrowed_and_goes_on(
    session: Callable[[Callable[[Client], Awaitable[Any]]], Any], seeds: RagService
) -> None:
    async def talk(client: Client) -> None:
        arguments = {"question": "bridge", "k": 3, "sources": ["northshore wire"], "published_from": "2024-01-01"}
        first = structured(await client.call_tool("search", arguments))
        assert {one["citation"]["source"] for one in first["passages"]} == {"Northshore Wire"}
        more = await client.call_tool("search", {**arguments, "cursor": first["next"]})
        assert next(one["rank"] for one in structured(more)["passages"]) == 4
        newest = structured(await client.call_tool("search", {**arguments, "k": 9, "sort": "newest"}))["passages"]
        days = [one["citation"]["published"] for one in newest]
        assert days == sorted(days, reverse=True)
        without = {**arguments, "exclude": [newest[0]["citation"]["id"]]}
        rest = structured(await client.call_tool("search", {**without, "k": 9, "sort": "newest"}))["passages"]
        assert newest[0]["citation"]["id"] not in {one["citation"]["id"] for one in rest}

    session(talk)


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("article", {"id": "nope"}, "no article 'nope' in gen-000001"),
        ("answer", {"question": " "}, "question: is empty"),
        (
            "answer",
            {"question": "x", "k": 1000},
            "k: Input should be less than or equal to 100. answer takes: question",
        ),
        ("search", {"question": "x", "soruces": ["y"]}, "soruces: Extra inputs are not permitted. search takes:"),
        ("search", {"question": "x", "published_from": "May"}, "published_from: must be a day, as 2025-04-22. search"),
        ("search", {"question": "x", "cursor": "y"}, "cursor: is none that Byline gave"),
        (
            "search",
            {"question": "x", "published_from": "2025-02-01", "published_to": "2025-01-01"},
            "filter: published_from 2025-02-01 is after published_to 2025-01-01",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else None,
)
def test_what_cannot_be_done_is_the_tool_s_error_in_clear_words(
    session: Callable[[Callable[[Client], Awaitable[Any]]], Any],
    indexed: RagService,
    tool: str,
    arguments: dict[str, Any],
    message: str,
) -> None:
    async def talk(client: Client) -> None:
        result = await client.call_tool(tool, arguments)
        assert result.is_error
        assert text(result).startswith(message)
        assert (await client.call_tool("article", {"id": "seal.txt"})).is_error is False  # it serves on

    session(talk)


def test_without_an_index_the_tools_say_what_to_do_and_find_it_later(
    session: Callable[[Callable[[Client], Awaitable[Any]]], Any], service: RagService, folder: Path, log: Path
) -> None:
    async def talk(client: Client) -> None:
        result = await client.call_tool("search", {"question": "bridge"})
        assert result.is_error
        assert "rag reindex PATH" in text(result)
        await anyio.to_thread.run_sync(lambda: service.reindex([folder]))
        assert structured(await client.call_tool("search", {"question": "bridge"}))["generation"] == "gen-000001"
        (folder / "more.txt").write_text("A fourth article says little.")
        await anyio.to_thread.run_sync(service.reindex)
        assert structured(await client.call_tool("article", {"id": "more.txt"}))["generation"] == "gen-000002"

    session(talk)
    assert "Traceback" not in log.read_text()


def test_stdout_holds_the_protocol_and_nothing_else(
    environ: dict[str, str], indexed: RagService, tmp_path: Path
) -> None:
    """A host of an older version, by hand: every line of stdout is JSON-RPC, and the end of stdin is the server's."""
    lines = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {
            "jsonrpc": "2.0",
            "id": 2,
            "method": "tools/call",
            "params": {"name": "answer", "arguments": {"question": "Why?"}},
        },
    ]
    with subprocess.Popen(
        [RAG, "mcp"], cwd=tmp_path, env=environ | {"RAG_EMBEDDER": "openvino"}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as server:  # fmt: skip
        assert server.stdin
        assert server.stdout
        server.stdin.write("".join(f"{json.dumps(line)}\n" for line in lines))
        server.stdin.flush()
        replies = [json.loads(server.stdout.readline()) for _ in range(2)]
        server.stdin.close()
        rest = server.stdout.read()
        assert server.wait(timeout=30) == 0
    assert [reply["id"] for reply in replies] == [1, 2]
    assert replies[1]["result"]["structuredContent"]["question"] == "Why?"
    assert rest == ""


def test_ctrl_c_ends_it_while_it_waits(environ: dict[str, str], indexed: RagService, tmp_path: Path) -> None:
    with subprocess.Popen(
        [RAG, "mcp"], cwd=tmp_path, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as server:
        assert server.stdin
        assert server.stdout
        server.stdin.write(
            f"{json.dumps({'jsonrpc': '2.0', 'id': 1, 'method': 'initialize', 'params': HELLO})}\n".encode()
        )
        server.stdin.flush()
        assert server.stdout.readline()  # it waits for the next line now
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=30) == 130
        assert server.stderr
        assert server.stderr.read() == b""


def test_without_its_extra_the_command_says_what_to_install(rag: Rag, tmp_path: Path) -> None:
    (tmp_path / "mcp.py").write_text("raise ImportError('mcp')")
    assert rag("mcp", PYTHONPATH=str(tmp_path)).stderr == "rag: rag mcp needs `pip install 'byline[mcp]'`\n"
