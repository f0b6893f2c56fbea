"""RagService: everything Byline does, behind one object that the CLI and the API share. Safe for threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path

from rag import answering, asking, retrieval, store, versions
from rag.errors import IndexMissingError, LoadError, QuestionError
from rag.explanation import Explanation
from rag.generation import Generation
from rag.manifest import ReindexReport, Status
from rag.ports import Embedder, Progress
from rag.reranking.worker import Worker
from rag.results import Answer, GroupBy, Hit, Reason, SearchResult
from rag.settings import Settings
from rag.types import ArticleView, Checked, Cited, Inspected, Listed, Problem, SearchFilter

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
    ) -> SearchResult:
        """Return the `k` best passages, or the `k` stories or articles with the best passages. Raises QuestionError.

        Nothing published after `as_of` (default: today) is found. `interpret` reads time words in the question.
        """
        asked = self._ask(question, k, filter, as_of, interpret)
        hits, _ = asking.hits(asked, retrieval.grouped(asked.generation, asked.found, group_by, k))
        return SearchResult(
            question=asked.question,
            index=self.store.name,
            generation=asked.generation.name,
            filter=filter,
            as_of=asked.as_of,
            interpreted=asked.interpreted,
            group_by=group_by,
            hits=hits,
            warnings=asked.warnings,
        )

    def answer(
        self,
        question: str,
        *,
        k: int = 10,
        filter: SearchFilter = EVERYTHING,
        as_of: date | None = None,
        interpret: bool = True,
    ) -> Answer:
        """Return the sentences that answer, or the reason why none does, and the `k` best passages.

        `as_of` and `interpret` are those of `search`.
        """
        asked = self._ask(question, k, filter, as_of, interpret)
        hits, found = asking.hits(asked, retrieval.told_once(asked.generation, asked.found, k))
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

    def article(self, id: str) -> ArticleView:
        """Return a whole article, or an older version of it by `<id>@<version>`; raises ArticleMissingError."""
        return versions.view(self.generation, self.store.name, id)

    def check(self, cited: Cited) -> Checked:
        """Say what has become of a citation."""
        return versions.check(self.generation, cited)

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

    def _ask(self, question: str, k: int, filter: SearchFilter, as_of: date | None, interpret: bool) -> asking.Asked:
        question, generation = _checked(question, k), self.generation
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
    if not 1 <= k <= MAX_K:
        raise QuestionError("k", f"is {k}, must be 1 to {MAX_K}")
    return question.strip()
