"""Explanations: the records that say why an article has its rank for a question, or why it has none."""

from __future__ import annotations

from datetime import date
from typing import Literal, TypeAlias

from pydantic import Field

from rag.types.articles import ArticleRef, NonEmpty, Record
from rag.types.filters import SearchFilter
from rag.types.results import QueryInterpretation, StageScores

Outcome: TypeAlias = Literal["listed", "folded", "beyond_k", "not_a_candidate", "excluded"]


class Exclusion(Record):
    """A clause of the filter that the article does not meet, and the reason."""

    clause: NonEmpty
    reason: str


class QueryTerm(Record):
    """A stem of the question: its inverse document frequency, and its frequency in the best passage.

    `passages` is the number of passages in the archive that hold the stem; `count` is its frequency in title and text,
    which BM25 takes as one field.
    """

    term: NonEmpty
    idf: float
    passages: int
    count: int


class PassageExplanation(Record):
    """The scores and ranks of one passage. Those of a leg are exact even where the leg's list ends before the passage.

    Ranks (from 1) are among the passages in scope, with this one counted even if it is not in scope. `lexical` and its
    rank are None where passage and question share no word. A passage that a leg lists is a candidate: `rank` is then
    its place among all candidates, and `scores` are the scores of each stage; otherwise both are None.
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
    """The reasons for one article's rank, or for its absence from the list; `why` states them in words.

    `rank` is the place of its story among the `ranked` stories that have a candidate, or None if its story has none.
    `passages` are all passages of the article, best first; the first one represents the article. `passages_matched` is
    the number of its candidates. `matched` and `missing` are the question's stems that the first passage has and has
    not. `story` is the id of the article that represents the story, if it is another one. `excluded_by` are the clauses
    of the filter that the article does not meet.
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
