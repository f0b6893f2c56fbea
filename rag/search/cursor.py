"""Where a list goes on: a cursor names the generation, the day, how far one has come, and of which request.

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
from rag.types.requests import SearchRequest

PAGING = {"k", "facets", "cursor"}  # fields that may change from one page of a list to the next


class PageCursor(Record):
    """The first `offset` hits of the list that the request with the digest `of` asks for have been sent."""

    generation: str
    as_of: date
    offset: Annotated[int, Field(ge=1)]
    of: str

    def encoded(self) -> str:
        """Return the cursor as one word."""
        return base64.urlsafe_b64encode(self.model_dump_json().encode()).decode().rstrip("=")

    @classmethod
    def of_request(cls, request: SearchRequest) -> Self | None:
        """Return the cursor that a request states, None where it states none.

        Raises QuestionError where it is no cursor, or one of another request.
        """
        text = request.cursor
        if not text:
            return None
        try:
            cursor = cls.model_validate_json(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except (ValidationError, ValueError):
            raise QuestionError("cursor", "is none that Byline gave; leave it out to begin again") from None
        if cursor.of != digest(request):
            raise QuestionError("cursor", "is of another question or filter; leave it out to begin again")
        return cursor


def digest(request: SearchRequest) -> str:
    """Return what names one list, 16 hex digits: everything that is asked but for the page."""
    return hashlib.sha256(request.model_dump_json(exclude=PAGING).encode(errors="replace")).hexdigest()[:16]
