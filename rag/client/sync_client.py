"""`Byline`: an archive behind a server, for code that waits for each reply."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import count
from typing import Any, Self, Unpack

import httpx2

from rag.client import requests, responses
from rag.client.requests import Asking, Call, Common, Narrowing, OneSearch, Searching, Spanning, T
from rag.client.retries import Reply, Retry
from rag.client.transport import NO_HEADERS, NOT_READY, RETRY, TIMEOUT_S, address, headers_with, request
from rag.types.articles import ArticleView, Citation, CitationRef
from rag.types.explanation import Explanation
from rag.types.index import Status
from rag.types.results import Answer, CheckedBatch, Hit, SearchBatch, SearchResult, SimilarArticles, Timeline


class Byline:
    """The archive that a server at `url` holds; close it, or use it in a `with`. Safe for threads.

    `timeout_s` bounds each of connecting, sending and waiting; `retry` says when to ask again. `headers` go with every
    request; `transport` is httpx2's, for certificates and proxies. All methods raise BylineError (see `rag.client`).
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

    def answer(self, question: str, **asked: Unpack[Asking]) -> Answer:
        """Return the sentences that answer, or the reason why none does, and the passages."""
        return self._send(requests.answer(question, asked))

    def search(self, question: str, **asked: Unpack[Searching]) -> SearchResult:
        """Return the stories, articles or passages that match best."""
        return self._send(requests.search(question, asked))

    def search_all(self, searches: Iterable[str | OneSearch], **asked: Unpack[Common]) -> SearchBatch:
        """Return what up to 20 searches return, all of one generation; each is a question, or a question with more."""
        return self._send(requests.search_all(searches, asked))

    def hits(self, question: str, **asked: Unpack[Searching]) -> Iterator[Hit]:
        """Yield every hit, best first; `k` is how many come with one request.

        All are of the generation that the list began in; raises GenerationGoneError where it is not kept any more.
        """
        while True:
            found = self.search(question, **asked)
            yield from found.hits
            if found.next is None:
                return
            asked["cursor"] = found.next

    def explain(self, question: str, article: str, **asked: Unpack[Narrowing]) -> Explanation:
        """Say why an article (an id) stands where it stands for a question, or why it was not found."""
        return self._send(requests.explain(question, article, asked))

    def article(self, id: str, version: str | None = None, **asked: Unpack[Common]) -> ArticleView:
        """Return a whole article, the newest version or the one that a citation names."""
        return self._send(requests.article(id, version, asked))

    def similar(self, id: str, k: int = 10, **asked: Unpack[Common]) -> SimilarArticles:
        """Return the `k` articles of other stories that are nearest in meaning."""
        return self._send(requests.similar(id, k, asked))

    def timeline(self, question: str | None = None, **asked: Unpack[Spanning]) -> Timeline:
        """Count the articles that match a question, or all, by when they were published."""
        return self._send(requests.timeline(question, asked))

    def verify(
        self, citations: Iterable[Citation | CitationRef | Mapping[str, Any]], **asked: Unpack[Common]
    ) -> CheckedBatch:
        """Say what has become of citations, in the order given."""
        return self._send(requests.verify(citations, asked))

    def status(self, **asked: Unpack[Common]) -> Status:
        """Say what the archive holds and which generation serves."""
        return self._send(requests.status(asked))

    def ready(self, **asked: Unpack[Common]) -> bool:
        """Say whether questions can be answered now; raises UnreachableError where no server answers."""
        with suppress(*NOT_READY):
            return self._send(requests.ready(asked)).status == "ready"
        return False

    def _send(self, call: Call[T]) -> T:
        for attempt in count(1):
            reply = self._once(call)
            pause_s = self.retry.pause_s(attempt, reply) if call.patient else None
            if pause_s is None:
                break
            self._sleep(pause_s)
        return responses.read(call, reply, self.url, attempt)

    def _once(self, call: Call[Any]) -> Reply:
        try:
            return self._http.request(**request(call))
        except httpx2.RequestError as error:
            return error
