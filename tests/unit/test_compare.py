"""Runs made by hand: comparisons find what was changed in them, gates hold and break, pages show every figure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from rag.cli import eval_output
from rag.errors import EvaluationError
from rag.evaluation.compare import compare
from rag.evaluation.gates import bounds, load_gate
from rag.evaluation.report import page
from rag.evaluation.runs import QuestionResult, Run
from rag.evaluation.summary import summary, values

pytestmark = pytest.mark.slow  # seconds in all, of models or of many indexes

HOSTILE = "<script>alert(1)</script>\"'&$title ${body}"


def asked(number: int, rank: int | None = 1, confidence: float = 0.9, **more: object) -> QuestionResult:
    gain = 1.0 if rank == 1 else 0.5 if rank else 0.0
    given = {
        "id": f"q{number}", "text": f"Which is {number}?", "slices": {"asks for": "which"}, "relevant": (f"a{number}",),
        "ranking": ("b", f"a{number}"), "first_title": "B", "first_relevant_rank": rank,
        "metrics": {"nDCG@10": gain, "hit@4": float(rank is not None)}, "confidence": confidence,
        "answered": confidence > 0.4, "sentences": ("It is.",), "right": rank == 1, "answer_ms": 10.0 + number,
    }  # fmt: skip
    return QuestionResult.model_validate(given | more)


def run(questions: Sequence[QuestionResult], **more: object) -> Run:
    given = {
        "set": "made", "created": "2025-01-01T00:00:00+00:00", "articles": 3, "passages": 4, "embedder": "hashing",
        "versions": {"byline": "0.1.0"}, "settings": {"dense_weight": 0.5}, "answerable": tuple(questions),
    }  # fmt: skip
    return Run.model_validate(given | more)


BEFORE = run([asked(n) for n in range(40)])


def test_a_run_against_itself_is_even_in_everything() -> None:
    found = compare(BEFORE, BEFORE)
    for each in found.metrics.values():
        assert (each.difference.value, each.difference.p, each.verdict) == (0.0, 1.0, "even")
    assert (found.changed, found.settings) == ((), {})


def test_a_loss_that_was_made_is_found_with_its_questions_and_ranks() -> None:
    after = run([asked(n, None if n < 5 else 2 if n < 20 else 1) for n in range(40)], settings={"dense_weight": 0.7})
    found = compare(BEFORE, after)
    ndcg = found.metrics["nDCG@10"]
    assert ndcg.difference.value == pytest.approx(-(5 * 1 + 15 * 0.5) / 40)
    assert ndcg.difference.low < ndcg.difference.value < ndcg.difference.high < 0
    assert (ndcg.verdict, ndcg.difference.p, len(ndcg.worse), ndcg.better) == ("worse", 0.0, 20, ())
    assert found.metrics["hit@4"].worse == tuple(f"q{n}" for n in range(5))
    assert [(c.id, c.rank_before, c.rank_after) for c in found.changed[:6]][:5] == [
        (f"q{n}", 1, None) for n in range(5)
    ]
    assert found.changed[5].rank_after == 2
    assert found.settings == {"dense_weight": ("0.5", "0.7")}
    said = "\n".join(eval_output.comparison_lines(found))
    assert "dense_weight: 0.5 -> 0.7" in said
    assert re.search(r"1 -> none .* q0: Which is 0\?", said)


def test_a_gain_of_few_questions_is_not_called_better() -> None:
    before = run([asked(n, 2 if n == 0 else 1) for n in range(40)])
    assert compare(before, BEFORE).metrics["nDCG@10"].verdict == "even"
    assert compare(before, BEFORE).metrics["nDCG@10"].better == ("q0",)


def test_times_are_shown_and_not_judged() -> None:
    found = compare(BEFORE, run([asked(n, answer_ms=5.0) for n in range(40)]))
    assert found.answer_ms == (29.5, 5.0)
    assert "answer_ms" not in found.metrics


def test_confidence_that_tells_right_from_wrong_better_is_found() -> None:
    ranks = [1 if n % 2 else None for n in range(40)]
    blind = run([asked(n, rank, 0.5 + n / 100) for n, rank in enumerate(ranks)])
    clear = run([asked(n, rank, 0.9 if rank else 0.1) for n, rank in enumerate(ranks)])
    found = compare(blind, clear).metrics
    assert (found["AUROC"].after, found["AUROC"].verdict) == (1.0, "better")
    assert (found["ECE"].less_is_better, found["ECE"].verdict) == (True, "better")


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ([asked(n) for n in range(2, 42)], ["only in A.json: q0, q1;", "only in B.json: q40, q41"]),
        ([asked(n) for n in range(10)], ["A.json asks 40 of made; B.json asks 10 of made", "q13, q14 and 25 more"]),
        ([asked(n, text="Who?") if n == 3 else asked(n) for n in range(40)], ["worded otherwise: q3"]),
    ],
    ids=["others", "fewer", "reworded"],
)
def test_runs_of_different_questions_are_refused_by_name(others: list[QuestionResult], said: list[str]) -> None:
    with pytest.raises(EvaluationError) as refused:
        compare(BEFORE, run(others), ("A.json", "B.json"))
    assert all(part in str(refused.value) for part in said), str(refused.value)


# Gates


def gate_of(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "gate.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        ('[floors]\n"nDCG@10" = 1.0', True),
        ('[floors]\n"nDCG@10" = 1.001', False),
        ('[ceilings]\n"answer_ms.p50" = 29.5', True),
        ('[ceilings]\n"answer_ms.p50" = 29.4', False),
    ],
)
def test_a_bound_holds_up_to_its_very_value(tmp_path: Path, line: str, holds: bool) -> None:
    found = bounds(load_gate(gate_of(tmp_path, line)), summary(BEFORE))
    assert [bound.holds for bound in found] == [holds]
    assert ("BROKEN" in "\n".join(eval_output.gate_lines(found))) != holds


def test_a_gate_names_its_set_beside_itself(tmp_path: Path) -> None:
    gate = load_gate(gate_of(tmp_path, 'questions = "set"\n[floors]\n"absent.AUROC" = 0.5'))
    assert gate.questions == tmp_path / "set"
    assert gate.absent


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "does not exist"),
        ("floors = ", "TOML"),
        ("questions = '.'", "no floors"),
        ("[floors]\nx = 'high'", "floors.x"),
        ("[floor]\nx = 1", "floor"),
        ("[floors]\n'nDCG@11' = 1", "nDCG@11 was not measured; measured were"),
    ],
)
def test_what_is_no_gate_is_named(tmp_path: Path, text: str | None, said: str) -> None:
    path = gate_of(tmp_path, text) if text is not None else tmp_path / "none.toml"
    with pytest.raises(EvaluationError, match=said):
        bounds(load_gate(path), summary(BEFORE))


# The page


class Tags(HTMLParser):
    """Keeps what is open, what was met, and what would ask another host."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.met: set[str] = set()
        self.asks: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.met.add(tag)
        self.asks += [name for name, _ in attrs if name in ("src", "href", "action")]
        if tag not in ("meta", "br", "rect", "circle", "line", "polyline"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()


FULL = run(
    [asked(n, None if n % 3 == 0 else 1, n / 40) for n in range(40)],
    removed=[asked(n, None, n / 80) for n in range(40)],
    off_archive_set="other",
    off_archive=[asked(n, None, 0.2) for n in range(7)],
)


def test_the_page_shows_every_measure_with_its_interval() -> None:
    text, found = page(FULL), summary(FULL, slices=True)
    for group in (found, found["absent"], found["off_archive"]):
        for name, each in group.items():  # type: ignore[attr-defined]
            if isinstance(each, dict) and "value" in each:
                cells = (name, f"{each['value']:.3f}", f"[{each['low']:.3f}, {each['high']:.3f}]")
                assert "<td>{}</td><td class=n>{}</td><td class=n>{}</td>".format(*cells) in text, name
    for name, value in values(found).items():
        if name.startswith("slices.") and not name.endswith(".questions"):
            assert f"<td class=n>{value:.3f}</td>" in text, name
        if name.startswith("answer_ms."):
            assert f"<dd>{value:.2f}</dd>" in text, name


def test_the_page_is_whole_and_asks_no_other_host() -> None:
    tags = Tags(page(FULL))
    assert (tags.open, tags.asks) == ([], [])
    assert not {"script", "link", "img", "iframe"} & tags.met
    assert "url(" not in page(FULL)
    assert "prefers-color-scheme: dark" in page(FULL)


def test_hostile_text_is_shown_and_never_run() -> None:
    hostile: dict[str, Any] = {
        "text": HOSTILE, "relevant": (HOSTILE,), "ranking": (HOSTILE,), "first_title": HOSTILE, "sentences": (HOSTILE,),
        "slices": {HOSTILE: HOSTILE}, "id": HOSTILE,
    }  # fmt: skip
    made = run([asked(0, None, **hostile), asked(1)], set=HOSTILE, embedder=HOSTILE, settings={HOSTILE: HOSTILE})
    text = page(made)
    assert "<script" not in text
    assert Tags(text).open == []
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 8
    assert "$title ${body}" in text
