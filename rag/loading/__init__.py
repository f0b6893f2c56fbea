"""Files -> articles: one module a format, chosen by suffix, else by what the file holds.

What cannot be read is yielded as a Problem that names file, line and field; nothing is skipped silently.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rag.errors import LoadError
from rag.loading import (
    archives,
    csv_table,
    decoding,
    feed,
    fields,
    html,
    json_array,
    jsonlines,
    mail,
    markdown,
    plaintext,
    sniffing,
    walking,
    warc,
)
from rag.loading.places import on_disk, problem
from rag.ports import Loader, Source
from rag.types import Article, Problem

__all__ = ["LOADERS", "read"]

LOADERS: Mapping[str, Loader] = {
    ".txt": plaintext.load,
    ".text": plaintext.load,
    ".md": markdown.load,
    ".markdown": markdown.load,
    ".jsonl": jsonlines.load,
    ".ndjson": jsonlines.load,
    ".json": json_array.load,
    ".csv": csv_table.load,
    ".tsv": csv_table.load,
    ".html": html.load,
    ".htm": html.load,
    ".xhtml": html.load,
    ".rss": feed.load,
    ".atom": feed.load,
    ".warc": warc.load,
    ".eml": mail.load,
    ".mbox": mail.load,
}


def read(roots: Sequence[Path], mapping: Mapping[str, str] | None = None) -> Iterator[Article | Problem]:
    """Yield the articles of files and folders, in a fixed order, each id once; and what could not be read.

    `mapping` names fields of records, {"title": "headline_main"}, before the usual names; dots reach into
    objects. Raises LoadError where it maps a field that articles do not have.
    """
    wanted = dict(mapping or {})
    if unknown := sorted(wanted.keys() - fields.USUAL.keys()):
        raise LoadError(f"mapping: no field {unknown[0]!r}; there are {', '.join(fields.USUAL)}")
    return _distinct(_all(roots, wanted))


def _all(roots: Sequence[Path], mapping: dict[str, str]) -> Iterator[Article | Problem]:
    for found in walking.walk(roots):
        if isinstance(found, Problem):
            yield found
            continue
        yield from _source(on_disk(found.path, found.name), mapping, 0)


def _source(source: Source, mapping: dict[str, str], depth: int) -> Iterator[Article | Problem]:
    """Yield what is in a source, `depth` archives down; where it cannot be read on, what came before it stands."""
    try:
        yield from _file(source, mapping, depth)
    except OSError as error:
        yield problem(source.origin(), "path", f"cannot be read: {error.strerror or error}")
    except decoding.DAMAGED as error:
        yield problem(source.origin(), "archive", f"is damaged or cut off: {error}; what was read before stands")


def _file(source: Source, mapping: dict[str, str], depth: int) -> Iterator[Article | Problem]:
    head, suffix, at = decoding.head(source.open, sniffing.HEAD_BYTES), source.suffix, source.origin()
    if (members := archives.inside(source, head)) is not None:
        if depth == archives.MAX_DEPTH:
            yield problem(at, "archive", f"is more than {depth} archives deep; not read")
            return
        for member in members:
            yield from [member] if isinstance(member, Problem) else _source(member, mapping, depth + 1)
        return
    if held := sniffing.binary(head):
        yield problem(at, "format", f"holds {held}, not text; known: {' '.join(LOADERS)}")
        return
    loader = LOADERS.get(suffix) or LOADERS.get(sniffing.suffix(head, suffix) or "")
    if loader:
        yield from loader(source, mapping)
    else:
        named = f"suffix {suffix!r} is unknown" if suffix else "there is no suffix"
        reason = f"{named} and the file does not show what it is; known: {' '.join(LOADERS)}"
        yield problem(at, "format", reason)


def _distinct(items: Iterator[Article | Problem]) -> Iterator[Article | Problem]:
    """Pass each id once: an exact copy is dropped, another article of the same id is a problem."""
    seen: dict[str, tuple[bytes, str]] = {}
    for item in items:
        if isinstance(item, Problem):
            yield item
            continue
        digest = hashlib.sha256(f"{item.title}\n{item.text}".encode()).digest()
        if item.id not in seen:
            seen[item.id] = (digest, str(item.origin))
            yield item
        elif seen[item.id][0] != digest:
            reason = f"{item.id!r} is already used by {seen[item.id][1]}; give each article an id of its own"
            yield problem(item.origin, "id", reason)
