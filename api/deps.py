"""What routes ask FastAPI for: the service, the metrics, and a request that is read from an address or a body.

The readers are `async` because FastAPI runs a plain function in a thread, which costs more than the reading.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from fastapi import Depends, Query, Request

from api.observability.metrics import Metrics
from api.schemas.request import address_model, batch_model, body_model, from_address, from_body
from api.service import ArchiveService
from rag.types import requests

if TYPE_CHECKING:
    from pydantic import BaseModel

R = TypeVar("R", bound=requests.Request)


async def _service(request: Request) -> ArchiveService:
    service: ArchiveService = request.app.state.service
    return service


async def _metrics(request: Request) -> Metrics:
    metrics: Metrics = request.app.state.metrics
    return metrics


Service = Annotated[ArchiveService, Depends(_service)]
AppMetrics = Annotated[Metrics, Depends(_metrics)]


def in_address(request: type[R]) -> Callable[[BaseModel], Awaitable[R]]:
    """Return the dependency that reads a request from the parameters of an address."""

    async def read(params: BaseModel) -> R:
        return from_address(request, params)

    return _taking(read, params=Annotated[address_model(request), Query()])


def in_body(request: type[R]) -> Callable[[BaseModel], Awaitable[R]]:
    """Return the dependency that reads a request from a JSON body."""

    async def read(body: BaseModel) -> R:
        return from_body(request, body)

    return _taking(read, body=body_model(request))


def batch_in_body() -> Callable[[Any], Awaitable[list[requests.SearchRequest]]]:
    """Return the dependency that reads several searches from a JSON body."""

    async def read(body: Any) -> list[requests.SearchRequest]:
        return [from_body(requests.SearchRequest, search) for search in body.searches]

    return _taking(read, body=batch_model())


T = TypeVar("T", bound=Callable[..., Any])


def _taking(dependency: T, **annotations: Any) -> T:
    """Return a dependency that FastAPI documents and validates by models which are only made while this runs."""
    dependency.__annotations__ |= annotations
    return dependency
