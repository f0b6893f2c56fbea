"""JSON: an array of records, an object that holds one, or one record; several such values in a row; or a JSON Feed."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rag.loaders.base import SourceFile, problem
from rag.loaders.fields import article_fields
from rag.loaders.files import encoding
from rag.loaders.files.json_scanner import JsonScanner
from rag.loaders.formats import json_feed
from rag.types.articles import Article, Origin
from rag.types.reading import Problem

HOLDERS = {"articles", "items", "documents", "data", "results"}


def load(source: SourceFile, mapping: dict[str, str]) -> Iterator[Article | Problem]:
    """Yield the articles up to the first mistake in the JSON, which is reported with line and column."""
    text = encoding.text(source.read())
    file, about = JsonScanner(text), json_feed.about(text)
    looked_for = article_fields.names(mapping, article_fields.USUAL if about is None else json_feed.NAMES)
    records = _records(file, looked_for) if about is None else json_feed.records(file, about)
    while True:
        try:
            line, record, alone = next(records)
        except StopIteration:
            return
        except json.JSONDecodeError as error:
            yield problem(source.origin(error.lineno), "json", f"{error.msg} at column {error.colno}")
            return
        except (ValueError, RecursionError) as error:  # the first: a number of thousands of digits
            reason = "is nested too deep" if isinstance(error, RecursionError) else str(error)
            yield problem(source.origin(file.line()), "json", reason)
            return
        yield from article_fields.articles(record, source.origin(line), source.name, looked_for, alone=alone)


def _records(file: JsonScanner, looked_for: article_fields.Names) -> Iterator[tuple[int, object, bool]]:
    """Yield each record with its line, and whether it is all that the file holds."""
    first = True
    while first or file.peek():
        if file.peek() == "[":
            yield from ((line, record, False) for line, record in file.array())
        elif file.peek() == "{":
            yield from _object(file, looked_for, first)
        else:
            yield file.line(), file.value(), False
        first = False


def _object(file: JsonScanner, looked_for: article_fields.Names, first: bool) -> Iterator[tuple[int, object, bool]]:
    """Yield the records that an object without a text holds in an array, or the object itself."""
    line, record, holder = file.line(), dict[str, object](), False
    for key in file.members():
        if key.casefold() in HOLDERS and file.opens_records() and not _has_text(record, looked_for):
            holder = True
            yield from ((line, inner, False) for line, inner in file.array())
        else:
            record[key] = file.value()
    if not holder:
        yield line, record, first and not file.peek()


def _has_text(record: dict[str, object], looked_for: article_fields.Names) -> bool:
    anywhere = Origin(path="", line=1)
    return any(article_fields.Fields(record, anywhere, looked_for).all("text"))
