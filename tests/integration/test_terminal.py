"""The real command on a real (pseudo) terminal: a page for people there, plain text wherever it is not one."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from rag import messages
from rag.cli import options, search_output, terminal
from rag.service import RagService
from rag.types.requests import AnswerRequest, SearchRequest
from rag.types.results import Answer, SearchResult
from tests.conftest import ROOT
from tests.integration.conftest import PATIENCE_S, RAG, Rag

QUESTION = "Why did the bridge close?"
STEERING = re.compile(r"\x1b\]8;[^;]*;(?P<link>[^\x1b]*)\x1b\\|\x1b\[[\d;]*m")  # hyperlinks (OSC 8) and styles (SGR)
OnTerminal = Callable[..., str]


@pytest.fixture
def on_terminal(environ: dict[str, str], tmp_path: Path) -> OnTerminal:
    """Run `rag` with a terminal as its stdout; return what the terminal got."""

    def run(*arguments: object, **more: str) -> str:
        ours, theirs = pty.openpty()
        variables = {name: value for name, value in environ.items() if name != "NO_COLOR"} | {"TERM": "xterm-256color"}
        process = subprocess.Popen(
            [RAG, *map(str, arguments)], cwd=tmp_path, env=variables | more, stdout=theirs, stderr=subprocess.DEVNULL
        )
        os.close(theirs)
        got = b""
        with suppress(OSError):  # what Linux says where the other side was closed
            while block := os.read(ours, 65536):
                got += block
        os.close(ours)
        process.wait(timeout=PATIENCE_S)
        return got.decode().replace("\r\n", "\n")

    return run


def bare(page: str) -> str:
    return STEERING.sub("", page)


@pytest.mark.parametrize("columns", [40, 72, 200])
def test_an_answer_is_a_page_as_wide_as_the_terminal(
    on_terminal: OnTerminal, indexed: RagService, columns: int
) -> None:
    page = on_terminal("ask", QUESTION, COLUMNS=str(columns))
    lines = [line.rstrip() for line in bare(page).splitlines()]
    assert max(map(len, lines)) <= min(columns, terminal.MAX_WIDTH)
    said = " ".join(bare(page).split())
    answer = indexed.answer(AnswerRequest(question=QUESTION))
    assert said.startswith("The bridge closed in May because a hanger had cracked.")
    assert f"Quoted word for word; {messages.confidence_phrase(answer.confidence)}." in said
    assert "Ann Lee · Courier · 1 May 2025" in said


def test_the_answering_sentence_is_lit_in_its_passage(on_terminal: OnTerminal, indexed: RagService) -> None:
    page = on_terminal("ask", QUESTION, "-k", 1)
    lit = re.findall(r"\x1b\[30;43m(.*?)\x1b\[0m", page)
    assert [" ".join(one.split()) for one in lit] == ["The bridge closed in May because a hanger had cracked."]
    assert "It is forty metres long." in bare(page)


def test_a_headline_opens_its_source(on_terminal: OnTerminal, service: RagService, tmp_path: Path) -> None:
    lines = ('{"title": "Mill", "text": "The tide mill turned again.", "url": "https://courier.example/mill"}',
             '{"title": "Bad", "text": "The tide mill stood still.", "url": "javascript:alert(1)"}')  # fmt: skip
    (tmp_path / "two.jsonl").write_text("\n".join(lines))
    service.reindex([tmp_path / "two.jsonl"])
    page = on_terminal("search", "tide mill")
    links = {match["link"] for match in STEERING.finditer(page) if match["link"]}
    assert len(links) == 1
    assert links.pop().startswith("https://courier.example/mill#:~:text=")
    assert "2 of 2 stories" in bare(page)


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_who_wants_no_colour_gets_what_a_pipe_gets(
    on_terminal: OnTerminal, rag: Rag, indexed: RagService, variables: dict[str, str]
) -> None:
    for command in (("ask", QUESTION), ("ask", "Who painted the Sistine Chapel?"), ("search", QUESTION, "--facets")):
        piped = rag(*command).stdout
        assert "\x1b" not in piped
        assert on_terminal(*command, **variables) == piped
        assert "\x1b" in on_terminal(*command)


def test_what_an_article_says_steers_no_terminal(
    indexed: RagService, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = indexed.answer(AnswerRequest(question=QUESTION)).model_dump_json()
    answer = Answer.model_validate_json(said.replace("hanger had", "\\u001b]2;x\\u0007 \\u009bad"))  # as long as before
    for is_there in (False, True):
        monkeypatch.setattr(terminal, "is_there", lambda is_there=is_there: is_there)
        search_output.answer(answer, "text")
        shown = capsys.readouterr().out
        assert "\ufffd]2;x\ufffd \ufffdad cracked" in shown
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", STEERING.sub("", shown))


HOSTILE = "\x1b[2J\x07 \x9b2J\x7f"
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def test_no_field_of_an_article_steers_a_terminal_whichever_command_prints_it(
    on_terminal: OnTerminal, rag: Rag, service: RagService, tmp_path: Path
) -> None:
    names = ("id", "title", "author", "source", "section", "url", "text")
    said = {name: f"{name} of the tide mill{HOSTILE}" for name in names} | {"url": f"https://a.example/{HOSTILE}"}
    path = tmp_path / f"mill{HOSTILE.replace('/', '')}.jsonl"
    path.write_text("\n".join([json.dumps(said), json.dumps({"id": HOSTILE})]))
    service.reindex([path])
    (hit,) = service.search(SearchRequest(question="tide mill")).hits
    for command in (
        ("inspect", path), ("reindex",), ("status",), ("ask", "What is of the tide mill?"),
        ("search", "tide mill", "--facets"), ("explain", "tide mill", hit.citation.id),
        ("article", hit.citation.id), ("article", f"no {HOSTILE}"),
        ("search", "tide mill", "--json"), ("search", "tide mill", "--jsonl"), ("inspect", path, "--json"),
    ):  # fmt: skip
        done = rag(*command)
        for shown in (
            done.stdout,
            done.stderr,
            *(bare(on_terminal(*command, **variables)) for variables in ({}, {"NO_COLOR": "1"})),
        ):
            assert not CONTROLS.search(shown), (command, CONTROLS.search(shown))
    assert SearchResult.model_validate_json(rag("search", "tide mill", "--json").stdout).hits == (hit,)


def test_nothing_is_printed_past_what_cleans_it() -> None:
    printing_elsewhere = [
        path.name
        for path in sorted((ROOT / "rag").rglob("*.py"))
        if path.name != "console.py" and re.search(r"\btyper\.echo\(|\bConsole\(", path.read_text("utf-8"))
    ]
    assert printing_elsewhere == []


def test_how_sure_an_answer_is_is_said_in_words() -> None:
    assert [messages.confidence_phrase(share) for share in (0.0, 0.4, 0.61, 0.8, 1.0)] == [
        "a weak guess (0%)", "perhaps right (40%)", "likely right (61%)", "very likely right (80%)",
        "almost certainly right (99%)",
    ]  # fmt: skip


# Exit codes, help and completion


def test_not_answered_is_an_exit_code_where_that_is_asked_for(rag: Rag, indexed: RagService) -> None:
    absent = "Who painted the Sistine Chapel?"
    assert rag("ask", absent).returncode == options.OK
    done = rag("ask", absent, "--fail-on-abstain", "--json")
    assert (done.returncode, Answer.model_validate_json(done.stdout).answered) == (options.NOT_ANSWERED, False)
    assert rag("ask", QUESTION, "--fail-on-abstain").returncode == options.OK


@pytest.mark.parametrize(
    ("code", "command"),
    [
        (options.OK, ("status",)),
        (options.FAILED, ("reindex", "nowhere")),
        (options.USAGE, ("ask", " ")),
        (options.UNUSABLE, ("verify",)),
        (options.NOT_FOUND, ("article", "nope")),
        (options.PARTLY, ("reindex", "archive")),
        (options.NOT_ANSWERED, ("ask", "Who painted the Sistine Chapel?", "--fail-on-abstain")),
    ],
    ids=str,
)
def test_each_exit_code_is_met(
    rag: Rag, indexed: RagService, folder: Path, code: int, command: tuple[str, ...]
) -> None:
    """All but that of Ctrl-C, which `test_reindex.py` and `test_mcp.py` press."""
    if code == options.UNUSABLE:
        (indexed.live.storage.folder / "gen-000001" / "tokens.bin").write_bytes(b"damaged")
    if code == options.PARTLY:
        (folder / "broken.jsonl").write_text('{"title": "cut\n')
    done = rag(*command)
    assert done.returncode == code, done.stderr
    assert bool(done.stderr) == (code in {options.FAILED, options.USAGE, options.NOT_FOUND, options.PARTLY})


def test_the_help_ends_with_the_exit_codes(rag: Rag) -> None:
    said = " ".join(rag("--help").stdout.split())
    for code, meaning in options.EXIT_CODES.items():
        assert f"{code} {meaning}" in said


def test_help_comes_at_once() -> None:
    """The best of several starts, for the machine is shared: 0.15 s where it has nothing else to do."""

    def start_s() -> float:
        began = time.perf_counter()
        subprocess.run([RAG, "--help"], capture_output=True, check=True, timeout=PATIENCE_S)
        return time.perf_counter() - began

    reference = min(_python_s() for _ in range(3))
    assert min(start_s() for _ in range(5)) < max(0.2, 12 * reference)


def _python_s() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True, timeout=PATIENCE_S)
    return time.perf_counter() - began


def test_bash_completes_commands_and_options(environ: dict[str, str], tmp_path: Path) -> None:
    """The script that `--show-completion` prints, sourced by a real bash."""
    script = tmp_path / "complete.sh"
    command = "rag --show-completion > complete.sh; true"  # the shell is the process that runs rag
    variables = environ | {"PATH": f"{RAG.parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    bash = ["bash", "--norc", "--noprofile", "-c"]
    subprocess.run([*bash, command], cwd=tmp_path, env=variables, check=True, timeout=PATIENCE_S)
    assert "complete -o default -F" in script.read_text()
    completed = (
        f"source {script}; COMP_WORDS=(rag {{}}); COMP_CWORD={{}}; _rag_completion rag; echo ${{{{COMPREPLY[@]}}}}"
    )

    def completions(words: str, at: int) -> set[str]:
        done = subprocess.run(
            [*bash, completed.format(words, at)], cwd=tmp_path, env=variables, capture_output=True, text=True,
            check=True, timeout=PATIENCE_S,
        )  # fmt: skip
        return set(done.stdout.split())

    assert completions("ti", 1) == {"timeline"}
    assert {"--fail-on-abstain", "--from"} <= completions("ask --f", 2)
    installed = subprocess.run(
        [*bash, "rag --install-completion; true"], cwd=tmp_path, env=variables, capture_output=True, text=True,
        check=True, timeout=PATIENCE_S,
    )  # fmt: skip
    assert "bash completion installed in" in installed.stdout
    assert "source" in (tmp_path / ".bashrc").read_text()
