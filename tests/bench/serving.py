"""Wall times as a user sees them: a fresh process that asks, and one client over HTTP."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import numpy as np

from rag.evaluation.datasets import Dataset

RAG = Path(sys.executable).parent / "rag"
RUNS = 9


def start(index_root: Path, index: str, question: str) -> None:
    """Print the median wall time of `rag --help` and of `rag ask` in fresh processes."""
    environment = {**os.environ, "RAG_INDEX_ROOT": str(index_root), "RAG_INDEX": index}
    for command in (["--help"], ["ask", question]):
        took = []
        for _ in range(RUNS + 1):
            began = time.perf_counter()
            subprocess.run([RAG, *command], env=environment, check=True, stdout=subprocess.DEVNULL)
            took.append(time.perf_counter() - began)
        spread = f"{min(took[1:]):.2f} to {max(took[1:]):.2f}"
        print(f"start: rag {command[0]}: median {statistics.median(took[1:]):.2f} s ({spread}), {RUNS} processes")


def http(index_root: Path, dataset: Dataset) -> None:
    """Ask every question of a set over HTTP, one client, and print the percentiles of the second pass."""
    environment = {**os.environ, "RAG_INDEX_ROOT": str(index_root), "RAG_INDEX": dataset.name}
    port = free_port()
    with subprocess.Popen([RAG, "serve", "--port", str(port)], env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            with httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client:
                wait(client)
                _pass(client, dataset)
                took = _pass(client, dataset)
                passages = client.get("/v1/status").json()["counts"]["passages"]
        finally:
            server.terminate()
    p50, p90, p99 = np.percentile(took, [50, 90, 99])
    print(f"http: {dataset.name}, {passages:,} passages, {len(took)} questions, one client: /v1/answer ", end="")
    print(f"p50 {p50:.1f} ms, p90 {p90:.1f}, p99 {p99:.1f}")


def _pass(client: httpx2.Client, dataset: Dataset) -> list[float]:
    took = []
    for question in dataset.questions:
        began = time.perf_counter()
        client.post("/v1/answer", json={"question": question.text}).raise_for_status()
        took.append((time.perf_counter() - began) * 1000)
    return took


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def wait(client: httpx2.Client) -> None:
    """Wait until the server answers; raises TimeoutError."""
    for _ in range(300):
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError("rag serve was not ready within 30 s")
