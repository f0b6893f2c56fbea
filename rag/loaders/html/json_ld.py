"""What a page says of its article in JSON-LD: one object, its references followed and its entities read."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from lxml.html import HtmlElement  # noqa: TC002 - as rag.loaders.formats.html

WRAPPED = re.compile(r"\A\s*(?://\s*)?(?:<!--|<!\[CDATA\[)|(?://\s*)?(?:-->|\]\]>)\s*\Z")
WITHIN = ("@graph", "mainEntity")  # where an object holds others that may be the article


def article(tree: HtmlElement, canonical: str | None = None) -> dict[str, object]:
    """Return the object of a type like NewsArticle that the address `canonical` is of, else the first; {} for none.

    An author or publisher that it names by "@id" alone is put in its place. A script that is not JSON says nothing.
    """
    things = list(_things(tree))
    named = {thing["@id"]: thing for thing in things if isinstance(thing.get("@id"), str) and thing.get("name")}
    articles = [thing for thing in things if _is_article(thing.get("@type"))]
    own = (thing for thing in articles if canonical and _bare(canonical) in map(_bare, _addresses(thing)))
    found = next(own, articles[0] if articles else {})
    whole = {name: _whole(value, named) for name, value in found.items()}
    publisher = whole.get("publisher")
    publisher = publisher[0] if isinstance(publisher, list) and publisher else publisher
    whole["publisher"] = {"name": publisher} if isinstance(publisher, str) else publisher
    if isinstance(publisher, dict) and publisher.get("@type") == "Person":  # whose blog it is; not what it is called
        del whole["publisher"]
    return whole if articles else {}


def _addresses(thing: Mapping[str, object]) -> Iterator[str]:
    page = thing.get("mainEntityOfPage")
    for value in (thing.get("url"), thing.get("@id"), page.get("@id") if isinstance(page, dict) else page):
        if isinstance(value, str):
            yield value


def _bare(address: str) -> str:
    return address.partition("#")[0].rstrip("/")


def _things(tree: HtmlElement) -> Iterator[dict[str, Any]]:
    for script in tree.iterfind(".//script[@type]"):
        if not str(script.get("type")).strip().lower().startswith("application/ld+json"):
            continue
        try:  # line breaks in strings are no JSON, and common
            waiting: list[object] = [json.loads(WRAPPED.sub("", script.text or "null"), strict=False)]
        except (ValueError, RecursionError):
            continue
        while waiting:
            thing = waiting.pop(0)
            if isinstance(thing, list):
                waiting.extend(thing)
            elif isinstance(thing, dict):
                yield thing
                waiting.extend(thing.get(name) for name in WITHIN)


def _is_article(kind: object) -> bool:
    kinds = kind if isinstance(kind, list) else [kind]
    return any(str(one).endswith(("Article", "BlogPosting")) for one in kinds)


def _whole(value: object, named: Mapping[str, dict[str, Any]]) -> object:
    """Return a value with its reference followed, and what HTML writes as "&#039;" as the character."""
    if isinstance(value, str):
        return html.unescape(value)
    if isinstance(value, list):
        return [_whole(one, named) if isinstance(one, str | dict) else one for one in value]
    if isinstance(value, dict):
        if not value.get("name") and isinstance(value.get("@id"), str):
            value = named.get(value["@id"], value)
        return {name: html.unescape(one) if isinstance(one, str) else one for name, one in value.items()}
    return value
