"""Parquet: a record for each row, streamed. Only the columns that may hold a field are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, time
from io import SEEK_END
from typing import IO, Any

from rag.loaders.base import SourceFile, optional_import, problem
from rag.loaders.fields import article_fields
from rag.loaders.fields.article_fields import FieldNames
from rag.loaders.files.archives import FREE_BYTES, seekable
from rag.types.articles import Article
from rag.types.reading import Problem

BATCH_ROWS = 64  # Held in memory at once; so many articles are a few MB


def load(source: SourceFile) -> Iterator[Article | Problem]:
    """Yield the article of each row; its line is the number of the row, from 1. Rows before a damage are read."""
    with optional_import("byline[parquet]", "Parquet files"):
        import pyarrow
        from pyarrow import parquet
    with seekable(source) as file:
        try:
            size = file.seek(0, SEEK_END)
            table = parquet.ParquetFile(_Unclosable(file), pre_buffer=False)
            yield from _articles(table, size, source, article_fields.names(source.mapping))
        except (pyarrow.ArrowException, OSError, ValueError, LookupError) as error:  # some for names not in UTF-8
            yield problem(source.origin(), "parquet", f"cannot be read: {error}; what was read before stands")


class _Unclosable:
    """A file that pyarrow can read but not close: it would close it at any time, on a thread of its own."""

    closed = False

    def __init__(self, file: IO[bytes]) -> None:
        self.read, self.seek, self.tell = file.read, file.seek, file.tell

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def close(self) -> None:
        """Leave the file open."""


def _articles(table: Any, size: int, source: SourceFile, field_names: FieldNames) -> Iterator[Article | Problem]:
    names: list[str] = table.schema_arrow.names
    if not any(_holds(name, field_names["text"]) for name in names):
        reason = f"no column holds the text: {', '.join(names)}; map one: text=NAME"
        yield problem(source.origin(), "columns", reason)
        return
    columns = [name for name in names if any(_holds(name, field) for field in field_names.values())]
    if why_not := _unfolds_too_far(table.metadata, size, source.limits.max_archive_ratio):
        yield problem(source.origin(), "parquet", why_not)
        return
    number = 0
    for batch in table.iter_batches(BATCH_ROWS, columns=columns, use_threads=False):
        for row in _rows(batch):
            number += 1
            at = source.origin(number)
            if isinstance(row, str):
                yield problem(at, "parquet", row)
            else:
                yield from article_fields.articles(row, at, source.name, field_names)


def _holds(column: str, names: Sequence[str]) -> bool:
    """Return whether a column has one of `names`, or is an object into which one of them reaches."""
    column = column.casefold()
    return any(name.casefold() == column or name.casefold().startswith(f"{column}.") for name in names)


def _unfolds_too_far(metadata: Any, size: int, ratio: int) -> str | None:
    """Return why a file is not read that unfolds to far more than its size plausibly holds; None for other files.

    The sizes of row groups are added up, not those of columns: where the statistics of a column are damaged, pyarrow
    ends the process.
    """
    unfolded = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
    return f"unfolds to more than {ratio} times its size; not read" if unfolded > FREE_BYTES + ratio * size else None


def _rows(batch: Any) -> Iterator[Mapping[str, object] | str]:
    """Yield each row as a record, or the reason why it cannot be read, such as text that is not UTF-8."""
    try:
        rows = _records(batch)
    except (ValueError, OverflowError) as error:
        if batch.num_rows == 1:
            yield f"the row cannot be read: {error}"
            return
        for number in range(batch.num_rows):
            yield from _rows(batch.slice(number, 1))
        return
    yield from rows


def _records(batch: Any) -> list[Mapping[str, object]]:
    import pyarrow

    for number, field in enumerate(batch.schema):
        if pyarrow.types.is_timestamp(field.type) and field.type.unit == "ns":  # Python's datetime has no nanoseconds
            microseconds = pyarrow.timestamp("us", field.type.tz)
            batch = batch.set_column(number, field.name, batch.column(number).cast(microseconds, safe=False))
    return [{name: _plain(value) for name, value in row.items()} for row in batch.to_pylist()]


def _plain(value: object) -> object:
    """Return a value as JSON would have it; bytes that are not UTF-8 stay bytes."""
    if isinstance(value, bytes):
        with suppress(UnicodeDecodeError):
            return value.decode()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, str | bool | int | float | bytes) else str(value)
