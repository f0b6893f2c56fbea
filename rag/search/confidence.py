"""How sure an answer is: the features of its first sentence, and the logistic regression over them.

This module alone names the features. A fit that is stored, and the examples that it is fitted to, take names and their
number from here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from rag.types.articles import Span
from rag.types.index import FittedConfidence
from rag.types.results import Hit

Analyse = Callable[[str], list[str]]
TermWeight = Callable[[str], float]
Coefficients: TypeAlias = Mapping[str, float]

LONE_MARGIN = 1.0  # the margin, in units of a sentence's score, where no sentence of another article competes
DEFAULT_SIM = 0.3  # the MaxSim of a passage that late interaction did not rank


class ConfidenceFeatures(NamedTuple):
    """What speaks for the first sentence's passage: a higher value never makes an answer less likely.

    `coverage` is the passage's share of the question's terms, weighed by idf, 0 to 1; `sim` and `passage_sim` are
    MaxSim of the sentence and of the passage, -1 to 1; `margin` is by how much the sentence outscores the best sentence
    of another article.
    """

    coverage: float
    sim: float
    passage_sim: float
    margin: float


FEATURES = ConfidenceFeatures._fields
INTERCEPT = "intercept"
# Log odds for each unit of a feature, from a logistic regression on questions with and without their relevant articles:
# docs/decisions/0018-confidence.md
COEFFICIENTS: Coefficients = {
    INTERCEPT: -6.45,
    "coverage": 3.08,
    "sim": 3.33,
    "passage_sim": 3.68,
    "margin": 1.07,
}


@dataclass(frozen=True)
class ScoredSentence:
    """A sentence of the passage at `place` (from 0): its score, and its MaxSim with the question."""

    place: int
    span: Span
    score: float
    sim: float


def coverage(question: Sequence[str], text: Sequence[str], weight: TermWeight) -> float:
    """Return the share, 0 to 1, of the question's terms that stand in the text, each counting its weight."""
    total = sum(weight(term) for term in question)
    present = set(text)
    return sum(weight(term) for term in question if term in present) / total if total else 0.0


def features_of(
    question: Sequence[str],
    hits: Sequence[Hit],
    sentences: Sequence[ScoredSentence],
    terms: Analyse,
    weight: TermWeight,
) -> ConfidenceFeatures:
    """Return the features of the first of the `sentences`, which are all that compete, best first.

    `question` are the question's terms, `weight` their idf, and `hits` the passages that the sentences are of.
    """
    first = sentences[0]
    hit = hits[first.place]
    rival = next((s for s in sentences if hits[s.place].passage.article_id != hit.passage.article_id), None)
    return ConfidenceFeatures(
        coverage=coverage(question, terms(hit.passage.text), weight),
        sim=first.sim,
        passage_sim=DEFAULT_SIM if hit.scores.max_sim is None else hit.scores.max_sim,
        margin=first.score - rival.score if rival else LONE_MARGIN,
    )


def confidence_of(features: ConfidenceFeatures | None, coefficients: Coefficients = COEFFICIENTS) -> float:
    """Return the probability, 0 to 1, that the first sentence's passage answers; 0 where they share no term."""
    if features is None or not features.coverage:
        return 0.0
    terms = (coefficients[name] * value for name, value in zip(FEATURES, features, strict=True))
    logit = sum(terms, start=coefficients[INTERCEPT])
    return round(1 / (1 + math.exp(-logit)), 4)


def coefficients_of(fitted: FittedConfidence | None) -> Coefficients:
    """Return the fitted coefficients; the defaults where nothing was fitted, or where the fit is not usable."""
    return fitted.coefficients if fitted and is_usable(fitted) else COEFFICIENTS


def is_usable(fitted: FittedConfidence) -> bool:
    """Return whether a stored fit has a coefficient for each of today's features, and for no other."""
    return fitted.coefficients.keys() == COEFFICIENTS.keys()
