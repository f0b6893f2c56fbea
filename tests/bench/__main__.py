"""`python -m tests.bench [--data DIR] [--index-root DIR] [NAME ...]`; a NAME is one of NAMES."""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from rag import wiring
from rag.errors import IndexMissingError
from rag.evaluation.datasets import Dataset, load_dataset
from rag.settings import load
from tests.bench import dense, embedding, painting, serving, stories
from tests.bench.machine import describe
from tests.bench.serving import RAG

NAMES = ("embed", "start", "quality", "http", "paint", "dense", "stories")
SEEDS = Path("seeds")
COLUMNS = (
    "nDCG@10", "MRR@10", "recall@10", "recall@100", "hit@4",
    "answer_in_first_sentence", "answered", "abstained_when_absent",
)  # fmt: skip


def main() -> None:
    """Measure what was named, or all; quality and speed for every dataset of DATA as well as for seeds."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--data", type=Path, help="a folder of datasets, as `rag eval` reads them")
    parser.add_argument("--index-root", type=Path, help="keep the sets' indexes here; default: a temporary folder")
    parser.add_argument("names", nargs="*", help="what to measure; default: all")
    given = parser.parse_args()
    names = given.names or NAMES
    datasets = [found for found in map(load_dataset, [SEEDS, *sets(given.data)]) if found.questions]
    print(f"{describe()}; data {', '.join(found.name for found in datasets)}", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        root = given.index_root or Path(temporary)
        share_models(root)
        if "embed" in names:
            embedding.measure(datasets[-1])
        if "quality" in names:
            table([quality(home(found), root) for found in datasets])
        if "start" in names:
            quality(home(datasets[0]), root)
            serving.start(root, datasets[0].name, datasets[0].questions[0].text)
        if "http" in names:
            for found in datasets:
                quality(home(found), root)
                serving.http(root, found)
        if "paint" in names:
            largest = max(datasets, key=size)
            quality(home(largest), root)
            painting.measure(root, largest)
        if "dense" in names:
            largest = max(datasets, key=size)
            quality(home(largest), root)
            index = root / largest.name
            truth = np.load(index / (index / "CURRENT").read_text().strip() / "vectors.npy")
            for copies in (1, 5):
                dense.measure(truth, copies)
        if "stories" in names:
            for corpus in sorted(given.data.glob("*/corpus.jsonl")) if given.data else []:
                fold(corpus, root)


def fold(corpus: Path, root: Path) -> None:
    """Measure how the copies in an archive are folded; its index is built where there is none."""
    service = wiring.build(load(overrides={"index_root": str(root), "index": corpus.parent.name}))
    try:
        service.live.storage.current()
    except IndexMissingError:
        service.reindex([corpus])
    stories.measure(service.generation, service.models.embedder, corpus.parent.name)


def sets(data: Path | None) -> list[Path]:
    """Return the folders of `data` that hold labelled questions, by name."""
    marks = ("qrels.tsv", "questions.jsonl")
    return sorted({path.parent for mark in marks for path in data.glob(f"*/{mark}")}) if data else []


def share_models(root: Path) -> None:
    """Let processes that use `root` find the model compiled already; what is timed must not compile it again."""
    root.mkdir(parents=True, exist_ok=True)
    models = (load().index_root / ".models").resolve()
    if not (root / ".models").exists():
        models.mkdir(parents=True, exist_ok=True)
        (root / ".models").symlink_to(models)


def home(dataset: Dataset) -> Path:
    """Return the folder that a dataset was read from."""
    return dataset.corpus if dataset.corpus.is_dir() else dataset.corpus.parent


def size(dataset: Dataset) -> int:
    """Return the bytes of a dataset's articles."""
    corpus = dataset.corpus
    return sum(path.stat().st_size for path in (corpus.rglob("*") if corpus.is_dir() else [corpus]))


@cache
def quality(folder: Path, root: Path) -> dict[str, Any]:
    """Run `rag eval` on a set, once; its index is kept under `root`."""
    command = [str(RAG), "eval", str(folder), "--index-root", str(root), "--json"]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return found


def table(reports: list[dict[str, Any]]) -> None:
    """Print the measures of all sets, each with its interval."""
    for report in reports:
        print(f"quality: {report['set']}: {report['articles']} articles, {report['questions']} questions")
        for name in COLUMNS:
            if isinstance(measure := report.get(name), dict):
                print(f"  {name:<26} {measure['value']:.3f} [{measure['low']:.3f}, {measure['high']:.3f}]")
        print(f"  answer_ms                  {report['answer_ms']}")


if __name__ == "__main__":
    main()
