"""Synthetic questions: a stretch of words of an article's lead, without the rare name or number that it tells.

They are easier than what people ask, because they repeat the article's own words. Headlines are not used: where one is
left out with its article, nobody can say whether another article answers it.
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

WORDS = 7  # words of a question; with 5 or 10 the fit was worse on some of four datasets
MIN_WORDS = 3
LEAD_SENTENCES = 5  # sentences of an article's first passage that a question may be made of
PER_ARTICLE = 5  # questions of one article, where an archive is small
# The rarest word of an answer stands in at most this share of the passages, or in at most so many of them
RARE_SHARE, RARE_PASSAGES = 0.03, 3
COPY_COSINE = 0.92  # between first passages; from here on one article is a copy of the other
COPY_CANDIDATES = 30  # passages looked at for copies
ANSWER = re.compile(rf"{english.NAME.pattern}|\d[\d,.]*\d|\d")


class SyntheticQuestion(NamedTuple):
    """A question, the string that answers it, and the ids of the article that it was made from and of its copies."""

    text: str
    answer: str
    articles: tuple[str, ...]


def generate(generation: Generation, count: int, seed: int) -> Iterator[SyntheticQuestion]:
    """Yield at most `count` questions of a random sample of the articles; several of each where they are few."""
    draw = random.Random(seed)
    articles = draw.sample(range(generation.archive.articles), generation.archive.articles)
    generated = 0
    for row in articles * PER_ARTICLE:
        if generated == count:
            return
        if question := _from_article(generation, row, draw):
            generated += 1
            yield question


def _from_article(generation: Generation, row: int, draw: random.Random) -> SyntheticQuestion | None:
    """Return a question of a sentence of the article's lead; None where that tells nothing that is rare."""
    stored, passages = generation.archive.articles_at([row])[row], generation.archive.passages_of(row)
    sentences = stored.sentences(0, passages[0].end)[:LEAD_SENTENCES] if passages else []
    if not sentences:
        return None
    span, _ = draw.choice(sentences)
    sentence = stored.article.text[span.start : span.end]
    candidates = [match.group() for match in ANSWER.finditer(sentence) if _is_rare(generation, match.group())]
    if not candidates:
        return None
    answer = draw.choice(candidates)
    words = [word for word in analysis.WORD.findall(sentence.replace(answer, " ")) if _is_content(word)]
    if len(words) < MIN_WORDS:
        return None
    start = draw.randrange(max(1, len(words) - WORDS + 1))
    copies = _copies(generation, row, passages[0].row)
    return SyntheticQuestion(" ".join(words[start : start + WORDS]), answer, (stored.article.id, *copies))


def _is_content(word: str) -> bool:
    return len(word) > 2 and word.lower() not in english.FUNCTION_WORDS


def _is_rare(generation: Generation, answer: str) -> bool:
    """Return whether other passages hold an answer hardly ever by chance."""
    stems = generation.lexical.terms(answer)
    most = max(RARE_PASSAGES, RARE_SHARE * generation.archive.passages)
    return bool(stems) and min(map(generation.lexical.document_frequency, stems)) <= most


def _copies(generation: Generation, row: int, first: int) -> list[str]:
    """Return the ids of the other articles with a passage that is nearly the article's first one."""
    archive = generation.archive
    near = generation.search_dense(generation.vectors[first].astype(np.float32), COPY_CANDIDATES, SearchFilter())
    rows = dict.fromkeys(int(archive.article_of[other]) for other, cosine in near.pairs() if cosine >= COPY_COSINE)
    return [archive.article(other).id for other in rows if other != row]
