"""Files, folders and archives -> articles: finds each file's format in the registry and yields what its loader reads.

What cannot be read is yielded as a Problem that names file, line and field. Nothing is skipped silently.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import BinaryIO

from rag.loaders.base import Format, Item, MissingLibraryError, SourceFile, origin, problem
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

__all__ = ["FORMATS", "CorpusReader", "known_suffixes", "read"]

DOUBT = re.compile(rb"(?:\xef\xbb\xbf)?\s*[<\[{W]")  # HTML and XML, JSON, WARC
MARKDOWN_DOUBT = re.compile(rb"(?:\xef\xbb\xbf)?\s*[<W]")  # some front matter is JSON

# Every format that is read. The first format whose sign matches is taken, so JSON Lines comes before JSON.
FORMATS: Sequence[Format] = (
    Format(plaintext.load, (".txt", ".text"), sign=plaintext.HEADER, doubt=DOUBT),
    Format(markdown.load, (".md", ".markdown"), doubt=MARKDOWN_DOUBT),
    Format(jsonlines.load, (".jsonl", ".ndjson"), sign=re.compile(r'\{\s*"(?=.*?\}[ \t]*\n\{)', re.DOTALL)),
    Format(json_documents.load, (".json",), sign=re.compile(r'\[\s*\{|\{\s*"')),
    Format(csv_tsv.load, (".csv", ".tsv")),
    Format(html.load, (".html", ".htm", ".xhtml"), sign=html.SIGN, doubt=DOUBT),
    Format(rss_atom.load, (".rss", ".atom"), sign=rss_atom.SIGN),
    Format(sitemap.load, (".sitemap",), sign=sitemap.SIGN),
    Format(warc.load, (".warc",), sign=re.compile(r"WARC/1\.")),
    Format(pdf.load, (".pdf",), magic=re.compile(rb"%PDF-\d")),
    Format(parquet.load, (".parquet",), magic=re.compile(rb"PAR1[\0-\x1f]")),
    Format(email_messages.load, (".eml", ".mbox")),
)


def known_suffixes() -> list[str]:
    """Return the suffixes of all formats, in the order of the registry."""
    return [suffix for format in FORMATS for suffix in format.suffixes]


class CorpusReader:
    """Reads files and folders in a fixed order, and knows how far it has come.

    Iterating yields articles, the entries of sitemaps, the start of each file, and problems. `mapping` names fields
    of records, {"title": "headline_main"}, which are looked for before the usual names; dots reach into objects.
    Raises LoadError where `mapping` maps a field that articles do not have.
    """

    def __init__(
        self, roots: Sequence[Path], mapping: Mapping[str, str] | None = None, limits: ReadingLimits | None = None
    ) -> None:
        self.roots = roots
        self.mapping = article_fields.canonical(mapping or {})
        self.limits = limits or ReadingLimits()
        self.files = 0  # begun so far
        self._bytes_before = 0  # the size of all files before the open one
        self._open: BinaryIO | None = None

    def __iter__(self) -> Iterator[Item]:
        for file in walk.walk(self.roots):
            if isinstance(file, Problem):
                yield file
                continue
            self.files += 1
            path = origin(file.path).path
            yield FileStart(path=path)
            yield from _read(SourceFile(path, file.name, partial(self._begin, file.path), self.limits, self.mapping), 0)
            with suppress(OSError):  # the file may have been removed meanwhile
                self._bytes_before += file.path.stat().st_size

    @property
    def share(self) -> float:
        """The share of all bytes that has been read so far, 0 to 1."""
        file, read = self._open, self._bytes_before
        with suppress(ValueError, OSError):  # another thread may close the file at this moment, or in mid-call
            read += file.tell() if file and not file.closed else 0
        return min(1.0, read / self._all_bytes) if self._all_bytes else 1.0

    @cached_property
    def _all_bytes(self) -> int:
        return walk.size(self.roots)

    def _begin(self, path: Path) -> BinaryIO:
        self._open = path.open("rb")
        return self._open


def read(
    roots: Sequence[Path], mapping: Mapping[str, str] | None = None, limits: ReadingLimits | None = None
) -> Iterator[Article | Problem]:
    """Yield only the articles and problems that a CorpusReader yields."""
    return (item for item in CorpusReader(roots, mapping, limits) if isinstance(item, Article | Problem))


def _read(source: SourceFile, depth: int) -> Iterator[Item]:
    """Yield what a file holds, `depth` archives down; after an error, the items read before it stand."""
    try:
        yield from _dispatch(source, depth)
    except OSError as error:
        yield problem(source.origin(), "path", f"cannot be read: {error.strerror or error}")
    except MissingLibraryError as error:
        yield problem(source.origin(), "format", str(error))
    except encoding.DAMAGED as error:
        yield problem(source.origin(), "archive", f"is damaged or cut off: {error}; what was read before stands")


def _dispatch(source: SourceFile, depth: int) -> Iterator[Item]:
    """Open a file as an archive or give it to the loader of its format.

    The registry comes first, because some formats are archives themselves.
    """
    head, suffix, at = encoding.head(source.open, detect.HEAD_BYTES), source.suffix, source.origin()
    by_name = detect.by_suffix(FORMATS, suffix)
    format = detect.by_magic(FORMATS, head) or (by_name if by_name and by_name.is_archive else None)
    if format is None and (members := archives.members(source, head)) is not None:
        if depth == source.limits.max_archive_depth:
            yield problem(at, "archive", f"is more than {depth} archives deep; not read")
            return
        for member in members:
            yield from [member] if isinstance(member, Problem) else _read(member, depth + 1)
        return
    if not head and not source.read():  # the head is also empty where the first bytes are damaged, which `read` raises
        yield problem(at, "file", "is empty")
        return
    if format is None and (kind := detect.binary_kind(head, by_name)):
        yield problem(at, "format", f"holds {kind}, not text; known: {' '.join(known_suffixes())}")
        return
    if format := format or detect.by_content(FORMATS, head, suffix):
        yield from format.load(source)
    else:
        which = f"suffix {suffix!r} is unknown" if suffix else "there is no suffix"
        yield problem(
            at, "format", f"{which} and the file does not show what it is; known: {' '.join(known_suffixes())}"
        )
