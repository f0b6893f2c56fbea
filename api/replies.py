"""Records -> responses. One way for all routes: a body is the very bytes that `rag ... --json` prints."""

from __future__ import annotations

from fastapi import Response

from rag.explanation import Explanation
from rag.manifest import Status
from rag.results import Answer, SearchResult
from rag.service import RagService
from rag.types import ArticleView

GENERATION_HEADER = "X-Byline-Generation"


def reply(record: Answer | SearchResult | Explanation | ArticleView | Status) -> Response:
    """Return `record` as JSON, with the generation it was answered from in the header too."""
    return Response(
        record.model_dump_json(),
        media_type="application/json",
        headers={GENERATION_HEADER: record.generation},
    )


def generation_of(service: RagService) -> str | None:
    """Return the name of the generation that is open, None where none is. Opens nothing."""
    return service.generation.name if service.is_open else None
