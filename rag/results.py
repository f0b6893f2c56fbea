"""What asking returns: hits, answers, and what was read into a question. Records as in `rag.types`."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self, TypeAlias

from pydantic import ConfigDict, Field, model_validator

from rag.types import ArticleRef, Citation, NonEmpty, Passage, Record, SearchFilter

Reason: TypeAlias = Literal["no_match", "low_confidence", "outside_dates", "filter_empty"]
GroupBy: TypeAlias = Literal["story", "article", "passage"]


class Window(Record):
    """A stretch of days, both included; None where it is open."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True, validate_by_alias=True)

    first: date | None = Field(alias="from")
    last: date | None = Field(alias="to")


class Interpretation(Record):
    """What was read into a question: when what answers it was published, and `because` of which words.

    Where `exact`, nothing else was searched; else it is found first, and the more so the nearer.
    """

    published: Window
    because: str
    exact: bool


class StageScores(Record):
    """What each stage gave a hit: cosine, BM25, both normalised over their leg's list, then all in one.

    `time` is what the day of publication is worth to the question, 0 where time is not asked about.

    `dense_rank` and `lexical_rank` (from 1) are the places in each leg's own list, None where the leg
    did not list the passage; `lexical` is then None too. `max_sim` (late interaction, -1 to 1) is None for
    what stands behind the passages that it is computed for; `reranked` is the score of a
    passage that a reranker read.
    """

    dense: float
    lexical: float | None
    dense_normalised: float
    lexical_normalised: float
    dense_rank: int | None
    lexical_rank: int | None
    time: float
    max_sim: float | None
    fused: float
    reranked: float | None = None


class Copy(ArticleRef):
    """Another article of the same story: a wire copy, a re-post, an update.

    `share` is the part (0 to 1) of the shorter one's wording that both articles have, as their sketches estimate it.
    """

    share: float = Field(ge=0, le=1)
    earliest: bool = Field(description="whether it was published before all others of the story")


class Hit(Record):
    """One ranked passage (or the best passage of an article, or of a story), naming what each stage gave it.

    `also_in` are the other articles of the story that the filter admits, earliest first.
    """

    rank: int = Field(ge=1)
    passage: Passage
    citation: Citation
    scores: StageScores
    passages_matched: int = Field(ge=1, description="candidates of the same article or story folded into this hit")
    also_in: tuple[Copy, ...] = ()


class AnswerSentence(Record):
    """One sentence, verbatim from the span its citation names."""

    text: NonEmpty
    score: float
    hit_rank: int = Field(ge=1)
    citation: Citation


class SearchResult(Record):
    """What a search returns: hits of one generation. `warnings` say what was left out, and why."""

    question: str
    index: str
    generation: str
    filter: SearchFilter
    as_of: date
    interpreted: Interpretation | None
    group_by: GroupBy
    hits: tuple[Hit, ...]
    warnings: tuple[str, ...] = ()


class Answer(Record):
    """What a question returns: the sentences that answer it and the passages, or the reason why none do.

    `confidence` is the first sentence's, 0 to 1. `answered` is false exactly when `reason` is given; then there are
    no sentences and no hits, and the nearest passages are `near_misses`.
    """

    question: str
    index: str
    generation: str
    filter: SearchFilter
    as_of: date
    interpreted: Interpretation | None
    answered: bool
    reason: Reason | None
    confidence: float = Field(ge=0, le=1)
    sentences: tuple[AnswerSentence, ...]
    hits: tuple[Hit, ...]
    near_misses: tuple[Hit, ...]
    warnings: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if self.answered != (self.reason is None) or self.answered != bool(self.sentences):
            raise ValueError("an answer has sentences or a reason why not")
        if (self.hits and not self.answered) or (self.near_misses and self.answered):
            raise ValueError("an answer has hits, and what is none has near misses")
        return self
