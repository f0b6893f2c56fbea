"""`python -m tests.bench [--data DIR] [--index-root DIR] [NAME ...]`: embed, start, quality, http, dense."""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from rag.evaluation import load_set
from tests.bench import dense, embedding, serving
from tests.bench.machine import describe
from tests.bench.serving import RAG

NAMES = ("embed", "start", "quality", "http", "dense")
SEEDS = Path("seeds")
COLUMNS = (
    "nDCG@10", "MRR@10", "recall@10", "recall@100", "hit@4",
    "answer_in_first_sentence", "answered", "abstained_when_absent",
)  # fmt: skip


def main() -> None:
    """Measure what was named, or all; quality and speed for every labelled set of DATA as well as for seeds."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--data", type=Path, help="a folder of labelled sets (BEIR layout)")
    parser.add_argument("--index-root", type=Path, help="keep the sets' indexes here; default: a temporary folder")
    parser.add_argument("names", nargs="*", help="what to measure; default: all")
    given = parser.parse_args()
    names = given.names or NAMES
    folders = [SEEDS, *sorted(path.parent for path in (given.data or Path("/nonexistent")).glob("*/qrels.tsv"))]
    labelled = [found for found in map(load_set, folders) if found.questions]
    print(describe())
    with tempfile.TemporaryDirectory() as temporary:
        root = given.index_root or Path(temporary)
        if "embed" in names:
            embedding.measure(labelled[-1].corpus)
        reports = [quality(found.corpus if found.corpus.is_dir() else found.corpus.parent, root) for found in labelled]
        if "quality" in names:
            table(reports)
        if "start" in names:
            serving.start(root, "seeds", labelled[0].questions[0].text)
        if "http" in names:
            for found in labelled:
                serving.http(root, found)
        if "dense" in names:
            largest = max(reports, key=lambda report: int(report["passages"]))
            index = root / str(largest["set"])
            truth = np.load(index / (index / "CURRENT").read_text().strip() / "vectors.npy")
            for copies in (1, 5):
                dense.measure(truth, copies)


def quality(folder: Path, root: Path) -> dict[str, object]:
    """Run `rag eval` on a set, its index kept under `root`."""
    command = [RAG, "eval", str(folder), "--index-root", str(root), "--json"]
    found: dict[str, object] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def table(reports: list[dict[str, object]]) -> None:
    """Print the measures of all sets, each with its interval."""
    for report in reports:
        print(f"quality: {report['set']}: {report['articles']} articles, {report['questions']} questions")
        for name in COLUMNS:
            if isinstance(measure := report.get(name), dict):
                print(f"  {name:<26} {measure['value']:.3f} [{measure['low']:.3f}, {measure['high']:.3f}]")
        print(f"  answer_ms                  {report['answer_ms']}")


if __name__ == "__main__":
    main()
