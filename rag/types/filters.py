"""Filters: which articles may be searched at all."""

from __future__ import annotations

from datetime import date
from typing import Self

from pydantic import model_validator

from rag.types.articles import NonEmpty, Record


class SearchFilter(Record):
    """What an article must be to be searched at all. Applied before ranking.

    Days are inclusive; an article without a date matches no date filter. `sources`, `authors` and `sections` are
    each any-of, compared without regard to case. `exclude` names articles by id that are not searched; an id that
    the archive does not hold excludes nothing. Nothing published after `as_of` is found; what has no date may be.
    """

    published_from: date | None = None
    published_to: date | None = None
    sources: tuple[NonEmpty, ...] = ()
    authors: tuple[NonEmpty, ...] = ()
    sections: tuple[NonEmpty, ...] = ()
    exclude: tuple[NonEmpty, ...] = ()
    as_of: date | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.published_from and self.published_to and self.published_from > self.published_to:
            raise ValueError(f"published_from {self.published_from} is after published_to {self.published_to}")
        return self

    def __bool__(self) -> bool:
        return self != SearchFilter()
