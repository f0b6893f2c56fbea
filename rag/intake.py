"""Articles, as they are read -> the archive of a draft: passages for each, and a tally of what changed."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rag import chunking
from rag.archive import ArchiveWriter, Division
from rag.errors import LoadError
from rag.generation import Generation
from rag.ports import Embedder, Progress
from rag.sentences import sentences
from rag.types import Article, Problem

SAY_EVERY = 64  # articles between two reports of progress


@dataclass(frozen=True)
class Recipe:
    """What a reindex is asked to do: what to read, and how to write it."""

    roots: tuple[str, ...]
    mapping: tuple[tuple[str, str], ...] = ()
    passage_tokens: int = 256
    exact_rows: int = 200_000
    keep_generations: int = 2
    strict: bool = False
    rebuild: bool = False

    @property
    def chunker(self) -> str:
        """What decides passages, as the manifest records it."""
        return f"{chunking.VERSION}/{self.passage_tokens}"


@dataclass
class Tally:
    """What a reindex found, counted while it reads. `moved` are unchanged but stand in another place."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    moved: int = 0
    seen: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)


class Intake:
    """Writes each article with its passages; an article that `old` holds unchanged keeps the passages it had."""

    def __init__(self, old: Generation | None, embedder: Embedder, recipe: Recipe) -> None:
        self.tally = Tally()
        self.known = old.archive.article_digests() if old else {}
        self._old = old
        self._embedder = embedder
        self._recipe = recipe

    def write(self, path: Path, items: Iterable[Article | Problem], progress: Progress) -> None:
        """Write the archive of all articles to `path`; raises LoadError where there is none, or if strict."""
        writer = ArchiveWriter(path)
        for article in self._articles(items):
            digest = article_digest(article)
            writer.add(article, digest, self._division(article, digest))
            if writer.articles % SAY_EVERY == 0:
                progress("read", writer.articles, None)
        progress("read", writer.articles, None)
        writer.close()
        if not writer.articles:
            first = f": {self.tally.problems[0]}" if self.tally.problems else ""
            raise LoadError(f"no article in {', '.join(self._recipe.roots)}{first}; the index is as it was")

    def embedded_text(self, article: Article, start: int, end: int) -> str:
        """Return what is embedded for a passage: its header and its text."""
        return self._header(article) + article.text[start:end]

    def _articles(self, items: Iterable[Article | Problem]) -> Iterator[Article]:
        for item in items:
            if isinstance(item, Article):
                self.tally.seen.add(item.id)
                yield item
            elif self._recipe.strict:
                raise LoadError(f"{item}; stopped (strict), the index is as it was")
            else:
                self.tally.problems.append(item)

    def _division(self, article: Article, digest: bytes) -> Division:
        known = self.known.get(article.id)
        if known is None:
            self.tally.added += 1
        elif known[0] != digest:
            self.tally.changed += 1
        else:
            self.tally.unchanged += 1
            self.tally.moved += known[1:] != (article.origin.path, article.origin.line)
            if self._old and self._old.manifest.chunker == self._recipe.chunker:
                return self._old.archive.division_of(article.id)
        return self.divided(article)

    def divided(self, article: Article) -> Division:
        """Return the article's sentences and passages, found anew."""
        found = sentences(article.text)
        starts = [start for start, _ in self._embedder.tokens([article.text])[0]]
        counts = [bisect_left(starts, span.end) - bisect_left(starts, span.start) for span in found]
        spans = chunking.chunk(article.text, found, self._header(article), self._embedder.tokens, self._budget)
        passages = [(span, passage_digest(self.embedded_text(article, span.start, span.end))) for span in spans]
        return Division(list(zip(found, counts, strict=True)), passages)

    def _header(self, article: Article) -> str:
        return chunking.cut_header(chunking.header(article), self._embedder.tokens, self._budget)

    @property
    def _budget(self) -> int:
        return min(self._recipe.passage_tokens, self._embedder.max_tokens)


def article_digest(article: Article) -> bytes:
    """Return 16 bytes over all that an article says, not over where it was read."""
    return hashlib.sha256(article.model_dump_json(exclude={"origin"}).encode()).digest()[:16]


def passage_digest(embedded: str) -> bytes:
    """Return 16 bytes over the text that is embedded for a passage, header included."""
    return hashlib.sha256(embedded.encode()).digest()[:16]
