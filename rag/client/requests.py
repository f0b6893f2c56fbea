"""What is asked of a server -> a Call: method, path, what is sent, and the record that is read out of the reply.

Only what is said is sent: the server's own defaults hold, and an older server is not asked what it does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, Literal, Required, TypedDict, TypeVar
from urllib.parse import quote

from pydantic import ValidationError

from rag.errors import QuestionError
from rag.types.articles import ArticleView, Citation, CitationRef, Record
from rag.types.explanation import Explanation
from rag.types.fields import GroupBy, Unit
from rag.types.filters import SearchFilter
from rag.types.index import Status
from rag.types.results import Answer, CheckedBatch, SearchBatch, SearchResult, SimilarArticles, Timeline

T = TypeVar("T", bound=Record)
Day = date | str  # a str is written YYYY-MM-DD


class Common(TypedDict, total=False):
    """What every call takes: `request_id` is sent as X-Request-ID, to find the request in a server's log."""

    request_id: str


class Filtering(Common, total=False):
    """What an article must be to be searched at all (see `SearchFilter`), and the day that is today."""

    published_from: Day
    published_to: Day
    sources: Iterable[str]
    authors: Iterable[str]
    sections: Iterable[str]
    exclude: Iterable[str]
    as_of: Day


class Narrowing(Filtering, total=False):
    """How many hits, of what, and whether time words in the question are read."""

    k: int
    interpret: bool


class Asking(Narrowing, total=False):
    """What a question may be asked with; `facets` counts what matches."""

    facets: bool


class Searching(Asking, total=False):
    """What may be searched with; `cursor` is the `next` of the result before."""

    group_by: GroupBy
    cursor: str


class OneSearch(Searching, total=False):
    """One search of several."""

    question: Required[str]


class Spanning(Filtering, total=False):
    """What a timeline may be narrowed to, and the stretch of days that is counted together."""

    unit: Unit


class Health(Record):
    """What a probe is told."""

    status: Literal["live", "ready"]
    generation: str | None = None


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request, and what its reply is; `patient` where it is worth asking again."""

    method: str
    path: str
    record: type[T]
    params: Mapping[str, object] | None = None
    body: Mapping[str, object] | None = None
    request_id: str | None = None
    patient: bool = True


def answer(question: str, asked: Mapping[str, Any]) -> Call[Answer]:
    """Ask for an answer."""
    return _post("/v1/answer", Answer, {"question": question, **_body(asked, Asking)}, asked)


def search(question: str, asked: Mapping[str, Any]) -> Call[SearchResult]:
    """Ask for a list of hits."""
    return _post("/v1/search", SearchResult, {"question": question, **_body(asked, Searching)}, asked)


def search_all(searches: Iterable[str | Mapping[str, Any]], asked: Mapping[str, Any]) -> Call[SearchBatch]:
    """Ask for several lists at once; a question alone is asked with the server's defaults."""
    _known(asked, Common)
    said = [{"question": each} if isinstance(each, str) else _body(each, OneSearch) for each in searches]
    return _post("/v1/search/batch", SearchBatch, {"searches": said}, asked)


def explain(question: str, article: str, asked: Mapping[str, Any]) -> Call[Explanation]:
    """Ask why an article stands where it stands."""
    body = {"question": question, "article": article, **_body(asked, Narrowing)}
    return _post("/v1/explain", Explanation, body, asked)


def article(id: str, version: str | None, asked: Mapping[str, Any]) -> Call[ArticleView]:
    """Ask for an article, in its newest version or the one that is named."""
    _known(asked, Common)
    return _get(f"/v1/articles/{_in_path(f'{id}@{version}' if version else id)}", ArticleView, {}, asked)


def similar(id: str, k: int, asked: Mapping[str, Any]) -> Call[SimilarArticles]:
    """Ask for the articles that are nearest to one."""
    _known(asked, Common)
    return _get(f"/v1/articles/{_in_path(id)}/similar", SimilarArticles, {"k": k}, asked)


def timeline(question: str | None, asked: Mapping[str, Any]) -> Call[Timeline]:
    """Ask when the articles that match were published."""
    body = _body(asked, Spanning)
    filter = body.pop("filter", {})
    for many, one in (("sources", "source"), ("authors", "author"), ("sections", "section")):
        filter |= {one: filter.pop(many)} if many in filter else {}
    return _get("/v1/timeline", Timeline, ({"q": question} if question is not None else {}) | filter | body, asked)


def verify(
    citations: Iterable[Citation | CitationRef | Mapping[str, Any]], asked: Mapping[str, Any]
) -> Call[CheckedBatch]:
    """Ask what has become of citations; of each only what tells is sent."""
    _known(asked, Common)
    read = [CitationRef.model_validate(each, from_attributes=True, extra="ignore").model_dump() for each in citations]
    return _post("/v1/citations/verify", CheckedBatch, {"citations": read}, asked)


def status(asked: Mapping[str, Any]) -> Call[Status]:
    """Ask what the archive holds."""
    _known(asked, Common)
    return _get("/v1/status", Status, {}, asked)


def ready(asked: Mapping[str, Any]) -> Call[Health]:
    """Ask whether questions can be answered now."""
    _known(asked, Common)
    return Call("GET", "/readyz", Health, request_id=asked.get("request_id"), patient=False)


def _get(path: str, record: type[T], params: Mapping[str, object], asked: Mapping[str, Any]) -> Call[T]:
    return Call("GET", path, record, params=params, request_id=asked.get("request_id"))


def _post(path: str, record: type[T], body: Mapping[str, object], asked: Mapping[str, Any]) -> Call[T]:
    return Call("POST", path, record, body=body, request_id=asked.get("request_id"))


def _body(asked: Mapping[str, Any], kind: type) -> dict[str, Any]:
    """Return what stands beside a question in a body, the parts of a filter in a `filter`; raises QuestionError."""
    _known(asked, kind)
    said = {name: str(value) if name == "as_of" else value for name, value in asked.items() if name != "request_id"}
    parts = {name: said.pop(name) for name in SearchFilter.model_fields if name in said and name != "as_of"}
    for name in ("sources", "authors", "sections", "exclude"):
        if isinstance(parts.get(name), str):  # or each letter would be an outlet
            raise QuestionError(name, f"takes a list of names; write [{parts[name]!r}]")
    try:
        filter = SearchFilter.model_validate(parts)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "filter"
        raise QuestionError(field, first["msg"].removeprefix("Value error, ")) from None
    return {**said, "filter": filter.model_dump(mode="json", exclude_defaults=True)} if filter else said


def _known(asked: Mapping[str, Any], kind: type) -> None:
    """Refuse a name that is not in a TypedDict, as Python refuses an argument."""
    known: frozenset[str] = kind.__optional_keys__ | kind.__required_keys__  # type: ignore[attr-defined]
    for name in asked.keys() - known:
        raise TypeError(f"{name!r} is no option of this call, which takes {', '.join(sorted(known))}")


def _in_path(id: str) -> str:
    return quote(id, safe="", errors="replace")
