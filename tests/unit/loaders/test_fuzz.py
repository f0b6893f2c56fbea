"""Damaged files of every format give articles and problems and nothing else; and what gives more is found."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest

from rag.loaders import corpus
from rag.types.articles import Article, Origin
from tests.fuzz import reader
from tests.fuzz.__main__ import main, run
from tests.fuzz.damage import damaged
from tests.fuzz.examples import EXAMPLES


@pytest.mark.parametrize("suffix", EXAMPLES)
def test_every_example_is_well_formed(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"file{suffix}"
    path.write_bytes(EXAMPLES[suffix])
    items = list(corpus.CorpusReader([path]))
    problems = [str(item) for item in items if reader.wrong_with(item)]
    assert (problems, len(items) > 1) == ([], True)


def test_there_is_an_example_of_every_format() -> None:
    assert set(corpus.known_suffixes()) <= EXAMPLES.keys()


@pytest.mark.slow
def test_fifteen_seconds_of_damage_do_no_harm(tmp_path: Path) -> None:
    seen = run(2025, minutes=0.25, files=6_000, keep=tmp_path)
    assert seen.findings == []
    assert seen.files.total() > 50, "hardly anything was read"


def test_a_number_makes_one_file_and_always_the_same() -> None:
    def made(number: int) -> tuple[str, bytes]:
        random = Random(number)
        return damaged(random, random.choice(list(EXAMPLES)))

    assert [made(number) for number in range(50)] == [made(number) for number in range(50)]
    assert len({made(number) for number in range(50)}) > 40


# Faults that are planted, to see that they are found


def raises(path: Path) -> Iterable[object]:
    raise KeyError("planted")


def sleeps(path: Path) -> Iterable[object]:
    if path.parent.name != "warming":
        time.sleep(60)
    return []


def dies(path: Path) -> Iterable[object]:
    if path.parent.name != "warming":
        os._exit(3)
    return []


def hoards(path: Path) -> Iterable[object]:
    if path.parent.name != "warming":
        bytearray(1_500_000_000)
    return []


def odd(path: Path) -> Iterable[object]:
    return ["a string"]


def unstorable(path: Path) -> Iterable[object]:
    origin = Origin(path="a.txt", line=1)
    return [Article(id="a", title="T", text="Text.", source="half of a pair: \ud800", origin=origin)]


def textless(path: Path) -> Iterable[object]:
    return [Article.model_construct(id="a", title="T", text=" ", origin=Origin(path="a.txt", line=1))]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("read", "said"),
    [
        (raises, "KeyError at test_fuzz.py:"),
        (sleeps, "was not read within 0.5 s"),
        (dies, "ended the process (3)"),
        (hoards, "MemoryError"),
        (odd, "str came out: 'a string'"),
        (unstorable, "Article cannot be stored"),
        (textless, "an Article without text"),
    ],
)
def test_a_planted_fault_is_found_kept_and_said(read: reader.Read, said: str, tmp_path: Path) -> None:
    seen = run(7, files=2, only=[".txt"], keep=tmp_path, read=read, most_seconds=0.5)
    assert [finding.partition(":")[0] for finding in seen.findings] == [
        "--seed 7 --files 1 --only .txt", "--seed 8 --files 1 --only .txt",
    ]  # fmt: skip
    assert all(said in finding for finding in seen.findings), seen.findings
    random = Random(7)
    assert (tmp_path / f"7-{damaged(random, random.choice(['.txt']))[0]}").exists()


@pytest.mark.slow
def test_the_command_says_what_it_did_and_ends_with_its_outcome(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given = ["--files", "3", "--only", ".jsonl", "--keep", str(tmp_path)]
    assert main(given) == 0
    assert capsys.readouterr().out.startswith("3 files (.jsonl 3), ")
    monkeypatch.setattr(run, "__kwdefaults__", {**(run.__kwdefaults__ or {}), "read": raises})
    assert main(given) == 1
    assert "--seed 1 --files 1 --only .jsonl: file" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["--only", ".doc"])
