"""Ranked passages -> the sentences that answer best, verbatim, and how far to trust them.

A sentence is scored by the question's words it holds, rare words counting more, and by its passage's place.
Nothing is generated: a sentence is a span of a passage.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.sentences import sentences
from rag.types import Hit

MAX_SENTENCES = 3
PASSAGES_READ = 5  # passages whose sentences compete
PASSAGE_SHARE = 0.1  # weight of a passage's mixed score beside the words that a sentence shares
COSINE_SLOPE, HELD_SLOPE, OFFSET = 6.0, 4.0, 5.0
FOLLOW_SHARE = 0.6  # a further sentence is shown if it scores this share of the first


@dataclass(frozen=True)
class Sentence:
    """A sentence of the passage at `place` (from 0), `start` and `end` in the article's text."""

    place: int
    start: int
    end: int
    score: float


Terms = Callable[[str], list[str]]
Weight = Callable[[str], float]


def coverage(question: Sequence[str], text: Sequence[str], weight: Weight) -> float:
    """Return the share, 0 to 1, of the question's terms that stand in the text, each counting its weight."""
    total = sum(weight(term) for term in question)
    held = set(text)
    return sum(weight(term) for term in question if term in held) / total if total else 0.0


@dataclass(frozen=True)
class Verdict:
    """The best sentences, best first, and the confidence that the first one's passage answers."""

    sentences: tuple[Sentence, ...]
    confidence: float


def answer(question: str, hits: Sequence[Hit], terms: Terms, weight: Weight) -> Verdict:
    """Pick one to three sentences of the first passages. `terms` are stems, `weight` their rarity (idf)."""
    asked = terms(question)
    if not hits or not asked:
        return Verdict((), 0.0)
    found = [
        Sentence(
            place,
            hit.passage.start + span.start,
            hit.passage.start + span.end,
            coverage(asked, terms(hit.passage.text[span.start : span.end]), weight)
            + PASSAGE_SHARE * hit.scores.fused,
        )
        for place, hit in enumerate(hits[:PASSAGES_READ])
        for span in sentences(hit.passage.text)
    ]
    found.sort(key=lambda sentence: (-sentence.score, sentence.place, sentence.start))
    shown = [s for s in found[:MAX_SENTENCES] if s.score >= FOLLOW_SHARE * found[0].score]
    best = hits[shown[0].place]
    held = coverage(asked, terms(best.passage.text), weight)
    return Verdict(tuple(shown), confidence(best.scores.dense, held))


def confidence(cosine: float, held: float) -> float:
    """Return a number from 0 to 1 that grows with the passage's cosine and the share of the question it holds."""
    return 1 / (1 + math.exp(-(COSINE_SLOPE * cosine + HELD_SLOPE * held - OFFSET))) if held else 0.0
