"""CSV and TSV: a record for each row under the header, streamed. The header shows the delimiter."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import chain
from typing import TypeAlias

from rag.loaders.base import MB, SourceFile, problem
from rag.loaders.fields import article_fields
from rag.loaders.files import encoding
from rag.types.articles import Article
from rag.types.reading import Problem

DELIMITERS = ",;\t"  # The most frequent one in the header is taken, or the first of several
BYTES_A_CHARACTER = 4  # The csv module collects a cell in a buffer of UCS-4

# The line on which a row begins, and its cells, or the reason why it cannot be read
NumberedRow: TypeAlias = tuple[int, list[str] | str]


def load(source: SourceFile) -> Iterator[Article | Problem]:
    """Yield the article of each row; a row with fewer or more cells than the header is reported."""
    max_bytes = source.limits.max_line_mb * MB
    csv.field_size_limit(max_bytes // BYTES_A_CHARACTER)  # the default, 128 KiB, is less than some articles have
    field_names = article_fields.names(source.mapping)
    rows = _rows(_bounded(encoding.lines(source.open, max_bytes), source))
    line, header = next(rows, (1, "is missing"))
    if isinstance(header, list):
        header = [column.strip() for column in header]
    if isinstance(header, list) and not _has_text(header, field_names):
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
            yield from article_fields.articles(dict(zip(header, row, strict=True)), at, source.name, field_names)


def _rows(lines: Iterator[str]) -> Iterator[NumberedRow]:
    """Yield each row that is not empty."""
    first = next(lines, "")
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(chain([first] if first else [], lines), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, _reason(error, reader.line_num)
        else:
            if row:
                yield line, row


def _reason(error: csv.Error, line: int) -> str:
    """Return why a row cannot be read; `line` is the last line that was read of it."""
    if "limit" not in str(error):
        return str(error)
    limit = csv.field_size_limit()
    return f"a cell has more than {limit:,} characters: is its quote never closed? Reading goes on after line {line}"


def _bounded(lines: Iterator[str | None], source: SourceFile) -> Iterator[str]:
    """Yield the lines; raises OSError at a line that is too long."""
    for number, line in enumerate(lines, 1):
        if line is None:  # it may be part of a quoted cell, so that the beginning of the next row is not known
            raise OSError(0, f"line {number} has more than {source.limits.max_line_mb} MB; not read on")
        yield line


def _has_text(header: list[str], field_names: article_fields.FieldNames) -> bool:
    columns = {column.casefold() for column in header}
    return any(name.casefold() in columns for name in field_names["text"])
