"""Items that reading yields -> the archive of a draft: each article once, with its passages, and counts of changes."""

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

PROGRESS_EVERY = 64  # Articles between two reports of progress
MAX_PROBLEMS_REPORTED = 1_000  # Problems kept in memory for the report; the archive keeps all


@dataclass(frozen=True)
class ReindexOptions:
    """The options of a reindex: the paths to read, and how to write what they hold."""

    roots: tuple[str, ...]
    mapping: tuple[tuple[str, str], ...] = ()
    passage_tokens: int = 256
    keep_generations: int = 2
    strict: bool = False
    rebuild: bool = False
    by_file: bool = False  # Whether the report lists the articles and copies of each file

    @property
    def chunker(self) -> str:
        """The identity of the division into passages, as the manifest records it."""
        return f"{chunking.VERSION}/{self.passage_tokens}"


class PassageToEmbed(NamedTuple):
    """A passage that has to be embedded: its digest, and the text to embed, title prefix included."""

    digest: bytes
    text: str


@dataclass
class ReindexCounts:
    """Counts of what a reindex reads. `moved` articles are unchanged, but were read from another file or line."""

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
        """The number of all items that were read beside articles."""
        return self.copies + self.superseded + self.listed


class Ingester:
    """A writer of articles with their passages; one that the previous generation has unchanged keeps its passages."""

    def __init__(
        self,
        previous: PreviousGeneration | None,
        embedder: Embedder,
        options: ReindexOptions,
        journal: EmbeddingJournal | None,
    ) -> None:
        self.tally = ReindexCounts()
        self._previous = previous
        self._embedder = embedder
        self._options = options
        self._journal = journal
        self._today = date.today().toordinal()

    @property
    def removed(self) -> int:
        """The number of articles of the previous generation that were not read again."""
        before = self._previous.archive.articles if self._previous else 0
        return before - self.tally.changed - self.tally.unchanged

    def write(self, writer: ArticleWriter, items: Iterable[Item], progress: Progress) -> Iterator[PassageToEmbed]:
        """Write all articles, and yield each passage that has to be embedded once.

        Raises LoadError where no article was read, or, if strict, at the first problem.
        """
        for article in self._articles(items, writer):
            yield from self._add(article, writer)
            if writer.articles % PROGRESS_EVERY == 0:
                progress("files", self.tally.files, None)
                progress("read", writer.articles, None)
        progress("files", self.tally.files, None)
        progress("read", writer.articles, None)
        writer.close()
        if not writer.articles:
            first = f": {self.tally.problems[0]}" if self.tally.problems else ""
            raise LoadError(f"no article in {', '.join(self._options.roots)}{first}; the index is as it was")

    def _articles(self, items: Iterable[Item], writer: ArticleWriter) -> Iterator[Article]:
        """Yield each article to add; note all other items in the archive."""
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
        """Note what was read from a file; `before` are the numbers of articles and of copies when it began."""
        if file:
            writer.file(file, writer.articles - before[0], self.tally.copies - before[1])

    def _fault(self, problem: Problem, writer: ArticleWriter) -> None:
        """Count and note a problem; raises LoadError if strict."""
        if self._options.strict:
            raise LoadError(f"{problem}; stopped (strict), the index is as it was")
        writer.note(problem)
        self.tally.faults += 1
        if len(self.tally.problems) < MAX_PROBLEMS_REPORTED:
            self.tally.problems.append(problem)

    def _placed(self, article: Article, writer: ArticleWriter) -> Article | None:
        """Return the article under its final id; None for a copy, an older version, or a stated id that is taken.

        Two texts at one URL are versions of one article. Two texts under an id that was made from source, title and
        day, or from the file's name (`a.txt` beside `a.txt.gz`), are two articles: the version is appended to the
        second one's id. An id that the file states must not be used twice.
        """
        other, made_of = writer.placed(article.id), article.fields_from.get("id")
        if other is None and made_of == ids.FILE and writer.has_article(content_digest(article)):
            self.tally.copies += 1
        elif other is None and made_of == ids.ADDRESS and self._is_known_older(article):
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

    def _is_known_older(self, article: Article) -> bool:
        """Return whether the previous generation holds this text as an older version."""
        return self._previous is not None and self._previous.archive.has_version(article.id, article.version)

    def _older(self, article: Article, writer: ArticleWriter) -> None:
        """Keep an article as an older version of one that is read later; if none is, it becomes the article itself."""
        self.tally.superseded += 1
        writer.keep(article.id, OlderVersion(article, self._today))

    def _newer(self, article: Article, other: PlacedArticle, writer: ArticleWriter) -> Article | None:
        """Return the article if it is newer than `other`, which is then kept as an older version; otherwise None."""
        if _last_touched(article) < _last_touched(other.article):
            self._older(article, writer)
            return None
        self.tally.superseded += 1
        writer.withdraw(article.id)
        self._uncount(other)
        writer.keep(article.id, OlderVersion(other.article, other.since))
        return article

    def _uncount(self, placed: PlacedArticle) -> None:
        """Take an article that was withdrawn out of the counts."""
        known = self._previous.archive.state_of(placed.article.id) if self._previous else None
        if known is None:
            self.tally.added -= 1
        elif known.digest != placed.digest:
            self.tally.changed -= 1
        else:
            self.tally.unchanged -= 1

    def _add(self, article: Article, writer: ArticleWriter) -> Iterator[PassageToEmbed]:
        """Count and write an article; yield those of its passages that have to be embedded."""
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
            if self._previous and self._previous.manifest.chunker == self._options.chunker:
                segmentation = self._previous.archive.segmentation_of(article.id)
        if segmentation is None:
            prefix = self._title_prefix(article)
            segmentation = self.segmented(article, prefix)
            yield from self._fresh(article, prefix, segmentation, writer)
        writer.add(article, digest, segmentation, urls.normalize(article.url) if article.url else None, since)

    def _history(self, article: Article, known: ArticleState, writer: ArticleWriter) -> int:
        """Keep the older versions that the previous generation holds; return the day this version was first kept."""
        assert self._previous is not None
        archive = self._previous.archive
        for older in reversed(archive.older_versions(article.id)):
            if older.article.version != article.version:
                writer.keep(article.id, older)
        if known.version == article.version:
            return known.since
        row = archive.article_row(article.id)
        assert row is not None  # Or the article would not be known
        writer.keep(article.id, OlderVersion(archive.article(row), known.since))
        return self._today

    def _fresh(
        self, article: Article, prefix: str, segmentation: Segmentation, writer: ArticleWriter
    ) -> Iterator[PassageToEmbed]:
        """Yield the passages that neither the previous generation, the journal nor the draft has."""
        seen = set()
        for start, end, _, digest in segmentation.passages:
            if digest in seen or writer.has_passage(digest) or (self._previous and self._previous.has_passage(digest)):
                continue
            seen.add(digest)
            if not (self._journal and self._journal.holds(digest)):
                self.tally.fresh += 1
                yield PassageToEmbed(digest, prefix + article.text[start:end])

    def segmented(self, article: Article, prefix: str | None = None) -> Segmentation:
        """Divide an article into sentences and passages; `prefix` is its title prefix, if the caller has it already."""
        prefix = self._title_prefix(article) if prefix is None else prefix
        sentence_spans = sentences(article.text)
        starts = [start for start, _ in self._embedder.tokens([article.text])[0]]
        counts = [bisect_left(starts, span.end) - bisect_left(starts, span.start) for span in sentence_spans]
        spans = chunking.chunk(article.text, sentence_spans, starts, prefix, self._embedder.tokens, self._budget)
        segments = [_segment(article.text, span, prefix) for span in spans]
        return Segmentation(pack_sentences(sentence_spans, counts), segments)

    def _title_prefix(self, article: Article) -> str:
        """Return the title that is embedded before each passage of an article, cut to the budget."""
        return chunking.cut_title_prefix(chunking.title_prefix(article), self._embedder.tokens, self._budget)

    @property
    def _budget(self) -> int:
        """The most tokens of a passage, title prefix included."""
        return min(self._options.passage_tokens, self._embedder.max_tokens)


def content_digest(article: Article) -> bytes:
    """Return 16 bytes of the SHA-256 of an article's content: of all fields but its id and where it was read."""
    content = article.model_dump_json(exclude={"id", "origin", "fields_from"})
    return hashlib.sha256(content.encode()).digest()[:16]


def _segment(text: str, span: Span, prefix: str) -> PassageSegment:
    """Return the segment of a span of `text`, with the digest of the title prefix and the span's text."""
    return PassageSegment(span.start, span.end, span.paragraph, passage_digest(prefix + text[span.start : span.end]))


def passage_digest(embedded: str) -> bytes:
    """Return 16 bytes of the SHA-256 of the text that is embedded for a passage, title prefix included."""
    return hashlib.sha256(embedded.encode()).digest()[:16]


def _last_touched(article: Article) -> date:
    """Return the day of an article's last modification or publication, the earliest possible day if it has neither."""
    return max(filter(None, (article.modified, article.published)), default=date.min)
