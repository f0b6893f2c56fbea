"""A RagService that answers from records, or raises what it is told to: for the API's own behaviour."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import cast

from api import examples
from rag.errors import ArticleMissingError, IndexMissingError
from rag.explanation import Explanation
from rag.generation import Generation
from rag.manifest import Status
from rag.results import Answer, GroupBy, SearchResult
from rag.service import RagService
from rag.settings import Settings
from rag.types import ArticleView, SearchFilter


class FakeService(RagService):
    """Knows one article. `opening` is raised by open and reload, `fault` by every question."""

    def __init__(self, *, opening: Exception | None = None, fault: Exception | None = None) -> None:
        self.settings = Settings(reload_s=0.01)
        self.opening = opening
        self.fault = fault
        self.name: str | None = None
        self.next_name = examples.GENERATION
        self.looks = 0
        self.asked: list[dict[str, object]] = []

    @property
    def is_open(self) -> bool:
        return self.name is not None

    @property
    def generation(self) -> Generation:
        if self.name is None:
            raise self.opening or IndexMissingError("index 'default' does not exist; run `rag reindex PATH`")
        return cast("Generation", SimpleNamespace(name=self.name))

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
    ) -> Answer:
        self._note(question=question, k=k, filter=filter, as_of=as_of, interpret=interpret)
        return examples.ANSWER.model_copy(update={"question": question, "generation": self.generation.name})

    def search(
        self,
        question: str,
        *,
        k: int = 10,
        filter: SearchFilter = SearchFilter(),  # noqa: B008 - frozen
        as_of: date | None = None,
        interpret: bool = True,
        group_by: GroupBy = "story",
    ) -> SearchResult:
        self._note(question=question, k=k, filter=filter, as_of=as_of, interpret=interpret, group_by=group_by)
        return examples.SEARCH_RESULT.model_copy(update={"generation": self.generation.name})

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
