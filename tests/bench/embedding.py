"""Passages a second, Byline's embedder against SentenceTransformer.encode, on the same passages in one run."""

from __future__ import annotations

import random
import statistics
import time

import numpy as np

from rag import wiring
from rag.evaluation.datasets import Dataset
from rag.loaders import corpus
from rag.settings import load
from rag.text import chunking
from rag.text.sentences import sentences
from rag.types.articles import Article
from tests.bench.machine import SEED

PASSAGES, ROUNDS, QUERIES = 256, 3, 100


def passages(dataset: Dataset) -> list[str]:
    """Return passages as they would be embedded, in a pinned order, none twice."""
    settings = load()
    embedder = wiring.embedder(settings, settings.index_root / ".models")
    budget = min(settings.passage_tokens, embedder.max_tokens)
    found: dict[str, None] = {}
    for item in corpus.read([dataset.corpus]):
        if isinstance(item, Article):
            head = chunking.cut_title_prefix(chunking.title_prefix(item), embedder.tokens, budget)
            starts = [start for start, _ in embedder.tokens([item.text])[0]]
            for span in chunking.chunk(item.text, sentences(item.text), starts, head, embedder.tokens, budget):
                found[head + item.text[span.start : span.end]] = None
        if len(found) >= 4 * PASSAGES:
            break
    return random.Random(SEED).sample(list(found), min(PASSAGES, len(found)))


def measure(dataset: Dataset) -> None:
    """Alternate the two, A B A B, and print medians and the ratio pair by pair."""
    settings = load()
    cache = settings.index_root / ".models"
    ours = wiring.embedder(settings, cache)
    torch_side = wiring.embedder(settings.model_copy(update={"embedder": "sentence-transformers"}), cache)
    theirs = torch_side.model  # type: ignore[attr-defined]
    texts = passages(dataset)
    a, b = ours.embed_passages(texts).vectors, theirs.encode(texts, batch_size=32, normalize_embeddings=True)
    cosines = (a * b).sum(1)
    rates: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        ours.embed_passages(texts)
        middle = time.perf_counter()
        theirs.encode(texts, batch_size=32)
        rates.append((len(texts) / (middle - began), len(texts) / (time.perf_counter() - middle)))
    ratios = [one / other for one, other in rates]
    print(f"embed: {len(texts)} passages of {dataset.name}, {ROUNDS} rounds in turn")
    print(f"  rag {statistics.median(r[0] for r in rates):.1f}/s, SentenceTransformer.encode(batch_size=32) ", end="")
    print(f"{statistics.median(r[1] for r in rates):.1f}/s, ratio {statistics.median(ratios):.2f}", end=" ")
    print(f"({min(ratios):.2f} to {max(ratios):.2f}); cosine least {cosines.min():.5f}, mean {cosines.mean():.5f}")
    for name, ask in (("rag", ours.embed_query), ("SentenceTransformer", theirs.encode)):
        print(f"  {name}: {_query_ms(ask, texts):.1f} ms a question (median)")


def _query_ms(ask: object, texts: list[str]) -> float:
    took = []
    for text in (text[:80] for text in (texts * QUERIES)[: QUERIES + 10]):
        began = time.perf_counter()
        ask(text)  # type: ignore[operator]
        took.append((time.perf_counter() - began) * 1000)
    return float(np.median(took[10:]))
