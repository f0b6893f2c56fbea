"""RagService: everything Byline does, behind one object that the CLI and the API share. Safe for threads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rag.citations import versions
from rag.errors import QuestionError
from rag.index.generation import Generation
from rag.indexing.maintenance import IndexMaintenance
from rag.instrumentation import stage
from rag.search import answers, articles, pipeline, related, retrieval
from rag.search.confidence import confidence_of
from rag.search.cursor import PageCursor, digest
from rag.types.articles import ArticleView, CitationRef
from rag.types.explanation import Explanation
from rag.types.filters import SearchFilter
from rag.types.index import Status
from rag.types.requests import Searching
from rag.types.results import (
    AbstentionReason,
    Answer,
    CheckedBatch,
    Facets,
    GroupBy,
    Hit,
    SearchBatch,
    SearchResult,
    SimilarArticles,
    Timeline,
    Total,
    Unit,
)

MAX_QUESTION_CHARS = 2_000
MAX_K = 100
EVERYTHING = SearchFilter()


class RagService(IndexMaintenance):
    """One index: asking it, and (`Keeping`) writing it. Each request holds one Generation."""

    def search(
        self,
        question: str,
        *,
        k: int = 10,
        filter: SearchFilter = EVERYTHING,
        as_of: date | None = None,
        interpret: bool = True,
        group_by: GroupBy = "story",
        facets: bool = False,
        cursor: str | None = None,
        generation: Generation | None = None,
    ) -> SearchResult:
        """Return the `k` best passages, or the `k` stories or articles with the best passages. Raises QuestionError.

        Nothing published after `as_of` (default: today) is found. `interpret` reads time words in the question.
        `cursor` is the `next` of the result before; the list goes on in the generation that it began in, on the same
        day. Raises GenerationGoneError where that is not kept any more. Without one, `generation` is asked.
        """
        of = digest(question.strip(), filter, str(as_of), interpret, group_by)
        seen = PageCursor.decoded(cursor, of) if cursor else None
        if seen:
            generation, as_of = self.kept(seen.generation), seen.as_of
        asked = self._ask(question, k, filter, as_of, interpret, generation)
        start = seen.offset if seen else 0
        groups = retrieval.collapse(asked.generation, asked.found, group_by)
        hits, _ = pipeline.build_hits(asked, groups[start : start + k], start)
        after = PageCursor(generation=asked.generation.name, as_of=asked.as_of, offset=start + k, of=of)
        return SearchResult(
            question=asked.question,
            index=self.store.name,
            generation=asked.generation.name,
            filter=filter,
            as_of=asked.as_of,
            interpreted=asked.interpreted,
            group_by=group_by,
            hits=hits,
            total=Total(value=len(groups), relation="gte" if retrieval.is_truncated(asked.found) else "eq"),
            next=after.encoded() if start + k < len(groups) else None,
            facets=_facets(asked) if facets else None,
            warnings=asked.warnings,
        )

    def search_all(self, searches: Sequence[Searching]) -> SearchBatch:
        """Return what several searches return, all of the generation that serves now; raises what `search` raises."""
        generation = self.generation
        results = tuple(self.search(**one, generation=generation) for one in searches)
        return SearchBatch(index=self.store.name, generation=generation.name, results=results)

    def answer(
        self,
        question: str,
        *,
        k: int = 10,
        filter: SearchFilter = EVERYTHING,
        as_of: date | None = None,
        interpret: bool = True,
        facets: bool = False,
    ) -> Answer:
        """Return the sentences that answer, or the reason why none does, and the `k` best passages.

        What answers, and how sure it is, does not depend on `k`: a passage that a sentence is cited from is always
        among them. `as_of`, `interpret` and `facets` are those of `search`.
        """
        return self._answer(self._ask(question, k, filter, as_of, interpret), k, facets)

    def consult(
        self,
        question: str,
        *,
        k: int = 10,
        filter: SearchFilter = EVERYTHING,
        as_of: date | None = None,
        interpret: bool = True,
    ) -> tuple[Answer, Timeline]:
        """Return what `answer` returns, with facets, and when what matches was published, all of one search.

        The timeline has no end at the days of the filter, nor at those that time words name.
        """
        asked = self._ask(question, k, filter, as_of, interpret)
        answer = self._answer(asked, k, facets=True)
        with stage("facets"):
            return answer, self._timeline(asked, None)

    def invitation(self) -> tuple[str, ...]:
        """Return up to three questions that the archive answers, made from it; asks some dozens to find them."""
        from rag.search import suggestions

        return suggestions.suggested_questions(self.generation, lambda question: self.answer(question, k=1))

    def explain(
        self,
        question: str,
        article: str,
        *,
        k: int = 10,
        filter: SearchFilter = EVERYTHING,
        as_of: date | None = None,
        interpret: bool = True,
    ) -> Explanation:
        """Say why `article` (an id) stands where it stands among the articles found, or why it was not found.

        Raises QuestionError, ArticleMissingError.
        """
        from rag.search import explain

        asked = self._ask(question, k, filter, as_of, interpret)
        return explain.explain(asked, article, index=self.store.name, k=k)

    def timeline(
        self,
        question: str | None = None,
        *,
        filter: SearchFilter = EVERYTHING,
        as_of: date | None = None,
        unit: Unit | None = None,
    ) -> Timeline:
        """Count the articles that match a question, or all, by when they were published; raises QuestionError.

        The days of the filter, and time words, narrow nothing here: a timeline shows what they would leave out, and how
        many they hold. Nothing published after `as_of` is counted. `unit`: else the shortest that gives few buckets.
        """
        from rag.search import facets

        if question is not None:
            return self._timeline(self._ask(question, 1, filter, as_of, interpret=True), unit)
        generation, day = self.generation, as_of or filter.as_of or date.today()
        counted = facets.all_over_time(generation, filter.model_copy(update={"as_of": day}), unit)
        return Timeline(
            question=None, index=self.store.name, generation=generation.name, filter=filter, as_of=day,
            **counted._asdict(),
        )  # fmt: skip

    def article(self, id: str) -> ArticleView:
        """Return a whole article, or an older version of it by `<id>@<version>`; raises ArticleMissingError."""
        generation = self.generation
        view = articles.view(generation, self.store.name, id)
        row = generation.archive.article_row(view.article.id)
        assert row is not None  # or there would be no view
        return view.model_copy(update={"copies": related.copies(generation, view.article, row, EVERYTHING)})

    def similar(self, id: str, *, k: int = 10) -> SimilarArticles:
        """Return the `k` articles of other stories that are nearest in meaning; raises ArticleMissingError."""
        _count(k)
        generation = self.generation
        article, row = generation.article(id), generation.row_of(id)
        assert row is not None  # or there would be no article
        return SimilarArticles(
            index=self.store.name, generation=generation.name, article=article.ref(),
            similar=related.similar(generation, row, k),
        )  # fmt: skip

    def check(self, cited: Sequence[CitationRef]) -> CheckedBatch:
        """Say what has become of citations, in the order given."""
        generation = self.generation
        results = tuple(versions.verify(generation, one) for one in cited)
        return CheckedBatch(index=self.store.name, generation=generation.name, results=results)

    def status(self) -> Status:
        """Say what is open. The model is not loaded for this."""
        generation = self._generation or self.store.open(Generation.open)
        manifest, archive = generation.manifest, generation.archive
        first, last = archive.published_range
        return Status(
            index=self.store.name, generation=manifest.generation,
            previous=tuple(name for name in self.store.generations() if name != manifest.generation),
            created=manifest.created, counts=manifest.counts, sources=tuple(archive.sources()),
            published_from=first, published_to=last, embedder=manifest.embedder, dense=manifest.dense,
            bytes=sum(file.bytes for file in manifest.files), roots=manifest.roots, problems=manifest.problems,
            fitted=manifest.fitted,
        )  # fmt: skip

    def _ask(
        self,
        question: str,
        k: int,
        filter: SearchFilter,
        as_of: date | None,
        interpret: bool,
        generation: Generation | None = None,
    ) -> pipeline.QueryContext:
        question, generation = _checked(question, k), generation or self.generation
        day = as_of or filter.as_of or date.today()
        return pipeline.run(generation, self.embedder, self.reranker, self.settings, question, filter, day, interpret)

    def _timeline(self, asked: pipeline.QueryContext, unit: Unit | None) -> Timeline:
        from rag.search import facets

        counted = facets.timeline(asked, unit)
        return Timeline(
            question=asked.question, index=self.store.name, generation=asked.generation.name, filter=asked.filter,
            as_of=asked.as_of, **counted._asdict(),
        )  # fmt: skip

    def _answer(self, asked: pipeline.QueryContext, k: int, facets: bool) -> Answer:
        read = max(k, answers.PASSAGES_READ)
        hits, found = pipeline.build_hits(asked, retrieval.one_article_per_story(asked.generation, asked.found, read))
        with stage("answer"):
            verdict = pipeline.select_sentences(asked, hits, found)
        confidence = confidence_of(verdict.features, pipeline.confidence_coefficients(asked.generation))
        reason = self._reason(asked, hits, confidence)
        sentences = () if reason else pipeline.answer_sentences(found, verdict.sentences)
        hits = hits[: max([k, *(sentence.hit_rank for sentence in sentences)])]
        return Answer(
            question=asked.question,
            index=self.store.name,
            generation=asked.generation.name,
            filter=asked.filter,
            as_of=asked.as_of,
            interpreted=asked.interpreted,
            answered=reason is None,
            reason=reason,
            confidence=confidence,
            sentences=sentences,
            hits=() if reason else hits,
            near_misses=hits if reason else (),
            facets=_facets(asked) if facets else None,
            warnings=asked.warnings,
        )

    def _reason(
        self, asked: pipeline.QueryContext, hits: tuple[Hit, ...], confidence: float
    ) -> AbstentionReason | None:
        if asked.uncovered:
            return "not_covered"
        if asked.only_when or (asked.filter and not hits):
            return "no_subject" if hits else "filter_empty"
        if hits and confidence and confidence >= self.settings.min_confidence:
            return None
        if asked.within_dates and self._answered_at_other_times(asked):
            return "outside_dates"
        if not hits and asked.admitted:
            return "filter_empty"
        return "low_confidence" if hits and confidence else "no_match"

    def _answered_at_other_times(self, asked: pipeline.QueryContext) -> bool:
        undated = asked.filter.model_copy(update={"published_from": None, "published_to": None})
        return self.answer(asked.question, filter=undated, as_of=asked.as_of, interpret=False).answered


def _checked(question: str, k: int) -> str:
    if not question.strip():
        raise QuestionError("question", "is empty")
    if len(question) > MAX_QUESTION_CHARS:
        raise QuestionError("question", f"has {len(question)} characters, at most {MAX_QUESTION_CHARS} are read")
    _count(k)
    return question.strip()


def _count(k: int) -> None:
    if not 1 <= k <= MAX_K:
        raise QuestionError("k", f"is {k}, must be 1 to {MAX_K}")


def _facets(asked: pipeline.QueryContext) -> Facets:
    from rag.search import facets

    with stage("facets"):
        return facets.facets(asked)
