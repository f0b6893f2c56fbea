"""The examples of README, CONTRIBUTING and the guides, run: commands, transcripts, programs and files."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from rag import settings
from rag.evaluation import gates
from rag.service import RagService
from rag.types.articles import Citation
from rag.types.results import Answer, AnswerSentence, Hit, StageScores
from tests.conftest import ROOT, SEEDS, ask
from tests.documents import RUN, Block, fenced_blocks
from tests.serving import serving

SHOWN_AT = "http://127.0.0.1:8000"
PATIENCE_S = 240
PROGRAMS = Path(sys.executable).parent
LEFT_OUT = {  # commands that are not run, and why
    "make run": "serves until it is stopped; the server of these tests is the same app over the same archive",
    "make test": "runs these tests",
}
DRAWN = "──loading──▶"  # README's drawing
TREE = "CURRENT "  # the list of an index's files
BLOCKS = [block for document in RUN for block in fenced_blocks(document)]


def blocks(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.language == language]


def commands(block: Block) -> list[str]:
    """The commands of a block, without comments; a backslash carries a command on."""
    lines = re.sub(r"\\\n\s*", "", block.text).splitlines()
    return [said for line in lines if (said := re.sub(r"(^|\s)# .*", "", line).strip())]


@pytest.fixture(scope="module")
def url(seeds_service: RagService) -> Iterator[str]:
    with serving(seeds_service) as address:
        yield address


@pytest.fixture(scope="module")
def environ(index_root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where commands run: a home with the sample as `~/archive`, and an index of its own that they may write."""
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(SEEDS, home / "archive")
    (home / "indexes").mkdir()
    (home / "indexes" / ".models").symlink_to((index_root / ".models").resolve())
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")}
    return kept | {"HOME": str(home), "PATH": f"{PROGRAMS}:{os.environ['PATH']}", "COLUMNS": "120"}


def run(script: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a script of bash from the home; what it shows as FOLDER or DIR is the sample."""
    script = re.sub(r"\b(FOLDER|DIR)\b", "archive", script)
    done = subprocess.run(
        ["bash", "-e", "-c", script], cwd=environ["HOME"], env=environ, capture_output=True, text=True, check=False,
        timeout=PATIENCE_S,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.mark.parametrize("document", RUN)
def test_every_block_of_a_document_is_run_or_checked(document: str) -> None:
    tested = {"bash", "console", "json", "python", "text", "toml"}
    assert [block for block in fenced_blocks(document) if block.language not in tested] == []


def test_no_block_is_missed_and_what_is_left_out_is_shown() -> None:
    assert len(BLOCKS) > 15
    assert sorted((DRAWN in block.text, TREE in block.text) for block in blocks("text")) == [
        (False, True),
        (True, False),
    ]
    assert len(blocks("json")) == len(SHOWN_JSON)
    assert set(LEFT_OUT) <= {line for block in blocks("bash") for line in commands(block)}


@pytest.mark.parametrize("block", [block for block in blocks("bash") if "curl" not in block.text], ids=str)
def test_commands_do_what_is_said_of_them(block: Block, environ: dict[str, str]) -> None:
    lines = [line for line in commands(block) if line not in LEFT_OUT]
    if not lines:
        pytest.skip("; ".join(f"{line}: {LEFT_OUT[line]}" for line in commands(block)))
    if not any(line.startswith(("rag reindex", "rag eval")) for line in lines):
        lines.insert(0, "rag reindex ~/archive --quiet")
    done = run("\n".join(lines), environ)
    assert done.returncode == 0, done.stderr
    for written in re.findall(r"(?:--save|--report) (\S+)", block.text):
        assert (Path(environ["HOME"]) / written).stat().st_size > 1000


@pytest.mark.parametrize("block", [block for block in blocks("bash") if "curl" in block.text], ids=str)
def test_requests_are_answered(block: Block, environ: dict[str, str], url: str, seeds_service: RagService) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    requests = commands(block)
    for line in requests:
        done = run(line.replace(SHOWN_AT, url).replace("curl ", "curl --silent --show-error --fail ", 1), environ)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        assert json.loads(done.stdout)["generation"] == seeds_service.status().generation
        if "/v1/answer" in line:
            answer = Answer.model_validate_json(done.stdout)
            same_answer = seeds_service.answer(ask(answer.question, k=1, filter=answer.filter))
            assert answer.sentences == same_answer.sentences
    assert len(requests) > 1


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_programs_run(block: Block, environ: dict[str, str], url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block.text.replace(SHOWN_AT, url)], cwd=environ["HOME"], env=environ,
        capture_output=True, text=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, *_, last = done.stdout.splitlines()
    assert first.startswith("The Halloran Bridge reopened on Saturday at noon, 431 days after it was closed")
    assert last == "exact"
    assert len(done.stdout.splitlines()) > 20  # more hits than a page has


def test_a_type_checker_finds_what_a_program_misspells(tmp_path: Path) -> None:
    """The client is typed for who uses it: the guide's program passes, and an option that is none does not."""
    (block,) = blocks("python")
    (tmp_path / "program.py").write_text(f'{block.text}\narchive.answer("Why?", soruces=["x"])\n')
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--follow-imports=silent",
         "--cache-dir", ROOT / ".mypy_cache" / "readme", "program.py"],
        cwd=tmp_path, env=os.environ | {"MYPYPATH": str(ROOT)}, capture_output=True, text=True, check=False,
        timeout=PATIENCE_S,
    )  # fmt: skip
    (fault, *rest) = done.stdout.splitlines()
    assert 'Unexpected keyword argument "soruces" for "answer" of "Byline"' in fault, done.stdout + done.stderr
    assert [line for line in rest if ": error:" in line] == []


