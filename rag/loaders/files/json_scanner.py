"""Reading JSON text value by value, so that everything before a mistake in it is read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

SPACE = re.compile(r"[ \t\n\r]*")
RECORDS = re.compile(r"\[[ \t\n\r]*\{")
DECODER = json.JSONDecoder()


class JsonScanner:
    """A position in JSON text that moves past values and knows its line.

    Each method raises JSONDecodeError where the text has something else than the method expects.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._counted = (0, 1)  # a character, and its line: counting lines goes on from there

    def peek(self) -> str:
        """Skip white space and return the next character, "" at the end."""
        match = SPACE.match(self._text, self._at)
        assert match is not None
        self._at = match.end()
        return self._text[self._at : self._at + 1]

    def take(self, character: str) -> bool:
        """Move past `character` if it is next, and return whether it was."""
        taken = self.peek() == character
        self._at += taken
        return taken

    def expect(self, character: str) -> None:
        """Move past `character`, which must be next."""
        if not self.take(character):
            raise json.JSONDecodeError(f"Expecting {character!r}", self._text, self._at)

    def value(self) -> object:
        """Move past the next value and return it."""
        self.peek()
        value: object
        value, self._at = DECODER.raw_decode(self._text, self._at)
        return value

    def array(self) -> Iterator[tuple[int, object]]:
        """Move through an array, which must be next, and yield each value with the line on which it begins."""
        self.expect("[")
        more = not self.take("]")
        while more:
            yield self.line(), self.value()
            more = not self.take("]")
            if more:
                self.expect(",")

    def members(self) -> Iterator[str]:
        """Move through an object, which must be next, and yield each key; the caller then takes its value."""
        self.expect("{")
        more = not self.take("}")
        while more:
            key = str(self.value())
            self.expect(":")
            yield key
            more = not self.take("}")
            if more:
                self.expect(",")

    def opens_records(self) -> bool:
        """Return whether an array of objects is next."""
        self.peek()
        return RECORDS.match(self._text, self._at) is not None

    def end(self) -> None:
        """Raise JSONDecodeError where anything but white space is left."""
        if self.peek():
            raise json.JSONDecodeError("Extra data", self._text, self._at)

    def line(self) -> int:
        """Return the line of the next value, counted from 1."""
        self.peek()
        start, lines = self._counted
        self._counted = (self._at, lines + self._text.count("\n", start, self._at))
        return self._counted[1]
