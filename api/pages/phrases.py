"""Numbers -> the words that a reader uses."""

from __future__ import annotations

from typing import NamedTuple

from rag.text.highlighting import WordOverlap
from rag.types.results import Hit

CLOSE, NOT_FAR = 0.6, 0.35  # cosine and MaxSim from which a passage is called close, and not far
SHARES = (  # the least share of the wording, and its phrase
    (0.995, "the same words"),
    (0.9, "nearly the same words"),
    (0.6, "most of the words"),
    (0.3, "many of the words"),
    (0.0, "some of the words"),
)


class RankingReason(NamedTuple):
    """One reason for a passage's rank, in words, and the number behind it."""

    words: str
    number: str


def counted(number: int, one: str) -> str:
    """Return a number of things: 1 article, 1,204 articles."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def sharing(share: float) -> str:
    """Return how much of the wording two articles share."""
    return next(words for least, words in SHARES if share >= least)


def elsewhere(hit: Hit) -> str:
    """Return where else the story of a hit was published: each outlet counts once, whatever it posted."""
    own = (hit.citation.source or "").casefold()
    others = {copy.source.casefold() for copy in hit.also_in if copy.source} - {own}
    if others:
        return f"Also in {'one outlet' if len(others) == 1 else f'{len(others)} outlets'}"
    if own and all(copy.source for copy in hit.also_in):
        return "Posted again by the same outlet"
    return f"Also in {'one article' if len(hit.also_in) == 1 else f'{len(hit.also_in)} articles'}"


def reasons(hit: Hit, words: WordOverlap) -> tuple[RankingReason, ...]:
    """Return why a passage has its rank, what matters most to a reader first."""
    scores = hit.scores
    ranking = [_by_words(hit, words), _by_meaning(scores.dense, scores.dense_rank)]
    if scores.max_sim is not None:
        how = "closely" if scores.max_sim >= CLOSE else "in part" if scores.max_sim >= NOT_FAR else "hardly"
        ranking.append(RankingReason(f"Word by word, it answers the question {how}", f"MaxSim {scores.max_sim:.2f}"))
    if scores.time > 0.005:
        ranking.append(RankingReason("It was published when the question asks about", f"adds {scores.time:.2f}"))
    if scores.reranked is not None:
        ranking.append(RankingReason("It was read again beside the question", f"re-ranked {scores.reranked:.2f}"))
    if hit.passages_matched > 1:
        ranking.append(
            RankingReason("It is the best of several passages of its story", f"{hit.passages_matched} matched")
        )
    return tuple(ranking)


def _by_words(hit: Hit, words: WordOverlap) -> RankingReason:
    if hit.scores.lexical is None:
        return RankingReason("It shares no word with the question", "BM25 none")
    place = f", {ordinal(hit.scores.lexical_rank)} by words" if hit.scores.lexical_rank else ""
    matched = f"It holds {_listed(words.matched)}" if words.matched else "Its title holds words of the question"
    missing = f", not {_listed(words.missing)}" if words.missing and words.matched else ""
    return RankingReason(matched + missing, f"BM25 {hit.scores.lexical:.1f}{place}")


def _by_meaning(cosine: float, rank: int | None) -> RankingReason:
    how = "close to" if cosine >= CLOSE else "not far from" if cosine >= NOT_FAR else "far from"
    place = f", {ordinal(rank)} by meaning" if rank else ""
    return RankingReason(f"Its meaning is {how} the question’s", f"cosine {cosine:.2f}{place}")


def ordinal(number: int) -> str:
    """Return 1st, 2nd, 3rd, 4th ..."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


def _listed(words: tuple[str, ...]) -> str:
    quoted = [f"“{word}”" for word in words]
    return " and ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))
