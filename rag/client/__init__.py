"""A client of Byline's API that knows nothing of indexes and models: `Byline`, and `AsyncByline` with the same methods.

    with Byline("http://127.0.0.1:8000") as archive:
        answer = archive.answer("How long was the bridge closed?", sources=["The Courier"])

Options are those of `rag.types.requests`, replies the records of `rag.types`. A failure is a `BylineError` of
`rag.errors`: the very error that the service raises where there is one (`ArticleMissingError`, `QuestionError`, ...),
with the server's whole problem as its `__cause__`; else `ApiError`, `UnreachableError` or `UnreadableReplyError`.
"""

from importlib.util import find_spec

if find_spec("httpx2") is None:
    raise ImportError("rag.client speaks HTTP by httpx2, which is not installed: pip install 'byline[client]'")

from rag.client.async_client import AsyncByline
from rag.client.retries import Retry
from rag.client.sync_client import Byline

__all__ = ["AsyncByline", "Byline", "Retry"]
