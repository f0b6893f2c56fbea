"""Are copies found, and are others left alone? Copies made of real articles, against their nearest other articles.

`python -m tests.bench stories --data DIR` takes the archives of DIR. An article's *other* is the one of nearest
meaning within six days (any, where there are no days) of which less than a tenth stands in runs of eight words or
more that both have: the same subject, but not the same text.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from functools import partial

import numpy as np

from rag.index import minhash, stories
from rag.index.generation import Generation
from rag.indexing.ingest import Ingester, ReindexOptions
from rag.models.base import Embedder
from rag.types.arrays import Matrix
from rag.types.articles import Article
from tests.bench.machine import SEED

Change = Callable[[list[str], random.Random, list[str]], list[str]]

SAMPLE = 400  # articles copied
LEAST_WORDS = 60
RUN, COPIED = 8, 0.1
AT_ONCE = 30_000  # articles sketched and compared, for the time it takes


def paragraphs(text: str) -> list[str]:
    """Divide a text at its line breaks; where there are few, every third sentence."""
    found = [part for part in text.split("\n") if part.strip()]
    if len(found) >= 4:
        return found
    ends = text.split(". ")
    return [". ".join(ends[n : n + 3]) for n in range(0, len(ends), 3)]


def trim(parts: list[str], draw: random.Random, _: list[str]) -> list[str]:
    """Keep the first 40 to 80 per cent."""
    return parts[: max(2, int(len(parts) * draw.uniform(0.4, 0.8)))]


def drop(parts: list[str], draw: random.Random, _: list[str]) -> list[str]:
    """Leave out every fourth paragraph or so."""
    return [part for part in parts if draw.random() > 0.25] or parts


def add(parts: list[str], draw: random.Random, others: list[str]) -> list[str]:
    """Put in a tenth to two fifths as many paragraphs of another article."""
    theirs = paragraphs(draw.choice(others))
    count = min(len(theirs), max(1, int(len(parts) * draw.uniform(0.1, 0.4))))
    parts = list(parts)
    for part in draw.sample(theirs, count):
        parts.insert(draw.randrange(len(parts) + 1), part)
    return parts


def reorder(parts: list[str], draw: random.Random, _: list[str]) -> list[str]:
    """Put all after the lead in another order."""
    rest = parts[1:]
    draw.shuffle(rest)
    return [*parts[:1], *rest]


def reword(parts: list[str], draw: random.Random, others: list[str], share: float = 0.1) -> list[str]:
    """Replace, drop or add one word in ten."""
    words = draw.choice(others).split()
    return [" ".join(_reworded(part.split(), draw, words, share)) for part in parts]


def _reworded(words: list[str], draw: random.Random, others: list[str], share: float) -> list[str]:
    kept = []
    for word in words:
        chance = draw.random() / share
        kept += [draw.choice(others)] if chance < 0.6 else [] if chance < 0.8 else [word]
        kept += [draw.choice(others)] if 0.8 <= chance < 1 else []
    return kept


CHANGES: tuple[Change, ...] = (trim, drop, add, reorder, reword)


def changed(text: str, changes: Sequence[Change], draw: random.Random, others: list[str]) -> str:
    """Return `text` with some of CHANGES made to it, in their order."""
    parts = paragraphs(text)
    for change in CHANGES:
        parts = change(parts, draw, others) if change in changes else parts
    return "\n\n".join(parts)


def copied(first: str, second: str) -> float:
    """Return the share of the shorter text that stands in runs of RUN words which both have."""
    words, others = first.split(), second.split()
    blocks = SequenceMatcher(None, words, others, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size >= RUN) / max(1, min(len(words), len(others)))


def measure(generation: Generation, embedder: Embedder, name: str) -> None:
    """Print precision and recall on one archive, and what finding its stories takes."""
    articles = [generation.archive.article(row) for row in range(generation.archive.articles)]
    draw = random.Random(SEED)
    rows = [row for row, each in enumerate(articles) if len(each.text.split()) >= LEAST_WORDS]
    sample = draw.sample(rows, min(SAMPLE, len(rows)))
    means = _means(generation)
    days = generation.archive.days(np.arange(len(articles)))
    texts = [each.text for each in articles]
    for most in (3, len(CHANGES)):
        made = [changed(texts[row], draw.sample(CHANGES, draw.randint(1, most)), draw, texts) for row in sample]
        made_of = [minhash.sketch(text) for text in (*texts, *made)]
        vectors = np.concatenate([means, _embedded(made, embedder)])
        ordinals = [*days.tolist(), *days[sample].tolist()]
        found_pairs = stories.near_duplicates(
            np.arange(len(made_of)), made_of.__getitem__, ordinals, vectors.__getitem__
        )
        pairs = {(first, second) for first, second, _ in found_pairs}
        found = sum((row, len(texts) + n) in pairs for n, row in enumerate(sample))
        others = [pair for row in sample if (pair := _other(row, texts, means, days))]
        wrong = [pair for pair in others if pair in pairs]
        print(
            f"stories: {name}: copies with 1 to {most} changes: recall {found / len(sample):.3f} of {len(sample)}; "
            f"precision {found / max(1, found + len(wrong)):.3f} against {len(others)} others",
            flush=True,
        )
        for first, second in wrong[:5]:
            print(f"  one story? {articles[first].title[:60]} | {articles[second].title[:60]}")
    twins: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        twins.setdefault(text, []).append(row)
    same = [(held[0], row) for held in twins.values() for row in held[1:]]
    story = generation.stories.of(np.arange(len(texts)))
    folded = sum(story[a] == story[b] for a, b in same)
    print(f"stories: {name}: {len(same)} articles repeat a text of before, {folded} are folded with it")
    _time(texts, days.tolist(), means, name)


def _time(texts: list[str], days: list[int], means: Matrix, name: str) -> None:
    many = [n % len(texts) for n in range(min(AT_ONCE, len(texts)))]
    began = time.perf_counter()
    made_of = [minhash.sketch(texts[n]) for n in many]
    between = time.perf_counter()
    stories.detect_stories(made_of.__getitem__, days[: len(many)], means.__getitem__)
    ended = time.perf_counter()
    took = f"sketched in {between - began:.1f} s, folded in {ended - between:.1f} s"
    print(f"stories: {name}: {len(many):,} articles {took}")


def _other(row: int, texts: list[str], means: Matrix, days: np.ndarray) -> tuple[int, int] | None:
    near = means @ means[row]
    near[row] = -1
    if days[row]:
        near[abs(days - days[row]) > stories.CLOSE_DAYS] = -1
    for other in np.argsort(-near)[:5].tolist():
        if near[other] > 0 and copied(texts[row], texts[other]) < COPIED:
            return min(row, other), max(row, other)
    return None


def _means(generation: Generation) -> Matrix:
    archive = generation.archive
    rows = np.arange(archive.passages)
    vectors = generation.dense.vectors(rows)
    sums = np.zeros((archive.articles, vectors.shape[1]), np.float32)
    np.add.at(sums, archive.articles_of(rows), vectors)
    means: Matrix = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    return means


def _embedded(texts: list[str], embedder: Embedder) -> Matrix:
    ingester = Ingester(None, embedder, ReindexOptions(roots=()), None)
    cut = partial(Article, title="A title", title_from="lead")
    items = [cut(id=str(n), text=text, origin={"path": "made", "line": 1}) for n, text in enumerate(texts)]
    divided = [(item, part) for item in items for part in ingester.segmented(item).passages]
    vectors = embedder.embed_passages([item.text[part.start : part.end] for item, part in divided]).vectors
    sums = np.zeros((len(texts), vectors.shape[1]), np.float32)
    np.add.at(sums, [int(item.id) for item, _ in divided], vectors)
    means: Matrix = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    return means
