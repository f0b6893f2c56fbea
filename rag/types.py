"""The nouns of Byline. Frozen records, unknown fields refused; each invariant named here has a test.

Offsets are code points, half-open, into `Article.text` as stored. A `row` is the integer that joins
vectors, BM25 and texts inside one generation; outside a generation a passage goes by its `id`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self, TypeAlias, TypedDict

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Reason: TypeAlias = Literal["no_match", "low_confidence", "outside_dates", "filter_empty"]
GroupBy: TypeAlias = Literal["story", "article", "passage"]
TitleFrom: TypeAlias = Literal["given", "lead"]

NonEmpty = Annotated[str, StringConstraints(min_length=1)]


class Record(BaseModel):
    """What every noun is: immutable, and refusing fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Origin(Record):
    """The file and the line (from 1) an article was read from."""

    path: str
    line: int = Field(ge=1)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class ArticleRef(Record):
    """What a hit and a citation say of their article: all but its text."""

    id: NonEmpty
    title: NonEmpty
    title_from: TitleFrom = "given"
    authors: tuple[str, ...] = ()
    source: str | None = None
    published: date | None = None
    url: str | None = None
    section: str | None = None
    language: str | None = None


class Article(ArticleRef):
    """One news article. `id` is stable across reindexes and unique in a generation.

    `title_from` is "lead" where the title was derived from the first sentence and "given" where the
    file states it. `text` holds at least one character that is not white space, and no lone surrogate
    (it could not be stored as UTF-8).
    """

    text: str
    origin: Origin

    @model_validator(mode="after")
    def _storable(self) -> Self:
        if not self.text.strip():
            raise ValueError("text: is empty")
        for name, value in (("id", self.id), ("title", self.title), ("text", self.text)):
            try:
                value.encode()
            except UnicodeEncodeError:
                raise ValueError(f"{name}: holds half of a surrogate pair") from None
        return self

    def ref(self) -> ArticleRef:
        """Return the article without its text."""
        return ArticleRef(**{name: getattr(self, name) for name in ArticleRef.model_fields})


class Problem(Record):
    """Something that could not be read, said as `file:line: field: reason`."""

    path: str
    line: int = Field(ge=1)
    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.field}: {self.reason}"


class Span(Record):
    """A stretch of an article's text, `paragraph` counted from 0 at the span's start."""

    start: int = Field(ge=0)
    end: int
    paragraph: int = Field(ge=0)


class Passage(Record):
    """A stretch of whole sentences: `article.text[start:end] == text`.

    An article's passages are in order, do not overlap, and cover every character that is not white space.
    """

    id: NonEmpty
    article_id: NonEmpty
    start: int = Field(ge=0)
    end: int
    paragraph: int = Field(ge=0)
    text: NonEmpty

    @model_validator(mode="after")
    def _length(self) -> Self:
        if self.end - self.start != len(self.text):
            raise ValueError(f"passage {self.id}: span {self.start}:{self.end} is not its text's length")
        return self


class SearchFilter(Record):
    """What an article must be to be searched at all. Applied before ranking.

    Days are inclusive; an article without a date matches no date filter. `sources` and `authors` are
    each any-of, compared without regard to case. `exclude` names articles by id that are not searched; an id that
    the archive does not hold excludes nothing. Nothing published after `as_of` is found; what has no date may be.
    """

    published_from: date | None = None
    published_to: date | None = None
    sources: tuple[NonEmpty, ...] = ()
    authors: tuple[NonEmpty, ...] = ()
    exclude: tuple[NonEmpty, ...] = ()
    as_of: date | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.published_from and self.published_to and self.published_from > self.published_to:
            raise ValueError(f"published_from {self.published_from} is after published_to {self.published_to}")
        return self

    def __bool__(self) -> bool:
        return self != SearchFilter()


class Options(TypedDict):
    """What is asked of the service beside a question, by every mouth: how many, of what, as of when."""

    k: int
    filter: SearchFilter
    as_of: date | None
    interpret: bool


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


class Citation(ArticleRef):
    """A quotation that leads back to its source: `article.text[start:end] == quote`.

    `prefix` and `suffix` are the characters around the quote (W3C TextQuoteSelector). `link` opens the
    source at the quote (`#:~:text=`, URL fragment text directives), where the article has a url.
    """

    passage_id: NonEmpty
    paragraph: int
    start: int
    end: int
    quote: NonEmpty
    prefix: str
    suffix: str
    link: str | None


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


class ArticleView(Record):
    """One whole article, and the generation it was read from."""

    index: str
    generation: str
    article: Article
