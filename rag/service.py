"""RagService: everything Byline does, behind one object that the CLI and the API share. Safe for threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path

from rag import answering, asking, relatives, retrieval, store, versions
from rag.cursors import Cursor, digest
from rag.errors import GenerationGoneError, IndexMissingError, LoadError, QuestionError, UnusableIndexError
from rag.explanation import Explanation
from rag.generation import Generation
from rag.manifest import ReindexReport, Status
from rag.ports import Embedder, Progress
from rag.reranking.worker import Worker
from rag.results import (
    Answer,
    CheckedBatch,
    Facets,
    GroupBy,
    Hit,
    Reason,
    SearchBatch,
    Searching,
    SearchResult,
    SimilarArticles,
    Timeline,
    Total,
    Unit,
)
from rag.settings import Settings
from rag.stages import stage
from rag.types import ArticleView, Cited, Inspected, Listed, Problem, SearchFilter

MAX_QUESTION_CHARS = 2_000
MAX_K = 100
WARM_WORDS = (10, 20, 28, 44, 60)  # questions whose models are loaded before a server's first request
EVERYTHING = SearchFilter()


class RagService:
    """One index: asking it, and writing it. Each request holds one Generation; `reload` swaps the next one in."""

    def __init__(
        self,
        settings: Settings,
        embedder: Callable[[], Embedder],
        reranker: Callable[[], Worker | None] = lambda: None,
        generation: Generation | None = None,
    ) -> None:
        self.settings = settings
        self.store = store.Store(settings.index_root / settings.index)
        self._make_embedder = embedder
        self._make_reranker = reranker
        self._making = threading.Lock()
        self._reloading = threading.Lock()
        self._generation = generation  # given: asked until `reload` finds another
        self._older: Generation | None = None  # that a cursor named last

    @property
    def embedder(self) -> Embedder:
        """The embedder, made when first asked for."""
        with self._making:
            return self._embedder

    @property
    def reranker(self) -> Worker | None:
        """What re-ranks, made when first asked for; None where nothing does."""
        with self._making:
            return self._reranker

    @cached_property
    def _embedder(self) -> Embedder:
        return self._make_embedder()

    @cached_property
    def _reranker(self) -> Worker | None:
        return self._make_reranker()

    @property
    def is_open(self) -> bool:
        """Whether a generation is open."""
        return self._generation is not None

    @property
    def generation(self) -> Generation:
        """The open generation; opened now if none is. Raises IndexMissingError, UnusableIndexError."""
        if self._generation is None:
            self.reload()
        if self._generation is None:
            raise IndexMissingError(f"index {self.store.name!r} is not open; run `rag reindex PATH`")
        return self._generation

    def open(self) -> None:
        """Open the current generation, and load the model for questions of every usual length.

        A server does so before its first request. Raises IndexMissingError, UnusableIndexError, ModelError.
        """
        self._swap(warm=True)

    def reload(self) -> bool:
        """Open the current generation and swap it in, unless it is the one that serves; True where it swapped."""
        return self._swap(warm=False)

    def _swap(self, *, warm: bool) -> bool:
        with self._reloading:
            if self._generation is not None and self.store.current() == self._generation.name:
                return False
            new = self.store.open(Generation.open)
            new.require(self.embedder.identity)
            for words in WARM_WORDS if warm else ():
                self.embedder.embed_query("word " * words)
            if warm and self.reranker:
                self.reranker.scores("word", ["word"])
            self._generation = new
            return True

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
        seen = Cursor.decoded(cursor, of) if cursor else None
        if seen:
            generation, as_of = self._kept(seen.generation), seen.as_of
        asked = self._ask(question, k, filter, as_of, interpret, generation)
        start = seen.offset if seen else 0
        groups = retrieval.grouped(asked.generation, asked.found, group_by)
        hits, _ = asking.hits(asked, groups[start : start + k], start)
        after = Cursor(generation=asked.generation.name, as_of=asked.as_of, offset=start + k, of=of)
        return SearchResult(
            question=asked.question,
            index=self.store.name,
            generation=asked.generation.name,
            filter=filter,
            as_of=asked.as_of,
            interpreted=asked.interpreted,
            group_by=group_by,
            hits=hits,
            total=Total(value=len(groups), relation="gte" if retrieval.is_cut(asked.found) else "eq"),
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

        `as_of`, `interpret` and `facets` are those of `search`.
        """
        asked = self._ask(question, k, filter, as_of, interpret)
        hits, found = asking.hits(asked, retrieval.told_once(asked.generation, asked.found, k))
        with stage("answer"):
            verdict = asking.verdict(asked, hits, found)
        confidence = answering.confidence(verdict.evidence, asking.slopes(asked.generation))
        reason = self._reason(asked, hits, confidence)
        return Answer(
            question=asked.question,
            index=self.store.name,
            generation=asked.generation.name,
            filter=filter,
            as_of=asked.as_of,
            interpreted=asked.interpreted,
            answered=reason is None,
            reason=reason,
            confidence=confidence,
            sentences=() if reason else asking.sentences(found, verdict.sentences),
            hits=() if reason else hits,
            near_misses=hits if reason else (),
            facets=_facets(asked) if facets else None,
            warnings=asked.warnings,
        )

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
        from rag import explaining

        asked = self._ask(question, k, filter, as_of, interpret)
        return explaining.explain(asked, article, index=self.store.name, k=k)

    def timeline(
        self,
        question: str | None = None,
        *,
        filter: SearchFilter = EVERYTHING,
        as_of: date | None = None,
        unit: Unit | None = None,
    ) -> Timeline:
        """Count the articles that match a question, or all, by when they were published; raises QuestionError.

        The days of the filter, and time words, narrow nothing here: a timeline shows what they would leave out. But
        nothing published after `as_of` is counted. `unit`: else the shortest that gives few enough buckets.
        """
        from rag import counting

        undated = filter.model_copy(update={"published_from": None, "published_to": None})
        if question is None:
            generation, day = self.generation, as_of or filter.as_of or date.today()
            admitted = undated.model_copy(update={"as_of": day})
            unit, buckets, without_day, matching = counting.all_over_time(generation, admitted, unit)
        else:
            asked = self._ask(question, 1, undated, as_of, interpret=False)
            generation, day, question = asked.generation, asked.as_of, asked.question
            unit, buckets, without_day, matching = counting.timeline(asked, unit)
        return Timeline(
            question=question, index=self.store.name, generation=generation.name, filter=filter, as_of=day, unit=unit,
            buckets=buckets, undated=without_day, matching=matching,
        )  # fmt: skip

    def article(self, id: str) -> ArticleView:
        """Return a whole article, or an older version of it by `<id>@<version>`; raises ArticleMissingError."""
        generation = self.generation
        view = versions.view(generation, self.store.name, id)
        row = generation.archive.article_row(view.article.id)
        assert row is not None  # or there would be no view
        return view.model_copy(update={"copies": relatives.copies(generation, view.article, row, EVERYTHING)})

    def similar(self, id: str, *, k: int = 10) -> SimilarArticles:
        """Return the `k` articles of other stories that are nearest in meaning; raises ArticleMissingError."""
        _count(k)
        generation = self.generation
        article, row = generation.article(id), generation.archive.article_row(id)
        assert row is not None  # or there would be no article
        return SimilarArticles(
            index=self.store.name, generation=generation.name, article=article.ref(),
            similar=relatives.similar(generation, row, k),
        )  # fmt: skip

    def check(self, cited: Sequence[Cited]) -> CheckedBatch:
        """Say what has become of citations, in the order given."""
        generation = self.generation
        results = tuple(versions.check(generation, one) for one in cited)
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
        """Read `paths` (or what the index remembers) into a new generation and publish it.

        `check` sees the new generation before it is published; what it raises leaves the index as it was.
        Raises LoadError, IndexLockedError, IncompatibleIndexError, IndexMissingError (nothing remembered).
        """
        from rag import indexing, intake, loading  # asking needs none, and starts 0.2 s sooner without

        roots, fields = self._remembered() if not paths else (tuple(map(str, paths)), tuple((mapping or {}).items()))
        for root in roots:
            if not Path(root).exists():  # a share that is not mounted must not empty the index
                raise LoadError(f"{root}: does not exist; the index is as it was; give the PATHs to read")
        recipe = intake.Recipe(
            roots=roots, mapping=fields, passage_tokens=self.settings.passage_tokens,
            exact_rows=self.settings.exact_rows, keep_generations=self.settings.keep_generations,
            strict=strict, rebuild=rebuild, by_file=by_file,
        )  # fmt: skip
        reading = loading.Reading([Path(root) for root in roots], dict(fields), self.settings)
        work = indexing.Indexing(self.store, self.embedder, recipe, progress, check, lambda: reading.share)
        return work.dry_run(reading) if dry_run else work.run(reading)

    def inspect(self, path: Path, mapping: Mapping[str, str] | None = None) -> Iterator[Inspected | Listed | Problem]:
        """Yield what a reindex would read out of a file; raises LoadError where there is none."""
        from rag.inspecting import inspect

        return inspect(path, mapping or {}, self.settings, self.embedder, self.settings.passage_tokens)

    def verify(self) -> list[str]:
        """Check checksums, counts and offsets of the current generation; return what is wrong."""

        def check(folder: Path) -> list[str]:
            manifest = store.read_manifest(folder)
            return store.verify_files(folder, manifest) or Generation.open(folder).faults()

        return self.store.open(check)

    def rollback(self) -> str:
        """Let the generation before the current one serve again; return its name."""
        with self.store.writing():
            name = self.store.previous()
            Generation.open(self.store.folder / name)
            self.store.point(name)
            return name

    def gc(self) -> list[str]:
        """Remove generations beyond those kept, and the remains of dead writers; return what went."""
        with self.store.writing() as swept:
            return [*swept, *self.store.prune(self.settings.keep_generations)]

    def _remembered(self) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
        manifest = self.store.open(store.read_manifest)
        return manifest.roots, manifest.mapping

    def _kept(self, name: str) -> Generation:
        """Return a generation that serves, or served and is still on disk; raises GenerationGoneError."""
        for held in (self.generation, self._older):
            if held and held.name == name:
                return held
        try:
            if name in self.store.generations():  # a name from outside leads nowhere else
                self._older = Generation.open(self.store.folder / name)
                self._older.require(self.embedder.identity)
                return self._older
        except (FileNotFoundError, UnusableIndexError):  # pruned meanwhile, or of another model
            pass
        raise GenerationGoneError(f"{name} is not kept any more; begin the list again without the cursor")

    def _ask(
        self,
        question: str,
        k: int,
        filter: SearchFilter,
        as_of: date | None,
        interpret: bool,
        generation: Generation | None = None,
    ) -> asking.Asked:
        question, generation = _checked(question, k), generation or self.generation
        day = as_of or filter.as_of or date.today()
        return asking.ask(generation, self.embedder, self.reranker, self.settings, question, filter, day, interpret)

    def _reason(self, asked: asking.Asked, hits: tuple[Hit, ...], confidence: float) -> Reason | None:
        if hits and confidence and confidence >= self.settings.min_confidence:
            return None
        if not hits and asked.filter:
            return "filter_empty"
        if asked.within_dates and self._answered_at_other_times(asked):
            return "outside_dates"
        return "low_confidence" if hits and confidence else "no_match"

    def _answered_at_other_times(self, asked: asking.Asked) -> bool:
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


def _facets(asked: asking.Asked) -> Facets:
    from rag import counting

    with stage("facets"):
        return counting.facets(asked)
