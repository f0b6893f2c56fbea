"""RagService: everything Byline does, behind one object that the command line, the API and the MCP tools share.

It is composed of three: a live index, which generation answers; a searcher, how it is asked; and the maintenance of
the index. Safe for threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from rag.errors import QuestionError
from rag.index.generation import Generation
from rag.index.live import LiveIndex
from rag.indexing.maintenance import IndexMaintenance
from rag.instrumentation import Progress
from rag.models.on_demand import ModelsOnDemand
from rag.search.cursor import PageCursor
from rag.search.searcher import Searcher
from rag.settings import Settings
from rag.types.articles import ArticleView, CitationRef
from rag.types.explanation import Explanation
from rag.types.fields import MAX_K
from rag.types.index import Fitted, OpenGeneration, Overview, ReindexReport, Status
from rag.types.reading import ArticlePreview, Problem, SitemapEntry
from rag.types.requests import AnswerRequest, ExplainRequest, SearchRequest, TimelineRequest
from rag.types.results import Answer, CheckedBatch, SearchBatch, SearchResult, SimilarArticles, Timeline


class RagService:
    """One index: asked, and written. Each request sees one generation from its beginning to its end."""

    def __init__(
        self, settings: Settings, models: ModelsOnDemand, live: LiveIndex, searcher: Searcher,
        maintenance: IndexMaintenance,
    ) -> None:  # fmt: skip
        self.settings = settings
        self.models = models
        self.live = live
        self.searcher = searcher
        self.maintenance = maintenance

    # which generation answers

    @property
    def index(self) -> str:
        """The index's name."""
        return self.live.storage.name

    @property
    def open_generation(self) -> OpenGeneration | None:
        """The generation that answers, None where none is open; opens nothing."""
        return self.live.opened

    @property
    def generation(self) -> Generation:
        """The generation that answers; opened now if none is. Raises IndexMissingError, UnusableIndexError."""
        return self.live.generation

    def open(self) -> None:
        """Open the current generation and warm the models up, as a server does before its first request.

        Raises IndexMissingError, UnusableIndexError, ModelError.
        """
        self.live.reload()
        self.models.warm_up()

    def reload(self) -> bool:
        """Let the current generation answer; return whether it is another one than before."""
        return self.live.reload()

    # asking

    def search(self, request: SearchRequest) -> SearchResult:
        """Return the stories, articles or passages that match best.

        A request with a cursor goes on in the generation that its list began in, on the same day. Raises
        GenerationGoneError where that generation is not kept any more, and QuestionError for what is no cursor.
        """
        page = PageCursor.of_request(request)
        generation = self.live.named(page.generation) if page else self.live.generation
        return self.searcher.search(generation, request, page)

    def search_all(self, requests: Sequence[SearchRequest]) -> SearchBatch:
        """Return what several searches return, all of the generation that answers now; none may have a cursor."""
        if any(request.cursor for request in requests):
            raise QuestionError("cursor", "cannot be taken in a batch: it names a generation of its own")
        generation = self.live.generation
        results = tuple(self.searcher.search(generation, request) for request in requests)
        return SearchBatch(index=self.index, generation=generation.name, results=results)

    def answer(self, request: AnswerRequest) -> Answer:
        """Return the sentences that answer, or the reason why none does, and the best passages."""
        return self.searcher.answer(self.live.generation, request)

    def answer_with_timeline(self, request: AnswerRequest) -> tuple[Answer, Timeline]:
        """Return an answer, and when what matches was published, both of one search."""
        return self.searcher.answer_with_timeline(self.live.generation, request)

    def explain(self, request: ExplainRequest) -> Explanation:
        """Explain an article's place in the list for a question; raises ArticleMissingError."""
        return self.searcher.explain(self.live.generation, request)

    def timeline(self, request: TimelineRequest) -> Timeline:
        """Count the articles that match a question, or all, by when they were published; raises QuestionError."""
        return self.searcher.timeline(self.live.generation, request)

    def article(self, id: str) -> ArticleView:
        """Return a whole article, or an older version of it by `<id>@<version>`; raises ArticleMissingError."""
        return self.searcher.article(self.live.generation, id)

    def similar(self, id: str, *, k: int = 10) -> SimilarArticles:
        """Return the `k` articles of other stories that are nearest in meaning; raises ArticleMissingError."""
        if not 1 <= k <= MAX_K:
            raise QuestionError("k", f"is {k}, must be 1 to {MAX_K}")
        return self.searcher.similar(self.live.generation, id, k)

    def verify_citations(self, citations: Sequence[CitationRef]) -> CheckedBatch:
        """Return what has become of citations, in the order given."""
        return self.searcher.verify_citations(self.live.generation, citations)

    def suggested_questions(self) -> tuple[str, ...]:
        """Return up to three questions that the archive answers, made from it."""
        return self.searcher.suggested_questions(self.live.generation)

    def status(self) -> Status:
        """Return what the index holds and which generation answers; no model is loaded for it."""
        from rag.search.overview import status

        return status(self.live.storage, self.live.peek())

    def overview(self) -> Overview:
        """Return what an operator looks after: what is kept, what is held over time, what could not be read."""
        from rag.search.overview import overview

        return overview(self.live.storage, self.live.generation)

    # writing

    def reindex(
        self,
        paths: Sequence[Path] = (),
        *,
        mapping: Mapping[str, str] | None = None,
        strict: bool = False,
        rebuild: bool = False,
        dry_run: bool = False,
        by_file: bool = False,
        progress: Progress = lambda *_: None,
        check: Callable[[Generation], None] = lambda _: None,
    ) -> ReindexReport:
        """Read files into a new generation and publish it: see `IndexMaintenance.reindex`."""
        return self.maintenance.reindex(
            paths, mapping=mapping, strict=strict, rebuild=rebuild, dry_run=dry_run, by_file=by_file,
            progress=progress, check=check,
        )  # fmt: skip

    def preview(
        self, path: Path, mapping: Mapping[str, str] | None = None
    ) -> Iterator[ArticlePreview | SitemapEntry | Problem]:
        """Yield what a reindex would read out of a file; raises LoadError where there is none."""
        return self.maintenance.preview(path, mapping)

    def verify(self) -> list[str]:
        """Return what is wrong with the current generation, one line a fault."""
        return self.maintenance.verify()

    def rollback(self) -> str:
        """Let the generation before the current one answer again; return its name."""
        return self.maintenance.rollback()

    def gc(self) -> list[str]:
        """Remove generations beyond those kept, and the remains of dead writers; return the names of what went."""
        return self.maintenance.gc()

    def publish_fitted(self, change: Callable[[Fitted], Fitted]) -> str:
        """Publish what answers once more with other fitted values; return the name of the new generation."""
        return self.maintenance.publish_fitted(change, self.live.generation.manifest.embedder)
