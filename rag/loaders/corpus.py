"""Files -> articles: one module a format, chosen by suffix, else (or where any file would do) by what the file holds.

What cannot be read is yielded as a Problem that names file, line and field; nothing is skipped silently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import BinaryIO

from rag.loaders.base import Item, Loader, SourceFile, origin, problem
from rag.loaders.fields import article_fields
from rag.loaders.files import archives, detect, encoding, walk
from rag.loaders.formats import (
    csv_tsv,
    email_messages,
    html,
    json_documents,
    jsonlines,
    markdown,
    parquet,
    pdf,
    plaintext,
    rss_atom,
    sitemap,
    warc,
)
from rag.settings import ReadingLimits
from rag.types.articles import Article
from rag.types.reading import FileStart, Problem

__all__ = ["LOADERS", "CorpusReader", "read"]

LOADERS: Mapping[str, Loader] = {
    ".txt": plaintext.load,
    ".text": plaintext.load,
    ".md": markdown.load,
    ".markdown": markdown.load,
    ".jsonl": jsonlines.load,
    ".ndjson": jsonlines.load,
    ".json": json_documents.load,
    ".csv": csv_tsv.load,
    ".tsv": csv_tsv.load,
    ".html": html.load,
    ".htm": html.load,
    ".xhtml": html.load,
    ".rss": rss_atom.load,
    ".atom": rss_atom.load,
    ".sitemap": sitemap.load,
    ".warc": warc.load,
    ".pdf": pdf.load,
    ".parquet": parquet.load,
    ".eml": email_messages.load,
    ".mbox": email_messages.load,
}


class CorpusReader:
    """The articles of files and folders, in a fixed order; what could not be read; what sitemaps list.

    `mapping` names fields of records, {"title": "headline_main"}, before the usual names; dots reach into
    objects. Raises LoadError where it maps a field that articles do not have (under none of its usual names).
    """

    def __init__(
        self, roots: Sequence[Path], mapping: Mapping[str, str] | None = None, limits: ReadingLimits | None = None
    ) -> None:
        self.roots = roots
        self.mapping = article_fields.canonical(mapping or {})
        self.limits = limits or ReadingLimits()
        self.files = 0  # begun so far
        self._before = 0
        self._open: BinaryIO | None = None

    def __iter__(self) -> Iterator[Item]:
        for found in walk.walk(self.roots):
            if isinstance(found, Problem):
                yield found
                continue
            self.files += 1
            begin = partial(self._begun, found.path)
            yield FileStart(path=origin(found.path).path)
            yield from _source(SourceFile(origin(found.path).path, found.name, begin, self.limits), self.mapping, 0)
            with suppress(OSError):  # it has gone meanwhile
                self._before += found.path.stat().st_size

    @property
    def share(self) -> float:
        """How much of all bytes was read so far, 0 to 1."""
        held, read = self._open, self._before
        with suppress(ValueError):  # closed this moment
            read += held.tell() if held and not held.closed else 0
        return min(1.0, read / self._all) if self._all else 1.0

    @cached_property
    def _all(self) -> int:
        return walk.size(self.roots)

    def _begun(self, path: Path) -> BinaryIO:
        self._open = path.open("rb")
        return self._open


def read(
    roots: Sequence[Path], mapping: Mapping[str, str] | None = None, limits: ReadingLimits | None = None
) -> Iterator[Article | Problem]:
    """Yield what `Reading` reads, articles and problems."""
    return (item for item in CorpusReader(roots, mapping, limits) if isinstance(item, Article | Problem))


def _source(source: SourceFile, mapping: dict[str, str], depth: int) -> Iterator[Item]:
    """Yield what is in a source, `depth` archives down; where it cannot be read on, what came before it stands."""
    try:
        yield from _file(source, mapping, depth)
    except OSError as error:
        yield problem(source.origin(), "path", f"cannot be read: {error.strerror or error}")
    except encoding.DAMAGED as error:
        yield problem(source.origin(), "archive", f"is damaged or cut off: {error}; what was read before stands")


def _file(source: SourceFile, mapping: dict[str, str], depth: int) -> Iterator[Item]:
    head, suffix, at = encoding.head(source.open, detect.HEAD_BYTES), source.suffix, source.origin()
    if (members := archives.inside(source, head)) is not None:
        if depth == source.limits.max_archive_depth:
            yield problem(at, "archive", f"is more than {depth} archives deep; not read")
            return
        for member in members:
            yield from [member] if isinstance(member, Problem) else _source(member, mapping, depth + 1)
        return
    if not head and not source.read():  # `head` is also empty where the first bytes are damaged, which `read` raises
        yield problem(at, "file", "is empty")
        return
    magic = detect.magic(head)
    if magic is None and (held := detect.binary(head, suffix)):
        yield problem(at, "format", f"holds {held}, not text; known: {' '.join(LOADERS)}")
        return
    shown = magic or detect.shown(head, suffix) or suffix
    loader = LOADERS.get(shown) or LOADERS.get(detect.suffix(head, suffix) or "")
    if loader:
        yield from loader(source, mapping)
    else:
        named = f"suffix {suffix!r} is unknown" if suffix else "there is no suffix"
        reason = f"{named} and the file does not show what it is; known: {' '.join(LOADERS)}"
        yield problem(at, "format", reason)
