"""Results of questions: hits, answers, facets, timelines, and the interpretation of a question."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self, TypeAlias

from pydantic import ConfigDict, Field, model_validator

from rag.types.articles import ArticleRef, Citation, CitationCheck, Copy, NonEmpty, Passage, Record
from rag.types.fields import GroupBy, Sort, Unit
from rag.types.filters import SearchFilter

AbstentionReason: TypeAlias = Literal[
    "no_match", "low_confidence", "outside_dates", "filter_empty", "no_subject", "not_covered"
]

NO_TIME = "no time is named"  # `QueryInterpretation.because` of a question that names no time


class DateRange(Record):
    """A period of days, both ends included; an end that is None is open."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True, validate_by_alias=True)

    first: date | None = Field(alias="from")
    last: date | None = Field(alias="to")


class QueryInterpretation(Record):
    """The interpretation of a question: when its answers were published, and the words (`because`) that say so.

    If `exact`, nothing published on other days was searched; otherwise what was published then ranks higher, and other
    days the higher the nearer they are. If those days lie outside the archive, `archive` are the archive's own days,
    and any hits are of other days.
    """

    published: DateRange
    because: str
    exact: bool
    archive: DateRange | None = Field(None, description="the archive's own days, None where they reach those")


class StageScores(Record):
    """The scores of a hit at each stage: cosine, BM25, both normalised over the list of their leg, and the fused score.

    `time` is the prior of the day of publication, 0 if the question does not ask about time. `dense_rank` and
    `lexical_rank` (from 1) are the ranks in the list of each leg, None if the leg did not list the passage; `lexical`
    is then None too. `max_sim` (late interaction, -1 to 1) is None for passages ranked below those that it is computed
    for; `reranked` is the score of a passage that a reranker read.
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


class Hit(Record):
    """One ranked passage, or the best passage of an article or of a story, with its scores at each stage.

    `also_in` are the other articles of the story that the filter admits, earliest first.
    """

    rank: int = Field(ge=1)
    passage: Passage
    citation: Citation
    scores: StageScores
    passages_matched: int = Field(ge=1, description="candidates of the same article or story folded into this hit")
    also_in: tuple[Copy, ...] = ()


class AnswerSentence(Record):
    """One sentence of an answer, verbatim from the span that its citation names."""

    text: NonEmpty
    score: float
    hit_rank: int = Field(ge=1)
    citation: Citation


class Total(Record):
    """A number of matches: exact (`eq`), or a lower bound (`gte`) if not all of them were ranked."""

    value: int = Field(ge=0)
    relation: Literal["eq", "gte"]


class FacetCount(Record):
    """One value of a facet, and the number of matching articles that have it."""

    value: NonEmpty
    articles: int


MAX_FACET_VALUES = 20  # The most frequent values of a facet, so many, are listed


class Facets(Record):
    """Counts of the articles that match a question: the 20 most frequent values of each field, and all years in order.

    An article matches if one of its passages scores at least half as much as the first passage, by words or by meaning;
    by meaning alone, its cosine must also be 0.35 or more. If a question names a time and no subject, all articles
    match. `matching` counts the matching articles under the whole filter. A field that the filter narrows is counted as
    if the filter did not, so that its other values can be chosen.
    """

    matching: Total
    sources: tuple[FacetCount, ...]
    authors: tuple[FacetCount, ...]
    sections: tuple[FacetCount, ...]
    years: tuple[FacetCount, ...]


class Bucket(DateRange):
    """The number of articles that were published in a period of days, both ends included."""

    articles: int


class Timeline(Record):
    """The numbers of articles by their time of publication: of those that match a question (see `Facets`), or of all.

    `buckets` follow each other without a gap, one per `unit`. `undated` is the number of articles without a day.
    `chosen` are the days that the filter or the question asks for, with the number of the matching articles that were
    published on them; it is None if no days are asked for.
    """

    question: str | None
    index: str
    generation: str
    filter: SearchFilter
    as_of: date
    unit: Unit
    buckets: tuple[Bucket, ...]
    undated: int
    matching: Total
    chosen: Bucket | None = None


class SearchResult(Record):
    """The result of a search: hits of one generation. `warnings` say what was left out, and why.

    `total` counts all groups (stories, articles or passages) that can be listed; `next` is the cursor of the hits after
    these.
    """

    question: str
    index: str
    generation: str
    filter: SearchFilter
    as_of: date
    interpreted: QueryInterpretation | None
    group_by: GroupBy
    sort: Sort
    hits: tuple[Hit, ...]
    total: Total
    next: str | None = Field(None, description="a cursor; None where nothing follows")
    facets: Facets | None = Field(None, description="None where they were not asked for")
    warnings: tuple[str, ...] = ()


class SearchBatch(Record):
    """The results of several searches, all of one generation, in the order of the requests."""

    index: str
    generation: str
    results: tuple[SearchResult, ...]


class CheckedBatch(Record):
    """The outcomes of checking several citations, in the order of the request."""

    index: str
    generation: str
    results: tuple[CitationCheck, ...]


class SimilarArticle(ArticleRef):
    """An article of another story about the same subject.

    `similarity` is the best cosine of one of its passages with the mean vector of the other article.
    """

    similarity: float


class SimilarArticles(Record):
    """The articles most similar to one in meaning, the most similar first: one per story, none of its own story."""

    index: str
    generation: str
    article: ArticleRef
    similar: tuple[SimilarArticle, ...]


class Answer(Record):
    """The answer to a question: the sentences and passages that answer it, or the reason why none does.

    `confidence` is that of the first sentence, 0 to 1. `answered` is false exactly if `reason` is set; there are then
    no sentences and no hits, and the best passages are the `near_misses`.
    """

    question: str
    index: str
    generation: str
    filter: SearchFilter
    as_of: date
    interpreted: QueryInterpretation | None
    answered: bool
    reason: AbstentionReason | None
    confidence: float = Field(ge=0, le=1)
    sentences: tuple[AnswerSentence, ...]
    hits: tuple[Hit, ...]
    near_misses: tuple[Hit, ...]
    facets: Facets | None = Field(None, description="None where they were not asked for")
    warnings: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if self.answered != (self.reason is None) or self.answered != bool(self.sentences):
            raise ValueError("an answer has sentences or a reason why not")
        if (self.hits and not self.answered) or (self.near_misses and self.answered):
            raise ValueError("an answer has hits, and what is none has near misses")
        return self
