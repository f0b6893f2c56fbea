"""An ArchiveService that answers from records, or raises what it is told to: for the API's own behaviour."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from api.openapi import examples
from rag.errors import ArticleMissingError, IndexMissingError
from rag.instrumentation import stage
from rag.settings import Settings
from rag.types.articles import ArticleView, CitationRef
from rag.types.explanation import Explanation
from rag.types.index import OpenGeneration, Overview, Status
from rag.types.requests import AnswerRequest, ExplainRequest, SearchRequest, TimelineRequest
from rag.types.results import Answer, CheckedBatch, SearchBatch, SearchResult, SimilarArticles, Timeline


class FakeService:
    """Knows one article. `opening` is raised by open and reload, `fault` by every question.

    `requests` are all that it was asked, in order: a request record, an id, or the citations.
    """

    def __init__(self, *, opening: Exception | None = None, fault: Exception | None = None, **settings: object) -> None:
        self.settings = Settings.model_validate({"reload_s": 0.01, **settings})
        self.opening = opening
        self.fault = fault
        self.name: str | None = None
        self.next_name = examples.GENERATION
        self.created = "2025-04-23"
        self.stages: dict[str, float] = {}  # seconds each stage of an answer takes
        self.checks = 0
        self.requests: list[Any] = []

    @property
    def open_generation(self) -> OpenGeneration | None:
        return OpenGeneration(self.name, f"{self.created} {self.name}") if self.name else None

    def open(self) -> None:
        self.reload()

    def reload(self) -> bool:
        self.checks += 1
        if self.opening:
            raise self.opening
        swapped = self.name != self.next_name
        self.name = self.next_name
        return swapped

    def answer(self, request: AnswerRequest, /) -> Answer:
        self._note(request)
        for name, seconds in self.stages.items():
            with stage(name):
                time.sleep(seconds)
        return examples.ANSWER.model_copy(update={"question": request.question, "generation": self._generation()})

    def answer_with_timeline(self, request: AnswerRequest, /) -> tuple[Answer, Timeline]:
        update = {"question": request.question, "filter": request.filter}
        return self.answer(request), examples.TIMELINE.model_copy(update=update)

    def search(self, request: SearchRequest, /) -> SearchResult:
        self._note(request)
        return examples.SEARCH_RESULT.model_copy(update={"generation": self._generation()})

    def search_all(self, requests: Sequence[SearchRequest], /) -> SearchBatch:
        results = tuple(self.search(request) for request in requests)
        return SearchBatch(index=examples.INDEX, generation=self._generation(), results=results)

    def explain(self, request: ExplainRequest, /) -> Explanation:
        self._note(request)
        self._find(request.article)
        return examples.EXPLANATION.model_copy(update={"generation": self._generation()})

    def timeline(self, request: TimelineRequest, /) -> Timeline:
        self._note(request)
        update = {"question": request.question, "generation": self._generation()}
        return examples.TIMELINE.model_copy(update=update)

    def article(self, id: str, /) -> ArticleView:
        self._note(id)
        self._find(id)
        return examples.ARTICLE_VIEW

    def similar(self, id: str, /, *, k: int = 10) -> SimilarArticles:
        self._note((id, k))
        self._find(id)
        return examples.SIMILAR

    def verify_citations(self, citations: Sequence[CitationRef], /) -> CheckedBatch:
        self._note(tuple(citations))
        return examples.CHECKED.model_copy(update={"generation": self._generation()})

    def status(self) -> Status:
        return examples.STATUS.model_copy(update={"generation": self._generation()})

    def overview(self) -> Overview:
        return Overview(
            generations=(), months=(), undated=0, faults=0, problems=(), missing=(), more_missing=False
        )  # fmt: skip

    def suggested_questions(self) -> tuple[str, ...]:
        return (examples.QUESTION,)

    def _generation(self) -> str:
        if self.name is None:
            raise self.opening or IndexMissingError("index 'default' does not exist; run `rag reindex PATH`")
        return self.name

    def _find(self, id: str) -> None:
        if id != examples.ARTICLE.id:
            raise ArticleMissingError(f"no article {id!r}; ids stand in every citation")

    def _note(self, request: object) -> None:
        self.requests.append(request)
        if self.fault:
            raise self.fault
