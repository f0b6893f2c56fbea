"""The API, version 1. Routes are plain functions: they compute, and run in the server's threads."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from api.errors import problem_types
from api.middleware.etag import Revalidated, RevalidatedByBody
from api.openapi import examples
from api.openapi.schema import sent, success
from api.routes.paths import Below
from api.schemas.body import AnswerBody, CitationsBody, ExplainBody, SearchBatchBody, SearchBody
from api.schemas.fields import Count
from api.schemas.query import AnswerParams, ExplainParams, Measured, SearchParams, Service, TimelineParams, ask
from api.schemas.response import reply
from rag.types.articles import ArticleView
from rag.types.explanation import Explanation
from rag.types.index import Status
from rag.types.results import Answer, CheckedBatch, SearchBatch, SearchResult, SimilarArticles, Timeline

router = APIRouter(prefix="/v1", route_class=Revalidated)

_OPEN = (problem_types.NO_INDEX, problem_types.BAD_INDEX)
_ASKED = (problem_types.INVALID, *_OPEN, problem_types.NO_MODEL)
_FOUND = (problem_types.NO_ARTICLE, *_ASKED)
_LISTED = (problem_types.GONE, *_ASKED)
_READ = success(problem_types.NO_ARTICLE, problem_types.INVALID, *_OPEN)

ArticleId = Annotated[
    str,
    Path(
        description="As it stands in every citation, sent as one segment (a slash as `%2F`).",
        examples=[examples.ARTICLE.id],
    ),
]


@router.get("/answer", tags=["ask"], response_model=Answer, responses=success(*_ASKED))
def get_answer(params: Annotated[AnswerParams, Query()], service: Service, metrics: Measured) -> Response:
    """Answer a question with sentences of the archive, or say why none answers it."""
    return reply(ask(service, metrics, params))


@router.post("/answer", tags=["ask"], response_model=Answer, responses=sent(*_ASKED))
def post_answer(body: AnswerBody, service: Service, metrics: Measured) -> Response:
    """Answer a question sent as JSON."""
    return reply(ask(service, metrics, body))


@router.get("/search", tags=["ask"], response_model=SearchResult, responses=success(*_LISTED))
def get_search(params: Annotated[SearchParams, Query()], service: Service) -> Response:
    """List the stories, articles or passages that match a question best; `next` leads to those behind them."""
    return reply(service.search(**params.searching(), cursor=params.cursor))


@router.post("/search", tags=["ask"], response_model=SearchResult, responses=sent(*_LISTED))
def post_search(body: SearchBody, service: Service) -> Response:
    """List what matches a question sent as JSON."""
    return reply(service.search(**body.searching(), cursor=body.cursor))


@router.post("/search/batch", tags=["ask"], response_model=SearchBatch, responses=sent(*_ASKED))
def post_search_batch(body: SearchBatchBody, service: Service) -> Response:
    """List what matches each of several questions, all in one generation."""
    return reply(service.search_all([each.searching() for each in body.searches]))


@router.get("/timeline", tags=["ask"], response_model=Timeline, responses=success(*_ASKED))
def get_timeline(params: Annotated[TimelineParams, Query()], service: Service) -> Response:
    """Count over time the articles that match a question, or all. No days leave anything out: see `chosen`."""
    return reply(service.timeline(params.q, filter=params.filter(), as_of=params.as_of, unit=params.unit))


@router.get("/explain", tags=["ask"], response_model=Explanation, responses=success(*_FOUND))
def get_explain(params: Annotated[ExplainParams, Query()], service: Service) -> Response:
    """Say why an article stands where it stands for a question, or why it was not found."""
    return reply(service.explain(params.question, params.article, **params.options()))


@router.post("/explain", tags=["ask"], response_model=Explanation, responses=sent(*_FOUND))
def post_explain(body: ExplainBody, service: Service) -> Response:
    """Explain an article's place for a question sent as JSON."""
    return reply(service.explain(body.question, body.article, **body.options()))


@router.post(
    "/citations/verify", tags=["read"], response_model=CheckedBatch, responses=sent(problem_types.INVALID, *_OPEN)
)
def post_citations_verify(body: CitationsBody, service: Service) -> Response:
    """Say what has become of citations: whether the archive still holds those words at that place."""
    return reply(service.check(body.citations))


def get_similar(id: ArticleId, service: Service, k: Annotated[Count, Query()] = 10) -> Response:
    """List the articles of other stories that are nearest in meaning to one."""
    return reply(service.similar(id, k=k))


router.add_api_route(  # before the articles: their ids may hold slashes, and would take it
    "/articles/{id:path}/similar", get_similar, route_class_override=Below,
    tags=["read"], response_model=SimilarArticles, responses=_READ,
)  # fmt: skip


@router.get("/articles/{id:path}", tags=["read"], response_model=ArticleView, responses=_READ)
def get_article(id: ArticleId, service: Service) -> Response:
    """Return a whole article, or an older version by `<id>@<version>`: the text whose characters citations count."""
    return reply(service.article(id))


def get_status(service: Service) -> Response:
    """Say what the archive holds and which generation of its index serves."""
    return reply(service.status())


router.add_api_route(
    "/status", get_status, route_class_override=RevalidatedByBody,
    tags=["read"], response_model=Status, responses=success(*_OPEN),
)  # fmt: skip
