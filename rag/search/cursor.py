"""Where a list goes on: a cursor names the generation, the day, how far one has come, and of which question.

A cursor is a page of one list. It can be read (base64 of JSON) but is not meant to be: what it holds may change.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import date
from typing import Annotated, Self

from pydantic import Field, ValidationError

from rag.errors import QuestionError
from rag.types.articles import Record

MAX_CHARS = 500


class PageCursor(Record):
    """`offset` hits of the list `of` (see `digest`) have been seen."""

    generation: str
    as_of: date
    offset: Annotated[int, Field(ge=1)]
    of: str

    def encoded(self) -> str:
        """Return it as one word."""
        return base64.urlsafe_b64encode(self.model_dump_json().encode()).decode().rstrip("=")

    @classmethod
    def decoded(cls, said: str, of: str) -> Self:
        """Read a cursor of the list `of`; raises QuestionError where it is none, or another list's."""
        try:
            found = cls.model_validate_json(base64.urlsafe_b64decode(said[:MAX_CHARS] + "=" * (-len(said) % 4)))
        except (ValidationError, ValueError):
            raise QuestionError("cursor", "is none that Byline gave; leave it out to begin again") from None
        if found.of != of:
            raise QuestionError("cursor", "is of another question or filter; leave it out to begin again")
        return found


def digest(*asked: Record | str | bool) -> str:
    """Return what names one list: all that was asked, but for the day and how many at once."""
    said = "\n".join(one.model_dump_json() if isinstance(one, Record) else str(one) for one in asked)
    return hashlib.sha256(said.encode(errors="replace")).hexdigest()[:16]
