"""What reading yields -> the archive of a draft: each article once, with its passages, and a tally of what changed."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from rag.errors import LoadError
from rag.index.base import ArticleWriter
from rag.index.rows import ArticleState, OlderVersion, PassageSegment, PlacedArticle, Segmentation, pack_sentences
from rag.indexing.embedding_journal import EmbeddingJournal
from rag.indexing.previous import PreviousGeneration
from rag.instrumentation import Progress
from rag.loaders.base import Item
from rag.loaders.fields import ids
from rag.models.base import Embedder
from rag.text import chunking, urls
from rag.text.sentences import sentences
from rag.types.articles import Article, Span
from rag.types.reading import FileStart, Problem, SitemapEntry

SAY_EVERY = 64  # articles between two reports of progress
MAX_PROBLEMS_REPORTED = 1_000  # in memory; the archive has all


@dataclass(frozen=True)
class ReindexOptions:
    """What a reindex is asked to do: what to read, and how to write it."""

    roots: tuple[str, ...]
    mapping: tuple[tuple[str, str], ...] = ()
    passage_tokens: int = 256
    keep_generations: int = 2
    strict: bool = False
    rebuild: bool = False
    by_file: bool = False  # whether the report says what each file held

    @property
    def chunker(self) -> str:
        """What decides passages, as the manifest records it."""
        return f"{chunking.VERSION}/{self.passage_tokens}"


class PassageToEmbed(NamedTuple):
    """A passage that has to be embedded: its digest, and the text that is embedded."""

    digest: bytes
    text: str


@dataclass
class ReindexCounts:
    """What a reindex found, counted while it reads. `moved` are unchanged but stand in another place."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    moved: int = 0
    copies: int = 0
    superseded: int = 0
    listed: int = 0
    files: int = 0
    fresh: int = 0
    faults: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def noted(self) -> int:
        """What was read beside articles, in sum."""
        return self.copies + self.superseded + self.listed


