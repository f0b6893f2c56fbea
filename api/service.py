"""What the API needs of a service: `rag.service.RagService` is one, and a test may bring its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rag.settings import Settings
from rag.types.articles import ArticleView, CitationRef
from rag.types.explanation import Explanation
from rag.types.index import OpenGeneration, Overview, Status
from rag.types.requests import AnswerRequest, ExplainRequest, SearchRequest, TimelineRequest
from rag.types.results import Answer, CheckedBatch, SearchBatch, SearchResult, SimilarArticles, Timeline


class ArchiveService(Protocol):
    """One index, asked from many threads at once; every call may raise the errors of `api.errors.problem_types`."""

    @property
    def settings(self) -> Settings:
        """What the operator set."""
        ...

    @property
    def open_generation(self) -> OpenGeneration | None:
        """The generation that answers now, None where none is open. Opens nothing."""
        ...

    def open(self) -> None:
        """Open the current generation and load the models."""
        ...

    def reload(self) -> bool:
        """Open a newer generation if there is one; return whether there was."""
        ...

    def answer(self, request: AnswerRequest, /) -> Answer:
        """Answer a question."""
        ...

    def answer_with_timeline(self, request: AnswerRequest, /) -> tuple[Answer, Timeline]:
        """Answer a question, and count over time what matches it, all of one search."""
        ...

    def search(self, request: SearchRequest, /) -> SearchResult:
        """List the stories, articles or passages that match a question best."""
        ...

    def search_all(self, requests: Sequence[SearchRequest], /) -> SearchBatch:
        """Run several searches in one generation."""
        ...

    def explain(self, request: ExplainRequest, /) -> Explanation:
        """Explain the place of an article for a question."""
        ...

    def timeline(self, request: TimelineRequest, /) -> Timeline:
        """Count articles over time."""
        ...

    def article(self, id: str, /) -> ArticleView:
        """Return a whole article, or an older version of it by `<id>@<version>`."""
        ...

    def similar(self, id: str, /, *, k: int = 10) -> SimilarArticles:
        """Return the articles of other stories that are nearest in meaning to one."""
        ...

    def verify_citations(self, citations: Sequence[CitationRef], /) -> CheckedBatch:
        """Check whether the archive still holds the cited words."""
        ...

    def status(self) -> Status:
        """Describe the archive and the generation that answers."""
        ...

    def overview(self) -> Overview:
        """Describe the generations on disk, and what the one that answers holds and lacks."""
        ...

    def suggested_questions(self) -> tuple[str, ...]:
        """Return a few questions that the archive answers; finding them asks some dozens."""
        ...