@pytest.mark.parametrize("block", blocks("console"), ids=str)
def test_transcripts_are_what_commands_print(
    block: Block, environ: dict[str, str], index_root: Path, seeds_service: RagService
) -> None:
    parts = re.split(r"^\$ (.*)\n", block.text, flags=re.MULTILINE)[1:]
    assert parts
    for command, shown in zip(parts[::2], parts[1::2], strict=True):
        done = run(command, environ | {"RAG_INDEX_ROOT": str(index_root), "RAG_INDEX": "seeds"})
        assert done.returncode == 0, done.stderr
        assert is_shown(shown.splitlines(), done.stdout.splitlines()), f"{command}\n{done.stdout}"


def is_shown(shown: list[str], printed: list[str]) -> bool:
    """Return whether lines are as they are shown; a line of `...` stands for any number of lines, none included."""
    if not shown or not printed:
        return not printed and set(shown) <= {"..."}
    if shown[0] == "...":
        return any(is_shown(shown[1:], printed[at:]) for at in range(len(printed) + 1))
    return same(shown[0], printed[0]) and is_shown(shown[1:], printed[1:])


def same(shown: str, printed: str) -> bool:
    """Return whether two lines agree; a score may differ by what a processor with or without bfloat16 makes of it."""
    said, got = shown.split(), printed.split()
    return len(said) == len(got) and all(one == other or near(one, other) for one, other in zip(said, got, strict=True))


def near(one: str, other: str) -> bool:
    number = re.compile(r"-?\d+\.\d+")
    if not (number.fullmatch(one) and number.fullmatch(other)):
        return False
    return abs(float(one) - float(other)) <= max(0.02, 0.03 * abs(float(one)))


def test_a_transcript_that_says_something_else_is_noticed() -> None:
    printed = ["a 0.72", "b", "c"]
    assert is_shown(["a 0.73", "..."], printed)
    assert is_shown(["...", "c", "..."], printed)
    for wrong in (["a 0.80", "..."], ["a 0.72", "b"], ["...", "d"], ["a", "..."], ["a 0.72", "b", "c", "d"]):
        assert not is_shown(wrong, printed)


SHOWN_JSON = ("sentences", "mcpServers")  # a member of each block of JSON, by which its test finds it


def shown_json(member: str) -> dict[str, object]:
    (shown,) = [content for block in blocks("json") if member in (content := json.loads(block.text))]
    assert isinstance(shown, dict)
    return shown


