"""Ranked passages -> the sentences that answer best, verbatim, and how far to trust them.

A sentence is scored by the question's words that it holds, rare words counting more, by its passage's scores,
and by whether it holds the kind of thing that is asked for (a number, a time, a name), near words of the question.
Nothing is generated: a sentence is a span of a passage.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.search.confidence import Analyse, ConfidenceFeatures, ScoredSentence, TermWeight, coverage, features_of
from rag.text.analysis import WORD
from rag.text.english import NAME, NUMBER, TIME, content_words
from rag.types.articles import Span
from rag.types.results import Hit

MAX_SENTENCES = 3
PASSAGES_READ = 5  # passages whose sentences compete
# Beside coverage, which weighs 1: softmax over a question's sentences, on 1,190 questions of encyclopedia paragraphs
FUSED, MAX_SIM, KIND, NEAR, PAIRS, FIRST = 0.20, 0.54, 0.22, 0.22, 0.37, 0.14
PREFIX_LETTERS = 6  # letters by which a word of a sentence is taken for one of the question
FOLLOW_SHARE = 0.8  # a further sentence is shown if it scores this share of the first
NAMED = "country city state team company person player name school university group organization president region place"
KINDS = (  # what a question asks for -> what its answer must hold
    (re.compile(r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|decade|century)\b"), TIME),
    (
        re.compile(
            r"\bhow (?:many|much|long|old|far|large|big|tall|high|often)\b|"
            r"\bwhat (?:percent|percentage|number|share)\b"
        ),
        NUMBER,
    ),
    (
        re.compile(rf"\b(?:who|whom|whose|where)\b|\b(?:what|which) (?:{'|'.join(NAMED.split())})\b"),
        NAME,
    ),
)


@dataclass(frozen=True)
class Selection:
    """The best sentences, best first, and the features of the first one; None where there is none."""

    sentences: tuple[ScoredSentence, ...]
    features: ConfidenceFeatures | None


@dataclass(frozen=True)
class ExpectedAnswer:
    """What a question asks for: a `kind` of thing, not among its own `words`, near what its `anchors` begin."""

    kind: re.Pattern[str] | None
    words: frozenset[str]
    anchors: frozenset[str]

    @classmethod
    def of(cls, question: str, terms: Analyse) -> ExpectedAnswer:
        """Read it from the question's words; `terms` has none for a word that says nothing."""
        anchors = {word.lower()[:PREFIX_LETTERS] for word in WORD.findall(content_words(question)) if terms(word)}
        return cls(expected_pattern(question), frozenset(WORD.findall(question.lower())), frozenset(anchors))

    def held(self, text: str) -> float:
        """Return KIND where `text` holds such a thing, 0 where not, and NEAR for each anchor, the less the farther."""
        found = [match.start() for match in self.kind.finditer(text) if not self._asked(match)] if self.kind else []
        if not found:
            return 0.0
        words = list(WORD.finditer(text))
        anchors = [n for n, word in enumerate(words) if word.group().lower()[:PREFIX_LETTERS] in self.anchors]
        starts = [word.start() for word in words]
        places = [bisect_left(starts, start) for start in found]
        return KIND + NEAR * max(sum(1 / (1 + abs(n - place)) for n in anchors) for place in places)

    def _asked(self, match: re.Match[str]) -> bool:
        return self.words.issuperset(WORD.findall(match.group().lower()))


def select(
    question: str,
    hits: Sequence[Hit],
    sentences: Sequence[Sequence[Span]],
    sims: Sequence[Sequence[float]],
    terms: Analyse,
    weight: TermWeight,
) -> Selection:
    """Pick one to three of the `sentences` of the first passages, `sims` being their MaxSim with the question.

    `terms` are stems, `weight` their rarity (idf).
    """
    asked = terms(content_words(question))
    if not hits or not asked:
        return Selection((), None)
    rarity = {term: weight(term) for term in asked}.__getitem__  # one look-up a term, not one a sentence
    wanted, pairs = ExpectedAnswer.of(question, terms), word_pairs(question)
    found = []
    for place, (hit, spans, near) in enumerate(zip(hits, sentences, sims, strict=False)):
        base = FUSED * hit.scores.fused + FIRST * (place == 0)
        for span, sim in zip(spans, near, strict=True):
            text = _text(hit, span)
            covered = coverage(asked, terms(text), rarity)
            score = covered + base + MAX_SIM * sim + wanted.held(text)
            score += PAIRS * len(pairs & word_pairs(text)) / max(1, len(pairs))
            found.append(ScoredSentence(place, span, score, sim))
    found.sort(key=lambda sentence: (-sentence.score, sentence.place, sentence.span.start))
    least = min(found[0].score, FOLLOW_SHARE * found[0].score)  # the first is shown, also where it scores below 0
    shown = tuple(s for s in found[:MAX_SENTENCES] if s.score >= least)
    return Selection(shown, features_of(asked, hits, found, terms, rarity))


def expected_pattern(question: str) -> re.Pattern[str] | None:
    """Return what an answer to the question must hold, None where its words do not tell."""
    asked = question.lower()
    return next((kind for words, kind in KINDS if words.search(asked)), None)


def word_pairs(text: str) -> set[tuple[str, str]]:
    """Return the pairs of words that stand side by side."""
    words = WORD.findall(text.lower())
    return set(pairwise(words))


def _text(hit: Hit, span: Span) -> str:
    start = hit.passage.start
    return hit.passage.text[span.start - start : span.end - start]
