"""The search form: what was typed is kept as typed, and every state of the page is an address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, Self
from urllib.parse import urlencode

from api.schemas.query import AnswerParams

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams

LABELS = {
    "q": "Question",
    "question": "Question",
    "published_from": "From",
    "published_to": "To",
    "source": "Outlet",
    "author": "Author",
    "section": "Section",
    "as_of": "As of",
    "k": "Passages",
    "interpret": "Time words",
}
FIRST_K = 10
FOLLOWED = re.compile(r"utm_|(?:fbclid|gclid|dclid|msclkid|mc_cid|mc_eid|igshid|ref)$")  # what others add to links
PLAINLY = tuple(
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
MOST_UNKNOWN, LONGEST_UNKNOWN = 5, 40  # parameters that are named, and characters of each
MORE_K = (30, 100)  # passages that "more" leads to, one after the other


class Form(NamedTuple):
    """The fields as they stand in the address."""

    q: str = ""
    published_from: str = ""
    published_to: str = ""
    source: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    section: tuple[str, ...] = ()
    as_of: str = ""
    interpret: str = ""
    k: str = ""

    @classmethod
    def of(cls, query: QueryParams) -> Self:
        """Read the form; an empty field is one that was not filled."""

        def one(name: str) -> str:
            return query.get(name, "").strip()

        def several(name: str) -> tuple[str, ...]:
            return tuple(dict.fromkeys(value.strip() for value in query.getlist(name) if value.strip()))

        return cls(
            q=one("q"), published_from=one("published_from"), published_to=one("published_to"),
            source=several("source"), author=several("author"), section=several("section"),
            as_of=one("as_of"), interpret=one("interpret"), k=one("k"),
        )  # fmt: skip

    @property
    def narrowed(self) -> bool:
        """Whether anything but the question is filled."""
        return any(self._replace(q="", k=""))

    def params(self) -> AnswerParams:
        """Return what is asked; raises pydantic's ValidationError."""
        return AnswerParams.model_validate({name: value for name, value in self._asdict().items() if value})

    def address(self, **instead: str | tuple[str, ...]) -> str:
        """Return the page of the same form with some fields filled otherwise; from its first passages on."""
        return f"/?{urlencode(self._replace(**{'k': '', **instead}).filled())}"  # type: ignore[arg-type]

    def toggled(self, field: str, value: str) -> str:
        """Return the page with one more, or one less, of the names in a field."""
        held: tuple[str, ...] = getattr(self, field)
        less = tuple(name for name in held if name.casefold() != value.casefold())
        return self.address(**{field: less if len(less) < len(held) else (*held, value)})

    def bare(self) -> str:
        """Return the page of the question alone."""
        return f"/?{urlencode({'q': self.q})}"

    def explain(self, article: str) -> str:
        """Return where an article's place is explained, in numbers."""
        return f"/v1/explain?{urlencode([*self.filled(), ('article', article)])}"

    def filled(self) -> list[tuple[str, str]]:
        """Return the fields that are filled, one a value."""
        held = self._asdict().items()
        return [(name, one) for name, value in held for one in ([value] if isinstance(value, str) else value) if one]

    def more(self, shown: int) -> int | None:
        """Return how many passages the next step shows; None where no more follow."""
        asked = int(self.k) if self.k else FIRST_K
        return next((k for k in MORE_K if k > asked), None) if shown >= asked else None


def unknown(query: QueryParams) -> tuple[str, ...]:
    """Return the parameters that the page does not take, but those that are added to links to follow readers."""
    found = [name for name in dict.fromkeys(query) if name not in Form._fields and not FOLLOWED.match(name)]
    return tuple(
        name if len(name) <= LONGEST_UNKNOWN else f"{name[:LONGEST_UNKNOWN]}…" for name in found[:MOST_UNKNOWN]
    )


def said(field: str, reason: str) -> str:
    """Return what is wrong in the words of the form: `source.0` is the outlet, `filter` the days together."""
    for name in ("published_from", "published_to"):
        reason = reason.replace(name, LABELS[name])
    return f"{LABELS.get(field.partition('.')[0], 'Dates')}: {plainly(reason)}"


def plainly(reason: str) -> str:
    """Return a validator's reason as a person would give it; one that is in our words already as it is."""
    for pattern, plain in PLAINLY:
        if found := pattern.match(reason):
            return found.expand(plain)
    return reason
