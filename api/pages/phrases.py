"""Numbers -> the words that a reader uses."""

from __future__ import annotations

from typing import NamedTuple

from rag.messages import listed
from rag.text.highlighting import WordOverlap
from rag.types.results import Hit

MUCH, SOME = 0.6, 0.35  # cosine and MaxSim, of what is near and of what is not far
SHARES = (  # from which share of the wording on, and what is said of it
    (0.995, "the same words"),
    (0.9, "nearly the same words"),
    (0.6, "most of the words"),
    (0.3, "many of the words"),
    (0.0, "some of the words"),
)


class RankingReason(NamedTuple):
    """One thing that speaks for a passage, in words, and the number behind it."""

    words: str
    number: str


def counted(number: int, one: str) -> str:
    """Return how many there are of something: 1 article, 1,204 articles."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def sharing(share: float) -> str:
    """Return how much of the wording two articles share."""
    return next(words for least, words in SHARES if share >= least)


def elsewhere(hit: Hit) -> str:
    """Return where else a hit's story stands: outlets are counted, each once, not what they posted."""
    own = (hit.citation.source or "").casefold()
    others = {copy.source.casefold() for copy in hit.also_in if copy.source} - {own}
    if others:
        return f"Also in {'one outlet' if len(others) == 1 else f'{len(others)} outlets'}"
    if own and all(copy.source for copy in hit.also_in):
        return "Posted again by the same outlet"
    return f"Also in {'one article' if len(hit.also_in) == 1 else f'{len(hit.also_in)} articles'}"


def reasons(hit: Hit, words: WordOverlap) -> tuple[RankingReason, ...]:
    """Return why a passage stands where it stands, what matters most to a reader first."""
    scores = hit.scores
    found = [_by_words(hit, words), _by_meaning(scores.dense, scores.dense_rank)]
    if scores.max_sim is not None:
        how = "closely" if scores.max_sim >= MUCH else "in part" if scores.max_sim >= SOME else "hardly"
        found.append(RankingReason(f"Word by word, it answers the question {how}", f"MaxSim {scores.max_sim:.2f}"))
    if scores.time > 0.005:
        found.append(RankingReason("It was published when the question asks about", f"adds {scores.time:.2f}"))
    if scores.reranked is not None:
        found.append(RankingReason("It was read again beside the question", f"re-ranked {scores.reranked:.2f}"))
    if hit.passages_matched > 1:
        found.append(
            RankingReason("It is the best of several passages of its story", f"{hit.passages_matched} matched")
        )
    return tuple(found)


def _by_words(hit: Hit, words: WordOverlap) -> RankingReason:
    if hit.scores.lexical is None:
        return RankingReason("It shares no word with the question", "BM25 none")
    place = f", {ordinal(hit.scores.lexical_rank)} by words" if hit.scores.lexical_rank else ""
    held = f"It holds {_quoted(words.matched)}" if words.matched else "Its title holds words of the question"
    lacks = f", not {_quoted(words.missing)}" if words.missing and words.matched else ""
    return RankingReason(held + lacks, f"BM25 {hit.scores.lexical:.1f}{place}")


def _by_meaning(cosine: float, rank: int | None) -> RankingReason:
    how = "close to" if cosine >= MUCH else "not far from" if cosine >= SOME else "far from"
    place = f", {ordinal(rank)} by meaning" if rank else ""
    return RankingReason(f"Its meaning is {how} the question’s", f"cosine {cosine:.2f}{place}")


def ordinal(number: int) -> str:
    """Return 1st, 2nd, 3rd, 4th ..."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


def _quoted(words: tuple[str, ...]) -> str:
    return listed([f"“{word}”" for word in words])
