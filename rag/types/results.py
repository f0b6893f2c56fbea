"""What asking returns: hits, answers, and what was read into a question. Records as in `rag.types`."""

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

NO_TIME = "no time is named"  # what `Interpretation.because` says where a question does not


class DateRange(Record):
    """A stretch of days, both included; None where it is open."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True, validate_by_alias=True)

    first: date | None = Field(alias="from")
    last: date | None = Field(alias="to")


class QueryInterpretation(Record):
    """What was read into a question: when what answers it was published, and `because` of which words.

    Where `exact`, nothing else was searched; else it is found first, and the more so the nearer. Where those days lie
    outside the archive, `archive` are its own; what is listed is then of other days, if anything is.
    """

    published: DateRange
    because: str
    exact: bool
    archive: DateRange | None = Field(None, description="the archive's own days, None where they reach those")


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


class Total(Record):
    """How many there are: exactly (`eq`), or at least so many (`gte`), where not all were ranked."""

    value: int = Field(ge=0)
    relation: Literal["eq", "gte"]


class FacetCount(Record):
    """One value that matching articles have, and how many have it."""

    value: NonEmpty
    articles: int


MAX_FACET_VALUES = 20  # listed of one facet, the most frequent


class Facets(Record):
    """What the articles that match a question have in common: the 20 most frequent values; all years, in order.

    An article matches where a passage of it scores at least half of the first one, by words or by meaning;
    by meaning alone, only where its cosine is 0.35 or more. Where a question names a time and no subject, all do.
    `matching` counts such articles under the whole filter. A field that the filter narrows is counted as if it did
    not, so that its other values can be chosen.
    """

    matching: Total
    sources: tuple[FacetCount, ...]
    authors: tuple[FacetCount, ...]
    sections: tuple[FacetCount, ...]
    years: tuple[FacetCount, ...]


class Bucket(DateRange):
    """The articles that were published in a stretch of days, both included."""

    articles: int


class Timeline(Record):
    """How many articles were published when: those that match a question (see `Facets`), or all.

    `buckets` follow each other without a gap, one a `unit`. Articles without a day are `undated`. `chosen` are the days
    that the filter or the question asks for, with how many of those that match they hold; None where all days are.
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
    """What a search returns: hits of one generation. `warnings` say what was left out, and why.

    `total` counts all that can be listed, in what hits are grouped by; `next` asks for the hits behind these.
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
    """What several searches return, all of one generation, in the order asked."""

    index: str
    generation: str
    results: tuple[SearchResult, ...]


class CheckedBatch(Record):
    """What has become of several citations, in the order given."""

    index: str
    generation: str
    results: tuple[CitationCheck, ...]


class SimilarArticle(ArticleRef):
    """An article of another story that is about the same: the cosine of one of its passages and the article's mean."""

    similarity: float


class SimilarArticles(Record):
    """The articles that are nearest to one in meaning, nearest first, each story once; none of its own story."""

    index: str
    generation: str
    article: ArticleRef
    similar: tuple[SimilarArticle, ...]


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
