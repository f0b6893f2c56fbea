"""The search form: what was typed is kept as typed, whatever becomes of it."""

from __future__ import annotations

from typing import NamedTuple, Self

from starlette.datastructures import QueryParams

from api.asking import AnswerParams

LABELS = {"q": "Question", "published_from": "From", "published_to": "To", "source": "Source", "author": "Author"}


class Form(NamedTuple):
    """The fields as they stand in the address. Other parameters are left alone: links gather them."""

    q: str = ""
    published_from: str = ""
    published_to: str = ""
    source: tuple[str, ...] = ()
    author: tuple[str, ...] = ()

    @classmethod
    def of(cls, query: QueryParams) -> Self:
        """Read the form; an empty field is one that was not filled."""
        return cls(
            q=query.get("q", "").strip(),
            published_from=query.get("published_from", "").strip(),
            published_to=query.get("published_to", "").strip(),
            source=tuple(name for name in query.getlist("source") if name.strip()),
            author=tuple(name.strip() for name in query.getlist("author") if name.strip()),
        )

    @property
    def narrowed(self) -> bool:
        """Whether anything but the question is filled."""
        return any(self[1:])

    def params(self) -> AnswerParams:
        """Return what is asked; raises pydantic's ValidationError."""
        return AnswerParams.model_validate({name: value for name, value in self._asdict().items() if value})


def label(field: str) -> str:
    """Return what the page calls a parameter: `source.0` is the source."""
    return LABELS.get(field.partition(".")[0], "Filter")
