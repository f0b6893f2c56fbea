"""Two OpenAPI schemas -> what of the older the newer breaks: sentences that name the place.

What is sent may only become freer, what is answered only more certain. A request breaks where it asks for more or
takes less; a response where it says less or something else. Words (descriptions, examples, titles) break nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

Schema = dict[str, Any]
LOWEST = ("minimum", "exclusiveMinimum", "minLength", "minItems")
HIGHEST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")


class Side(NamedTuple):
    """A part of a schema, and the whole that its references are into."""

    part: Schema
    whole: Schema

    def at(self, part: Schema) -> Side:
        """Return another part of the same whole, its reference followed."""
        while "$ref" in part:
            part = self.whole["components"]["schemas"][part["$ref"].rpartition("/")[2]]
        return Side(part, self.whole)

    def options(self) -> dict[str, Side]:
        """Return what this may be, by type; an enum or a constant is of the type it is written as."""
        given = self.part.get("anyOf") or self.part.get("oneOf") or [self.part]
        sides = [self.at(one) for one in given]
        return {name: side for side in sides for name in _types(side.part)}


def _types(part: Schema) -> list[str]:
    said = part.get("type", "anything")
    return said if isinstance(said, list) else [said]


def breaking(before: Schema, after: Schema) -> list[str]:
    """Return what `after` breaks for callers of `before`, each as `METHOD path: what`."""
    return [
        f"{method.upper()} {path}: {what}" if method else f"{path}: {what}"
        for path, methods in before["paths"].items()
        for method, what in _of_path(before, after, methods, after["paths"].get(path))
    ]


def _of_path(before: Schema, after: Schema, methods: Schema, now: Schema | None) -> Iterator[tuple[str, str]]:
    if now is None:
        yield "", "is removed"
        return
    for method, operation in methods.items():
        if method not in now:
            yield method, "is removed"
            continue
        old, new = Side(operation, before), Side(now[method], after)
        for what in (*_parameters(old, new), *_body(old, new), *_answers(old, new)):
            yield method, what


def _parameters(old: Side, new: Side) -> Iterator[str]:
    had, has = ({(p["in"], p["name"]): p for p in side.part.get("parameters", ())} for side in (old, new))
    for key, given in had.items():
        named = f"parameter {key[1]}"
        if key not in has:
            yield f"{named} is removed"
            continue
        if has[key].get("required") and not given.get("required"):
            yield f"{named} is now required"
        yield from _sent(named, old.at(given["schema"]), new.at(has[key]["schema"]))
    for key in has.keys() - had.keys():
        if has[key].get("required"):
            yield f"parameter {key[1]} is new and required"


def _body(old: Side, new: Side) -> Iterator[str]:
    had, has = (side.part.get("requestBody", {}) for side in (old, new))
    if has.get("required") and not had.get("required"):
        yield "a body is now required"
    for media, given in had.get("content", {}).items():
        if media not in has.get("content", {}):
            yield f"a body of {media} is not taken any more"
            continue
        yield from _sent("body", old.at(given["schema"]), new.at(has["content"][media]["schema"]))


def _answers(old: Side, new: Side) -> Iterator[str]:
    for status, given in old.part["responses"].items():
        has = new.part["responses"].get(status)
        if has is None:
            if status < "400":
                yield f"response {status} is removed"
            continue
        for media, said in given.get("content", {}).items():
            if media not in has.get("content", {}):
                yield f"response {status} is not {media} any more"
            elif "schema" in said:
                now = new.at(has["content"][media].get("schema", {}))
                yield from _answered(f"response {status}", old.at(said["schema"]), now)


def _sent(named: str, old: Side, new: Side, seen: tuple[int, ...] = ()) -> Iterator[str]:
    """Yield what of all that could be sent as `old` is not taken as `new`."""
    had, has = old.options(), new.options()
    for name in had.keys() - has.keys() if "anything" not in has else ():
        yield f"{named} may not be {name} any more, but {' or '.join(has)}"
    for name in had.keys() & has.keys():
        was, now = had[name], has[name]
        yield from _narrowed(named, was.part, now.part)
        if id(was.part) in seen:  # a record that holds its like
            continue
        required = set(now.part.get("required", ())) - set(was.part.get("required", ()))
        held, holds = was.part.get("properties", {}), now.part.get("properties", {})
        for field in held:
            if field not in holds:
                yield f"{named}.{field} is removed"
                continue
            inner = was.at(held[field]), now.at(holds[field])
            yield from _sent(f"{named}.{field}", *inner, (*seen, id(was.part)))
        yield from (
            f"{named}.{field} is {'now' if field in held else 'new and'} required" for field in sorted(required)
        )
        if "items" in was.part and "items" in now.part:
            yield from _sent(f"{named}[]", was.at(was.part["items"]), now.at(now.part["items"]), (*seen, id(was.part)))


def _answered(named: str, old: Side, new: Side, seen: tuple[int, ...] = ()) -> Iterator[str]:
    """Yield what could be relied on in `old` and cannot be in `new`."""
    had, has = old.options(), new.options()
    for name in has.keys() - had.keys() if "anything" not in had else ():
        yield f"{named} may now be {name}, and was {' or '.join(had)}"
    for name in had.keys() & has.keys():
        was, now = had[name], has[name]
        if id(was.part) in seen:
            continue
        held, holds = was.part.get("properties", {}), now.part.get("properties", {})
        for field in held:
            if field not in holds:
                yield f"{named}.{field} is removed"
                continue
            if field in was.part.get("required", ()) and field not in now.part.get("required", ()):
                yield f"{named}.{field} may now be left out"
            inner = was.at(held[field]), now.at(holds[field])
            yield from _answered(f"{named}.{field}", *inner, (*seen, id(was.part)))
        if "items" in was.part and "items" in now.part:
            inner = was.at(was.part["items"]), now.at(now.part["items"])
            yield from _answered(f"{named}[]", *inner, (*seen, id(was.part)))


def _narrowed(named: str, was: Schema, now: Schema) -> Iterator[str]:
    had, has = _values(was), _values(now)
    if has is not None and had is None:
        yield f"{named} may now only be {', '.join(map(repr, has))}"
    elif has is not None and had is not None and (lost := [value for value in had if value not in has]):
        yield f"{named} may not be {', '.join(map(repr, lost))} any more"
    for low in LOWEST:
        if now.get(low, float("-inf")) > was.get(low, float("-inf")):
            yield f"{named}: {low} is raised to {now[low]}"
    for high in HIGHEST:
        if now.get(high, float("inf")) < was.get(high, float("inf")):
            yield f"{named}: {high} is lowered to {now[high]}"
    for key in ("format", "pattern"):
        if key in now and now[key] != was.get(key):
            yield f"{named} must now have the {key} {now[key]}"


def _values(part: Schema) -> list[Any] | None:
    return [part["const"]] if "const" in part else part.get("enum")
