"""What narrows a question, as it stands in the address: chips that take a filter away, and facets that add one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from api.pages.forms import Form
from rag.messages import date_range, day, days
from rag.search.facets import MAX_VALUES
from rag.types.results import NO_TIME, Answer, FacetCount, Facets, QueryInterpretation


class Chip(NamedTuple):
    """One filter that is active: what it is, its value, and the page without it; `quiet` where it is on its own."""

    label: str
    value: str
    away: str
    quiet: bool = False


class Days(NamedTuple):
    """The days that alone were searched (“in May 2025”), and the page of all days."""

    said: str
    all: str


class Choice(NamedTuple):
    """One value of a facet: how many articles have it, whether it is chosen, and the page with it changed."""

    value: str
    articles: int
    chosen: bool
    address: str


class Group(NamedTuple):
    """One facet and its values, the chosen ones first; `cut` says how to choose one that was not counted."""

    name: str
    choices: tuple[Choice, ...]
    cut: str = ""


def chips(form: Form, answer: Answer | None) -> tuple[Chip, ...]:
    """Return what narrows the question, in the order of the form; what was read into it comes first."""
    found = []
    read = answer.interpreted if answer else None
    if read:
        found.append(_read(read, form.address(interpret="false")))
    elif form.interpret:
        found.append(Chip("Time words", "not read", form.address(interpret="")))
    if form.published_from or form.published_to:
        typed = date_range(_date(form.published_from), _date(form.published_to))
        found.append(Chip("Published", typed, form.address(published_from="", published_to="")))
    for label, field in (("Outlet", "source"), ("Author", "author"), ("Section", "section")):
        found += [Chip(label, name, form.toggled(field, name)) for name in getattr(form, field)]
    if form.as_of:
        asked = _date(form.as_of)
        found.append(Chip("As of", day(asked) if asked else form.as_of, form.address(as_of="")))
    return tuple(found)


def _read(read: QueryInterpretation, away: str) -> Chip:
    stretch = date_range(read.published.first, read.published.last)
    if read.because == NO_TIME:
        return Chip("Leaning to", stretch, away, quiet=True)
    label = "Not covered" if read.archive else "Only" if read.exact else "First"
    return Chip(label, f"{stretch} (“{read.because}”)", away)


def searched(form: Form, answer: Answer) -> Days | None:
    """Return the days that an answer was looked for in: the filter's, the question's own, or all until a given one."""
    if said := days(answer):
        return Days(said, form.address(published_from="", published_to="", interpret="false"))
    return Days(f"by {day(answer.as_of)}", form.address(as_of="")) if form.as_of else None


def groups(form: Form, facets: Facets) -> tuple[Group, ...]:
    """Return the facets that have something to choose from."""
    found = (
        _group("Outlet", form, "source", facets.sources),
        _group("Author", form, "author", facets.authors),
        _group("Section", form, "section", facets.sections),
        Group("Year", _years(form, facets.years)),
    )
    return tuple(group for group in found if len(group.choices) > 1 or any(choice.chosen for choice in group.choices))


def _group(name: str, form: Form, field: str, facets: Sequence[FacetCount]) -> Group:
    cut = f"The {MAX_VALUES} most frequent. Any other can be named in the address: {field}=…"
    return Group(name, _choices(form, field, facets), cut if len(facets) >= MAX_VALUES else "")


def _choices(form: Form, field: str, facets: Sequence[FacetCount]) -> tuple[Choice, ...]:
    held: tuple[str, ...] = getattr(form, field)
    chosen = {name.casefold() for name in held}
    counts = {facet.value: facet.articles for facet in facets}
    known = {value.casefold() for value in counts}
    counts = {**{name: 0 for name in held if name.casefold() not in known}, **counts}
    found = [Choice(name, n, name.casefold() in chosen, form.toggled(field, name)) for name, n in counts.items()]
    return tuple(sorted(found, key=lambda choice: not choice.chosen))


def _years(form: Form, facets: Sequence[FacetCount]) -> tuple[Choice, ...]:
    """Return the years. Those that follow each other can be chosen together: they are one stretch of days."""
    first, last = _date(form.published_from), _date(form.published_to)
    held = range(0)
    if first and last and (first.month, first.day, last.month, last.day) == (1, 1, 12, 31):
        held = range(first.year, last.year + 1)
    return tuple(
        Choice(facet.value, facet.articles, int(facet.value) in held, _years_with(form, held, int(facet.value)))
        for facet in reversed(facets)
    )


def _years_with(form: Form, held: range, year: int) -> str:
    """Return the page with a year added to those it adjoins, or taken from the end of them, or alone."""
    years = set(held)
    if year in years:
        years = years - {year} if year in {held[0], held[-1]} else {year}
    else:
        years = years | {year} if years & {year - 1, year + 1} else {year}
    if not years:
        return form.address(published_from="", published_to="")
    return form.address(published_from=f"{min(years)}-01-01", published_to=f"{max(years)}-12-31")


def _date(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None
