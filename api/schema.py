"""The OpenAPI schema: examples, the generation in a header, and problems in their own media type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.openapi.utils import get_openapi

from api import examples, kinds
from api.problems import MEDIA_TYPE, ProblemDetail
from api.replies import GENERATION_HEADER

if TYPE_CHECKING:
    from fastapi import FastAPI

Responses = dict[int | str, dict[str, Any]]

# Put in after FastAPI has made the schema: it drops every null from an example
_EXAMPLES = {
    type(record).__name__: record.model_dump(mode="json")
    for record in (
        examples.ANSWER,
        examples.SEARCH_RESULT,
        examples.EXPLANATION,
        examples.ARTICLE_VIEW,
        examples.STATUS,
    )
}
_HEADERS = {
    GENERATION_HEADER: {
        "description": "The generation this was answered from.",
        "schema": {"type": "string", "examples": ["gen-000007"]},
    }
}


def success(*problems: kinds.Kind) -> Responses:
    """Declare that a route answers with a record of a generation, and the problems it may meet."""
    return {200: {"description": "Answered", "headers": _HEADERS}, **failures(*problems)}


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
        schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        for methods in schema["paths"].values():
            for operation in methods.values():
                _mark_problems(operation["responses"])
                _show_example(operation["responses"]["200"])
        app.openapi_schema = schema
    return app.openapi_schema


def _mark_problems(responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        if status >= "400":
            response["content"] = {MEDIA_TYPE: response["content"].pop("application/json")}


def _show_example(response: dict[str, Any]) -> None:
    content = response["content"].get("application/json", {})
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    if name in _EXAMPLES:
        content["example"] = _EXAMPLES[name]
