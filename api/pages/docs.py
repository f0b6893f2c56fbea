"""The OpenAPI schema -> the endpoints on /docs: their fields, examples, and a command for the shell."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

Schema = dict[str, Any]


class Field(NamedTuple):
    """A parameter, or a field of a body."""

    name: str
    where: str
    kind: str
    required: bool
    default: str
    description: str


class Endpoint(NamedTuple):
    """One method of one path. `responses` are status and meaning; examples are JSON, or empty."""

    name: str
    tag: str
    method: str
    path: str
    summary: str
    fields: tuple[Field, ...]
    request: str
    response: str
    responses: tuple[tuple[str, str], ...]
    curl: str


def endpoints(schema: Schema, base: str) -> tuple[Endpoint, ...]:
    """Return every endpoint in the schema's order; `base` is the server's address in the curl lines."""
    return tuple(
        _endpoint(schema, base, path, method, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    )


def _endpoint(schema: Schema, base: str, path: str, method: str, operation: Schema) -> Endpoint:
    body = _body(schema, operation)
    request = _example(body)
    response = operation["responses"]["200"].get("content", {}).get("application/json", {}).get("example")
    return Endpoint(
        name=operation["operationId"],
        tag=operation["tags"][0],
        method=method.upper(),
        path=path.replace(":path}", "}"),
        summary=operation["description"],
        fields=(*_parameters(operation), *_properties(schema, body)),
        request=_pretty(request),
        response=_pretty(response),
        responses=tuple(
            (status, of_status["description"]) for status, of_status in sorted(operation["responses"].items())
        ),
        curl=_curl(base, path, operation, request),
    )


def _body(schema: Schema, operation: Schema) -> Schema:
    content = operation.get("requestBody", {}).get("content", {})
    return _resolved(schema, content["application/json"]["schema"]) if content else {}


def _resolved(schema: Schema, part: Schema) -> Schema:
    name = part.get("$ref", "").rpartition("/")[2]
    return schema["components"]["schemas"][name] if name else part


def _parameters(operation: Schema) -> Iterator[Field]:
    for parameter in operation.get("parameters", ()):
        yield _field(parameter["name"], parameter["in"], parameter["schema"], parameter.get("required", False))


def _properties(schema: Schema, body: Schema, inside: str = "") -> Iterator[Field]:
    for name, reference in body.get("properties", {}).items():
        part = _resolved(schema, reference)
        yield _field(inside + name, "body", part, name in body.get("required", ()))
        yield from _properties(schema, part, f"{inside}{name}.")
        yield from _properties(schema, _resolved(schema, part.get("items", {})), f"{inside}{name}[].")


def _field(name: str, where: str, part: Schema, required: bool) -> Field:
    default = part.get("default")
    return Field(
        name=name,
        where=where,
        kind=_kind(part),
        required=required,
        default="" if default in (None, [], {}) else str(default),
        description=part.get("description", "").partition("\n")[0],
    )


def _kind(part: Schema) -> str:
    if "enum" in part:
        return " or ".join(part["enum"])
    options = [option for option in part.get("anyOf", ()) if option.get("type") != "null"]
    if options:
        return _kind(options[0])
    if part.get("type") == "array":
        return f"{_kind(part['items'])}, any number"
    bounds = [f"{part[key]:g}" for key in ("minimum", "maximum") if key in part]
    bounds = ["from", *bounds] if bounds and "maximum" not in part else [" to ".join(bounds)]
    type_name = "object" if "$ref" in part else part.get("format", part.get("type", ""))
    return f"{type_name} {' '.join(bounds)}".strip()


def _example(part: Schema) -> Any:
    return part.get("examples", [None])[0]


def _pretty(value: object) -> str:
    return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)


def _curl(base: str, path: str, operation: Schema, body: object) -> str:
    parameters = {p["name"]: (p["in"], _example(p["schema"])) for p in operation.get("parameters", ())}
    for name, (where, value) in parameters.items():
        if where == "path":
            path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    query = urlencode({name: value for name, (where, value) in parameters.items() if where == "query" and value})
    url = shlex.quote(f"{base}{path}{'?' if query else ''}{query}")
    if body is None:
        return f"curl {url}"
    data = shlex.quote(json.dumps(body, ensure_ascii=False))
    return f"curl {url} \\\n  -H 'Content-Type: application/json' \\\n  -d {data}"
