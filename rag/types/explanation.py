"""Why an article stands where it stands for a question, or why it does not: the nouns of `rag.search.explain`."""

from __future__ import annotations

from datetime import date
from typing import Literal, TypeAlias

from pydantic import Field

from rag.types.articles import ArticleRef, NonEmpty, Record
from rag.types.filters import SearchFilter
from rag.types.results import QueryInterpretation, StageScores

Outcome: TypeAlias = Literal["listed", "folded", "beyond_k", "not_a_candidate", "excluded"]


class Exclusion(Record):
    """A clause of the filter that the article does not meet, and what it has instead."""

    clause: NonEmpty
    reason: str


class QueryTerm(Record):
    """A stem of the question: its inverse document frequency, and how often it stands in the best passage.

    `passages` of the archive hold it; `count` is over title and text, as BM25 sees them.
    """

    term: NonEmpty
    idf: float
    passages: int
    count: int


class PassageExplanation(Record):
    """The place of one passage. A leg's score and rank (from 1) are true also where its list ends before it.

    Ranks are among the passages in scope, as if this one was. `lexical` and its rank are None where passage and
    question share no word. Where a leg lists the passage it is a candidate: `rank` is its place among all candidates,
    and `scores` what each stage gave it; else both are None.
    """

    passage_id: NonEmpty
    start: int
    end: int
    dense: float
    dense_rank: int = Field(ge=1)
    lexical: float | None
    lexical_rank: int | None
    scores: StageScores | None = None
    rank: int | None = None


class Explanation(Record):
    """Why one article was found at its rank, or why it was not; `why` says it in words.

    `rank` is its story's place among the `ranked` stories that have a candidate, None where it has none.
    `passages` are all of it, best first: the first stands for the article. `passages_matched` are candidates.
    `matched` and `missing` are the question's stems, by the first passage. `story` is the id of the article that
    stands for the story in place of this one, where one does. `excluded_by` names each clause of the filter that
    the article does not meet.
    """

    question: str
    index: str
    generation: str
    filter: SearchFilter
    as_of: date
    interpreted: QueryInterpretation | None
    k: int
    article: ArticleRef
    verdict: Outcome
    why: str
    excluded_by: tuple[Exclusion, ...]
    rank: int | None
    ranked: int
    passages_matched: int
    passages: tuple[PassageExplanation, ...]
    matched: tuple[QueryTerm, ...]
    missing: tuple[QueryTerm, ...]
    story: str | None = None
    warnings: tuple[str, ...] = ()
