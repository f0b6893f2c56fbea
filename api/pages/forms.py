"""The search form: what was typed is kept as typed, whatever becomes of it."""

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
    "source": "Source",
    "author": "Author",
    "as_of": "As of",
}


class Form(NamedTuple):
    """The fields as they stand in the address. Other parameters are left alone: links gather them."""

    q: str = ""
    published_from: str = ""
    published_to: str = ""
    source: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    as_of: str = ""
    interpret: str = ""

    @classmethod
    def of(cls, query: QueryParams) -> Self:
        """Read the form; an empty field is one that was not filled."""
        return cls(
            q=query.get("q", "").strip(),
            published_from=query.get("published_from", "").strip(),
            published_to=query.get("published_to", "").strip(),
            source=tuple(name for name in query.getlist("source") if name.strip()),
            author=tuple(name.strip() for name in query.getlist("author") if name.strip()),
            as_of=query.get("as_of", "").strip(),
            interpret=query.get("interpret", "").strip(),
        )

    @property
    def narrowed(self) -> bool:
        """Whether anything but the question is filled."""
        return any(self[1:])

    def uninterpreted(self) -> str:
        """Return the same form's query, time words not read."""
        return urlencode([*self._filled(interpret=""), ("interpret", "false")])

    def interpreted(self) -> str:
        """Return the same form's query, time words read."""
        return urlencode(self._filled(interpret=""))

    def _filled(self, **instead: str) -> list[tuple[str, str]]:
        held = {**self._asdict(), **instead}.items()
        return [(name, one) for name, value in held for one in ([value] if isinstance(value, str) else value) if one]

    def params(self) -> AnswerParams:
        """Return what is asked; raises pydantic's ValidationError."""
        return AnswerParams.model_validate({name: value for name, value in self._asdict().items() if value})


def said(field: str, reason: str) -> str:
    """Return what is wrong in the words of the form: `source.0` is the source, `filter` the days together."""
    for name in ("published_from", "published_to"):
        reason = reason.replace(name, LABELS[name])
    return f"{LABELS.get(field.partition('.')[0], 'Dates')}: {reason}"
