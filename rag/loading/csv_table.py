"""CSV and TSV: a record a row under a header, streamed. The header tells the delimiter."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import TypeAlias

from rag.loading import decoding, fields
from rag.loading.places import problem
from rag.ports import Source
from rag.types import Article, Problem

DELIMITERS = ",;\t"  # of two as frequent in the header, the first
LONGEST_CELL = 2**31 - 1  # the csv module's own limit of 128 KiB is shorter than some articles

Row: TypeAlias = tuple[int, list[str] | str]


def load(source: Source, mapping: dict[str, str]) -> Iterator[Article | Problem]:
    """Yield the article of each row; a row that has not the header's number of cells is reported."""
    csv.field_size_limit(LONGEST_CELL)
    looked_for = fields.names(mapping)
    rows = _rows(decoding.lines(source.open))
    line, header = next(rows, (1, "is missing"))
    if isinstance(header, list):
        header = [column.strip() for column in header]
    if isinstance(header, list) and not _has_text(header, looked_for):
        header = f"no column of the header holds the text: {', '.join(header)}; map one: text=NAME"
    if isinstance(header, str):
        yield problem(source.origin(line), "header", header)
        return
    for line, row in rows:
        at = source.origin(line)
        if isinstance(row, str):
            yield problem(at, "csv", row)
        elif len(row) != len(header):
            yield problem(at, "csv", f"the row has {len(row)} cells, the header {len(header)}")
        else:
            yield from fields.articles(dict(zip(header, row, strict=True)), at, source.name, looked_for)


def _rows(lines: Iterator[str]) -> Iterator[Row]:
    """Yield each row that is not empty with the line it starts on, or why it could not be read."""
    first = next(lines, "")
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(_again(first, lines), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, str(error)
        else:
            if row:
                yield line, row


def _again(first: str, lines: Iterator[str]) -> Iterator[str]:
    if first:
        yield first
    yield from lines


def _has_text(header: list[str], looked_for: fields.Names) -> bool:
    columns = {column.casefold() for column in header}
    return any(name.casefold() in columns for name in looked_for["text"])
