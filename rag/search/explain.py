"""An article and a question -> where its passages stand in each leg and in the mix, and where it fell out.

What retrieval listed is read from its own result; what it did not list is scored here, over the whole generation:
that costs a look at every vector, and BM25 of every passage that shares a word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag.index.generation import Generation, StoredPassage
from rag.index.lexical import MAX_QUERY_TERMS
from rag.search import retrieval
from rag.search.fusion import Candidates
from rag.search.pipeline import QueryContext
from rag.types.arrays import Scores, Vector
from rag.types.articles import ArticleRef
from rag.types.explanation import Exclusion, Explanation, Outcome, PassageExplanation, QueryTerm
from rag.types.filters import SearchFilter

CHUNK_ROWS = 65_536  # vectors scored at once: 100 MB of float32 at 384 dimensions
EVERYTHING = SearchFilter()


def explain(
    asked: QueryContext,
    id: str,
    *,
    index: str,
    k: int,
) -> Explanation:
    """Explain what was found for a question says of article `id`. Raises ArticleMissingError."""
    generation, question, found, filter = asked.generation, asked.question, asked.found, asked.admitted
    article, row = generation.article(id), generation.row_of(id)
    assert row is not None  # or there would be no article
    passages = generation.passages([passage.row for passage in generation.archive.passages_of(row)])
    stand = explain_passages(
        generation, found, leg_scores(generation, question, asked.query.vector, found), passages, filter
    )
    rank, ranked, candidates, under = place_of(generation, found, row)
    excluded = tuple(exclusions(article, filter))
    if excluded:  # another article of its story may have been found
        rank, candidates, under = None, 0, None
    story = None if under is None or under == row else generation.archive.article(under).id
    verdict, why = outcome(excluded, rank, ranked, k, stand, story)
    best = next(each for each in passages if each.passage.id == stand[0].passage_id)
    matched, missing = terms(generation, question, best)
    return Explanation(
        question=question, index=index, generation=generation.name, filter=asked.filter,
        as_of=asked.as_of, interpreted=asked.interpreted, k=k, article=article.ref(),
        verdict=verdict, why=why, excluded_by=excluded, rank=rank, ranked=ranked, passages_matched=candidates,
        passages=tuple(stand), matched=matched, missing=missing, story=story, warnings=asked.warnings,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class LegScores:
    """One leg over all rows: the score of each (nan where there is none), and how many rows its list holds."""

    scores: Scores
    listed: int

    def rank(self, row: int, admitted: npt.NDArray[np.bool_]) -> int | None:
        """Return the place (from 1) of a row that the list does not hold, among those admitted; ties by row."""
        score = self.scores[row]
        if np.isnan(score):
            return None
        before = (self.scores > score) | ((self.scores == score) & (np.arange(len(self.scores)) < row))
        place = 1 + int(np.count_nonzero(before & admitted))
        return max(place, self.listed + 1) if admitted[row] else place  # rounding, or IVF, may have passed it over


def leg_scores(generation: Generation, question: str, vector: Vector, found: Candidates) -> tuple[LegScores, LegScores]:
    """Return both legs over every row of the generation, by meaning and by words."""
    rows = np.arange(generation.archive.passages)
    chunks = [rows[start : start + CHUNK_ROWS] for start in range(0, len(rows), CHUNK_ROWS)]
    dense = np.concatenate([generation.dense.cosines(vector, chunk) for chunk in chunks]).astype(np.float64)
    lexical = np.full(len(rows), np.nan)
    sharing = generation.search_lexical(question, len(rows), EVERYTHING)
    lexical[sharing.rows] = sharing.scores
    return (
        LegScores(dense, int(np.count_nonzero(found.dense_rank))),
        LegScores(lexical, int(np.count_nonzero(found.lexical_rank))),
    )


def explain_passages(
    generation: Generation,
    found: Candidates,
    legs: tuple[LegScores, LegScores],
    passages: Sequence[StoredPassage],
    filter: SearchFilter,
) -> list[PassageExplanation]:
    """Return where each of an article's `passages` stands, best first: candidates by rank, then by cosine."""
    matching = generation.archive.rows_matching(filter)
    admitted = np.full(generation.archive.passages, matching is None)
    if matching is not None:
        admitted[matching] = True
    first = passages[0].held.first_passage
    places: dict[int, int] = {int(row): place for place, row in enumerate(found.rows)}
    stand = [
        _explain_passage(found, legs, each, first + n, places.get(first + n), admitted)
        for n, each in enumerate(passages)
    ]
    return sorted(stand, key=lambda each: (each.rank is None, each.rank or each.dense_rank))