def test_the_answer_that_is_shown_is_the_one_that_is_given(seeds_service: RagService) -> None:
    shown = Shown(shown_json("sentences"))
    answer = seeds_service.answer(ask(shown.text("question"), k=1))
    assert answer.confidence == pytest.approx(shown.whole["confidence"], abs=0.01)
    for record, given, part in (
        (Answer, answer, {name: shown.whole[name] for name in ("question", "answered", "reason")}),
        (AnswerSentence, answer.sentences[0], shown.sentence),
        (Citation, answer.sentences[0].citation, shown.citation),
        (Hit, answer.hits[0], {"rank": shown.hit["rank"]}),
    ):
        assert part.keys() <= record.model_fields.keys(), record.__name__
        values = json.loads(given.model_dump_json())
        for name, value in part.items():
            if name not in {"citation"}:
                assert shortened(value, values[name]), f"{record.__name__}.{name}: {values[name]!r}"
    assert shown.hit.keys() <= Hit.model_fields.keys()
    assert shown.scores.keys() <= StageScores.model_fields.keys()
    for name, value in shown.scores.items():
        assert getattr(answer.hits[0].scores, name) == pytest.approx(value, abs=0.02), name
    assert shown.whole.keys() <= Answer.model_fields.keys()


class Shown:
    """The parts of the answer that README shows, by name."""

    def __init__(self, whole: dict[str, object]) -> None:
        self.whole = whole
        self.sentence = whole["sentences"][0]  # type: ignore[index]
        self.citation = self.sentence["citation"]
        self.hit = whole["hits"][0]  # type: ignore[index]
        self.scores = self.hit["scores"]

    def text(self, name: str) -> str:
        return str(self.whole[name])


def shortened(shown: object, given: object) -> bool:
    """Return whether a value is as it is shown, where `…` stands for what is left out."""
    if not isinstance(shown, str) or "…" not in shown:
        return shown == given
    pattern = ".*".join(map(re.escape, (part.strip() for part in shown.split("…"))))
    return re.fullmatch(pattern, str(given), re.DOTALL) is not None


def test_the_host_s_file_starts_a_server_with_the_tools(
    environ: dict[str, str], index_root: Path, seeds_service: RagService
) -> None:
    said = json.dumps(shown_json("mcpServers"))
    said = said.replace("/path/to/.venv/bin", str(PROGRAMS)).replace("/path/to/indexes", str(index_root))
    (given,) = json.loads(said)["mcpServers"].values()

    async def talk() -> tuple[list[str], bool]:
        env = {"HOME": environ["HOME"], "PYTHONPATH": str(ROOT), **given.pop("env"), "RAG_INDEX": "seeds"}
        async with Client(StdioServerParameters.model_validate({**given, "env": env})) as client:
            tools = [tool.name for tool in (await client.list_tools()).tools]
            answer = await client.call_tool("answer", {"question": "How long was the Halloran Bridge closed?"})
            assert answer.structured_content
            return tools, answer.structured_content["answered"]

    assert anyio.run(talk) == (["answer", "search", "article"], True)


def test_the_files_of_an_index_are_those_that_are_listed(index_root: Path) -> None:
    (tree,) = [block.text for block in blocks("text") if TREE in block.text]
    in_index = {line.split()[0] for line in re.findall(r"^  (\S.*)$", tree, re.MULTILINE)}
    in_generation = {line.split()[0].rstrip("/") for line in re.findall(r"^    (\S.*)$", tree, re.MULTILINE)}
    index = index_root / "seeds"
    serving_now = index / (index / "CURRENT").read_text("utf-8").strip()
    assert {path.name for path in serving_now.iterdir()} == in_generation
    assert {path.name for path in index.iterdir() if path.is_file()} <= in_index


@pytest.mark.parametrize("block", [block for block in blocks("toml") if "questions" in block.text], ids=str)
def test_gates_are_read_as_gates(block: Block, tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_text(block.text)
    gate = gates.load_gate(path)
    assert gate.questions == tmp_path
    assert gate.floors
    assert gate.ceilings


@pytest.mark.parametrize("block", [block for block in blocks("toml") if "questions" not in block.text], ids=str)
def test_settings_files_set_what_they_say(block: Block, tmp_path: Path) -> None:
    path = tmp_path / "byline.toml"
    path.write_text(block.text)
    loaded = settings.load({"RAG_CONFIG": str(path)}).model_dump(mode="json")
    written = tomllib.loads(block.text)
    assert written
    assert {name: loaded[name] for name in written} == written
