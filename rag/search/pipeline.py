"""One request of one generation: time words read, scope settled, passages ranked; then ranked passages become hits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from rag.citations.citation import cite
from rag.index.generation import Generation, StoredPassage
from rag.instrumentation import stage
from rag.models.base import EmbeddedQuery
from rag.models.on_demand import ModelsOnDemand
from rag.search import answers, fusion, related, retrieval, temporal
from rag.search.confidence import Coefficients, ScoredSentence, coefficients_of
from rag.search.fusion import Candidates, FusionWeights
from rag.search.temporal import TemporalIntent
from rag.settings import Settings
from rag.text import analysis
from rag.types.filters import Scope, SearchFilter
from rag.types.requests import AskRequest
from rag.types.results import AnswerSentence, DateRange, Hit, QueryInterpretation


@dataclass(frozen=True)
class QueryContext:
    """A request, what was read into it, and the passages ranked for it. `scope` is all that was searched.

    `time_only` tells that the question names a time and no subject: then everything in scope answers it.
    """

    generation: Generation
    request: AskRequest
    query: EmbeddedQuery
    as_of: date
    intent: TemporalIntent | None
    time_only: bool
    scope: Scope
    ranked: Candidates
    warnings: tuple[str, ...]

    @property
    def interpreted(self) -> QueryInterpretation | None:
        """What was read into the question, as it is shown."""
        if self.intent is None:
            return None
        intent, (first, last) = self.intent, self.generation.archive.published_range
        return QueryInterpretation(
            published=DateRange(first=intent.first, last=intent.last), because=intent.because, exact=intent.exact,
            archive=DateRange(first=first, last=last) if intent.outside else None,
        )  # fmt: skip

    @property
    def uncovered(self) -> bool:
        """Whether the question names a time of which the archive holds nothing."""
        return self.intent is not None and self.intent.outside

    @property
    def within_dates(self) -> bool:
        """Whether dates, the caller's or the question's own, left something out."""
        return _is_dated(self.request.filter) or (self.intent is not None and self.intent.exact)


def run(generation: Generation, models: ModelsOnDemand, settings: Settings, request: AskRequest) -> QueryContext:
    """Read a request, and rank passages for it. Dates that the caller gives stand in place of time words."""
    question, as_of = request.question, request.as_of or date.today()
    published_range = generation.archive.published_range
    read = temporal.parse(question, as_of, published_range) if request.interpret else None
    time_only = temporal.asks_only_for_a_time(question, read)
    intent = None if _is_dated(request.filter) else read
    filters = intent if intent and intent.exact and (time_only or not intent.outside) else None
    scope = _scope(request.filter, as_of, filters, published_range[1])
    with stage("embed"):
        query = models.embedder.embed_query(question)
    with stage("search"):
        weights = fusion_weights(generation, settings)
        ranked = retrieval.retrieve(generation, query, question, scope, weights, intent)
    warnings: tuple[str, ...] = ()
    if models.reranker:
        with stage("rerank"):
            ranked, warnings = retrieval.rerank(generation, models.reranker, question, ranked, settings.rerank_depth)
    return QueryContext(generation, request, query, as_of, intent, time_only, scope, ranked, warnings)


def fusion_weights(generation: Generation, settings: Settings) -> FusionWeights:
    """Return how stages are weighed: as the operator set, else as was fitted to the archive, else by default."""
    return FusionWeights.of(settings, generation.manifest.fitted.fusion_weights)


def confidence_coefficients(generation: Generation) -> Coefficients:
    """Return the coefficients of the confidence: as was fitted to the archive, else the default."""
    return coefficients_of(generation.manifest.fitted.confidence)


def build_hits(
    context: QueryContext, groups: Sequence[tuple[int, int]], before: int = 0
) -> tuple[tuple[Hit, ...], list[StoredPassage]]:
    """Return a hit for each group (the place of its best passage, and its size), and the passages with their texts.

    `before` hits stand before the first of these.
    """
    generation, ranked = context.generation, context.ranked
    passages = generation.passages([int(ranked.rows[place]) for place, _ in groups])
    copies = {stored.article.id: related.copies(generation, stored.article, context.scope) for stored in passages}
    return tuple(
        Hit(
            rank=rank,
            passage=stored.passage,
            citation=cite(
                stored.article, stored.passage.id, stored.passage.start, stored.passage.end, stored.passage.paragraph
            ),
            scores=ranked.scores(place),
            passages_matched=size,
            also_in=copies[stored.article.id],
        )
        for rank, ((place, size), stored) in enumerate(zip(groups, passages, strict=True), before + 1)
    ), passages


def select_sentences(
    context: QueryContext, hits: Sequence[Hit], passages: Sequence[StoredPassage]
) -> answers.Selection:
    """Return the sentences of the first passages that answer best, and the features of the first."""
    generation, question = context.generation, context.request.question
    sentences = [stored.sentences() for stored in passages[: answers.PASSAGES_READ]]
    spans = [[span for span, _ in passage] for passage in sentences]
    lengths = [[length for _, length in passage] for passage in sentences]
    weights = fusion.idf_weights(generation, question, context.query)
    rows = np.array([stored.row for stored in passages[: len(sentences)]], np.int64)
    sims = generation.tokens.sentence_sims(context.query.tokens, weights, rows, lengths)
    return answers.select(question, hits, spans, sims, analysis.terms, generation.idf)


def answer_sentences(passages: Sequence[StoredPassage], chosen: Iterable[ScoredSentence]) -> tuple[AnswerSentence, ...]:
    """Return the chosen sentences, cited."""
    cited = []
    for sentence in chosen:
        stored, span = passages[sentence.place], sentence.span
        citation = cite(stored.article, stored.passage.id, span.start, span.end, span.paragraph)
        cited.append(
            AnswerSentence(text=citation.quote, score=sentence.score, hit_rank=sentence.place + 1, citation=citation)
        )
    return tuple(cited)


def _is_dated(filter: SearchFilter) -> bool:
    return bool(filter.published_from or filter.published_to)


def _scope(filter: SearchFilter, as_of: date, intent: TemporalIntent | None, last: date | None) -> Scope:
    """Return all that restricts this request; `as_of` only where it shuts something out, so that none costs nothing."""
    update: dict[str, date | None] = {"as_of": as_of if last and last > as_of else None}
    if intent:
        update |= {"published_from": intent.first, "published_to": intent.last}
    return Scope.of(filter, **update)
