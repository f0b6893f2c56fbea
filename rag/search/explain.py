"""Why an article stands where it stands for a question: its passages in each leg and after fusion, or what bars it.

What retrieval listed is read from its own result. What it did not list is ranked by the engines over the whole
generation: that costs a look at every vector, and the BM25 of every passage that shares a word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from rag.index.generation import Generation, StoredPassage
from rag.search import retrieval
from rag.search.fusion import Candidates
from rag.search.pipeline import QueryContext
from rag.text import analysis
from rag.types.arrays import Rows
from rag.types.articles import ArticleRef
from rag.types.explanation import Exclusion, Explanation, Outcome, PassageExplanation, QueryTerm
from rag.types.fields import Clause
from rag.types.filters import Scope, unmet, values_of


def explain(context: QueryContext, id: str, *, index: str) -> Explanation:
    """Explain what the ranking for a request says of article `id`. Raises ArticleMissingError."""
    generation, request, ranked = context.generation, context.request, context.ranked
    row, article = generation.row_of(id), generation.article(id)
    assert row is not None  # or there would be no article
    passages = generation.passages_of(row)
    explained = explain_passages(context, passages)
    rank, stories, candidates, representative = place_of(generation, ranked, row)
    excluded = tuple(exclusions(article, context.scope))
    if excluded:  # another article of its story may be listed
        rank, candidates, representative = None, 0, None
    story = None if representative in (None, row) else generation.archive.article(representative).id
    verdict, why = outcome(excluded, rank, stories, request.k, explained, story)
    best = next(stored for stored in passages if stored.passage.id == explained[0].passage_id)
    matched, missing = terms(generation, request.question, best)
    return Explanation(
        question=request.question, index=index, generation=generation.name, filter=request.filter,
        as_of=context.as_of, interpreted=context.interpreted, k=request.k, article=article.ref(),
        verdict=verdict, why=why, excluded_by=excluded, rank=rank, ranked=stories, passages_matched=candidates,
        passages=tuple(explained), matched=matched, missing=missing, story=story, warnings=context.warnings,
    )  # fmt: skip


def explain_passages(context: QueryContext, passages: Sequence[StoredPassage]) -> list[PassageExplanation]:
    """Return the place of each of an article's passages, best first: candidates by rank, then by cosine."""
    places: dict[int, int] = {int(row): place for place, row in enumerate(context.ranked.rows)}
    in_scope = context.generation.archive.rows_matching(context.scope)
    explained = [_explain_passage(context, stored, places.get(stored.row), in_scope) for stored in passages]
    return sorted(explained, key=lambda passage: (passage.rank is None, passage.rank or passage.dense_rank))


def _explain_passage(
    context: QueryContext, stored: StoredPassage, place: int | None, in_scope: Rows | None
) -> PassageExplanation:
    """Explain one passage: by what the legs listed, else by what the engines say of it."""
    generation, ranked, vector = context.generation, context.ranked, context.query.vector
    scores = None if place is None else ranked.scores(place)
    dense_rank = scores.dense_rank if scores else None
    if dense_rank is None:  # rounding, or IVF, may have passed it over: then it stands behind all that are listed
        rank = generation.dense.rank(vector, stored.row, in_scope)
        dense_rank = _behind(rank, ranked.dense_rank, stored.row, in_scope)
    lexical, lexical_rank = (scores.lexical, scores.lexical_rank) if scores else (None, None)
    if lexical_rank is None:
        question_terms = retrieval.query_terms(context.request.question)
        if stands := generation.lexical.rank(question_terms, stored.row, context.scope):
            lexical = stands[0]
            lexical_rank = _behind(stands[1], ranked.lexical_rank, stored.row, in_scope)
    return PassageExplanation(
        passage_id=stored.passage.id,
        start=stored.passage.start,
        end=stored.passage.end,
        dense=scores.dense if scores else float(generation.dense.scores(vector, np.array([stored.row]))[0]),
        dense_rank=dense_rank,
        lexical=lexical,
        lexical_rank=lexical_rank,
        scores=scores,
        rank=None if place is None else place + 1,
    )


