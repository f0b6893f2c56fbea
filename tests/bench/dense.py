"""Exact against IVF against HNSW over an index's own vectors: why RAG_EXACT_ROWS is what it is."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import faiss
import numpy as np

from rag.index.backends.faiss import EXACT, FOLDER, IVF, FaissDense, FaissDenseIndex
from rag.index.base import GenerationRef
from tests.bench.machine import SEED

K, QUESTIONS, NOISE = 100, 100, 0.02


def measure(truth: np.ndarray, copies: int) -> None:
    """Print build time, milliseconds a search, and recall@100 against exact, at `copies` times the rows."""
    rng = np.random.default_rng(SEED)
    rows = np.concatenate([truth, *(_noisy(truth, rng) for _ in range(copies - 1))])
    questions = _noisy(truth[rng.choice(len(truth), min(QUESTIONS, len(truth)), replace=False)], rng)
    wanted: list[set[int]] = []
    for kind, exact_rows in ((EXACT, len(rows)), (IVF, 0)):
        with tempfile.TemporaryDirectory() as folder:
            engine, draft = FaissDense(exact_rows), GenerationRef("bench", kind, Path(folder))
            began = time.perf_counter()
            engine.build(draft, [rows], *rows.shape)
            built = time.perf_counter() - began
            size = sum(path.stat().st_size for path in (draft.folder / FOLDER).iterdir())
            index = engine.open(draft)
        found = _report(kind, rows, (built, size), questions, wanted, partial(_rows_of, index))
        wanted = wanted or found
    began = time.perf_counter()
    hnsw = faiss.IndexHNSWSQ(rows.shape[1], faiss.ScalarQuantizer.QT_8bit, 32, faiss.METRIC_INNER_PRODUCT)
    hnsw.hnsw.efSearch = 4 * K
    hnsw.train(rows.astype(np.float32))
    hnsw.add(rows.astype(np.float32))
    cost = time.perf_counter() - began, len(faiss.serialize_index(hnsw))

    def refined(question: np.ndarray) -> list[int]:
        places = hnsw.search(question[np.newaxis], 4 * K)[1][0]
        places = places[places >= 0]  # -1 where it found fewer
        scores = rows[places].astype(np.float32) @ question
        return [int(row) for row in places[np.argsort(-scores)[:K]]]

    _report("hnsw-sq8-refined", rows, cost, questions, wanted, refined)


def _rows_of(index: FaissDenseIndex, question: np.ndarray) -> list[int]:
    rows: list[int] = index.search(question, K, None).rows.tolist()
    return rows


def _report(
    kind: str,
    rows: np.ndarray,
    cost: tuple[float, int],
    questions: np.ndarray,
    wanted: list[set[int]],
    search: Callable[[np.ndarray], list[int]],
) -> list[set[int]]:
    found, took = [], []
    for question in questions.astype(np.float32):
        began = time.perf_counter()
        found.append(set(search(question)))
        took.append((time.perf_counter() - began) * 1000)
    recall = np.mean([len(a & b) / len(b) for a, b in zip(found, wanted or found, strict=True)])
    figures = f"built in {cost[0]:.1f} s, {cost[1] / 1e6:.0f} MB, p50 {np.median(took):.2f} ms, recall@100 {recall:.3f}"
    print(f"dense: {len(rows):,} rows, {kind}: {figures}", flush=True)
    return found


def _noisy(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    moved = rows.astype(np.float32) + rng.standard_normal(rows.shape, np.float32) * NOISE
    unit: np.ndarray = (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float16)
    return unit
