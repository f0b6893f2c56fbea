"""The pages: ask, read an article at the cited characters, look after the archive, and learn the API."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import ValidationError

from api.background.status_cache import StatusCache
from api.errors import problem_types
from api.errors.handlers import FieldError, field_errors
from api.pages.docs import endpoints
from api.pages.filters import chips, groups, searched
from api.pages.forms import FIRST_K, Form, said, unknown
from api.pages.highlighting import marked, shown
from api.pages.histogram import histogram
from api.pages.phrases import counted
from api.pages.rendering import render
from api.pages.status_tables import MOST_OUTLETS, months, outlets, years
from api.schemas.query import Measured, Service
from api.schemas.response import GENERATION_HEADER
from rag.citations.citation import cite
from rag.citations.styles import references, version_note
from rag.errors import QuestionError
from rag.instrumentation import stage
from rag.search.overview import overview
from rag.types.results import Answer, Timeline

SIMILAR = 5  # articles named beside one
NEAR_MISSES = 3  # passages shown at first where there is no answer
UNMATCHED = ("no_match", "low_confidence")  # then what is counted are the nearest, which promise nothing


async def _as_page(request: Request) -> None:
    """Let an error on the way become a page too."""
    request.state.is_page = True


router = APIRouter(dependencies=[Depends(_as_page)], default_response_class=Response)

Offset = Annotated[int | None, Query(ge=0)]


@router.get("/")
def get_search_page(request: Request, service: Service, metrics: Measured) -> Response:
    """Show the question box, and the answer to what is in it."""
    form = Form.of(request.query_params)
    facts: StatusCache = request.app.state.facts
    shared: dict[str, Any] = {"form": form, "facts": facts.current(), "faults": (), "chips": chips(form, None)}
    shared |= {"unknown": unknown(request.query_params), "known": Form._fields}
    if not form.q:
        page = render("search.html", **shared, questions=facts.questions())
        return _generation(page, facts.current().generation)
    try:
        params = form.params()
        answer, timeline = service.consult(params.question, **params.options())
    except ValidationError as error:
        return render("search.html", 422, **{**shared, "faults": _said(field_errors(error.errors()))})
    except QuestionError as error:
        fault = FieldError(field=error.field, reason=error.reason)
        return render("search.html", 422, **{**shared, "faults": _said((fault,))})
    metrics.count_answer(answer)
    with stage("page"):
        page = render("search.html", **shared | results(form, answer, timeline))
    return _generation(page, answer.generation)


def results(form: Form, answer: Answer, timeline: Timeline) -> dict[str, Any]:
    """Return what the search page shows of an answer."""
    passages = shown(answer)
    matched = answer.reason not in UNMATCHED
    held_back = answer.reason not in (None, "no_subject") and not form.k and len(passages) > NEAR_MISSES
    return {
        "answer": answer,
        "passages": passages[:NEAR_MISSES] if held_back else passages,
        "chips": chips(form, answer),
        "days": searched(form, answer),
        "groups": groups(form, answer.facets) if answer.facets and matched else (),
        "histogram": histogram(timeline, form) if matched else None,
        "more": FIRST_K if held_back else form.more(len(passages)),
    }


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
    return _generation(page, view.generation)


@router.get("/status")
def get_status_page(request: Request, service: Service, metrics: Measured) -> Response:
    """Show what an operator looks after: what is kept, what could not be read, how fast it answers."""
    generation, facts = service.generation, request.app.state.facts.current()
    found = overview(service.store, generation)
    page = render(
        "status.html",
        facts=facts,
        overview=found,
        months=months(found),
        years=years(found),
        outlets=outlets(facts),
        undated_note=f"{counted(found.undated, 'article')} without a day." if found.undated else "",
        outlets_note=f"{len(facts.sources) - MOST_OUTLETS:,} more outlets."
        if len(facts.sources) > MOST_OUTLETS
        else "",
        latencies=sorted(metrics.last_hour(), key=lambda route: -route.count),
    )
    return _generation(page, generation.name)


@router.get("/docs")
def get_docs_page(request: Request) -> Response:
    """Show the API: what to send, what comes back, and what can go wrong."""
    schema = request.app.openapi()
    found = endpoints(schema, str(request.base_url).rstrip("/"))
    return render("docs.html", endpoints=found, kinds=problem_types.ALL, version=schema["info"]["version"])


def _said(errors: tuple[FieldError, ...]) -> tuple[str, ...]:
    return tuple(said(error.field, error.reason) for error in errors)


def _generation(page: Response, name: str) -> Response:
    page.headers[GENERATION_HEADER] = name
    return page