def _behind(rank: int, listed: Rows, row: int, in_scope: Rows | None) -> int:
    """Return the rank of a row that a leg did not list: in scope, it stands behind all that the leg listed."""
    is_in_scope = in_scope is None or bool(np.isin(row, in_scope))
    return max(rank, int(np.count_nonzero(listed)) + 1) if is_in_scope else rank


def place_of(generation: Generation, ranked: Candidates, row: int) -> tuple[int | None, int, int, int | None]:
    """Return the place of an article's story among those ranked, their number, its candidates, and what represents it.

    Where the story has no candidate, its place and the article (by row) that represents it are None.
    """
    groups = retrieval.collapse(generation, ranked, "story")
    members = set(generation.stories.members(row))
    for place, (best, size) in enumerate(groups, 1):
        representative = int(generation.archive.articles_of(ranked.rows[best : best + 1])[0])
        if representative in members:
            return place, len(groups), size, representative
    return None, len(groups), 0, None


def terms(
    generation: Generation, question: str, stored: StoredPassage
) -> tuple[tuple[QueryTerm, ...], tuple[QueryTerm, ...]]:
    """Return the question's stems that stand in a passage or its title, and those that do not."""
    counts = Counter(analysis.analyse(f"{stored.article.title}\n{stored.passage.text}"))
    described = [
        QueryTerm(
            term=term, idf=generation.idf(term), passages=generation.lexical.document_frequency(term),
            count=counts[term],
        )
        for term in retrieval.query_terms(question)
    ]  # fmt: skip
    return tuple(term for term in described if term.count), tuple(term for term in described if not term.count)


def exclusions(article: ArticleRef, scope: Scope) -> Iterator[Exclusion]:
    """Yield each clause of a scope that the article does not meet, and what it has instead."""
    for clause in unmet(article, scope):
        yield Exclusion(clause=clause.name, reason=_reason(article, clause, getattr(scope, clause.name)))


def _reason(article: ArticleRef, clause: Clause, asked: object) -> str:
    if clause.kind == "none_of":
        return "excluded by its id"
    if clause.kind == "any_of":
        assert isinstance(asked, tuple)
        words = values_of(article, clause.attribute)
        stated = f"{clause.param} is {' and '.join(words)}" if words else f"has no {clause.param}"
        return f"{stated}, not {' or '.join(asked)}"
    if article.published is None:
        return "has no date, and the filter asks for one"
    relation = {"from": f"before {clause.name}", "to": f"after {clause.name}"}.get(clause.kind)
    return f"published {article.published}, {relation or 'after the day it is asked as of,'} {asked}"


def outcome(
    excluded: Sequence[Exclusion],
    rank: int | None,
    ranked: int,
    k: int,
    passages: Sequence[PassageExplanation],
    story: str | None,
) -> tuple[Outcome, str]:
    """Return what became of the article, and why, in words."""
    if excluded:
        return "excluded", "; ".join(dict.fromkeys(exclusion.reason for exclusion in excluded))
    if rank is None:
        meaning = min(passage.dense_rank for passage in passages)
        words = min((passage.lexical_rank for passage in passages if passage.lexical_rank), default=None)
        by_words = f"rank {words:,}" if words else "it shares none"
        by = f"by meaning (rank {meaning:,}) nor by words ({by_words})"
        return "not_a_candidate", f"not among the first {retrieval.DEPTH} {by}"
    if rank > k:
        return "beyond_k", f"rank {rank:,} of {ranked:,}, beyond k ({k})"
    if story:
        return "folded", f"folded under {story!r}, a copy of the same story, at rank {rank:,} of {ranked:,}"
    return "listed", f"listed at rank {rank:,} of {ranked:,}"
