"""Records -> responses. One way for all routes: a body is the very bytes that `rag ... --json` prints."""

from __future__ import annotations

from typing import Protocol

from fastapi import Response

from rag.service import RagService

GENERATION_HEADER = "X-Byline-Generation"


class OfGeneration(Protocol):
    """A record that names the generation it was made from."""

    @property
    def generation(self) -> str: ...  # noqa: D102

    def model_dump_json(self) -> str: ...  # noqa: D102


def reply(record: OfGeneration) -> Response:
    """Return `record` as JSON, with the generation it was answered from in the header too.

    What a warning speaks of may be gone when it is asked again, so such a response is not to be kept.
    """
    response = Response(record.model_dump_json(), media_type="application/json")
    response.headers[GENERATION_HEADER] = record.generation
    if getattr(record, "warnings", ()):
        response.headers["Cache-Control"] = "no-store"
    return response


def generation_of(service: RagService) -> str | None:
    """Return the name of the generation that is open, None where none is. Opens nothing."""
    return service.generation.name if service.is_open else None
