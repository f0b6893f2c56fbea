"""Records -> responses. One way for all routes: a body is the very bytes that `rag ... --json` prints."""

from __future__ import annotations

from typing import Protocol

from fastapi import Response

from api.service import ArchiveService

GENERATION_HEADER = "X-Byline-Generation"


class OfGeneration(Protocol):
    """A record that names the generation it was made from."""

    @property
    def generation(self) -> str: ...  # noqa: D102

    def model_dump_json(self) -> str: ...  # noqa: D102


def reply(record: OfGeneration) -> Response:
    """Return `record` as JSON, with the generation it was answered from in the header too.

    A record with warnings is not to be cached: what they warn of may be over at the next request.
    """
    response = Response(record.model_dump_json(), media_type="application/json")
    response.headers[GENERATION_HEADER] = record.generation
    if getattr(record, "warnings", ()):
        response.headers["Cache-Control"] = "no-store"
    return response


def generation_of(service: ArchiveService) -> str | None:
    """Return the name of the generation that is open, None where none is. Opens nothing."""
    return service.open_generation.name if service.open_generation else None
