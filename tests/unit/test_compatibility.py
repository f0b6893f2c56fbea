"""What breaks callers is told apart from what does not, and is named."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.compatibility import breaking
from tests.openapi import difference, kept

Schema = dict[str, Any]

BEFORE: Schema = {
    "paths": {
        "/search": {
            "get": {
                "parameters": [
                    {"name": "q", "in": "query", "required": True, "schema": {"type": "string", "maxLength": 100}},
                    {"name": "by", "in": "query", "schema": {"type": "string", "enum": ["story", "article"]}},
                    {"name": "k", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 10}},
                ],
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Result"}}}},
                    "404": {"content": {"application/problem+json": {"schema": {"type": "object"}}}},
                },
            },
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}},
                },
                "responses": {"200": {"content": {"application/json": {"schema": {"type": "object"}}}}},
            },
        },
        "/old": {"get": {"responses": {"200": {}}}},
    },
    "components": {
        "schemas": {
            "Body": {
                "type": "object",
                "required": ["question"],
                "properties": {
                    "question": {"type": "string"},
                    "filter": {"$ref": "#/components/schemas/Filter"},
                },
            },
            "Filter": {
                "type": "object",
                "properties": {
                    "sources": {"type": "array", "items": {"type": "string"}},
                    "day": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
                },
            },
            "Result": {
                "type": "object",
                "required": ["hits", "total"],
                "properties": {
                    "hits": {"type": "array", "items": {"$ref": "#/components/schemas/Hit"}},
                    "total": {"type": "integer"},
                    "next": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                },
            },
            "Hit": {
                "type": "object",
                "required": ["rank"],
                "properties": {
                    "rank": {"type": "integer"},
                    "like": {"type": "array", "items": {"$ref": "#/components/schemas/Hit"}},
                },
            },
        }
    },
}
Change = Callable[[Schema, Schema, Schema], object]


def changed(change: Change) -> Schema:
    """The schema after a change of its paths, its records or the parameters of GET /search."""
    after = deepcopy(BEFORE)
    given = {one["name"]: one for one in after["paths"]["/search"]["get"]["parameters"]}
    change(after["paths"], after["components"]["schemas"], given)
    return after


def add_parameter(paths: Schema, **more: object) -> None:
    new = {"name": "day", "in": "query", "schema": {"type": "string"}, **more}
    paths["/search"]["get"]["parameters"].append(new)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda paths, _, __: paths.pop("/old"), "/old: is removed"),
        (lambda paths, _, __: paths["/search"].pop("post"), "POST /search: is removed"),
        (
            lambda paths, _, __: paths["/search"]["get"]["parameters"].pop(1),
            "GET /search: parameter by is removed",
        ),
        (lambda paths, _, __: add_parameter(paths, required=True), "GET /search: parameter day is new and required"),
        (lambda _, __, given: given["by"].update(required=True), "GET /search: parameter by is now required"),
        (
            lambda _, __, given: given["by"]["schema"].update(enum=["story"]),
            "GET /search: parameter by may not be 'article' any more",
        ),
        (
            lambda _, __, given: given["q"]["schema"].update(enum=["a"]),
            "GET /search: parameter q may now only be 'a'",
        ),
        (
            lambda _, __, given: given["k"].update(schema={"type": "string"}),
            "GET /search: parameter k may not be integer any more, but string",
        ),
        (
            lambda _, __, given: given["k"]["schema"].update(maximum=5),
            "GET /search: parameter k: maximum is lowered to 5",
        ),
        (
            lambda _, __, given: given["q"]["schema"].update(minLength=3),
            "GET /search: parameter q: minLength is raised to 3",
        ),
        (
            lambda _, __, given: given["q"]["schema"].update(pattern=r"\S"),
            r"GET /search: parameter q must now have the pattern \S",
        ),
        (
            lambda _, records, __: records["Body"]["required"].append("filter"),
            "POST /search: body.filter is now required",
        ),
        (
            lambda _, records, __: (
                records["Body"]["required"].append("new"),
                records["Body"]["properties"].update(new={"type": "string"}),
            ),
            "POST /search: body.new is new and required",
        ),
        (
            lambda _, records, __: records["Filter"]["properties"].pop("sources"),
            "POST /search: body.filter.sources is removed",
        ),
        (
            lambda _, records, __: records["Filter"]["properties"]["sources"]["items"].update(type="integer"),
            "POST /search: body.filter.sources[] may not be string any more, but integer",
        ),
        (
            lambda _, records, __: records["Filter"]["properties"]["day"]["anyOf"].pop(),
            "POST /search: body.filter.day may not be null any more, but string",
        ),
        (
            lambda paths, _, __: paths["/search"]["post"]["requestBody"].update(content={"text/plain": {}}),
            "POST /search: a body of application/json is not taken any more",
        ),
        (
            lambda _, records, __: records["Hit"]["properties"].pop("rank"),
            "GET /search: response 200.hits[].rank is removed",
        ),
        (
            lambda _, records, __: records["Result"]["properties"]["total"].update(type="object"),
            "GET /search: response 200.total may now be object, and was integer",
        ),
        (
            lambda _, records, __: records["Result"]["properties"].update(
                total={"anyOf": [{"type": "integer"}, {"type": "null"}]}
            ),
            "GET /search: response 200.total may now be null, and was integer",
        ),
        (
            lambda _, records, __: records["Result"]["required"].remove("total"),
            "GET /search: response 200.total may now be left out",
        ),
        (
            lambda paths, _, __: paths["/search"]["get"]["responses"].pop("200"),
            "GET /search: response 200 is removed",
        ),
        (
            lambda paths, _, __: paths["/search"]["get"]["responses"]["200"].update(content={"text/csv": {}}),
            "GET /search: response 200 is not application/json any more",
        ),
    ],
)
def test_what_breaks_is_named(change: Any, said: str) -> None:
    assert breaking(BEFORE, changed(change)) == [said]


@pytest.mark.parametrize(
    "change",
    [
        lambda *_: None,
        lambda paths, _, __: paths.update({"/new": {"get": {"responses": {"200": {}}}}}),
        lambda paths, _, __: add_parameter(paths),
        lambda _, __, given: given["q"].update(required=False, description="other words"),
        lambda _, __, given: given["by"]["schema"].update(enum=["story", "article", "passage"]),
        lambda _, __, given: given["k"]["schema"].update(maximum=20),
        lambda _, __, given: given["k"].update(schema={"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        lambda _, records, __: records["Body"]["properties"].update(new={"type": "string"}),
        lambda _, records, __: records["Body"].update(required=[]),
        lambda _, records, __: records["Result"]["properties"].update(new={"type": "string"}),
        lambda _, records, __: records["Result"]["properties"].update(next={"type": "string"}),
        lambda paths, _, __: paths["/search"]["get"]["responses"].pop("404"),
        lambda paths, _, __: paths["/search"]["get"]["responses"].update({"409": {}}),
    ],
)
def test_what_breaks_nothing_is_let_pass(change: Any) -> None:
    assert breaking(BEFORE, changed(change)) == []


def test_a_break_is_said_on_a_line_of_its_own() -> None:
    after = deepcopy(kept())
    after["paths"].pop("/v1/timeline")
    after["components"]["schemas"]["Answer"]["properties"].pop("confidence")
    said = difference(kept(), after)
    assert said[0] == "docs/openapi.json is not what is served; `make openapi` writes it"
    assert said[1:] == [
        "breaking: GET /v1/answer: response 200.confidence is removed",
        "breaking: POST /v1/answer: response 200.confidence is removed",
        "breaking: /v1/timeline: is removed",
    ]
    assert difference(kept(), kept()) == []
