"""`rag calibrate` and `rag tune` as they are typed: fitted, stored with the index, used by who asks, taken back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag.service import RagService
from rag.types.index import Fitted
from tests.conftest import SEEDS

RAG = Path(sys.executable).with_name("rag")
Rag = Callable[..., subprocess.CompletedProcess[str]]
QUESTION = "How long was the Halloran Bridge closed?"


@pytest.fixture
def root(seeds_service: RagService, tmp_path: Path) -> Path:
    """An index root of this test's own, with the sample archive as "seeds"."""
    theirs = seeds_service.settings.index_root
    shutil.copytree(theirs / "seeds", tmp_path / "seeds")
    (tmp_path / ".models").symlink_to((theirs / ".models").resolve())
    return tmp_path


@pytest.fixture
def rag(root: Path) -> Rag:
    """Run the command over that index; no call may end in a traceback."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")}

    def run(*arguments: object, **settings: str) -> subprocess.CompletedProcess[str]:
        environ = clean | {"RAG_INDEX_ROOT": str(root), "RAG_INDEX": "seeds", "COLUMNS": "200"} | settings
        command = [str(RAG), *map(str, arguments)]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=120)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run


def printed(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def generations(root: Path) -> list[str]:
    return sorted(entry.name for entry in (root / "seeds").iterdir() if entry.is_dir())


def test_a_calibration_on_labelled_questions_is_stored_shown_used_and_taken_back(rag: Rag, root: Path) -> None:
    before = printed(rag("ask", QUESTION, "--json"))
    found = printed(rag("calibrate", SEEDS, "--json"))
    assert found["fit"]["questions"] == 103
    assert found["fit"]["held_out"].keys() >= {"AUROC", "ECE", "Brier", "answered", "wrong of answered"}
    assert (found["better"], found["stored"], found["generation"]) == (True, True, "gen-000002")
    status = printed(rag("status", "--json"))
    assert (status["generation"], status["fitted"]["confidence"]) == ("gen-000002", found["fit"])
    assert "fitted 20" in rag("status").stdout
    after = printed(rag("ask", QUESTION, "--json"))
    assert after["sentences"] == before["sentences"]
    assert after["confidence"] != before["confidence"]
    assert rag("verify").stdout == "gen-000002: ok\n"
    assert rag("rollback").stdout == "gen-000001 serves\n"
    assert printed(rag("ask", QUESTION, "--json"))["confidence"] == before["confidence"]


def test_a_dry_run_and_a_fit_that_is_no_better_store_nothing(rag: Rag, root: Path) -> None:
    done = rag("calibrate", SEEDS / "questions.jsonl", "--dry-run")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "dry run: nothing was written")
    assert done.stdout.splitlines()[0].startswith("103 questions of seeds")
    assert generations(root) == ["gen-000001"]
    printed(rag("calibrate", SEEDS, "--json"))
    again = printed(rag("calibrate", SEEDS, "--json"))
    assert (again["better"], again["stored"], again["generation"]) == (False, False, None)
    assert "nothing changed" in rag("calibrate", SEEDS).stdout
    assert generations(root) == ["gen-000001", "gen-000002"]


def test_an_archive_is_calibrated_on_itself_alike_each_time(rag: Rag) -> None:
    found = [printed(rag("calibrate", "--sample", 60, "--dry-run", "--json")) for _ in range(2)]
    for each in found:
        each["fit"].pop("created")
    assert found[0] == found[1]
    assert found[0]["kind"] == "synthetic"
    assert found[0]["fit"]["dataset"] == "the archive itself"
    assert found[0]["fit"]["questions"] == 60
    assert not found[0]["stored"]


def test_tuned_weights_are_stored_and_what_the_operator_says_wins_over_it(rag: Rag, root: Path) -> None:
    done = rag("tune", SEEDS, "--json", RAG_DENSE_WEIGHT="1", RAG_MAX_SIM_WEIGHT="0")
    found = printed(done)
    assert found["stored"]
    assert "RAG_DENSE_WEIGHT is set and wins over what is stored; unset it" in done.stderr
    assert found["held_out"]["nDCG@10"]["difference"]["value"] > 0
    scores = [
        printed(rag("search", QUESTION, "--json", **said))["hits"][0]["scores"]["fused"]
        for said in ({}, {"RAG_DENSE_WEIGHT": "1", "RAG_MAX_SIM_WEIGHT": "0"})
    ]
    assert scores[0] != scores[1]
    rolled = rag("rollback")
    assert printed(rag("search", QUESTION, "--json"))["generation"] in rolled.stdout
    told = rag("tune", SEEDS, "--dry-run", RAG_DENSE_WEIGHT="1", RAG_MAX_SIM_WEIGHT="0")
    assert "fusion weights chosen on 44, measured on the others" in told.stdout
    assert told.stdout.endswith("dry run: nothing was written\n")


def test_what_was_fitted_goes_on_through_a_reindex_and_is_forgotten_on_demand(rag: Rag, root: Path) -> None:
    printed(rag("calibrate", SEEDS, "--json"))
    more = root / "more"
    more.mkdir()
    (more / "new.txt").write_text("A seal sang in the harbour.")
    assert rag("reindex", SEEDS, more).returncode == 0
    assert printed(rag("status", "--json"))["fitted"]["confidence"]
    assert "gen-000004 serves, with the default confidence" in rag("calibrate", "--forget").stdout
    assert Fitted.model_validate(printed(rag("status", "--json"))["fitted"]) == Fitted()
    assert printed(rag("tune", "--forget", "--json")) == {"index": "seeds", "stored": False, "generation": None}


def test_a_kept_index_is_evaluated_with_what_was_fitted_to_it(rag: Rag, root: Path) -> None:
    rag("eval", SEEDS, "--index-root", root, "--save", root / "before.json")
    fit = printed(rag("calibrate", SEEDS, "--json"))["fit"]
    rag("eval", SEEDS, "--index-root", root, "--save", root / "after.json")
    found = printed(rag("eval", "--compare", root / "before.json", root / "after.json", "--json"))
    assert found["settings"]["confidence_coefficients"][1] == ", ".join(
        f"{n} {c}" for n, c in fit["coefficients"].items()
    )
    assert found["metrics"]["nDCG@10"]["difference"]["value"] == 0


@pytest.mark.parametrize(
    ("code", "said", "arguments"),
    [
        (2, "give a dataset", ("tune",)),
        (2, "takes neither a dataset nor --dry-run", ("calibrate", SEEDS, "--forget")),
        (2, "--as-of May", ("calibrate", SEEDS, "--as-of", "May")),
        (2, "--sample", ("calibrate", "--sample", "5")),
        (1, "holds neither qrels.tsv", ("calibrate", SEEDS / "texts")),
        (1, "no question of it has a date", ("tune", SEEDS, "--as-of", "question")),
        (4, "holds nothing yet", ("calibrate", "--name", "nowhere")),
        (4, "holds nothing yet", ("tune", SEEDS, "--name", "nowhere")),
    ],
    ids=["no set", "forget and fit", "no day", "too few", "no labels", "no dates", "no index", "no index to tune"],
)
def test_what_cannot_be_fitted_says_why(rag: Rag, code: int, said: str, arguments: tuple[object, ...]) -> None:
    done = rag(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
