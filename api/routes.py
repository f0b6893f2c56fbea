"""The API, version 1. Routes are plain functions: they compute, and run in the server's threads."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from api import examples, kinds
from api.asking import (
    AnswerBody,
    AnswerParams,
    ExplainBody,
    ExplainParams,
    Measured,
    SearchBody,
    SearchParams,
    Service,
    ask,
)
from api.replies import reply
from api.schema import success
from rag.explanation import Explanation
from rag.manifest import Status
from rag.results import Answer, SearchResult
from rag.types import ArticleView

router = APIRouter(prefix="/v1")

_OPEN = (kinds.NO_INDEX, kinds.BAD_INDEX)
_ASKED = success(kinds.REFUSED, kinds.INVALID, *_OPEN, kinds.NO_MODEL)
_EXPLAINED = success(kinds.REFUSED, kinds.NO_ARTICLE, kinds.INVALID, *_OPEN, kinds.NO_MODEL)

ArticleId = Annotated[str, Path(description="As it stands in every citation.", examples=[examples.ARTICLE.id])]


@router.get("/answer", tags=["ask"], response_model=Answer, responses=_ASKED)
def get_answer(params: Annotated[AnswerParams, Query()], service: Service, metrics: Measured) -> Response:
    """Answer a question with sentences of the archive, or say why none answers it."""
    return reply(ask(service, metrics, params))


@router.post("/answer", tags=["ask"], response_model=Answer, responses=_ASKED)
def post_answer(body: AnswerBody, service: Service, metrics: Measured) -> Response:
    """Answer a question sent as JSON."""
    return reply(ask(service, metrics, body))


@router.get("/search", tags=["ask"], response_model=SearchResult, responses=_ASKED)
def get_search(params: Annotated[SearchParams, Query()], service: Service) -> Response:
    """List the articles, or the passages, that match a question best."""
    return reply(service.search(params.question, **params.options(), group_by=params.group_by))


@router.post("/search", tags=["ask"], response_model=SearchResult, responses=_ASKED)
def post_search(body: SearchBody, service: Service) -> Response:
    """List what matches a question sent as JSON."""
    return reply(service.search(body.question, **body.options(), group_by=body.group_by))


@router.get("/explain", tags=["ask"], response_model=Explanation, responses=_EXPLAINED)
def get_explain(params: Annotated[ExplainParams, Query()], service: Service) -> Response:
    """Say why an article stands where it stands for a question, or why it was not found."""
    return reply(service.explain(params.question, params.article, **params.options()))


@router.post("/explain", tags=["ask"], response_model=Explanation, responses=_EXPLAINED)
def post_explain(body: ExplainBody, service: Service) -> Response:
    """Explain an article's place for a question sent as JSON."""
    return reply(service.explain(body.question, body.article, **body.options()))


@router.get(
    "/articles/{id:path}",
    tags=["read"],
    response_model=ArticleView,
    responses=success(kinds.NO_ARTICLE, kinds.INVALID, *_OPEN),
)
def get_article(id: ArticleId, service: Service) -> Response:
    """Return a whole article: the text whose characters citations count."""
    return reply(service.article(id))


@router.get("/status", tags=["read"], response_model=Status, responses=success(*_OPEN))
def get_status(service: Service) -> Response:
    """Say what the archive holds and which generation of its index serves."""
    return reply(service.status())
