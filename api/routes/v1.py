"""The API, version 1. Routes are plain functions: they compute, and run in the server's threads."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from api.deps import AppMetrics, Service, batch_in_body, in_address, in_body
from api.errors import problem_types
from api.middleware.etag import Revalidated, RevalidatedByBody
from api.observability.metrics import Metrics
from api.openapi import examples
from api.openapi.schema import get_responses, post_responses
from api.routes.paths import Below
from api.schemas.request import CitationsBody
from api.schemas.response import reply
from api.service import ArchiveService
from rag.types.articles import ArticleView
from rag.types.explanation import Explanation
from rag.types.index import Status
from rag.types.requests import AnswerRequest, Count, ExplainRequest, SearchRequest, TimelineRequest
from rag.types.results import Answer, CheckedBatch, SearchBatch, SearchResult, SimilarArticles, Timeline

router = APIRouter(prefix="/v1", route_class=Revalidated)

_INDEX = (problem_types.NO_INDEX, problem_types.BAD_INDEX)
_QUESTION = (problem_types.INVALID, *_INDEX, problem_types.NO_MODEL)
_EXPLAIN = (problem_types.NO_ARTICLE, *_QUESTION)
_LIST = (problem_types.GONE, *_QUESTION)
_ARTICLE = get_responses(problem_types.NO_ARTICLE, problem_types.INVALID, *_INDEX)

ArticleId = Annotated[
    str,
    Path(
        description="As it stands in every citation, sent as one segment (a slash as `%2F`).",
        examples=[examples.ARTICLE.id],
    ),
]


@router.get("/answer", tags=["ask"], response_model=Answer, responses=get_responses(*_QUESTION))
def get_answer(
    request: Annotated[AnswerRequest, Depends(in_address(AnswerRequest))], service: Service, metrics: AppMetrics
) -> Response:
    """Answer a question with sentences of the archive, or say why none answers it."""
    return _answer(request, service, metrics)


@router.post("/answer", tags=["ask"], response_model=Answer, responses=post_responses(*_QUESTION))
def post_answer(
    request: Annotated[AnswerRequest, Depends(in_body(AnswerRequest))], service: Service, metrics: AppMetrics
) -> Response:
    """Answer a question sent as JSON."""
    return _answer(request, service, metrics)


def _answer(request: AnswerRequest, service: ArchiveService, metrics: Metrics) -> Response:
    answer = service.answer(request)
    metrics.count_answer(answer)
    return reply(answer)


@router.get("/search", tags=["ask"], response_model=SearchResult, responses=get_responses(*_LIST))
def get_search(request: Annotated[SearchRequest, Depends(in_address(SearchRequest))], service: Service) -> Response:
    """List the stories, articles or passages that match a question best; `next` leads to those behind them."""
    return reply(service.search(request))


@router.post("/search", tags=["ask"], response_model=SearchResult, responses=post_responses(*_LIST))
def post_search(request: Annotated[SearchRequest, Depends(in_body(SearchRequest))], service: Service) -> Response:
    """List what matches a question sent as JSON."""
    return reply(service.search(request))


@router.post("/search/batch", tags=["ask"], response_model=SearchBatch, responses=post_responses(*_QUESTION))
def post_search_batch(requests: Annotated[list[SearchRequest], Depends(batch_in_body())], service: Service) -> Response:
    """List what matches each of several questions, all in one generation."""
    return reply(service.search_all(requests))


@router.get("/timeline", tags=["ask"], response_model=Timeline, responses=get_responses(*_QUESTION))
def get_timeline(
    request: Annotated[TimelineRequest, Depends(in_address(TimelineRequest))], service: Service
) -> Response:
    """Count over time the articles that match a question, or all. No days leave anything out: see `chosen`."""
    return reply(service.timeline(request))


@router.get("/explain", tags=["ask"], response_model=Explanation, responses=get_responses(*_EXPLAIN))
def get_explain(request: Annotated[ExplainRequest, Depends(in_address(ExplainRequest))], service: Service) -> Response:
    """Explain why an article has its place in the list for a question, or why it is not in it."""
    return reply(service.explain(request))


@router.post("/explain", tags=["ask"], response_model=Explanation, responses=post_responses(*_EXPLAIN))
def post_explain(request: Annotated[ExplainRequest, Depends(in_body(ExplainRequest))], service: Service) -> Response:
    """Explain an article's place for a question sent as JSON."""
    return reply(service.explain(request))


@router.post(
    "/citations/verify",
    tags=["read"],
    response_model=CheckedBatch,
    responses=post_responses(problem_types.INVALID, *_INDEX),
)
def post_citations_verify(body: CitationsBody, service: Service) -> Response:
    """Verify citations: whether the archive still holds those words at that place."""
    return reply(service.verify_citations(body.citations))


def get_similar(id: ArticleId, service: Service, k: Annotated[Count, Query()] = 10) -> Response:
    """List the articles of other stories that are nearest in meaning to one."""
    return reply(service.similar(id, k=k))


router.add_api_route(  # before the articles: their ids may hold slashes, and would take it
    "/articles/{id:path}/similar", get_similar, route_class_override=Below,
    tags=["read"], response_model=SimilarArticles, responses=_ARTICLE,
)  # fmt: skip


@router.get("/articles/{id:path}", tags=["read"], response_model=ArticleView, responses=_ARTICLE)
def get_article(id: ArticleId, service: Service) -> Response:
    """Return a whole article, or an older version by `<id>@<version>`: the text whose characters citations count."""
    return reply(service.article(id))


def get_status(service: Service) -> Response:
    """Describe what the archive holds and which generation of its index answers."""
    return reply(service.status())


router.add_api_route(
    "/status", get_status, route_class_override=RevalidatedByBody,
    tags=["read"], response_model=Status, responses=get_responses(*_INDEX),
)  # fmt: skip
