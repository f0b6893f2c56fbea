"""JSON Lines: a record a line, streamed. Lines end at "\n" and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rag.loaders.base import MB, SourceFile, problem
from rag.loaders.fields import article_fields
from rag.loaders.files import encoding
from rag.types.articles import Article, Origin
from rag.types.reading import Problem

FIRST = 10  # lines of a file; where none of them is JSON, it holds something else
SHOWN = 60  # characters of the line that shows so


def load(source: SourceFile, mapping: dict[str, str]) -> Iterator[Article | Problem]:
    """Yield the article of each line that is not blank; a line that is not JSON is reported.

    A file whose first lines are none of them JSON is reported once, and not read on.
    """
    looked_for = article_fields.names(mapping)
    wrong: list[Problem] | None = []  # with the first lines; None once one was JSON
    for at, record in _records(source):
        if wrong is not None and isinstance(record, Problem):
            wrong.append(record)
            if len(wrong) == FIRST:
                break
            continue
        yield from wrong or ()
        wrong = None
        yield from (
            [record] if isinstance(record, Problem) else article_fields.articles(record, at, source.name, looked_for)
        )
    if wrong and len(wrong) > 1:
        wrong = [problem(source.origin(), "json", f"is not JSON Lines; it begins {_beginning(source)!r}")]
    yield from wrong or ()


def _records(source: SourceFile) -> Iterator[tuple[Origin, object]]:
    """Yield what each line that is not blank holds, or the Problem that it is."""
    most = source.limits.max_line_mb
    for number, line in enumerate(encoding.lines(source.open, most * MB), start=1):
        at = source.origin(number)
        if line is None:
            yield at, problem(at, "line", f"has more than {most} MB, which no article has; not read")
        elif line.strip():
            yield at, _record(line, at)


def _record(line: str, at: Origin) -> object:
    try:
        return json.loads(line.rstrip("\r\n"))
    except json.JSONDecodeError as error:
        return problem(at, "json", f"{error.msg} at column {error.colno}")
    except ValueError as error:  # a number of thousands of digits
        return problem(at, "json", str(error))
    except RecursionError:
        return problem(at, "json", "is nested too deep")


def _beginning(source: SourceFile) -> str:
    head = encoding.clean(encoding.decode(encoding.head(source.open, 4 * SHOWN))).strip().partition("\n")[0]
    return head if len(head) <= SHOWN else f"{head[:SHOWN]}…"
