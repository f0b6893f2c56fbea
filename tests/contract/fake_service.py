"""A RagService that answers from records, or raises what it is told to: for the API's own behaviour."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

from api.openapi import examples
from rag.errors import ArticleMissingError, IndexMissingError
from rag.index.generation import Generation
from rag.instrumentation import stage
from rag.service import RagService
from rag.settings import Settings
from rag.types.articles import ArticleView, CitationRef
from rag.types.explanation import Explanation
from rag.types.fields import GroupBy, Unit
from rag.types.filters import SearchFilter
from rag.types.index import Status
from rag.types.requests import Searching
from rag.types.results import Answer, CheckedBatch, SearchBatch, SearchResult, SimilarArticles, Timeline


class FakeService(RagService):
    """Knows one article. `opening` is raised by open and reload, `fault` by every question."""

    def __init__(self, *, opening: Exception | None = None, fault: Exception | None = None, **settings: object) -> None:
        self.settings = Settings.model_validate({"reload_s": 0.01, **settings})
        self.opening = opening
        self.fault = fault
        self.name: str | None = None
        self.next_name = examples.GENERATION
        self.created = "2025-04-23"
        self.stages: dict[str, float] = {}  # seconds each stage of an answer takes
        self.looks = 0
        self.asked: list[dict[str, Any]] = []

    @property
    def is_open(self) -> bool:
        return self.name is not None

    @property
    def generation(self) -> Generation:
        if self.name is None:
            raise self.opening or IndexMissingError("index 'default' does not exist; run `rag reindex PATH`")
        manifest = SimpleNamespace(created=f"{self.created} {self.name}")
        return cast("Generation", SimpleNamespace(name=self.name, manifest=manifest))

    def open(self) -> None:
        self.reload()

    def reload(self) -> bool:
        self.looks += 1
        if self.opening:
            raise self.opening
        swapped = self.name != self.next_name
        self.name = self.next_name
        return swapped

    def answer(
        self,
        question: str,
        *,
        k: int = 10,
        filter: SearchFilter = SearchFilter(),  # noqa: B008 - frozen
        as_of: date | None = None,
        interpret: bool = True,
        facets: bool = False,
    ) -> Answer:
        self._note(question=question, k=k, filter=filter, as_of=as_of, interpret=interpret, facets=facets)
        for name, seconds in self.stages.items():
            with stage(name):
                time.sleep(seconds)
        return examples.ANSWER.model_copy(update={"question": question, "generation": self.generation.name})

    def consult(
        self,
        question: str,
        *,
        k: int = 10,
        filter: SearchFilter = SearchFilter(),  # noqa: B008 - frozen
        as_of: date | None = None,
        interpret: bool = True,
    ) -> tuple[Answer, Timeline]:
        answer = self.answer(question, k=k, filter=filter, as_of=as_of, interpret=interpret, facets=True)
        return answer, examples.TIMELINE.model_copy(update={"question": question, "filter": filter})

    def invitation(self) -> tuple[str, ...]:
        return (examples.QUESTION,)

    def search(
        self,
        question: str,
        *,
        k: int = 10,
        filter: SearchFilter = SearchFilter(),  # noqa: B008 - frozen
        as_of: date | None = None,
        interpret: bool = True,
        group_by: GroupBy = "story",
        facets: bool = False,
        cursor: str | None = None,
        generation: Generation | None = None,
    ) -> SearchResult:
        self._note(
            question=question, k=k, filter=filter, as_of=as_of, interpret=interpret, group_by=group_by,
            facets=facets, cursor=cursor,
        )  # fmt: skip
        return examples.SEARCH_RESULT.model_copy(update={"generation": self.generation.name})

    def search_all(self, searches: Sequence[Searching]) -> SearchBatch:
        results = tuple(self.search(**one) for one in searches)
        return SearchBatch(index=examples.INDEX, generation=self.generation.name, results=results)

    def timeline(
        self,
        question: str | None = None,
        *,
        filter: SearchFilter = SearchFilter(),  # noqa: B008 - frozen
        as_of: date | None = None,
        unit: Unit | None = None,
    ) -> Timeline:
        self._note(question=question, filter=filter, as_of=as_of, unit=unit)
        return examples.TIMELINE.model_copy(update={"question": question, "generation": self.generation.name})

    def check(self, cited: Sequence[CitationRef]) -> CheckedBatch:
        self._note(cited=tuple(cited))
        return examples.CHECKED.model_copy(update={"generation": self.generation.name})

    def similar(self, id: str, *, k: int = 10) -> SimilarArticles:
        self._note(similar=id, k=k)
        if id != examples.ARTICLE.id:
            raise ArticleMissingError(f"no article {id!r}; ids stand in every citation")
        return examples.SIMILAR

    def explain(
        self,
        question: str,
        article: str,
        *,
        k: int = 10,
        filter: SearchFilter = SearchFilter(),  # noqa: B008 - frozen
        as_of: date | None = None,
        interpret: bool = True,
    ) -> Explanation:
        self._note(question=question, article=article, k=k, filter=filter, as_of=as_of, interpret=interpret)
        if article != examples.ARTICLE.id:
            raise ArticleMissingError(f"no article {article!r}; ids stand in every citation")
        return examples.EXPLANATION.model_copy(update={"generation": self.generation.name})

    def article(self, id: str) -> ArticleView:
        self._note(id=id)
        if id != examples.ARTICLE.id:
            raise ArticleMissingError(f"no article {id!r}; ids stand in every citation")
        return examples.ARTICLE_VIEW

    def status(self) -> Status:
        return examples.STATUS.model_copy(update={"generation": self.generation.name})

    def _note(self, **call: object) -> None:
        self.asked.append(call)
        if self.fault:
            raise self.fault
