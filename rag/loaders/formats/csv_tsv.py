"""CSV and TSV: a record a row under a header, streamed. The header tells the delimiter."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import TypeAlias

from rag.loaders.base import MB, SourceFile, problem
from rag.loaders.fields import article_fields
from rag.loaders.files import encoding
from rag.types.articles import Article
from rag.types.reading import Problem

DELIMITERS = ",;\t"  # of two as frequent in the header, the first
BYTES_A_CHARACTER = 4  # in what the csv module gathers a cell in

Row: TypeAlias = tuple[int, list[str] | str]


def load(source: SourceFile, mapping: dict[str, str]) -> Iterator[Article | Problem]:
    """Yield the article of each row; a row that has not the header's number of cells is reported."""
    most = source.limits.max_line_mb * MB
    csv.field_size_limit(most // BYTES_A_CHARACTER)  # its own, 128 KiB, is shorter than some articles
    looked_for = article_fields.names(mapping)
    rows = _rows(_whole(encoding.lines(source.open, most), source))
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
            yield from article_fields.articles(dict(zip(header, row, strict=True)), at, source.name, looked_for)


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
            yield line, _reason(error, reader.line_num)
        else:
            if row:
                yield line, row


def _reason(error: csv.Error, line: int) -> str:
    """Return what is wrong with a row of which `line` is the last that was read."""
    if "limit" not in str(error):
        return str(error)
    most = csv.field_size_limit()
    return f"a cell has more than {most:,} characters: is its quote never closed? Reading goes on after line {line}"


def _whole(lines: Iterator[str | None], source: SourceFile) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if line is None:  # it may be within a quoted cell: where the next row begins is not known
            raise OSError(0, f"line {number} has more than {source.limits.max_line_mb} MB; not read on")
        yield line


def _again(first: str, lines: Iterator[str]) -> Iterator[str]:
    if first:
        yield first
    yield from lines


def _has_text(header: list[str], looked_for: article_fields.Names) -> bool:
    columns = {column.casefold() for column in header}
    return any(name.casefold() in columns for name in looked_for["text"])
