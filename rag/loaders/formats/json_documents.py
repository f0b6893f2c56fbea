"""JSON: an array of records, an object with such an array, a single record, several of these, or a JSON Feed."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rag.loaders.base import SourceFile, problem
from rag.loaders.fields import article_fields
from rag.loaders.fields.article_fields import FieldNames
from rag.loaders.files import encoding
from rag.loaders.files.json_scanner import JsonScanner
from rag.loaders.formats import json_feed
from rag.types.articles import Article, Origin
from rag.types.reading import Problem

ARRAY_KEYS = {
    "articles",
    "items",
    "documents",
    "data",
    "results",
}  # An object has its array of records under one of them


def load(source: SourceFile) -> Iterator[Article | Problem]:
    """Yield the articles up to the first mistake in the JSON, which is reported with its line and column."""
    text = encoding.text(source.read())
    scanner, feed = JsonScanner(text), json_feed.feed_metadata(text)
    field_names = article_fields.names(source.mapping, article_fields.USUAL if feed is None else json_feed.NAMES)
    records = _records(scanner, field_names) if feed is None else json_feed.records(scanner, feed)
    while True:
        try:
            line, record, alone = next(records)
        except StopIteration:
            return
        except json.JSONDecodeError as error:
            yield problem(source.origin(error.lineno), "json", f"{error.msg} at column {error.colno}")
            return
        except (ValueError, RecursionError) as error:  # ValueError: a number with thousands of digits
            reason = "is nested too deep" if isinstance(error, RecursionError) else str(error)
            yield problem(source.origin(scanner.line()), "json", reason)
            return
        yield from article_fields.articles(record, source.origin(line), source.name, field_names, alone=alone)


def _records(scanner: JsonScanner, field_names: FieldNames) -> Iterator[json_feed.NumberedRecord]:
    first = True
    while first or scanner.peek():
        if scanner.peek() == "[":
            yield from ((line, record, False) for line, record in scanner.array())
        elif scanner.peek() == "{":
            yield from _object(scanner, field_names, first)
        else:
            yield scanner.line(), scanner.value(), False
        first = False


def _object(scanner: JsonScanner, field_names: FieldNames, first: bool) -> Iterator[json_feed.NumberedRecord]:
    """Yield the records in an array of an object that has no text before it, or the object itself as a record."""
    line, record, has_array = scanner.line(), dict[str, object](), False
    for key in scanner.members():
        if key.casefold() in ARRAY_KEYS and scanner.opens_records() and not _has_text(record, field_names):
            has_array = True
            yield from ((line, inner, False) for line, inner in scanner.array())
        else:
            record[key] = scanner.value()
    if not has_array:
        yield line, record, first and not scanner.peek()


def _has_text(record: dict[str, object], field_names: FieldNames) -> bool:
    anywhere = Origin(path="", line=1)
    return any(article_fields.RecordFields(record, anywhere, field_names).values("text"))