class Ingester:
    """Writes each article with its passages; an article that `old` holds unchanged keeps the passages it had."""

    def __init__(
        self,
        previous: PreviousGeneration | None,
        embedder: Embedder,
        recipe: ReindexOptions,
        journal: EmbeddingJournal | None,
    ) -> None:
        self.tally = ReindexCounts()
        self._previous = previous
        self._embedder = embedder
        self._recipe = recipe
        self._journal = journal
        self._today = date.today().toordinal()

    @property
    def removed(self) -> int:
        """How many articles of the old generation were not met again."""
        before = self._previous.archive.articles if self._previous else 0
        return before - self.tally.changed - self.tally.unchanged

    def write(self, writer: ArticleWriter, items: Iterable[Item], progress: Progress) -> Iterator[PassageToEmbed]:
        """Write all articles, and yield what has to be embedded, each passage once.

        Raises LoadError where there is no article, or, if strict, at the first problem.
        """
        for article in self._articles(items, writer):
            yield from self._add(article, writer)
            if writer.articles % SAY_EVERY == 0:
                progress("files", self.tally.files, None)
                progress("read", writer.articles, None)
        progress("files", self.tally.files, None)
        progress("read", writer.articles, None)
        writer.close()
        if not writer.articles:
            first = f": {self.tally.problems[0]}" if self.tally.problems else ""
            raise LoadError(f"no article in {', '.join(self._recipe.roots)}{first}; the index is as it was")

    def _articles(self, items: Iterable[Item], writer: ArticleWriter) -> Iterator[Article]:
        """Yield each article that is to be added; note all else in the archive."""
        file, before = "", (0, 0)
        for item in items:
            if isinstance(item, FileStart):
                self._note_file(writer, file, before)
                file, before = item.path, (writer.articles, self.tally.copies)
                self.tally.files += 1
            elif isinstance(item, SitemapEntry):
                writer.list(item, urls.normalize(item.url))
                self.tally.listed += 1
            elif isinstance(item, Problem):
                self._fault(item, writer)
            elif placed := self._placed(item, writer):
                yield placed
        self._note_file(writer, file, before)
        yield from (older.article for older in writer.orphans())

    def _note_file(self, writer: ArticleWriter, file: str, before: tuple[int, int]) -> None:
        if file:
            writer.file(file, writer.articles - before[0], self.tally.copies - before[1])

    def _fault(self, problem: Problem, writer: ArticleWriter) -> None:
        if self._recipe.strict:
            raise LoadError(f"{problem}; stopped (strict), the index is as it was")
        writer.note(problem)
        self.tally.faults += 1
        if len(self.tally.problems) < MAX_PROBLEMS_REPORTED:
            self.tally.problems.append(problem)

    def _placed(self, article: Article, writer: ArticleWriter) -> Article | None:
        """Return the article under the id that it goes by; None for a copy, an older version, or an id that is taken.

        Two texts at one address are versions of one article. An id that was made from source, title and day, or of
        the file's name (`a.txt` beside `a.txt.gz`), is told apart by the text; one that the file states must not be
        used twice.
        """
        other, made_of = writer.placed(article.id), article.fields_from.get("id")
        if other is None and made_of == ids.FILE and writer.has_article(content_digest(article)):
            self.tally.copies += 1
        elif other is None and made_of == ids.ADDRESS and self._was(article):
            self._older(article, writer)
        elif other is None:
            return article
        elif other.article.version == article.version:
            self.tally.copies += 1
        elif made_of == ids.ADDRESS:
            return self._newer(article, other, writer)
        elif made_of in {ids.TITLE, ids.FILE}:
            return self._placed(article.model_copy(update={"id": f"{article.id}-{article.version[:6]}"}), writer)
        else:
            reason = f"{article.id!r} is already used by {other.article.origin}; give each article an id of its own"
            at = article.origin
            self._fault(Problem(path=at.path, line=at.line, field="id", reason=reason), writer)
        return None

    def _was(self, article: Article) -> bool:
        """Say whether the old generation holds this text as an older version."""
        return self._previous is not None and self._previous.archive.has_version(article.id, article.version)

    def _older(self, article: Article, writer: ArticleWriter) -> None:
        """Keep an article as an older version of one that will be read, or, where none is, be the article itself."""
        self.tally.superseded += 1
        writer.keep(article.id, OlderVersion(article, self._today))

    def _newer(self, article: Article, other: PlacedArticle, writer: ArticleWriter) -> Article | None:
        """Return the article where it is newer than the version that is there, which then is kept as an older one."""
        if _last_touched(article) < _last_touched(other.article):
            self._older(article, writer)
            return None
        self.tally.superseded += 1
        writer.withdraw(article.id)
        self._uncount(other)
        writer.keep(article.id, OlderVersion(other.article, other.since))
        return article

    def _uncount(self, placed: PlacedArticle) -> None:
        known = self._previous.archive.state_of(placed.article.id) if self._previous else None
        if known is None:
            self.tally.added -= 1
        elif known.digest != placed.digest:
            self.tally.changed -= 1
        else:
            self.tally.unchanged -= 1

    def _add(self, article: Article, writer: ArticleWriter) -> Iterator[PassageToEmbed]:
        digest = content_digest(article)
        known = self._previous.archive.state_of(article.id) if self._previous else None
        since = self._history(article, known, writer) if known else self._today
        segmentation = None
        if known is None:
            self.tally.added += 1
        elif known.digest != digest:
            self.tally.changed += 1
        else:
            self.tally.unchanged += 1
            self.tally.moved += (known.path, known.line) != (article.origin.path, article.origin.line)
            if self._previous and self._previous.manifest.chunker == self._recipe.chunker:
                segmentation = self._previous.archive.segmentation_of(article.id)
        if segmentation is None:
            header = self._header(article)
            segmentation = self.segmented(article, header)
            yield from self._fresh(article, header, segmentation, writer)
        writer.add(article, digest, segmentation, urls.normalize(article.url) if article.url else None, since)

    def _history(self, article: Article, known: ArticleState, writer: ArticleWriter) -> int:
        """Keep what the old generation holds of an article's past; return since when this version is held."""
        assert self._previous is not None
        archive = self._previous.archive
        for older in reversed(archive.older_versions(article.id)):
            if older.article.version != article.version:
                writer.keep(article.id, older)
        if known.version == article.version:
            return known.since
        row = archive.article_row(article.id)
        assert row is not None  # or it would not be known
        writer.keep(article.id, OlderVersion(archive.article(row), known.since))
        return self._today

    def _fresh(
        self, article: Article, header: str, segmentation: Segmentation, writer: ArticleWriter
    ) -> Iterator[PassageToEmbed]:
        """Yield the passages that neither the old generation, the journal nor the draft has."""
        seen = set()
        for start, end, _, digest in segmentation.passages:
            if digest in seen or writer.has_passage(digest) or (self._previous and self._previous.has_passage(digest)):
                continue
            seen.add(digest)
            if not (self._journal and self._journal.holds(digest)):
                self.tally.fresh += 1
                yield PassageToEmbed(digest, header + article.text[start:end])

    def segmented(self, article: Article, header: str | None = None) -> Segmentation:
        """Return the article's sentences and passages, found anew; `header` is what `_header` gives it."""
        header = self._header(article) if header is None else header
        found = sentences(article.text)
        starts = [start for start, _ in self._embedder.tokens([article.text])[0]]
        counts = [bisect_left(starts, span.end) - bisect_left(starts, span.start) for span in found]
        spans = chunking.chunk(article.text, found, starts, header, self._embedder.tokens, self._budget)
        return Segmentation(pack_sentences(found, counts), [_part(article.text, span, header) for span in spans])

    def _header(self, article: Article) -> str:
        return chunking.cut_title_prefix(chunking.title_prefix(article), self._embedder.tokens, self._budget)

    @property
    def _budget(self) -> int:
        return min(self._recipe.passage_tokens, self._embedder.max_tokens)


def content_digest(article: Article) -> bytes:
    """Return 16 bytes over all that an article says, not over its id or where it was read."""
    said = article.model_dump_json(exclude={"id", "origin", "fields_from"})
    return hashlib.sha256(said.encode()).digest()[:16]


def _part(text: str, span: Span, header: str) -> PassageSegment:
    return PassageSegment(span.start, span.end, span.paragraph, passage_digest(header + text[span.start : span.end]))


def passage_digest(embedded: str) -> bytes:
    """Return 16 bytes over the text that is embedded for a passage, header included."""
    return hashlib.sha256(embedded.encode()).digest()[:16]


def _last_touched(article: Article) -> date:
    return max(filter(None, (article.modified, article.published)), default=date.min)
