"""`Byline`: an archive behind a server, for code that waits for each reply."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import count
from typing import Any, Self, Unpack

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


class Byline:
    """The archive that a server at `url` holds; close it, or use it in a `with`. Safe for threads.

    `timeout_s` bounds each of connecting, sending and waiting; `retry` says when to ask again. `headers` go with every
    request; `transport` is httpx2's, for certificates and proxies. Every method takes `request_id`, which is sent as
    X-Request-ID and names the request in the server's log. All raise BylineError (see `rag.client`).
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float = TIMEOUT_S,
        retry: Retry = RETRY,
        headers: Mapping[str, str] = NO_HEADERS,
        transport: httpx2.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url, self.retry, self._sleep = address(url), retry, sleep
        self._http = httpx2.Client(base_url=url, timeout=timeout_s, headers=headers_with(headers), transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def answer(self, question: str, *, request_id: str | None = None, **options: Unpack[AnswerOptions]) -> Answer:
        """Return the sentences that answer, or the reason why none does, and the passages."""
        return self._send(requests.answer(question, options, request_id))

    def search(self, question: str, *, request_id: str | None = None, **options: Unpack[SearchOptions]) -> SearchResult:
        """Return the stories, articles or passages that match best."""
        return self._send(requests.search(question, options, request_id))

    def search_all(self, searches: Iterable[str | SearchItem], *, request_id: str | None = None) -> SearchBatch:
        """Return the results of up to 20 searches of one generation; each is a question, or a question with options."""
        return self._send(requests.search_all(searches, request_id))

    def hits(self, question: str, *, request_id: str | None = None, **options: Unpack[SearchOptions]) -> Iterator[Hit]:
        """Yield every hit, page by page; `k` is how many come with one request.

        All are of the generation that the list began in; raises GenerationGoneError where it is not kept any more.
        """
        while True:
            result = self.search(question, request_id=request_id, **options)
            yield from result.hits
            if result.next is None:
                return
            options["cursor"] = result.next

    def explain(
        self, question: str, article: str, *, request_id: str | None = None, **options: Unpack[AskOptions]
    ) -> Explanation:
        """Say why an article (an id) stands where it stands for a question, or why it was not found."""
        return self._send(requests.explain(question, article, options, request_id))

    def article(self, id: str, version: str | None = None, *, request_id: str | None = None) -> ArticleView:
        """Return a whole article, the newest version or the one that a citation names."""
        return self._send(requests.article(id, version, request_id))

    def similar(self, id: str, k: int = 10, *, request_id: str | None = None) -> SimilarArticles:
        """Return the `k` articles of other stories that are nearest in meaning."""
        return self._send(requests.similar(id, k, request_id))

    def timeline(
        self, question: str | None = None, *, request_id: str | None = None, **options: Unpack[TimelineOptions]
    ) -> Timeline:
        """Count the articles that match a question, or all, by when they were published."""
        return self._send(requests.timeline(question, options, request_id))

    def verify(
        self, citations: Iterable[Citation | CitationRef | Mapping[str, Any]], *, request_id: str | None = None
    ) -> CheckedBatch:
        """Return what has become of citations, in their order."""
        return self._send(requests.verify(citations, request_id))

    def status(self, *, request_id: str | None = None) -> Status:
        """Return what the archive holds and which generation serves."""
        return self._send(requests.status(request_id))

    def ready(self, *, request_id: str | None = None) -> bool:
        """Return whether questions can be answered now; raises UnreachableError where no server answers."""
        with suppress(*NOT_READY):
            return self._send(requests.ready(request_id)).status == "ready"
        return False

    def _send(self, call: Call[T]) -> T:
        for attempt in count(1):
            reply = self._once(call)
            pause_s = self.retry.pause_s(attempt, reply) if call.retryable else None
            if pause_s is None:
                break
            self._sleep(pause_s)
        return responses.read(call, reply, self.url, attempt)

    def _once(self, call: Call[Any]) -> Reply:
        try:
            return self._http.request(**request(call))
        except httpx2.RequestError as error:
            return error
