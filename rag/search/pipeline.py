"""One question of one generation: time words read, filter settled, passages ranked; then ranks -> hits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from rag.citations.citation import cite
from rag.index.generation import Generation, StoredPassage
from rag.instrumentation import stage
from rag.models.base import EmbeddedQuery, Embedder
from rag.models.deadline import DeadlineReranker
from rag.search import answers, confidence, fusion, related, retrieval, temporal
from rag.settings import Settings
from rag.types.articles import Span
from rag.types.filters import SearchFilter
from rag.types.results import AnswerSentence, DateRange, Hit, QueryInterpretation


@dataclass(frozen=True)
class QueryContext:
    """A question and what was found. `filter` is the caller's, `admitted` what was searched.

    `only_when` says that the question names a time and no subject: then all that is admitted answers it.
    """

    generation: Generation
    question: str
    query: EmbeddedQuery
    filter: SearchFilter
    as_of: date
    reading: temporal.TemporalIntent | None
    only_when: bool
    admitted: SearchFilter
    found: fusion.Candidates
    warnings: tuple[str, ...]

    @property
    def interpreted(self) -> QueryInterpretation | None:
        """What was read into the question, as it is shown."""
        if self.reading is None:
            return None
        reading, (first, last) = self.reading, self.generation.archive.published_range
        return QueryInterpretation(
            published=DateRange(first=reading.first, last=reading.last), because=reading.because, exact=reading.exact,
            archive=DateRange(first=first, last=last) if reading.outside else None,
        )  # fmt: skip

    @property
    def uncovered(self) -> bool:
        """Whether the question names a time of which the archive holds nothing."""
        return self.reading is not None and self.reading.outside

    @property
    def within_dates(self) -> bool:
        """Whether dates, the caller's or the question's own, left something out."""
        return _dated(self.filter) or (self.reading is not None and self.reading.exact)


def run(
    generation: Generation,
    embedder: Embedder,
    reranker: DeadlineReranker | None,
    settings: Settings,
    question: str,
    filter: SearchFilter,
    as_of: date,
    interpret: bool,
) -> QueryContext:
    """Read `question`, and rank passages for it. Dates that the caller gives stand instead of time words."""
    archive = generation.archive.published_range
    said = temporal.parse(question, as_of, archive) if interpret else None
    only_when = temporal.asks_only_for_a_time(question, said)
    reading = None if _dated(filter) else said
    filters = reading if reading and reading.exact and (only_when or not reading.outside) else None
    admitted = _admitted(filter, as_of, filters, archive[1])
    with stage("embed"):
        query = embedder.embed_query(question)
    with stage("search"):
        found = retrieval.retrieve(generation, query, question, admitted, fusion_weights(generation, settings), reading)
    warnings: tuple[str, ...] = ()
    if reranker:
        with stage("rerank"):
            found, warnings = retrieval.rerank(generation, reranker, question, found, settings.rerank_depth)
    return QueryContext(generation, question, query, filter, as_of, reading, only_when, admitted, found, warnings)


def fusion_weights(generation: Generation, settings: Settings) -> fusion.FusionWeights:
    """Return how stages are weighed: as the operator says, else as was fitted to the archive, else by default."""
    weights, fitted = (
        fusion.FusionWeights(settings.dense_weight, settings.max_sim_weight),
        generation.manifest.fitted.fusion_weights,
    )
    if fitted is None:
        return weights
    said = settings.model_fields_set
    return fusion.FusionWeights(
        weights.dense if "dense_weight" in said else fitted.dense,
        weights.max_sim if "max_sim_weight" in said else fitted.max_sim,
    )


def confidence_coefficients(generation: Generation) -> confidence.Coefficients:
    """Return what the confidence rests on: as was fitted to the archive, else by default."""
    return confidence.coefficients_of(generation.manifest.fitted.confidence)


def _dated(filter: SearchFilter) -> bool:
    return bool(filter.published_from or filter.published_to)


def _admitted(
    filter: SearchFilter, as_of: date, reading: temporal.TemporalIntent | None, last: date | None
) -> SearchFilter:
    """Return the filter with all that restricts this question, `reading` too; `as_of` only where that shuts out."""
    update: dict[str, date | None] = {"as_of": as_of if last and last > as_of else None}
    if reading:
        update |= {"published_from": reading.first, "published_to": reading.last}
    return filter.model_copy(update=update)


def build_hits(
    asked: QueryContext, groups: Sequence[tuple[int, int]], before: int = 0
) -> tuple[tuple[Hit, ...], list[StoredPassage]]:
    """Return the passage that stands for each group (its place, and how many are folded into it), with their texts.

    `before` are the hits that stand before the first of these.
    """
    rows = [int(asked.found.rows[place]) for place, _ in groups]
    found = asked.generation.passages(rows)
    articles = asked.generation.archive.article_of[rows].tolist()
    copies = {
        each.article.id: related.copies(asked.generation, each.article, row, asked.admitted)
        for each, row in zip(found, articles, strict=True)
    }
    return tuple(
        Hit(
            rank=rank,
            passage=passage,
            citation=cite(article, passage.id, passage.start, passage.end, passage.paragraph),
            scores=asked.found.scores(place),
            passages_matched=matched,
            also_in=copies[article.id],
        )
        for rank, ((place, matched), (passage, article, _)) in enumerate(zip(groups, found, strict=True), before + 1)
    ), found


def select_sentences(asked: QueryContext, hits: Sequence[Hit], found: Sequence[StoredPassage]) -> answers.Selection:
    """Return the sentences of the first passages that answer best, and what speaks for them."""
    generation = asked.generation
    held = [each.sentences() for each in found[: answers.PASSAGES_READ]]
    spans = [[span for span, _ in sentences] for sentences in held]
    terms, rarity = generation.lexical.terms, generation.rarity
    return answers.select(asked.question, hits, spans, sentence_max_sims(asked, held), terms, rarity)


def sentence_max_sims(asked: QueryContext, sentences: Sequence[Sequence[tuple[Span, int]]]) -> list[list[float]]:
    """Return MaxSim of the question with each sentence of the first passages; 0 where a model has no tokens.

    A passage's codes are its header's and then its sentences', in order: see `HeldArticle.sentences`.
    """
    tokens = asked.generation.tokens
    stretches: list[tuple[int, int]] = []
    for held, (first, count) in zip(sentences, tokens.spans(asked.found.rows[: len(sentences)]).tolist(), strict=True):
        start = first + max(0, count - sum(number for _, number in held))
        for _, number in held:
            here = min(number, first + count - start)
            stretches.append((start, here))
            start += here
    weights = retrieval.idf_weights(asked.generation, asked.question, asked.query)
    sims = tokens.max_sim(asked.query.tokens, weights, np.array(stretches, np.int64).reshape(-1, 2))
    found = iter(np.nan_to_num(sims).tolist())
    return [[next(found) for _ in held] for held in sentences]


def answer_sentences(
    found: Sequence[StoredPassage], chosen: Iterable[confidence.ScoredSentence]
) -> tuple[AnswerSentence, ...]:
    """Return the chosen sentences, cited."""
    cited = []
    for sentence in chosen:
        passage, article, _ = found[sentence.place]
        span = sentence.span
        citation = cite(article, passage.id, span.start, span.end, span.paragraph)
        cited.append(
            AnswerSentence(text=citation.quote, score=sentence.score, hit_rank=sentence.place + 1, citation=citation)
        )
    return tuple(cited)
