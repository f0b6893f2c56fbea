"""How soon after Enter does a reader see results? In a real browser, from the key to the frame that shows them."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
from pathlib import Path

import httpx2
from playwright.sync_api import Page, sync_playwright

from rag.evaluation.datasets import Dataset
from tests.bench.serving import RAG, free_port, wait

QUESTIONS = 30
# In every document: the time of Enter, then that of the second frame after the answer's heading stands there
WATCH = """
const now = () => performance.timeOrigin + performance.now();
addEventListener("keydown", (event) => { if (event.key === "Enter") sessionStorage.pressed = now(); }, true);
const look = () => {
  if (!sessionStorage.pressed || sessionStorage.seen || !document.getElementById("answer-heading")) return;
  sessionStorage.seen = "soon";
  requestAnimationFrame(() => requestAnimationFrame(() => { sessionStorage.seen = now(); }));
};
new MutationObserver(look).observe(document, { childList: true, subtree: true });
"""


def measure(index_root: Path, dataset: Dataset) -> None:
    """Ask questions of a set on the page, each from an empty one, and print the median and the longest time."""
    chromium = shutil.which("chromium")
    if not chromium:
        print("paint: chromium is not installed: apt-get install chromium")
        return
    environment = {**os.environ, "RAG_INDEX_ROOT": str(index_root), "RAG_INDEX": dataset.name}
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen([RAG, "serve", "--port", str(port)], env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            with httpx2.Client(base_url=address) as client:
                wait(client)
                passages = client.get("/v1/status").json()["counts"]["passages"]
            with sync_playwright() as playwright:
                flags = ["--no-sandbox", "--disable-gpu"]
                browser = playwright.chromium.launch(executable_path=chromium, args=flags)
                page = browser.new_page(bypass_csp=True)  # the page lets no foreign script run, ours included
                page.add_init_script(WATCH)
                took = [ask(page, address, question.text) for question in dataset.questions[: QUESTIONS + 1]][1:]
        finally:
            server.terminate()
    print(f"paint: {dataset.name}, {passages:,} passages, {len(took)} questions, Enter to painted: ", end="")
    print(f"median {statistics.median(took):.0f} ms, longest {max(took):.0f} ms")


def ask(page: Page, address: str, question: str) -> float:
    """Type a question into an empty page, press Enter, and return the milliseconds until results are painted."""
    page.goto(address)
    page.evaluate("sessionStorage.clear()")
    page.fill("#q", question)
    page.press("#q", "Enter")
    page.wait_for_function("Number(sessionStorage.seen) > 0")
    return float(page.evaluate("sessionStorage.seen - sessionStorage.pressed"))
