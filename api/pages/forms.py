"""The search form: values are kept as they were typed, and every state of the page is an address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self
from urllib.parse import urlencode

from api.schemas.request import QUESTION_PARAM, address_model, from_address, param_of
from rag.types.fields import AS_OF, CLAUSES
from rag.types.requests import AnswerRequest, flat_fields

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams

FILTERS = (*CLAUSES, AS_OF)  # what the form can narrow a question by
FIELDS = {  # parameter -> field; the page always asks for facets, so they are no field of its form
    param_of(field.name): field for field in flat_fields(AnswerRequest) if field.name != "facets"
}
SEVERAL = {param for param, field in FIELDS.items() if isinstance(field.default, tuple)}  # take more than one value
LABELS = {
    QUESTION_PARAM: "Question",
    "k": "Passages",
    "interpret": "Time words",
    **{clause.param: clause.label for clause in FILTERS},
}
FIRST_K = 10
MORE_K = (30, 100)  # passages that "more" leads to, one after the other
TRACKING = re.compile(r"utm_|(?:fbclid|gclid|dclid|msclkid|mc_cid|mc_eid|igshid|ref)$")  # others add these to links
PLAIN_REASONS = tuple(
    (re.compile(pattern), plain)
    for pattern, plain in (
        (r"Input should be greater than or equal to (\S+)", r"must be \1 or more"),
        (r"Input should be less than or equal to (\S+)", r"must be \1 or less"),
        (r"Input should be a valid (?:integer|number)", "must be a whole number"),
        (r"Input should be a valid boolean", "must be true or false"),
        (r"Input should be a valid date", "must be a day of the calendar, as 2025-04-22"),
        (r"String should have at most (\d+) characters", r"must have at most \1 characters"),
        (r"String should have at least", "is empty"),
    )
)
MAX_UNKNOWN, MAX_UNKNOWN_CHARS = 5, 40  # parameters that are named, and characters of each


class Form:
    """The fields as they stand in the address: the values of each, none for a field that was left empty."""

    def __init__(self, **values: str | tuple[str, ...]) -> None:
        stated = {param: (value,) if isinstance(value, str) else value for param, value in values.items()}
        self._values = {param: tuple(filter(None, stated.pop(param, ()))) for param in FIELDS}
        assert not stated, f"not in the form: {stated}"

    @classmethod
    def of(cls, query: QueryParams) -> Self:
        """Read the form; of a field that takes one value, the last counts."""
        typed = {param: query.getlist(param) if param in SEVERAL else query.getlist(param)[-1:] for param in FIELDS}
        return cls(**{param: tuple(dict.fromkeys(map(str.strip, values))) for param, values in typed.items()})

    def one(self, param: str) -> str:
        """Return the first value of a field, empty where it has none."""
        return next(iter(self._values[param]), "")

    def several(self, param: str) -> tuple[str, ...]:
        """Return all values of a field."""
        return self._values[param]

    @property
    def question(self) -> str:
        """The question as it was typed."""
        return self.one(QUESTION_PARAM)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the question and the number of passages is filled."""
        return any(values for param, values in self._values.items() if param not in {QUESTION_PARAM, "k"})

    def request(self) -> AnswerRequest:
        """Return the question that the form asks; raises pydantic's ValidationError, QuestionError."""
        values = {param: values if param in SEVERAL else values[0] for param, values in self._values.items() if values}
        params = address_model(AnswerRequest).model_validate({**values, "facets": True})
        return from_address(AnswerRequest, params)

    def address(self, **changes: str | tuple[str, ...]) -> str:
        """Return the page of the same form with some fields filled otherwise, from its first passages on."""
        return f"/?{urlencode(Form(**{**self._values, 'k': '', **changes}).pairs())}"

    def toggled(self, param: str, value: str) -> str:
        """Return the page with a value added to a field, or taken from it where the field has it."""
        values = self._values[param]
        rest = tuple(name for name in values if name.casefold() != value.casefold())
        return self.address(**{param: rest if len(rest) < len(values) else (*values, value)})

    def question_address(self) -> str:
        """Return the page of the question alone."""
        return Form(**{QUESTION_PARAM: self.question}).address()

    def explain_address(self, article: str) -> str:
        """Return the address that explains the place of an article in numbers."""
        return f"/v1/explain?{urlencode([*self.pairs(), ('article', article)])}"

    def pairs(self) -> list[tuple[str, str]]:
        """Return the parameters of the address, one for each value."""
        return [(param, value) for param, values in self._values.items() for value in values]

    def next_k(self, listed: int) -> int | None:
        """Return how many passages the next step lists; None where no more follow the `listed` ones."""
        k = int(self.one("k") or FIRST_K)
        return next((more for more in MORE_K if more > k), None) if listed >= k else None


def unknown(query: QueryParams) -> tuple[str, ...]:
    """Return the first parameters that the page does not know, without those that track readers, shortened."""
    names = [name for name in dict.fromkeys(query) if name not in FIELDS and not TRACKING.match(name)]
    return tuple(
        name if len(name) <= MAX_UNKNOWN_CHARS else f"{name[:MAX_UNKNOWN_CHARS]}…" for name in names[:MAX_UNKNOWN]
    )


def form_error(field: str, reason: str) -> str:
    """Return an error in the words of the form: `source.0` is the outlet, `filter` the days together."""
    for clause in CLAUSES:
        if clause.kind in {"from", "to"}:
            reason = reason.replace(clause.name, clause.label)
    return f"{LABELS.get(field.partition('.')[0], 'Dates')}: {plain_reason(reason)}"


def plain_reason(reason: str) -> str:
    """Return a validator's reason as a person would give it; a reason of ours is one already."""
    for pattern, plain in PLAIN_REASONS:
        if match := pattern.match(reason):
            return match.expand(plain)
    return reason
