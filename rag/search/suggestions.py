"""A few questions that an archive answers: made from its own sentences, and asked before anybody is invited to.

A sentence that tells who did something, or how many, is turned into the question for it: its subject or its number is
what is asked for. Where no sentence can be turned, a headline that asks is the question. Which articles are tried
depends on the generation's name alone.
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
MIN_CONFIDENCE = 0.7
MOST_ARTICLES, MOST_ASKED = 400, 40  # articles looked at, and questions asked, before the search is given up
LEAD_SENTENCES = 4
LEAST_WORDS, MOST_WORDS = 5, 12  # behind the question word

Ask = Callable[[str], Answer]

VERB = (
    r"(?:[a-z]{3,}ed|won|lost|made|took|gave|built|wrote|found|became|began|led|ran|sold|bought|paid|held|told|left|sent|"
    r"broke|set|cut|beat|chose|drew|has|is|was|will)"
)
NAMED = re.compile(rf"((?:The )?[A-Z][\w’'-]+(?: (?:of |the |de |van )?[A-Z][\w’'-]+)+) ({VERB} [^\n]+)")
ABOUT = "(?:(?:About|Around|More than|At least|Nearly|Some|Almost|Only) )?"
COUNTED = re.compile(
    rf"{ABOUT}(?:{english.NUMBER.pattern}) ((?:[a-z]+s|people|men|women|children)\b[^\n]+)", re.IGNORECASE
)
ENDS = re.compile(r"[,;:.!?](?=\s|$)|[–—()“”\"]| on (?=[A-Z][a-z]+day\b)| and | but | because | after which ")
POINTING = re.compile(
    r"\b(?:he|she|it|they|him|them|his|her|its|their|this|these|those|i|we|you|us|our|my|here|now|also|other|another|same)\b",
    re.I,
)
HAPPENED = re.compile(r"was|is|has been|will|opened|reopened|closed|began|ended|fell|rose|sank|burned")  # to things
VAGUE = re.compile(
    r"\b(?:not|never|cannot|no longer)\b|n[’']t\b|(?<![£$€\d])\b\d{1,2}[.:]\d\d\b", re.IGNORECASE
)  # a denial, a time
NAME = re.compile(r"(?<=\s)[A-Z][a-z]")
STARTERS = re.compile(r"(?:But|And|In|On|At|For|As|If|When|While|After|Before|By|Last|This|That|Mr|Mrs|Ms|Dr)\b")


class SuggestedQuestion(NamedTuple):
    """A question that is answered from the article it was made from: that article's source, and how surely."""

    question: str
    source: str | None
    confidence: float

    @property
    def telling(self) -> bool:
        """Whether it asks for somebody, or for a number, and names what it is about."""
        return self.question.startswith(("Who ", "How many ")) and bool(NAME.search(self.question))


def suggested_questions(generation: Generation, ask: Ask) -> tuple[str, ...]:
    """Return up to three questions, each of another article, that `ask` answers from that article with confidence.

    Those that ask for somebody or a number and name what they are about come first, and among these, and the others,
    those of different sources; then the surest.
    """
    return _chosen(_answered(generation, ask, _turned)) or _chosen(_answered(generation, ask, _headline))


def _chosen(found: Iterable[SuggestedQuestion]) -> tuple[str, ...]:
    """Return the best questions: those that tell, then the others, each kind of different sources first."""
    ranked = sorted(found, key=lambda made: -made.confidence)
    telling, others = ([made for made in ranked if made.telling is kind] for kind in (True, False))
    return tuple(dict.fromkeys([*_by_source(telling), *_by_source(others)]))[:MAX_SUGGESTIONS]


def _by_source(ranked: Sequence[SuggestedQuestion]) -> list[str]:
    """Return the first question of each source, then the rest."""
    first = {made.source: made for made in reversed(ranked)}
    return [made.question for made in sorted(ranked, key=lambda made: first[made.source] is not made)]


def _answered(generation: Generation, ask: Ask, make: Callable[[str, str], str | None]) -> Iterator[SuggestedQuestion]:
    """Yield questions that are answered, until as many were asked as may be."""
    draw, archive, asked = random.Random(generation.name), generation.archive, 0
    for row in draw.sample(range(archive.articles), min(archive.articles, MOST_ARTICLES)):
        stored = archive.articles_at([row])[row]
        for span, _ in stored.sentences(0, len(stored.article.text))[:LEAD_SENTENCES]:
            question = make(stored.article.text[span.start : span.end], stored.article.title)
            if question is None:
                continue
            if asked == MOST_ASKED:
                return
            asked += 1
            answer = ask(question)
            if is_sure(answer, stored.article.id):
                yield SuggestedQuestion(question, stored.article.source, answer.confidence)
            break


def is_sure(answer: Answer, article: str) -> bool:
    """Say whether an answer is sure, is of that article, and rests on no word for a time that will pass."""
    timeless = answer.interpreted is None or answer.interpreted.because == NO_TIME
    return (
        answer.answered
        and answer.confidence >= MIN_CONFIDENCE
        and timeless
        and answer.sentences[0].citation.id == article
    )


def _turned(sentence: str, _: str) -> str | None:
    """Return the question that a sentence answers; None where it is of no form that is known."""
    if STARTERS.match(sentence):
        return None
    if found := COUNTED.match(sentence):
        return (
            _question("How many", found[1]) if re.search(rf"\b{VERB}\b|\b(?:were|are|have|had)\b", found[1]) else None
        )
    found = NAMED.match(sentence)
    if not found:
        return None
    thing = found[1].startswith("The ")  # or a team, a court, a firm: what it did, nobody asks with "what"
    return _question("What" if thing else "Who", found[2]) if not thing or HAPPENED.match(found[2]) else None


def _question(word: str, rest: str) -> str | None:
    told = ENDS.split(rest, maxsplit=1)[0].strip()
    count = len(told.split())
    if not LEAST_WORDS <= count <= MOST_WORDS or POINTING.search(told) or VAGUE.search(told):
        return None
    return f"{word} {told}?"


def _headline(_: str, title: str) -> str | None:
    """Return a headline that is a question by itself; any other one only names what is told."""
    asks = title.rstrip().endswith("?")
    return title.strip() if asks and LEAST_WORDS <= len(title.split()) <= 2 * MOST_WORDS else None
