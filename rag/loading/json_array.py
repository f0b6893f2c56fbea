"""JSON: an array of records, an object that holds one, or one record; or several such values in a row."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from rag.loading import decoding, fields
from rag.loading.places import problem
from rag.ports import Source
from rag.types import Article, Origin, Problem

HOLDERS = {"articles", "items", "documents", "data", "results"}
SPACE = re.compile(r"[ \t\n\r]*")
RECORDS = re.compile(r"\[[ \t\n\r]*\{")
DECODER = json.JSONDecoder()


def load(source: Source, mapping: dict[str, str]) -> Iterator[Article | Problem]:
    """Yield the articles up to the first mistake in the JSON, which is reported with line and column."""
    looked_for = fields.names(mapping)
    file = Cursor(decoding.text(source.read()))
    records = _records(file, looked_for)
    while True:
        try:
            line, record, alone = next(records)
        except StopIteration:
            return
        except json.JSONDecodeError as error:
            yield problem(source.origin(error.lineno), "json", f"{error.msg} at column {error.colno}")
            return
        except (ValueError, RecursionError) as error:  # a number of thousands of digits; nested too deep
            yield problem(source.origin(file.line()), "json", str(error))
            return
        yield from fields.articles(record, source.origin(line), source.name, looked_for, alone=alone)


class Cursor:
    """A place in JSON text that knows its line; each method raises JSONDecodeError where it cannot go on."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._counted = (0, 1)  # up to this character, this many lines

    def peek(self) -> str:
        """Skip white space and return the next sign, "" at the end."""
        match = SPACE.match(self._text, self._at)
        assert match is not None
        self._at = match.end()
        return self._text[self._at : self._at + 1]

    def take(self, sign: str) -> bool:
        """Go past `sign` if it is next, and say whether it was."""
        taken = self.peek() == sign
        self._at += taken
        return taken

    def expect(self, sign: str) -> None:
        """Go past `sign`, which must be next."""
        if not self.take(sign):
            raise json.JSONDecodeError(f"Expecting {sign!r}", self._text, self._at)

    def value(self) -> object:
        """Go past the next value and return it."""
        self.peek()
        found: object
        found, self._at = DECODER.raw_decode(self._text, self._at)
        return found

    def opens_records(self) -> bool:
        """Say whether an array of objects is next."""
        self.peek()
        return RECORDS.match(self._text, self._at) is not None

    def line(self) -> int:
        """Return the line of what is next, from 1."""
        self.peek()
        start, lines = self._counted
        self._counted = (self._at, lines + self._text.count("\n", start, self._at))
        return self._counted[1]


def _records(file: Cursor, looked_for: fields.Names) -> Iterator[tuple[int, object, bool]]:
    """Yield each record with its line, and whether it is all that the file holds."""
    first = True
    while first or file.peek():
        if file.peek() == "[":
            yield from _array(file)
        elif file.peek() == "{":
            yield from _object(file, looked_for, first)
        else:
            yield file.line(), file.value(), False
        first = False


def _array(file: Cursor) -> Iterator[tuple[int, object, bool]]:
    file.expect("[")
    more = not file.take("]")
    while more:
        yield file.line(), file.value(), False
        more = not file.take("]")
        if more:
            file.expect(",")


def _object(file: Cursor, looked_for: fields.Names, first: bool) -> Iterator[tuple[int, object, bool]]:
    """Yield the records that an object without a text holds in an array, or the object itself."""
    line, record, holder = file.line(), dict[str, object](), False
    file.expect("{")
    more = not file.take("}")
    while more:
        key = str(file.value())
        file.expect(":")
        if key.casefold() in HOLDERS and file.opens_records() and not _has_text(record, looked_for):
            holder = True
            yield from _array(file)
        else:
            record[key] = file.value()
        more = not file.take("}")
        if more:
            file.expect(",")
    if not holder:
        yield line, record, first and not file.peek()


def _has_text(record: dict[str, object], looked_for: fields.Names) -> bool:
    anywhere = Origin(path="", line=1)
    return any(fields.Fields(record, anywhere, looked_for).all("text"))
