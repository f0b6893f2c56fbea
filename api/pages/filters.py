"""What narrows a question, as it stands in the address: chips that remove a filter, and facets that add one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from api.pages.forms import FILTERS, Form
from rag.messages import date_range, day, days
from rag.types.fields import CLAUSES, Clause
from rag.types.results import MAX_FACET_VALUES, NO_TIME, Answer, FacetCount, Facets, QueryInterpretation


class Chip(NamedTuple):
    """One active filter: its label, its value, and the page without it; `quiet` where no caller chose it."""

    label: str
    value: str
    address: str
    quiet: bool = False


class Days(NamedTuple):
    """The days that alone were searched (“in May 2025”), and the page of all days."""

    label: str
    all_days: str


class FacetValue(NamedTuple):
    """One value of a facet: how many articles have it, whether it is chosen, and the page with that changed."""

    value: str
    articles: int
    chosen: bool
    address: str


class Facet(NamedTuple):
    """One facet and its values, the chosen ones first; `cut` tells how to choose a value that was not counted."""

    name: str
    values: tuple[FacetValue, ...]
    cut: str = ""


def chips(form: Form, answer: Answer | None) -> tuple[Chip, ...]:
    """Return what narrows the question, in the order of the form; what was read into it comes first."""
    chips = []
    interpretation = answer.interpreted if answer else None
    if interpretation:
        chips.append(_interpretation_chip(interpretation, form.address(interpret="false")))
    elif form.one("interpret"):
        chips.append(Chip("Time words", "not read", form.address(interpret="")))
    for clause in FILTERS:
        chips += _clause_chips(form, clause)
    return tuple(chips)


def _clause_chips(form: Form, clause: Clause) -> list[Chip]:
    if clause.kind in {"from", "to"}:
        return _range_chips(form, clause)
    values = form.several(clause.param)
    if clause.kind == "known_by":
        return [Chip(clause.label, _day_text(value), form.address(**{clause.param: ""})) for value in values]
    return [Chip(clause.label, value, form.toggled(clause.param, value)) for value in values]


def _range_chips(form: Form, clause: Clause) -> list[Chip]:
    """Return one chip for both ends of a range of days, in the place of the first end that is filled."""
    ends = [end for end in CLAUSES if end.kind in {"from", "to"} and end.attribute == clause.attribute]
    filled = {end.kind: _date(form.one(end.param)) for end in ends if form.one(end.param)}
    if clause.kind != next(iter(filled), None):
        return []
    days = date_range(filled.get("from"), filled.get("to"))
    return [Chip(clause.attribute.capitalize(), days, form.address(**{end.param: "" for end in ends}))]


def _interpretation_chip(interpretation: QueryInterpretation, address: str) -> Chip:
    days = date_range(interpretation.published.first, interpretation.published.last)
    if interpretation.because == NO_TIME:
        return Chip("Leaning to", days, address, quiet=True)
    label = "Not covered" if interpretation.archive else "Only" if interpretation.exact else "First"
    return Chip(label, f"{days} (“{interpretation.because}”)", address)


def searched_days(form: Form, answer: Answer) -> Days | None:
    """Return the days that were searched: the filter's, the question's own, or all until the day of asking."""
    if label := days(answer):
        return Days(label, form.address(published_from="", published_to="", interpret="false"))
    return Days(f"by {day(answer.as_of)}", form.address(as_of="")) if form.one("as_of") else None


def facets_of(form: Form, facets: Facets) -> tuple[Facet, ...]:
    """Return the facets that offer a choice: those of the clauses that a facet is counted for, and the years."""
    counted = [clause for clause in CLAUSES if clause.kind == "any_of" and hasattr(facets, clause.name)]
    all_facets = (
        *(_facet(form, clause, getattr(facets, clause.name)) for clause in counted),
        Facet("Year", _years(form, facets.years)),
    )
    return tuple(facet for facet in all_facets if len(facet.values) > 1 or any(value.chosen for value in facet.values))


def _facet(form: Form, clause: Clause, counts: Sequence[FacetCount]) -> Facet:
    cut = f"The {MAX_FACET_VALUES} most frequent. Any other can be named in the address: {clause.param}=…"
    return Facet(clause.label, _values(form, clause.param, counts), cut if len(counts) >= MAX_FACET_VALUES else "")


def _values(form: Form, param: str, counts: Sequence[FacetCount]) -> tuple[FacetValue, ...]:
    typed = form.several(param)
    chosen = {name.casefold() for name in typed}
    articles = {count.value: count.articles for count in counts}
    counted = {value.casefold() for value in articles}
    articles = {**{name: 0 for name in typed if name.casefold() not in counted}, **articles}
    values = [FacetValue(name, n, name.casefold() in chosen, form.toggled(param, name)) for name, n in articles.items()]
    return tuple(sorted(values, key=lambda value: not value.chosen))


def _years(form: Form, counts: Sequence[FacetCount]) -> tuple[FacetValue, ...]:
    """Return the years, newest first. Years in a row can be chosen together: they are one range of days."""
    first, last = _date(form.one("published_from")), _date(form.one("published_to"))
    chosen = range(0)
    if first and last and (first.month, first.day, last.month, last.day) == (1, 1, 12, 31):
        chosen = range(first.year, last.year + 1)
    return tuple(
        FacetValue(
            count.value, count.articles, int(count.value) in chosen, _toggled_year(form, chosen, int(count.value))
        )
        for count in reversed(counts)
    )


def _toggled_year(form: Form, chosen: range, year: int) -> str:
    """Return the page with a year added to those it adjoins, or taken from the end of them, or alone."""
    years = set(chosen)
    if year in years:
        years = years - {year} if year in {chosen[0], chosen[-1]} else {year}
    else:
        years = years | {year} if years & {year - 1, year + 1} else {year}
    if not years:
        return form.address(published_from="", published_to="")
    return form.address(published_from=f"{min(years)}-01-01", published_to=f"{max(years)}-12-31")


def _day_text(typed: str) -> str:
    parsed = _date(typed)
    return day(parsed) if parsed else typed


def _date(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None
