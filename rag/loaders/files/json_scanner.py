"""A place in JSON text: goes through what it holds value by value, so that what stands before a mistake is read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

SPACE = re.compile(r"[ \t\n\r]*")
RECORDS = re.compile(r"\[[ \t\n\r]*\{")
DECODER = json.JSONDecoder()


class JsonScanner:
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

    def array(self) -> Iterator[tuple[int, object]]:
        """Go through an array, which must be next: yield each value with the line it begins on."""
        self.expect("[")
        more = not self.take("]")
        while more:
            yield self.line(), self.value()
            more = not self.take("]")
            if more:
                self.expect(",")

    def members(self) -> Iterator[str]:
        """Go through an object, which must be next: yield each key, whose value is to be taken before the next."""
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
        """Say whether an array of objects is next."""
        self.peek()
        return RECORDS.match(self._text, self._at) is not None

    def end(self) -> None:
        """Raise where anything but white space is left."""
        if self.peek():
            raise json.JSONDecodeError("Extra data", self._text, self._at)

    def line(self) -> int:
        """Return the line of what is next, from 1."""
        self.peek()
        start, lines = self._counted
        self._counted = (self._at, lines + self._text.count("\n", start, self._at))
        return self._counted[1]
