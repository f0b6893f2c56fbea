"""`AsyncByline`: `Byline` for `await`; calls, retries and replies are those of `Byline`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from itertools import count
from typing import Any, Self, Unpack

import anyio
import httpx2

from rag.client import requests, responses
from rag.client.requests import Call, T
from rag.client.retries import Reply, Retry
from rag.client.transport import NO_HEADERS, NOT_READY, RETRY, TIMEOUT_S, address, headers_with, request
from rag.types.articles import ArticleView, Citation, CitationRef
from rag.types.explanation import Explanation
from rag.types.index import Status
from rag.types.requests import AnswerOptions, AskOptions, SearchItem, SearchOptions, TimelineOptions
from rag.types.results import Answer, CheckedBatch, Hit, SearchBatch, SearchResult, SimilarArticles, Timeline


class AsyncByline:
    """`Byline` for code that awaits (asyncio or trio): the same arguments, methods and errors."""

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float = TIMEOUT_S,
        retry: Retry = RETRY,
        headers: Mapping[str, str] = NO_HEADERS,
        transport: httpx2.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self.url, self.retry, self._sleep = address(url), retry, sleep
        self._http = httpx2.AsyncClient(
            base_url=url, timeout=timeout_s, headers=headers_with(headers), transport=transport
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def answer(self, question: str, *, request_id: str | None = None, **options: Unpack[AnswerOptions]) -> Answer:
        """See `Byline.answer`."""
        return await self._send(requests.answer(question, options, request_id))

    async def search(
        self, question: str, *, request_id: str | None = None, **options: Unpack[SearchOptions]
    ) -> SearchResult:
        """See `Byline.search`."""
        return await self._send(requests.search(question, options, request_id))

    async def search_all(self, searches: Iterable[str | SearchItem], *, request_id: str | None = None) -> SearchBatch:
        """See `Byline.search_all`."""
        return await self._send(requests.search_all(searches, request_id))

    async def hits(
        self, question: str, *, request_id: str | None = None, **options: Unpack[SearchOptions]
    ) -> AsyncIterator[Hit]:
        """See `Byline.hits`; for `async for`."""
        while True:
            result = await self.search(question, request_id=request_id, **options)
            for hit in result.hits:
                yield hit
            if result.next is None:
                return
            options["cursor"] = result.next

    async def explain(
        self, question: str, article: str, *, request_id: str | None = None, **options: Unpack[AskOptions]
    ) -> Explanation:
        """See `Byline.explain`."""
        return await self._send(requests.explain(question, article, options, request_id))

    async def article(self, id: str, version: str | None = None, *, request_id: str | None = None) -> ArticleView:
        """See `Byline.article`."""
        return await self._send(requests.article(id, version, request_id))

    async def similar(self, id: str, k: int = 10, *, request_id: str | None = None) -> SimilarArticles:
        """See `Byline.similar`."""
        return await self._send(requests.similar(id, k, request_id))

    async def timeline(
        self, question: str | None = None, *, request_id: str | None = None, **options: Unpack[TimelineOptions]
    ) -> Timeline:
        """See `Byline.timeline`."""
        return await self._send(requests.timeline(question, options, request_id))

    async def verify(
        self, citations: Iterable[Citation | CitationRef | Mapping[str, Any]], *, request_id: str | None = None
    ) -> CheckedBatch:
        """See `Byline.verify`."""
        return await self._send(requests.verify(citations, request_id))

    async def status(self, *, request_id: str | None = None) -> Status:
        """See `Byline.status`."""
        return await self._send(requests.status(request_id))

    async def ready(self, *, request_id: str | None = None) -> bool:
        """See `Byline.ready`."""
        with suppress(*NOT_READY):
            return (await self._send(requests.ready(request_id))).status == "ready"
        return False

    async def _send(self, call: Call[T]) -> T:
        for attempt in count(1):
            reply = await self._once(call)
            pause_s = self.retry.pause_s(attempt, reply) if call.retryable else None
            if pause_s is None:
                break
            await self._sleep(pause_s)
        return responses.read(call, reply, self.url, attempt)

    async def _once(self, call: Call[Any]) -> Reply:
        try:
            return await self._http.request(**request(call))
        except httpx2.RequestError as error:
            return error
