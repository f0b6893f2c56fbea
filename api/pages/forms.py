"""The search form: what was typed is kept as typed, and every state of the page is an address."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self
from urllib.parse import urlencode

from api.asking import AnswerParams

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
}
FIRST_K = 10
MORE_K = (30, 100)  # passages that "more" leads to, one after the other


class Form(NamedTuple):
    """The fields as they stand in the address. Other parameters are left alone: links gather them."""

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


def said(field: str, reason: str) -> str:
    """Return what is wrong in the words of the form: `source.0` is the outlet, `filter` the days together."""
    for name in ("published_from", "published_to"):
        reason = reason.replace(name, LABELS[name])
    return f"{LABELS.get(field.partition('.')[0], 'Dates')}: {reason}"
