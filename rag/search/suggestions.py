"""Suggested questions: a few that an archive answers, made from its own sentences and tried before they are suggested.

A sentence that tells who did something, or how many did, is turned into the question that asks for its subject or its
number. Where no sentence can be turned, a headline that is a question by itself is suggested. Which articles are tried
depends on the generation's name alone, so that every reader sees the same suggestions.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from rag.index.generation import Generation
from rag.text import english
from rag.types.results import NO_TIME, Answer

MAX_SUGGESTIONS = 3
MIN_CONFIDENCE = 0.7  # Least confidence of the answer to a suggested question, 0 to 1
MAX_ARTICLES, MAX_TRIES = 400, 40  # Articles that are sampled, and questions that are tried, before the search ends
LEAD_SENTENCES = 4  # First sentences of an article that may be turned into a question
MIN_WORDS, MAX_WORDS = 5, 12  # Words of a question after its question word

Ask = Callable[[str], Answer]

VERB = (
    r"(?:[a-z]{3,}ed|won|lost|made|took|gave|built|wrote|found|became|began|led|ran|sold|bought|paid|held|told|left|sent|"
    r"broke|set|cut|beat|chose|drew|has|is|was|will)"
)
SUBJECT = re.compile(rf"((?:The )?[A-Z][\w’'-]+(?: (?:of |the |de |van )?[A-Z][\w’'-]+)+) ({VERB} [^\n]+)")
ABOUT = "(?:(?:About|Around|More than|At least|Nearly|Some|Almost|Only) )?"
COUNTED = re.compile(
    rf"{ABOUT}(?:{english.NUMBER.pattern}) ((?:[a-z]+s|people|men|women|children)\b[^\n]+)", re.IGNORECASE
)
ENDS = re.compile(r"[,;:.!?](?=\s|$)|[–—()“”\"]| on (?=[A-Z][a-z]+day\b)| and | but | because | after which ")
POINTING = re.compile(
    r"\b(?:he|she|it|they|him|them|his|her|its|their|this|these|those|i|we|you|us|our|my|here|now|also|other|another|same)\b",
    re.I,
)
THING_VERB = re.compile(r"was|is|has been|will|opened|reopened|closed|began|ended|fell|rose|sank|burned")
VAGUE = re.compile(  # A denial or a time of day
    r"\b(?:not|never|cannot|no longer)\b|n[’']t\b|(?<![£$€\d])\b\d{1,2}[.:]\d\d\b", re.IGNORECASE
)
NAME = re.compile(r"(?<=\s)[A-Z][a-z]")
STARTERS = re.compile(r"(?:But|And|In|On|At|For|As|If|When|While|After|Before|By|Last|This|That|Mr|Mrs|Ms|Dr)\b")


class SuggestedQuestion(NamedTuple):
    """A question that is answered from the article it was made from, that article's source, and the confidence."""

    question: str
    source: str | None
    confidence: float

    @property
    def is_specific(self) -> bool:
        """Whether the question asks for somebody or for a number, and names what it is about."""
        return self.question.startswith(("Who ", "How many ")) and bool(NAME.search(self.question))


def suggested_questions(generation: Generation, ask: Ask) -> tuple[str, ...]:
    """Return up to MAX_SUGGESTIONS questions, each of another article, that `ask` answers from that article.

    Specific questions come before the others, and within both groups those of different sources before further ones of
    the same source, and then the more confident ones.
    """
    return _best(_answered(generation, ask, _from_sentence)) or _best(_answered(generation, ask, _from_headline))


def _best(questions: Iterable[SuggestedQuestion]) -> tuple[str, ...]:
    """Return the best questions: specific ones, then the others, both with different sources first."""
    ranked = sorted(questions, key=lambda question: -question.confidence)
    specific, others = ([question for question in ranked if question.is_specific is kind] for kind in (True, False))
    return tuple(dict.fromkeys([*_by_source(specific), *_by_source(others)]))[:MAX_SUGGESTIONS]


def _by_source(ranked: Sequence[SuggestedQuestion]) -> list[str]:
    """Return the first question of each source, then the rest."""
    first = {suggestion.source: suggestion for suggestion in reversed(ranked)}
    ordered = sorted(ranked, key=lambda suggestion: first[suggestion.source] is not suggestion)
    return [suggestion.question for suggestion in ordered]


def _answered(generation: Generation, ask: Ask, make: Callable[[str, str], str | None]) -> Iterator[SuggestedQuestion]:
    """Yield the questions made by `make` that are answered, until MAX_TRIES were tried."""
    rng, archive, tries = random.Random(generation.name), generation.archive, 0
    for row in rng.sample(range(archive.articles), min(archive.articles, MAX_ARTICLES)):
        stored = archive.articles_at([row])[row]
        for span, _ in stored.sentences(0, len(stored.article.text))[:LEAD_SENTENCES]:
            question = make(stored.article.text[span.start : span.end], stored.article.title)
            if question is None:
                continue
            if tries == MAX_TRIES:
                return
            tries += 1
            answer = ask(question)
            if is_sure(answer, stored.article.id):
                yield SuggestedQuestion(question, stored.article.source, answer.confidence)
            break


def is_sure(answer: Answer, article: str) -> bool:
    """Return whether an answer is confident, comes from that article, and depends on no words like "this week"."""
    timeless = answer.interpreted is None or answer.interpreted.because == NO_TIME
    return (
        answer.answered
        and answer.confidence >= MIN_CONFIDENCE
        and timeless
        and answer.sentences[0].citation.id == article
    )


def _from_sentence(sentence: str, _: str) -> str | None:
    """Return the question that a sentence answers, None where the sentence matches no known form."""
    if STARTERS.match(sentence):
        return None
    if match := COUNTED.match(sentence):
        has_verb = re.search(rf"\b{VERB}\b|\b(?:were|are|have|had)\b", match[1])
        return _question("How many", match[1]) if has_verb else None
    match = SUBJECT.match(sentence)
    if not match:
        return None
    # "The ..." may be a team, a court or a firm, which nobody asks for with "what": the verb must be one of things
    is_thing = match[1].startswith("The ")
    return _question("What" if is_thing else "Who", match[2]) if not is_thing or THING_VERB.match(match[2]) else None


def _question(word: str, rest: str) -> str | None:
    """Return the question of a question word and the first clause of `rest`, None if it is too long, short or vague."""
    clause = ENDS.split(rest, maxsplit=1)[0].strip()
    count = len(clause.split())
    if not MIN_WORDS <= count <= MAX_WORDS or POINTING.search(clause) or VAGUE.search(clause):
        return None
    return f"{word} {clause}?"


def _from_headline(_: str, title: str) -> str | None:
    """Return a headline that is a question by itself, None for any other headline."""
    asks = title.rstrip().endswith("?")
    return title.strip() if asks and MIN_WORDS <= len(title.split()) <= 2 * MAX_WORDS else None
