"""Searcher: every question that one generation can be asked, from a request to the record that is sent back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from rag.citations import versions
from rag.index.generation import Generation
from rag.instrumentation import stage
from rag.models.on_demand import ModelsOnDemand
from rag.search import answers, articles, pipeline, related, retrieval
from rag.search.confidence import confidence_of
from rag.search.cursor import PageCursor, digest
from rag.search.pipeline import QueryContext
from rag.settings import Settings
from rag.types.articles import ArticleView, CitationRef
from rag.types.explanation import Explanation
from rag.types.fields import DAYS, Unit
from rag.types.requests import AnswerRequest, ExplainRequest, SearchRequest, TimelineRequest
from rag.types.results import (
    AbstentionReason,
    Answer,
    CheckedBatch,
    Facets,
    Hit,
    SearchResult,
    SimilarArticles,
    Timeline,
    Total,
)


class Searcher:
    """Answers requests about the generation that each call names. Safe for threads; keeps nothing between calls."""

    def __init__(self, index: str, models: ModelsOnDemand, settings: Settings) -> None:
        self._index = index
        self._models = models
        self._settings = settings

    def search(self, generation: Generation, request: SearchRequest, page: PageCursor | None = None) -> SearchResult:
        """Return the `k` best passages, or the `k` stories or articles with the best passages, from `page` on."""
        if page:
            request = request.model_copy(update={"as_of": page.as_of})
        context = self._run(generation, request)
        start = page.offset if page else 0
        groups = retrieval.collapse(generation, context.ranked, request.group_by)
        total = Total(value=len(groups), relation="gte" if retrieval.is_truncated(context.ranked) else "eq")
        if request.sort != "relevance":
            groups, total = _by_day(context, groups, request)
        hits, _ = pipeline.build_hits(context, groups[start : start + request.k], start)
        of = page.of if page else digest(request)
        following = PageCursor(generation=generation.name, as_of=context.as_of, offset=start + request.k, of=of)
        return SearchResult(
            question=request.question,
            index=self._index,
            generation=generation.name,
            filter=request.filter,
            as_of=context.as_of,
            interpreted=context.interpreted,
            group_by=request.group_by,
            sort=request.sort,
            hits=hits,
            total=total,
            next=following.encoded() if start + request.k < len(groups) else None,
            facets=_facets(context) if request.facets else None,
            warnings=context.warnings,
        )

    def answer(self, generation: Generation, request: AnswerRequest) -> Answer:
        """Return the sentences that answer, or the reason why none does, and the `k` best passages.

        What answers, and how sure it is, does not depend on `k`: a passage that a sentence is cited from is always
        among them.
        """
        return self._answer(self._run(generation, request), request)

    def answer_with_timeline(self, generation: Generation, request: AnswerRequest) -> tuple[Answer, Timeline]:
        """Return what `answer` returns, and when what matches was published, both of one search.

        The timeline does not end at the days of the filter, nor at those that time words name.
        """
        context = self._run(generation, request)
        answer = self._answer(context, request)
        with stage("facets"):
            return answer, self._timeline(context, None)

    def explain(self, generation: Generation, request: ExplainRequest) -> Explanation:
        """Explain the place of an article (an id) among the articles found, or why it was not found.

        Raises ArticleMissingError.
        """
        from rag.search import explain

        return explain.explain(self._run(generation, request), request.article, index=self._index)

    def timeline(self, generation: Generation, request: TimelineRequest) -> Timeline:
        """Count the articles that match a question, or all, by when they were published; raises QuestionError.

        The days of the filter, and time words, narrow nothing here: a timeline shows what they would leave out, and how
        many they hold. Nothing published after `as_of` is counted. `unit`: else the shortest that gives few buckets.
        """
        from rag.search import facets

        if request.question is not None:
            asked = AnswerRequest(question=request.question, k=1, filter=request.filter, as_of=request.as_of)
            return self._timeline(self._run(generation, asked), request.unit)
        as_of = request.as_of or date.today()
        counts = facets.all_over_time(generation, request.filter, as_of, request.unit)
        return Timeline(
            question=None, index=self._index, generation=generation.name, filter=request.filter, as_of=as_of,
            **counts._asdict(),
        )  # fmt: skip

    def article(self, generation: Generation, id: str) -> ArticleView:
        """Return a whole article, or an older version of it by `<id>@<version>`; raises ArticleMissingError."""
        view = articles.view(generation, self._index, id)
        return view.model_copy(update={"copies": related.copies(generation, view.article)})

    def similar(self, generation: Generation, id: str, k: int) -> SimilarArticles:
        """Return the `k` articles of other stories that are nearest in meaning; raises ArticleMissingError."""
        article = generation.article(id)
        return SimilarArticles(
            index=self._index, generation=generation.name, article=article.ref(),
            similar=related.similar(generation, article, k),
        )  # fmt: skip

    def verify_citations(self, generation: Generation, citations: Sequence[CitationRef]) -> CheckedBatch:
        """Return what has become of citations, in the order given."""
        results = tuple(versions.verify(generation, citation) for citation in citations)
        return CheckedBatch(index=self._index, generation=generation.name, results=results)

    def suggested_questions(self, generation: Generation) -> tuple[str, ...]:
        """Return up to three questions that the archive answers, made from it; asks some dozens to find them."""
        from rag.search import suggestions

        def ask(question: str) -> Answer:
            return self.answer(generation, AnswerRequest(question=question, k=1))

        return suggestions.suggested_questions(generation, ask)

    def _run(self, generation: Generation, request: AnswerRequest | ExplainRequest) -> QueryContext:
        return pipeline.run(generation, self._models, self._settings, request)

    def _timeline(self, context: QueryContext, unit: Unit | None) -> Timeline:
        from rag.search import facets

        counts = facets.timeline(context, unit)
        return Timeline(
            question=context.request.question, index=self._index, generation=context.generation.name,
            filter=context.request.filter, as_of=context.as_of, **counts._asdict(),
        )  # fmt: skip

    def _answer(self, context: QueryContext, request: AnswerRequest) -> Answer:
        depth = max(request.k, answers.PASSAGES_READ)
        groups = retrieval.one_article_per_story(context.generation, context.ranked, depth)
        hits, passages = pipeline.build_hits(context, groups)
        with stage("answer"):
            selection = pipeline.select_sentences(context, hits, passages)
        confidence = confidence_of(selection.features, pipeline.confidence_coefficients(context.generation))
        reason = self._abstention(context, hits, confidence)
        sentences = () if reason else pipeline.answer_sentences(passages, selection.sentences)
        hits = hits[: max([request.k, *(sentence.hit_rank for sentence in sentences)])]
        return Answer(
            question=request.question,
            index=self._index,
            generation=context.generation.name,
            filter=request.filter,
            as_of=context.as_of,
            interpreted=context.interpreted,
            answered=reason is None,
            reason=reason,
            confidence=confidence,
            sentences=sentences,
            hits=() if reason else hits,
            near_misses=hits if reason else (),
            facets=_facets(context) if request.facets else None,
            warnings=context.warnings,
        )

    def _abstention(self, context: QueryContext, hits: tuple[Hit, ...], confidence: float) -> AbstentionReason | None:
        """Return why the archive holds no answer, None where it holds one."""
        if context.uncovered:
            return "not_covered"
        if context.time_only or (context.request.filter and not hits):
            return "no_subject" if hits else "filter_empty"
        if hits and confidence and confidence >= self._settings.min_confidence:
            return None
        if context.within_dates and self._is_answered_at_other_times(context):
            return "outside_dates"
        if not hits and context.scope:
            return "filter_empty"
        return "low_confidence" if hits and confidence else "no_match"

    def _is_answered_at_other_times(self, context: QueryContext) -> bool:
        undated = AnswerRequest(
            question=context.request.question, filter=context.request.filter.without(*DAYS), as_of=context.as_of,
            interpret=False,
        )  # fmt: skip
        return self.answer(context.generation, undated).answered


def _by_day(
    context: QueryContext, groups: Sequence[tuple[int, int]], request: SearchRequest
) -> tuple[list[tuple[int, int]], Total]:
    """Return the groups of the articles that match, by day of publication; those without a day last, the best first."""
    from rag.search import facets

    archive = context.generation.archive
    matching, total = facets.matching(context, context.scope)
    articles_of_groups = archive.articles_of(context.ranked.rows[[place for place, _ in groups]])
    days, backwards = archive.days(articles_of_groups), request.sort == "newest"
    places = np.flatnonzero(np.isin(articles_of_groups, matching))
    order = sorted(places.tolist(), key=lambda n: (not days[n], -days[n] if backwards else days[n], n))
    return [groups[n] for n in order], Total(value=len(order), relation=total.relation)


def _facets(context: QueryContext) -> Facets:
    from rag.search import facets

    with stage("facets"):
        return facets.facets(context)
