"""The pages: ask, read an article at the cited characters, look after the archive, and learn the API."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import ValidationError

from api.background.status_cache import StatusCache
from api.deps import AppMetrics, Service
from api.errors import problem_types
from api.errors.handlers import FieldError, field_error, field_errors
from api.pages.docs import endpoints
from api.pages.filters import chips, facets_of, searched_days
from api.pages.forms import FIELDS, FILTERS, FIRST_K, Form, form_error, unknown
from api.pages.highlighting import marked, page_passages
from api.pages.histogram import histogram
from api.pages.phrases import counted
from api.pages.rendering import render
from api.pages.status_tables import MOST_OUTLETS, months, outlets, years
from api.schemas.response import GENERATION_HEADER
from rag.citations.citation import cite
from rag.citations.styles import references, version_note
from rag.errors import QuestionError
from rag.instrumentation import stage
from rag.types.fields import MAX_QUESTION_CHARS
from rag.types.results import Answer, Timeline

SIMILAR = 5  # articles named beside one
NEAR_MISSES = 3  # passages shown at first where there is no answer
UNMATCHED = ("no_match", "low_confidence")  # reasons under which facets and timeline would count mere near misses


async def _as_page(request: Request) -> None:
    """Mark the request, so that an error becomes a page too."""
    request.state.is_page = True


async def _status_cache(request: Request) -> StatusCache:
    cache: StatusCache = request.app.state.status_cache
    return cache


router = APIRouter(dependencies=[Depends(_as_page)], default_response_class=Response)

Offset = Annotated[int | None, Query(ge=0)]
CachedStatus = Annotated[StatusCache, Depends(_status_cache)]


@router.get("/")
def get_search_page(request: Request, service: Service, metrics: AppMetrics, cache: CachedStatus) -> Response:
    """Show the question box, and the answer to the question in it."""
    form = Form.of(request.query_params)
    status = cache.current()
    shared: dict[str, Any] = {"form": form, "filters": FILTERS, "status": status, "chips": chips(form, None)}
    shared |= {
        "errors": (),
        "unknown": unknown(request.query_params),
        "known": tuple(FIELDS),
        "max_question_chars": MAX_QUESTION_CHARS,
    }
    if not form.question:
        page = render("search.html", **shared, questions=cache.questions())
        return _with_generation(page, status.generation)
    try:
        answer, timeline = service.answer_with_timeline(form.request())
    except ValidationError as error:
        return render("search.html", 422, **{**shared, "errors": _form_errors(*field_errors(error.errors()))})
    except QuestionError as error:
        return render("search.html", 422, **{**shared, "errors": _form_errors(field_error(error, in_address=True))})
    metrics.count_answer(answer)
    with stage("page"):
        page = render("search.html", **shared | _results(form, answer, timeline))
    return _with_generation(page, answer.generation)


def _results(form: Form, answer: Answer, timeline: Timeline) -> dict[str, Any]:
    """Return what the search page shows of an answer."""
    passages = page_passages(answer)
    matched = answer.reason not in UNMATCHED
    shortened = answer.reason not in (None, "no_subject") and not form.one("k") and len(passages) > NEAR_MISSES
    return {
        "answer": answer,
        "passages": passages[:NEAR_MISSES] if shortened else passages,
        "chips": chips(form, answer),
        "days": searched_days(form, answer),
        "facets": facets_of(form, answer.facets) if answer.facets and matched else (),
        "histogram": histogram(timeline, form) if matched else None,
        "more": FIRST_K if shortened else form.next_k(len(passages)),
    }


def _form_errors(*errors: FieldError) -> tuple[str, ...]:
    return tuple(form_error(error.field, error.reason) for error in errors)


@router.get("/article/{id:path}")
def get_article_page(id: str, service: Service, start: Offset = None, end: Offset = None) -> Response:
    """Show a whole article, the characters from `start` to `end` marked, and what belongs to it."""
    view = service.article(id)
    article, text = view.article, view.article.text
    span = (start, end) if start is not None and end is not None and start < end <= len(text) else None
    span = span if span and text[slice(*span)].strip() else None
    cited = cite(article, article.id, *span, 0) if span else article.ref()
    page = render(
        "article.html",
        view=view,
        article=article,
        newest=view.versions[0] if view.versions else None,
        paragraphs=marked(text, [span] if span else []),
        cited=cited,
        references=references(cited, version_note(view)),
        similar=service.similar(article.id, k=SIMILAR).similar,
        span=span,
        lost=span is None and (start is not None or end is not None),
    )
    return _with_generation(page, view.generation)


@router.get("/status")
def get_status_page(service: Service, metrics: AppMetrics, cache: CachedStatus) -> Response:
    """Show an operator which generations are kept, what could not be read, and how fast the server answers."""
    status, overview = cache.current(), service.overview()
    more_outlets = len(status.sources) - MOST_OUTLETS
    page = render(
        "status.html",
        status=status,
        overview=overview,
        months=months(overview),
        years=years(overview),
        outlets=outlets(status),
        undated_note=f"{counted(overview.undated, 'article')} without a day." if overview.undated else "",
        outlets_note=f"{more_outlets:,} more outlets." if more_outlets > 0 else "",
        latencies=sorted(metrics.last_hour(), key=lambda route: -route.count),
    )
    return _with_generation(page, status.generation)


@router.get("/docs")
def get_docs_page(request: Request) -> Response:
    """Show the API: what to send, what comes back, and what can go wrong."""
    schema = request.app.openapi()
    return render(
        "docs.html",
        endpoints=endpoints(schema, str(request.base_url).rstrip("/")),
        problem_types=problem_types.ALL,
        version=schema["info"]["version"],
    )


def _with_generation(page: Response, name: str) -> Response:
    page.headers[GENERATION_HEADER] = name
    return page