def _explain_passage(
    found: Candidates,
    legs: tuple[LegScores, LegScores],
    each: StoredPassage,
    row: int,
    place: int | None,
    admitted: npt.NDArray[np.bool_],
) -> PassageExplanation:
    passage, (dense, lexical) = each.passage, legs
    named = {"passage_id": passage.id, "start": passage.start, "end": passage.end}
    score = lexical.scores[row]
    true = {
        "dense": float(dense.scores[row]),
        "dense_rank": dense.rank(row, admitted),
        "lexical": None if np.isnan(score) else float(score),
        "lexical_rank": lexical.rank(row, admitted),
    }
    if place is None:
        return PassageExplanation.model_validate(named | true)
    given = found.scores(place).model_dump()
    said = {name: true[name] if given[name] is None else given[name] for name in true}
    rest = {name: value for name, value in given.items() if name in PassageExplanation.model_fields}
    return PassageExplanation.model_validate(named | rest | said | {"rank": place + 1})


def place_of(generation: Generation, found: Candidates, row: int) -> tuple[int | None, int, int, int | None]:
    """Return the place of an article's story among those found, their number, its candidates, and what stands for it.

    Where the story was not found, its place and the article (by row) that stands for it are None.
    """
    groups = retrieval.collapse(generation, found, "story")
    articles, stories = generation.archive.article_of, generation.stories.of
    for place, (best, size) in enumerate(groups, 1):
        under = int(articles[found.rows[best]])
        if stories[under] == stories[row]:
            return place, len(groups), size, under
    return None, len(groups), 0, None


def terms(
    generation: Generation, question: str, each: StoredPassage
) -> tuple[tuple[QueryTerm, ...], tuple[QueryTerm, ...]]:
    """Return the question's stems that stand in a passage or its title, and those that do not."""
    lexical = generation.lexical
    counts = Counter(lexical.analyse(f"{each.article.title}\n{each.passage.text}"))
    found = [
        QueryTerm(term=term, idf=generation.rarity(term), passages=lexical.document_frequency(term), count=counts[term])
        for term in lexical.terms(question)[:MAX_QUERY_TERMS]
    ]
    return tuple(term for term in found if term.count), tuple(term for term in found if not term.count)


def exclusions(article: ArticleRef, filter: SearchFilter) -> Iterator[Exclusion]:
    """Yield each clause of the filter that the article does not meet."""
    day, first, last = article.published, filter.published_from, filter.published_to
    if first and (day is None or day < first):
        yield Exclusion(clause="published_from", reason=_dated(article, f"before published_from {first}"))
    if last and (day is None or day > last):
        yield Exclusion(clause="published_to", reason=_dated(article, f"after published_to {last}"))
    if filter.as_of and day and day > filter.as_of:
        yield Exclusion(clause="as_of", reason=f"published {day}, after the day it is asked as of, {filter.as_of}")
    if article.id in filter.exclude:
        yield Exclusion(clause="exclude", reason="excluded by its id")
    if filter.sources and (article.source or "").casefold() not in {name.casefold() for name in filter.sources}:
        said = f"source is {article.source}" if article.source else "has no source"
        yield Exclusion(clause="sources", reason=f"{said}, not {' or '.join(filter.sources)}")
    if filter.sections and (article.section or "").casefold() not in {name.casefold() for name in filter.sections}:
        said = f"in {article.section}" if article.section else "names no section"
        yield Exclusion(clause="sections", reason=f"{said}, not {' or '.join(filter.sections)}")
    wanted = {name.casefold() for name in filter.authors}
    if wanted and wanted.isdisjoint(name.casefold() for name in article.authors):
        said = f"by {' and '.join(article.authors)}" if article.authors else "has no author"
        yield Exclusion(clause="authors", reason=f"{said}, not {' or '.join(filter.authors)}")


def _dated(article: ArticleRef, else_: str) -> str:
    return (
        f"published {article.published}, {else_}" if article.published else "has no date, and the filter asks for one"
    )


def outcome(
    excluded: Sequence[Exclusion],
    rank: int | None,
    ranked: int,
    k: int,
    stand: Sequence[PassageExplanation],
    story: str | None,
) -> tuple[Outcome, str]:
    """Say where the article fell out, or that it did not."""
    if excluded:
        return "excluded", "; ".join(dict.fromkeys(each.reason for each in excluded))
    if rank is None:
        meaning = min(each.dense_rank for each in stand)
        words = min((each.lexical_rank for each in stand if each.lexical_rank), default=None)
        by_words = f"rank {words:,}" if words else "it shares none"
        by = f"by meaning (rank {meaning:,}) nor by words ({by_words})"
        return "not_a_candidate", f"not among the first {retrieval.DEPTH} {by}"
    if rank > k:
        return "beyond_k", f"rank {rank:,} of {ranked:,}, beyond k ({k})"
    if story:
        return "folded", f"folded under {story!r}, a copy of the same story, at rank {rank:,} of {ranked:,}"
    return "listed", f"listed at rank {rank:,} of {ranked:,}"
