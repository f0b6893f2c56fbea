"""Ranked passages -> the sentences that answer best, verbatim, and how far to trust them.

A sentence is scored by the question's words that it holds, rare words counting more, by its passage's scores,
and by whether it holds the kind of thing that is asked for (a number, a time, a name). Nothing is generated:
a sentence is a span of a passage. The weights were chosen on 600 questions over 240 encyclopedia paragraphs,
where the first sentence then holds the answer for .82 of them, one of the first two for .92.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.types import Hit, Span

MAX_SENTENCES = 3
PASSAGES_READ = 5  # passages whose sentences compete
FUSED_WEIGHT, COSINE_WEIGHT, KIND_WEIGHT = 0.15, 0.6, 0.2  # beside coverage, which weighs 1
FOLLOW_SHARE = 0.8  # a further sentence is shown if it scores this share of the first
# Logistic regression on the same questions, half of them with their paragraph taken out of the archive
COSINE_SLOPE, PASSAGE_SLOPE, SENTENCE_SLOPE, OFFSET = 6.1, 6.2, 4.8, 8.9

WORD = re.compile(r"\w+")
NUMBER = re.compile(
    r"\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?|"
    r"millions?|billions?|half|twice|no|none|zero)\b",
    re.IGNORECASE,
)
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
TIME = re.compile(rf"\d|\b(?:{MONTHS})\b|day\b|\b(?:week|month|year)s?\b")
NAME = re.compile(r"(?<=[a-z,;:’] )[“‘]?[A-Z]\w+")  # a capital inside a sentence
FUNCTION_WORDS = frozenset(  # what a question is made of, whatever it asks about; rare in a small archive only
    "who whom whose what when where which why how many much long old often did do does done has have had having "
    "been being am were can could would should shall may might must i me my you your he him his she her hers we us "
    "our them theirs its from about after before between than so up down out over under again while because until "
    "during any some each few more most other own same only very just also ever say says said tell tells told "
    "happen happened happens there here".split()
)
KINDS = (  # what a question asks for -> what its answer must hold
    (
        re.compile(r"\bhow (many|much|long|old|far|large|big|tall|high|often)\b|\bwhat (percentage|number|share)\b"),
        NUMBER,
    ),
    (re.compile(r"\bwhen\b|\b(what|which) (year|date|day|month)\b"), TIME),
    (re.compile(r"\b(who|whom|whose|where)\b"), NAME),
)


@dataclass(frozen=True)
class Sentence:
    """A sentence of the passage at `place` (from 0)."""

    place: int
    span: Span
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


def answer(
    question: str, hits: Sequence[Hit], sentences: Sequence[Sequence[Span]], terms: Terms, weight: Weight
) -> Verdict:
    """Pick one to three of the `sentences` of the first passages. `terms` are stems, `weight` their rarity (idf)."""
    asked = terms(content(question))
    if not hits or not asked:
        return Verdict((), 0.0)
    rarity = {term: weight(term) for term in asked}.__getitem__  # one look-up a term, not one a sentence
    kind = expected(question)
    found = []
    for place, hit in enumerate(hits[:PASSAGES_READ]):
        base = FUSED_WEIGHT * hit.scores.fused + COSINE_WEIGHT * hit.scores.dense
        for span in sentences[place]:
            text = _text(hit, span)
            fits = kind is None or kind.search(text) is not None
            found.append(Sentence(place, span, coverage(asked, terms(text), rarity) + base + KIND_WEIGHT * fits))
    found.sort(key=lambda sentence: (-sentence.score, sentence.place, sentence.span.start))
    least = min(found[0].score, FOLLOW_SHARE * found[0].score)  # the first is shown, also where it scores below 0
    shown = tuple(s for s in found[:MAX_SENTENCES] if s.score >= least)
    return Verdict(shown, _confidence(shown[0], hits, asked, terms, rarity))


def content(question: str) -> str:
    """Return the question without its function words; whole where nothing else is in it."""
    words = [word for word in WORD.findall(question) if word.lower() not in FUNCTION_WORDS]
    return " ".join(words) or question


def expected(question: str) -> re.Pattern[str] | None:
    """Return what an answer to the question must hold, None where its words do not tell."""
    asked = question.lower()
    return next((kind for words, kind in KINDS if words.search(asked)), None)


def _confidence(first: Sentence, hits: Sequence[Hit], asked: Sequence[str], terms: Terms, weight: Weight) -> float:
    """Return the chance that the first sentence's passage answers; 0 where they share no word."""
    hit = hits[first.place]
    passage = coverage(asked, terms(hit.passage.text), weight)
    sentence = coverage(asked, terms(_text(hit, first.span)), weight)
    if not passage:
        return 0.0
    logit = COSINE_SLOPE * hit.scores.dense + PASSAGE_SLOPE * passage + SENTENCE_SLOPE * sentence - OFFSET
    return round(1 / (1 + math.exp(-logit)), 4)


def _text(hit: Hit, span: Span) -> str:
    start = hit.passage.start
    return hit.passage.text[span.start - start : span.end - start]
