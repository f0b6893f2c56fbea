"""The OpenAPI schema: examples, the header that names the generation, and problems in their own media type."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api import kinds
from api.problems import MEDIA_TYPE, ProblemDetail
from api.replies import GENERATION_HEADER
from rag.types import Record

Responses = dict[int | str, dict[str, Any]]

_HEADERS = {
    GENERATION_HEADER: {
        "description": "The generation this was answered from.",
        "schema": {"type": "string", "examples": ["gen-000007"]},
    }
}


def success(example: Record, *problems: kinds.Kind) -> Responses:
    """Declare a route's answer by an example, and the problems it may meet."""
    content = {"application/json": {"example": example.model_dump(mode="json")}}
    return {200: {"headers": _HEADERS, "content": content}, **failures(*problems)}


def failures(*problems: kinds.Kind) -> Responses:
    """Declare the problems that a route may meet; the unforeseen one is always among them."""
    found: Responses = {}
    for kind in (*problems, kinds.UNEXPECTED):
        titles = [found[kind.status]["description"]] if kind.status in found else []
        found[kind.status] = {"model": ProblemDetail, "description": "; ".join([*titles, kind.title])}
    return found


def openapi(app: FastAPI) -> dict[str, Any]:
    """Return the schema, computed once."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        for methods in schema["paths"].values():
            for operation in methods.values():
                _mark_problems(operation["responses"])
        app.openapi_schema = schema
    return app.openapi_schema


def _mark_problems(responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        if status >= "400":
            response["content"] = {MEDIA_TYPE: response["content"].pop("application/json")}
