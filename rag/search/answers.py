"""Ranked passages -> the sentences that answer best, verbatim, and the features of the confidence in them.

A sentence is scored by its idf-weighted coverage of the question's terms, by its passage's scores, and by whether it
holds the kind of thing that is asked for (a number, a time, a name) near words of the question. Nothing is generated: a
sentence is a span of a passage.
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
PASSAGES_READ = 5  # Best passages whose sentences compete
# Weights of a sentence's features beside coverage, which weighs 1: its passage's fused score, its MaxSim, its passage
# being the first; the expected kind, each anchor near it, and the share of the question's word pairs. They were fitted
# with a softmax over the sentences of each question, on the 1,190 questions of xquad-en (decision 0017).
FUSED_WEIGHT, MAX_SIM_WEIGHT, FIRST_WEIGHT = 0.20, 0.54, 0.14
KIND_WEIGHT, ANCHOR_WEIGHT, PAIRS_WEIGHT = 0.22, 0.22, 0.37
PREFIX_LETTERS = 6  # A word of a sentence counts as one of the question if its first letters, so many, are equal
FOLLOW_SHARE = 0.8  # A further sentence is shown if its score is at least this share of the first one's
NAMED_THINGS = (
    "country city state team company person player name school university group organization president region place"
)
KINDS = (  # What a question asks for, and the pattern that its answer must hold
    (re.compile(r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|decade|century)\b"), TIME),
    (
        re.compile(
            r"\bhow (?:many|much|long|old|far|large|big|tall|high|often)\b|"
            r"\bwhat (?:percent|percentage|number|share)\b"
        ),
        NUMBER,
    ),
    (
        re.compile(rf"\b(?:who|whom|whose|where)\b|\b(?:what|which) (?:{'|'.join(NAMED_THINGS.split())})\b"),
        NAME,
    ),
)


@dataclass(frozen=True)
class Selection:
    """The best sentences, best first, and the features of the first one, which are None if there is no sentence."""

    sentences: tuple[ScoredSentence, ...]
    features: ConfidenceFeatures | None


@dataclass(frozen=True)
class ExpectedAnswer:
    """The answer that a question asks for, as far as its words tell.

    It holds a match of `kind` that does not repeat the question's own `words`, near words that begin with one of the
    `anchors` (prefixes of PREFIX_LETTERS letters).
    """

    kind: re.Pattern[str] | None
    words: frozenset[str]
    anchors: frozenset[str]

    @classmethod
    def of(cls, question: str, terms: Analyse) -> ExpectedAnswer:
        """Derive the expected answer from a question; words of which `terms` returns nothing are no anchors."""
        anchors = {word.lower()[:PREFIX_LETTERS] for word in WORD.findall(content_words(question)) if terms(word)}
        return cls(expected_pattern(question), frozenset(WORD.findall(question.lower())), frozenset(anchors))

    def match_score(self, text: str) -> float:
        """Return the score of a sentence for holding the expected answer, 0 where it does not hold it.

        It is KIND_WEIGHT, and for each anchor ANCHOR_WEIGHT / (1 + its distance in words from the best match).
        """
        matches = [match.start() for match in self.kind.finditer(text) if not self._repeats(match)] if self.kind else []
        if not matches:
            return 0.0
        words = list(WORD.finditer(text))
        anchors = [n for n, word in enumerate(words) if word.group().lower()[:PREFIX_LETTERS] in self.anchors]
        starts = [word.start() for word in words]
        places = [bisect_left(starts, start) for start in matches]
        return KIND_WEIGHT + ANCHOR_WEIGHT * max(sum(1 / (1 + abs(n - place)) for n in anchors) for place in places)

    def _repeats(self, match: re.Match[str]) -> bool:
        """Return whether a match only repeats words of the question."""
        return self.words.issuperset(WORD.findall(match.group().lower()))


def select(
    question: str,
    hits: Sequence[Hit],
    sentences: Sequence[Sequence[Span]],
    sims: Sequence[Sequence[float]],
    terms: Analyse,
    weight: TermWeight,
) -> Selection:
    """Select up to MAX_SENTENCES of the `sentences` of the first passages, best first.

    `sims` are the MaxSim of each sentence with the question. `terms` returns the stems of a text, `weight` the inverse
    document frequency of a stem.
    """
    question_terms = terms(content_words(question))
    if not hits or not question_terms:
        return Selection((), None)
    idf = {term: weight(term) for term in question_terms}.__getitem__  # One look-up per term, not one per sentence
    expected, pairs = ExpectedAnswer.of(question, terms), word_pairs(question)
    scored = []
    for place, (hit, spans, near) in enumerate(zip(hits, sentences, sims, strict=False)):
        base = FUSED_WEIGHT * hit.scores.fused + FIRST_WEIGHT * (place == 0)
        for span, sim in zip(spans, near, strict=True):
            text = _text(hit, span)
            covered = coverage(question_terms, terms(text), idf)
            score = covered + base + MAX_SIM_WEIGHT * sim + expected.match_score(text)
            score += PAIRS_WEIGHT * len(pairs & word_pairs(text)) / max(1, len(pairs))
            scored.append(ScoredSentence(place, span, score, sim))
    scored.sort(key=lambda sentence: (-sentence.score, sentence.place, sentence.span.start))
    min_score = min(scored[0].score, FOLLOW_SHARE * scored[0].score)  # The first is shown even if it scores below 0
    selected = tuple(sentence for sentence in scored[:MAX_SENTENCES] if sentence.score >= min_score)
    return Selection(selected, features_of(question_terms, hits, scored, terms, idf))


def expected_pattern(question: str) -> re.Pattern[str] | None:
    """Return the pattern that an answer to the question must hold, None where the question's words do not tell."""
    lowered = question.lower()
    return next((kind for words, kind in KINDS if words.search(lowered)), None)


def word_pairs(text: str) -> set[tuple[str, str]]:
    """Return the pairs of adjacent words of a text, in lower case."""
    words = WORD.findall(text.lower())
    return set(pairwise(words))


def _text(hit: Hit, span: Span) -> str:
    start = hit.passage.start
    return hit.passage.text[span.start - start : span.end - start]
