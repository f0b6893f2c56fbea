"""The metrics are the field's: checked against trec_eval through ir-measures."""

from __future__ import annotations

import json
from pathlib import Path

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ir_measures import RR, R, Success, nDCG

from rag.errors import LoadError
from rag.evaluation.bootstrap import interval
from rag.evaluation.datasets import load_dataset
from rag.evaluation.metrics import METRICS

IDS = [f"d{number:03}" for number in range(120)]
THEIRS = {
    "nDCG@10": nDCG @ 10,
    "MRR@10": RR @ 10,
    "recall@10": R @ 10,
    "recall@100": R @ 100,
    "hit@4": Success @ 4,
}


@given(
    st.permutations(IDS).map(lambda ids: ids[:110]),
    st.dictionaries(st.sampled_from(IDS), st.integers(0, 3), min_size=1).filter(lambda d: any(d.values())),
)
def test_every_metric_equals_trec_eval_s(ranking: list[str], relevant: dict[str, int]) -> None:
    run = {"q": {id: float(1000 - place) for place, id in enumerate(ranking)}}
    theirs = ir_measures.calc_aggregate(THEIRS.values(), {"q": relevant}, run)
    for name, metric in METRICS.items():
        assert metric(ranking, relevant) == pytest.approx(theirs[THEIRS[name]]), name


def test_the_interval_holds_the_mean_and_shrinks_with_more_questions() -> None:
    few, many = interval([0.0, 1.0] * 10), interval([0.0, 1.0] * 500)
    assert few.low < few.value == 0.5 < few.high
    assert many.high - many.low < few.high - few.low


def test_the_interval_is_the_same_every_time() -> None:
    assert interval([0.1, 0.5, 0.9]) == interval([0.1, 0.5, 0.9])


def test_a_beir_folder_is_read_with_grades_and_answers(tmp_path: Path) -> None:
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\ta\t2\nq1\tb\t1\n")
    asked = [
        {"_id": "q1", "text": "Who?", "metadata": {"answers": ["Ann"]}},
        {"_id": "q2", "text": "unjudged"},
    ]
    (tmp_path / "queries.jsonl").write_text("\n".join(map(json.dumps, asked)))
    found = load_dataset(tmp_path).questions
    assert [(q.id, dict(q.grades), q.answers) for q in found] == [("q1", {"a": 2, "b": 1}, ("Ann",))]


def test_an_archive_s_own_questions_are_read_and_the_absent_kept_apart(tmp_path: Path) -> None:
    asked = [
        {"id": "q1", "question": "Who?", "article": "a", "also": ["b"], "answer": "Ann"},
        {"id": "n1", "question": "What?", "article": None, "answer": None},
    ]
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, asked)))
    found = load_dataset(tmp_path)
    assert [dict(question.grades) for question in found.questions] == [{"a": 1, "b": 1}]
    assert [question.id for question in found.unanswerable] == ["n1"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [("q1\ta\n", "qrels.tsv:2"), ("q1\ta\tgood\n", "qrels.tsv:2")],
    ids=["short", "no number"],
)
def test_a_broken_judgement_is_named_by_file_and_line(tmp_path: Path, line: str, reason: str) -> None:
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n" + line)
    with pytest.raises(LoadError, match=reason):
        load_dataset(tmp_path)


def test_a_folder_without_questions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="neither"):
        load_dataset(tmp_path)
