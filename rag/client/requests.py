"""What is asked of a server -> a Call: method, path, what is sent, and the record that the reply is read as.

Only what the caller states is sent: the server's own defaults hold, and an older server is not sent what it does not
know. Which names there are, and which of them are clauses of a filter, is declared in `rag.types`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from pydantic import ValidationError

from rag.errors import QuestionError, faults_of
from rag.types.articles import ArticleView, Citation, CitationRef, Record
from rag.types.explanation import Explanation
from rag.types.fields import AS_OF, CLAUSES
from rag.types.filters import SearchFilter
from rag.types.index import Health, Status
from rag.types.requests import AnswerOptions, AskOptions, SearchItem, SearchOptions, TimelineOptions
from rag.types.results import Answer, CheckedBatch, SearchBatch, SearchResult, SimilarArticles, Timeline

T = TypeVar("T", bound=Record)
Options = Mapping[str, Any]  # one of the TypedDicts of `rag.types.requests`


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request and the record of its reply; `retryable` where a busy server is asked again."""

    method: str
    path: str
    record: type[T]
    params: Mapping[str, object] | None = None
    body: Mapping[str, object] | None = None
    request_id: str | None = None
    retryable: bool = True


def answer(question: str, options: Options, request_id: str | None) -> Call[Answer]:
    """Return the call for an answer."""
    body = {"question": question, **_body(options, AnswerOptions)}
    return _post("/v1/answer", Answer, body, request_id)


def search(question: str, options: Options, request_id: str | None) -> Call[SearchResult]:
    """Return the call for a list of hits."""
    body = {"question": question, **_body(options, SearchOptions)}
    return _post("/v1/search", SearchResult, body, request_id)


def search_all(searches: Iterable[str | SearchItem], request_id: str | None) -> Call[SearchBatch]:
    """Return the call for several lists at once; a question alone is asked with the server's defaults."""
    items = [{"question": item} if isinstance(item, str) else _body(item, SearchItem) for item in searches]
    return _post("/v1/search/batch", SearchBatch, {"searches": items}, request_id)


def explain(question: str, article: str, options: Options, request_id: str | None) -> Call[Explanation]:
    """Return the call for the explanation of an article's place."""
    body = {"question": question, "article": article, **_body(options, AskOptions)}
    return _post("/v1/explain", Explanation, body, request_id)


def article(id: str, version: str | None, request_id: str | None) -> Call[ArticleView]:
    """Return the call for an article, in its newest version or the named one."""
    return _get(f"/v1/articles/{_in_path(f'{id}@{version}' if version else id)}", ArticleView, {}, request_id)


def similar(id: str, k: int, request_id: str | None) -> Call[SimilarArticles]:
    """Return the call for the articles that are nearest to one."""
    return _get(f"/v1/articles/{_in_path(id)}/similar", SimilarArticles, {"k": k}, request_id)


def timeline(question: str | None, options: Options, request_id: str | None) -> Call[Timeline]:
    """Return the call for the days on which matching articles were published."""
    body = _body(options, TimelineOptions)
    clauses = body.pop("filter", {})
    params = {clause.param: clauses[clause.name] for clause in CLAUSES if clause.name in clauses}
    return _get("/v1/timeline", Timeline, ({"q": question} if question is not None else {}) | params | body, request_id)


def verify(
    citations: Iterable[Citation | CitationRef | Mapping[str, Any]], request_id: str | None
) -> Call[CheckedBatch]:
    """Return the call that checks citations; of each, only what identifies the quotation is sent."""
    refs = [CitationRef.model_validate(one, from_attributes=True, extra="ignore").model_dump() for one in citations]
    return _post("/v1/citations/verify", CheckedBatch, {"citations": refs}, request_id)


def status(request_id: str | None) -> Call[Status]:
    """Return the call for what the archive holds."""
    return _get("/v1/status", Status, {}, request_id)


def ready(request_id: str | None) -> Call[Health]:
    """Return the call for whether questions can be answered now."""
    return Call("GET", "/readyz", Health, request_id=request_id, retryable=False)


def _get(path: str, record: type[T], params: Mapping[str, object], request_id: str | None) -> Call[T]:
    return Call("GET", path, record, params=params, request_id=request_id)


def _post(path: str, record: type[T], body: Mapping[str, object], request_id: str | None) -> Call[T]:
    return Call("POST", path, record, body=body, request_id=request_id)


def _body(options: Options, kind: type) -> dict[str, Any]:
    """Return flat options as a body holds them, the clauses of a filter in a `filter`; raises QuestionError.

    `kind` is the TypedDict that the options are of. A name that it does not have raises TypeError, as an unknown
    argument of a function does.
    """
    known: frozenset[str] = kind.__optional_keys__ | kind.__required_keys__  # type: ignore[attr-defined]
    for name in options.keys() - known:
        raise TypeError(f"{name!r} is no option of this call, which takes {', '.join(sorted(known))}")
    stated = {name: value for name, value in options.items() if value is not None}
    body = {name: str(value) if name == AS_OF.name else value for name, value in stated.items()}
    clauses = {clause.name: body.pop(clause.name) for clause in CLAUSES if clause.name in body}
    for clause in CLAUSES:
        value = clauses.get(clause.name)
        if clause.kind in {"any_of", "none_of"} and isinstance(value, str):  # or each letter would be an outlet
            raise QuestionError(clause.name, f"takes a list of names; write [{value!r}]")
    try:
        filter = SearchFilter.model_validate(clauses)
    except ValidationError as error:
        field, reason = faults_of(error)[0]
        raise QuestionError(field or "filter", reason) from None
    return {**body, "filter": filter.model_dump(mode="json", exclude_defaults=True)} if filter else body


def _in_path(id: str) -> str:
    return quote(id, safe="", errors="replace")
