"""`rag eval` and `rag reindex --gate` as they are typed: measured, saved, compared, gated, reported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag.evaluation.runs import load
from rag.service import RagService
from tests.conftest import SEEDS

RAG = Path(sys.executable).with_name("rag")
MEASURED = ("nDCG@10", "MRR@10", "recall@10", "recall@100", "hit@4", "answered", "answer_in_first_sentence",
            "answer_in_sentences", "abstained_when_absent")  # fmt: skip
ARTICLES = {"bridge": "The bridge closed because a hanger had cracked.", "ferry": "A ferry caught fire in a galley."}
ASKED = [{"id": "q1", "question": "Why did the bridge close?", "article": "bridge.txt", "answer": "a hanger"}]

Rag = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def rag(index_root: Path) -> Rag:
    """Run the command over indexes that this module shares; no call may end in a traceback."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")}

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        environ = clean | {"RAG_INDEX_ROOT": str(index_root), "RAG_INDEX": "gated", "COLUMNS": "200"}
        command = [str(RAG), *map(str, arguments)]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=120)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run


@pytest.fixture(scope="module")
def made(rag: Rag, index_root: Path, seeds_service: RagService, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the run of seeds/ (run.json), its page (page.html) and what was printed (printed.json)."""
    folder = tmp_path_factory.mktemp("eval")
    done = rag(
        "eval", SEEDS, "--index-root", index_root, "--json", "--slices", "--absent",
        "--save", folder / "run.json", "--report", folder / "page.html",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (folder / "printed.json").write_text(done.stdout)
    return folder


@pytest.fixture
def printed(made: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((made / "printed.json").read_text("utf-8"))
    return found


def test_each_measure_is_a_key_of_its_own_with_value_and_interval(printed: dict[str, Any]) -> None:
    for name in MEASURED:
        assert printed[name]["low"] <= printed[name]["value"] <= printed[name]["high"], name
    assert printed.keys() >= {"set", "questions", "articles", "passages", "embedder", "answer_ms", "slices", "absent"}
    assert sum(part["questions"] for part in printed["slices"]["asks for"].values()) == printed["questions"]


def test_a_saved_run_holds_every_question_and_the_means_that_were_printed(made: Path, printed: dict[str, Any]) -> None:
    saved, run = json.loads((made / "run.json").read_text("utf-8")), load(made / "run.json")
    assert saved["means"] == {name: value for name, value in printed.items() if name != "slices"}
    assert len(run.answerable) == len(run.removed) == printed["questions"]
    assert all(len(each.ranking) <= 10 and each.id and each.relevant for each in run.answerable)
    assert run.versions.keys() >= {"byline", "faiss-cpu", "tantivy"}


def test_the_page_is_written_with_the_figures(made: Path, printed: dict[str, Any]) -> None:
    page = (made / "page.html").read_text("utf-8")
    assert f"{printed['nDCG@10']['value']:.3f}" in page
    assert f"{printed['absent']['AUROC']['value']:.3f}" in page


def test_two_runs_are_compared_and_a_loss_is_said_with_its_questions(rag: Rag, made: Path, tmp_path: Path) -> None:
    worse = json.loads((made / "run.json").read_text("utf-8"))
    for each in worse["answerable"][:20]:
        each["first_relevant_rank"] = 7
        each["metrics"]["nDCG@10"] = 1 / 3
    (tmp_path / "worse.json").write_text(json.dumps(worse))
    done = rag("eval", "--compare", made / "run.json", tmp_path / "worse.json")
    assert done.returncode == 0, done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("nDCG@10"))
    assert line.endswith("worse")
    assert "1 -> 7" in done.stdout
    found = json.loads(rag("eval", "--compare", made / "run.json", tmp_path / "worse.json", "--json").stdout)
    assert found["metrics"]["nDCG@10"]["difference"]["high"] < 0
    assert found["metrics"]["hit@4"]["difference"]["value"] == 0


def test_runs_of_other_questions_are_not_compared(rag: Rag, made: Path, tmp_path: Path) -> None:
    fewer = json.loads((made / "run.json").read_text("utf-8"))
    gone = fewer["answerable"].pop(0)
    (tmp_path / "fewer.json").write_text(json.dumps(fewer))
    done = rag("eval", "--compare", made / "run.json", tmp_path / "fewer.json")
    assert done.returncode == 1
    assert gone["id"] in done.stderr
    assert "fewer.json" in done.stderr


@pytest.mark.parametrize(("floor", "code", "said"), [(0.9, 0, "ok"), (0.999, 1, "BROKEN")])
def test_a_gate_prints_each_floor_and_fails_where_one_is_broken(
    rag: Rag, index_root: Path, made: Path, tmp_path: Path, floor: float, code: int, said: str
) -> None:
    gate = tmp_path / "gate.toml"
    gate.write_text(f'questions = "{SEEDS}"\n[floors]\n"nDCG@10" = {floor}\n')
    done = rag("eval", "--gate", gate, "--index-root", index_root)
    assert done.returncode == code, done.stderr
    assert done.stdout.splitlines()[-1].split()[:2] == [said, "nDCG@10"]


@pytest.mark.parametrize(
    ("code", "said", "arguments"),
    [
        (2, "give a dataset", ()),
        (2, "--as-of May", (SEEDS, "--as-of", "May")),
        (2, "no folder beside them", ("--compare", "a.json", "b.json", SEEDS)),
        (2, "nowhere/run.json: its folder does not exist", (SEEDS, "--save", "nowhere/run.json")),
        (1, "none.json: does not exist", ("--compare", "none.json", "none.json")),
        (1, "none.toml: does not exist", ("--gate", "none.toml")),
    ],
    ids=["nothing", "no day", "too much", "nowhere", "no run", "no gate"],
)
def test_what_cannot_be_measured_says_why(rag: Rag, code: int, said: str, arguments: tuple[object, ...]) -> None:
    done = rag("eval", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr


def test_the_sample_archive_keeps_its_own_gate(rag: Rag, index_root: Path, made: Path) -> None:
    done = rag("eval", "--gate", SEEDS / "gate.toml", "--index-root", index_root)
    assert done.returncode == 0, done.stdout


def test_a_reindex_that_breaks_its_gate_publishes_nothing_and_loses_nothing(
    rag: Rag, index_root: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    archive.mkdir()
    for name, text in ARTICLES.items():
        (archive / f"{name}.txt").write_text(text)
    (archive / "questions.jsonl").write_text("\n".join(map(json.dumps, ASKED)))
    gate = archive / "gate.toml"  # like questions.jsonl, no article
    gate.write_text('questions = "."\n[floors]\nanswer_in_first_sentence = 1.0\n')
    done = rag("reindex", archive, "--gate", gate)
    assert (done.returncode, done.stderr.split()[:2]) == (0, ["ok", "answer_in_first_sentence"]), done.stderr
    assert "gen-000001 serves" in done.stdout

    (archive / "bridge.txt").write_text("The bridge was painted green.")
    done = rag("reindex", "--gate", gate)
    assert (done.returncode, done.stdout) == (1, "")
    assert "answer_in_first_sentence is 0, must be at least 1; nothing was published" in done.stderr
    folder = index_root / "gated"
    assert {entry.name for entry in folder.iterdir()} == {"CURRENT", "writer.lock", "journal", "gen-000001"}
    asked = json.loads(rag("ask", ASKED[0]["question"], "--json").stdout)
    assert (asked["generation"], asked["sentences"][0]["text"]) == ("gen-000001", ARTICLES["bridge"])
    assert rag("reindex").returncode == 0  # without the gate it is published
    assert (folder / "CURRENT").read_text().strip() == "gen-000002"


def test_a_gate_and_a_dry_run_exclude_each_other(rag: Rag, tmp_path: Path) -> None:
    done = rag("reindex", tmp_path, "--gate", "gate.toml", "--dry-run")
    assert (done.returncode, done.stdout) == (2, "")
