"""Questions made from an archive: a stretch of words of a lead, without the rare name or number that it tells.

They are easier than what people ask, for they repeat the article's own words. Headlines are not asked: where one is
left out with its article, nobody can say whether another article that is found answers it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from rag.index.generation import Generation
from rag.text import analysis, english
from rag.types.filters import SearchFilter

WORDS = 7  # of a question; with 5 or 10 the fit was worse on some of four sets
LEAST_WORDS = 3
LEAD_SENTENCES = 5
PER_ARTICLE = 5  # questions, where an archive is small
RARE = 0.03, 3  # an answer's rarest word stands in at most this share of the passages, or in so many
COPY = 0.92  # cosine of two first passages from which on one article is a copy of the other
COPIES_SOUGHT = 30
ANSWER = re.compile(rf"{english.NAME.pattern}|\d[\d,.]*\d|\d")
EVERYTHING = SearchFilter()


class SyntheticQuestion(NamedTuple):
    """A question, its answer's string, and the ids of the article that it was made from and of that one's copies."""

    text: str
    answer: str
    articles: tuple[str, ...]


def make(generation: Generation, count: int, seed: int) -> Iterator[SyntheticQuestion]:
    """Yield at most `count` questions of a random sample of the articles; another one of each where they are few."""
    draw = random.Random(seed)
    articles = draw.sample(range(generation.archive.articles), generation.archive.articles)
    made = 0
    for row in articles * PER_ARTICLE:
        if made == count:
            return
        if found := _made(generation, row, draw):
            made += 1
            yield found


def _made(generation: Generation, row: int, draw: random.Random) -> SyntheticQuestion | None:
    """Return a question of a sentence of the article's lead; None where that tells nothing that is rare."""
    held, passages = generation.archive.articles_at([row])[row], generation.archive.passages_of(row)
    sentences = held.sentences(0, passages[0].end)[:LEAD_SENTENCES] if passages else []
    if not sentences:
        return None
    span, _ = draw.choice(sentences)
    sentence = held.article.text[span.start : span.end]
    candidates = [match.group() for match in ANSWER.finditer(sentence) if _rare(generation, match.group())]
    if not candidates:
        return None
    answer = draw.choice(candidates)
    words = [word for word in analysis.WORD.findall(sentence.replace(answer, " ")) if _counts(word)]
    if len(words) < LEAST_WORDS:
        return None
    start = draw.randrange(max(1, len(words) - WORDS + 1))
    copies = _copies(generation, row, passages[0].row)
    return SyntheticQuestion(" ".join(words[start : start + WORDS]), answer, (held.article.id, *copies))


def _counts(word: str) -> bool:
    return len(word) > 2 and word.lower() not in english.FUNCTION_WORDS


def _rare(generation: Generation, answer: str) -> bool:
    """Say whether an answer is found in other passages hardly ever by chance."""
    stems = generation.lexical.terms(answer)
    share, least = RARE
    most = max(least, share * generation.archive.passages)
    return bool(stems) and min(map(generation.lexical.document_frequency, stems)) <= most


def _copies(generation: Generation, row: int, first: int) -> list[str]:
    """Return the ids of the articles with a passage that is all but the article's first one."""
    archive = generation.archive
    near = generation.search_dense(generation.vectors[first].astype(np.float32), COPIES_SOUGHT, EVERYTHING)
    rows = dict.fromkeys(int(archive.article_of[other]) for other, cosine in near.pairs() if cosine >= COPY)
    return [archive.article(other).id for other in rows if other != row]
