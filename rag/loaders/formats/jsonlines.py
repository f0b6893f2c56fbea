"""JSON Lines: a record on each line, streamed. Lines end at "\n" only."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rag.loaders.base import MB, SourceFile, problem
from rag.loaders.fields import article_fields
from rag.loaders.files import encoding
from rag.types.articles import Article, Origin
from rag.types.reading import Problem

FIRST_LINES = 10  # If none of the first lines is JSON, the file is in another format
SHOWN_CHARS = 60  # The problem of such a file shows so much of its first line


def load(source: SourceFile) -> Iterator[Article | Problem]:
    """Yield the article of each line that is not blank; a line that is not JSON is reported.

    A file of which the first lines are all not JSON is reported once and not read further.
    """
    field_names = article_fields.names(source.mapping)
    withheld: list[Problem] | None = []  # the problems of the first lines, until one of them is JSON; None from then on
    for at, record in _records(source):
        if withheld is not None and isinstance(record, Problem):
            withheld.append(record)
            if len(withheld) == FIRST_LINES:
                break
            continue
        yield from withheld or ()
        withheld = None
        if isinstance(record, Problem):
            yield record
        else:
            yield from article_fields.articles(record, at, source.name, field_names)
    if withheld and len(withheld) > 1:
        withheld = [problem(source.origin(), "json", f"is not JSON Lines; it begins {_beginning(source)!r}")]
    yield from withheld or ()


def _records(source: SourceFile) -> Iterator[tuple[Origin, object]]:
    """Yield the origin and the value of each line that is not blank; the value is a Problem where it cannot be read."""
    max_mb = source.limits.max_line_mb
    for number, line in enumerate(encoding.lines(source.open, max_mb * MB), start=1):
        at = source.origin(number)
        if line is None:
            yield at, problem(at, "line", f"has more than {max_mb} MB, which no article has; not read")
        elif line.strip():
            yield at, _record(line, at)


def _record(line: str, at: Origin) -> object:
    try:
        return json.loads(line.rstrip("\r\n"))
    except json.JSONDecodeError as error:
        return problem(at, "json", f"{error.msg} at column {error.colno}")
    except ValueError as error:  # a number with thousands of digits
        return problem(at, "json", str(error))
    except RecursionError:
        return problem(at, "json", "is nested too deep")


def _beginning(source: SourceFile) -> str:
    head = encoding.clean(encoding.decode(encoding.head(source.open, 4 * SHOWN_CHARS))).strip().partition("\n")[0]
    return head if len(head) <= SHOWN_CHARS else f"{head[:SHOWN_CHARS]}…"
