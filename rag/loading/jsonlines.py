"""JSON Lines: a record a line, streamed. Lines end at "\\n" and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rag.loading import decoding, fields
from rag.loading.places import problem
from rag.ports import MB, Source
from rag.types import Article, Problem


def load(source: Source, mapping: dict[str, str]) -> Iterator[Article | Problem]:
    """Yield the article of each line that is not blank; a line that is not JSON is reported."""
    looked_for = fields.names(mapping)
    for number, line in enumerate(decoding.lines(source.open, source.limits.max_line_mb * MB), start=1):
        at = source.origin(number)
        if line is None:
            yield problem(at, "line", f"has more than {source.limits.max_line_mb} MB, which no article has; not read")
            continue
        if not line.strip():
            continue
        try:
            record: object = json.loads(line.rstrip("\r\n"))
        except json.JSONDecodeError as error:
            yield problem(at, "json", f"{error.msg} at column {error.colno}")
        except ValueError as error:  # a number of thousands of digits
            yield problem(at, "json", str(error))
        except RecursionError:
            yield problem(at, "json", "is nested too deep")
        else:
            yield from fields.articles(record, at, source.name, looked_for)
