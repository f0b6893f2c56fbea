"""Filters, which restrict the articles that are searched, and their evaluation for one article."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, Any, Self, TypeAlias, TypedDict

from pydantic import BeforeValidator, Field, model_validator

from rag.types.articles import ArticleRef, NonEmpty, Record
from rag.types.fields import AS_OF, CLAUSE, CLAUSES, Clause


def _day(value: object) -> object:
    """Accept only a day, written YYYY-MM-DD, because pydantic also accepts Unix timestamps and times of day."""
    if value is None or isinstance(value, date) or re.fullmatch(r"\d{4}-\d\d-\d\d", str(value), re.ASCII):
        return value
    raise ValueError("must be a day, as 2025-04-22")


Day: TypeAlias = Annotated[date | None, BeforeValidator(_day)]
DayLike: TypeAlias = date | str  # A text is written YYYY-MM-DD
Names: TypeAlias = tuple[NonEmpty, ...]


def _help(name: str) -> Any:
    return Field(description=CLAUSE[name].help)


class SearchFilter(Record):
    """The conditions that an article must meet to be searched at all. They apply before ranking.

    An id in `exclude` that the archive does not hold excludes nothing.
    """

    published_from: Annotated[Day, _help("published_from")] = None
    published_to: Annotated[Day, _help("published_to")] = None
    sources: Annotated[Names, _help("sources")] = ()
    authors: Annotated[Names, _help("authors")] = ()
    sections: Annotated[Names, _help("sections")] = ()
    exclude: Annotated[Names, _help("exclude")] = ()

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.published_from and self.published_to and self.published_from > self.published_to:
            raise ValueError(f"published_from {self.published_from} is after published_to {self.published_to}")
        return self

    def __bool__(self) -> bool:
        """Return whether any clause narrows anything."""
        return any(getattr(self, name) for name in type(self).model_fields)

    def without(self, *names: str) -> Self:
        """Return the same filter with some clauses left out."""
        return self.model_copy(update={name: type(self).model_fields[name].default for name in names})


class FilterOptions(TypedDict, total=False):
    """The clauses of a filter, and the day of asking, as keyword arguments of Python callers."""

    published_from: DayLike
    published_to: DayLike
    sources: Iterable[str]
    authors: Iterable[str]
    sections: Iterable[str]
    exclude: Iterable[str]
    as_of: DayLike


class Scope(SearchFilter):
    """All that restricts one search: the filter, the days that the question names, and the day it is asked as of.

    If `as_of` is set, articles published after it are not searched, but articles without a date are.
    """

    as_of: Day = None

    @classmethod
    def of(cls, filter: SearchFilter, **update: date | None) -> Self:
        """Return the scope of a filter, with some of its days or `as_of` set anew."""
        return cls(**{**{name: getattr(filter, name) for name in SearchFilter.model_fields}, **update})


NO_FILTER = SearchFilter()
EVERYTHING = Scope()


def values_of(article: ArticleRef, attribute: str) -> tuple[str, ...]:
    """Return the values of an attribute: none for None, one for a text, all of a tuple."""
    value = getattr(article, attribute)
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def unmet(article: ArticleRef, scope: SearchFilter) -> Iterator[Clause]:
    """Yield each clause of a filter or scope that an article does not meet; an article that meets all passes."""
    for clause in (*CLAUSES, AS_OF):
        operand = getattr(scope, clause.name, None)
        if operand and not _meets(article, clause, operand):
            yield clause


def _meets(article: ArticleRef, clause: Clause, operand: Any) -> bool:
    """Return whether an article meets a clause with this operand: a day, or a tuple of names."""
    value = getattr(article, clause.attribute)
    if clause.kind == "from":
        return value is not None and value >= operand
    if clause.kind == "to":
        return value is not None and value <= operand
    if clause.kind == "known_by":
        return value is None or value <= operand
    if clause.kind == "none_of":
        return value not in operand
    wanted = {name.casefold() for name in operand}
    return any(word.casefold() in wanted for word in values_of(article, clause.attribute))
