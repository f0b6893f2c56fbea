"""The pages: ask, read an article at the cited characters, and learn the API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import ValidationError

from api import kinds
from api.asking import Measured, Service, ask
from api.pages.docs import endpoints
from api.pages.forms import Form, said
from api.pages.marking import marked, shown
from api.pages.rendering import render
from api.problems import FieldError, field_errors
from api.replies import GENERATION_HEADER
from rag.errors import QuestionError


async def _as_page(request: Request) -> None:
    """Let an error on the way become a page too."""
    request.state.is_page = True


router = APIRouter(dependencies=[Depends(_as_page)], default_response_class=Response)

Offset = Annotated[int | None, Query(ge=0)]


@router.get("/")
def get_search_page(request: Request, service: Service, metrics: Measured) -> Response:
    """Show the question box, and the answer to what is in it."""
    form = Form.of(request.query_params)
    facts = request.app.state.facts.current()
    if not form.q:
        return _generation(render("search.html", form=form, facts=facts, faults=()), facts.generation)
    try:
        answer = ask(service, metrics, form.params())
    except ValidationError as error:
        return render("search.html", 422, form=form, facts=facts, faults=_said(field_errors(error.errors())))
    except QuestionError as error:
        fault = FieldError(field=error.field, reason=error.reason)
        return render("search.html", 422, form=form, facts=facts, faults=_said((fault,)))
    page = render("search.html", form=form, facts=facts, faults=(), answer=answer, passages=shown(answer))
    return _generation(page, answer.generation)


@router.get("/article/{id:path}")
def get_article_page(id: str, service: Service, start: Offset = None, end: Offset = None) -> Response:
    """Show a whole article, the characters from `start` to `end` marked."""
    view = service.article(id)
    text = view.article.text
    span = (start, end) if start is not None and end is not None and start < end <= len(text) else None
    page = render(
        "article.html",
        article=view.article,
        paragraphs=marked(text, [span] if span else []),
        span=span,
        lost=span is None and (start is not None or end is not None),
        generation=view.generation,
    )
    return _generation(page, view.generation)


@router.get("/docs")
def get_docs_page(request: Request) -> Response:
    """Show the API: what to send, what comes back, and what can go wrong."""
    schema = request.app.openapi()
    found = endpoints(schema, str(request.base_url).rstrip("/"))
    return render("docs.html", endpoints=found, kinds=kinds.ALL, version=schema["info"]["version"])


def _said(errors: tuple[FieldError, ...]) -> tuple[str, ...]:
    return tuple(said(error.field, error.reason) for error in errors)


def _generation(page: Response, name: str) -> Response:
    page.headers[GENERATION_HEADER] = name
    return page
