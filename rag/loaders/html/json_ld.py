"""The JSON-LD object of a page's article, with its references followed and its HTML entities decoded."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from lxml.html import HtmlElement  # noqa: TC002 - as in rag.loaders.html.page_facts

WRAPPER = re.compile(
    r"\A\s*(?://\s*)?(?:<!--|<!\[CDATA\[)|(?://\s*)?(?:-->|\]\]>)\s*\Z"
)  # A comment or CDATA around the JSON
CONTAINERS = ("@graph", "mainEntity")  # The object of these properties may be the article


def article(tree: HtmlElement, canonical: str | None = None) -> dict[str, object]:
    """Return the object of a type like NewsArticle whose address is `canonical`, else the first one; {} for none.

    An author or publisher that is given by its "@id" alone is replaced by the object of that "@id". A script that is
    not JSON is passed over.
    """
    objects = list(_objects(tree))
    by_id = {item["@id"]: item for item in objects if isinstance(item.get("@id"), str) and item.get("name")}
    articles = [item for item in objects if _is_article(item.get("@type"))]
    if not articles:
        return {}
    own = (item for item in articles if canonical and _bare(canonical) in map(_bare, _addresses(item)))
    resolved = {name: _resolved(value, by_id) for name, value in next(own, articles[0]).items()}
    publisher = resolved.get("publisher")
    publisher = publisher[0] if isinstance(publisher, list) and publisher else publisher
    resolved["publisher"] = {"name": publisher} if isinstance(publisher, str) else publisher
    if isinstance(publisher, dict) and publisher.get("@type") == "Person":  # the owner of a blog, not its name
        del resolved["publisher"]
    return resolved


def _addresses(article: Mapping[str, object]) -> Iterator[str]:
    page = article.get("mainEntityOfPage")
    for value in (article.get("url"), article.get("@id"), page.get("@id") if isinstance(page, dict) else page):
        if isinstance(value, str):
            yield value


def _bare(address: str) -> str:
    return address.partition("#")[0].rstrip("/")


def _objects(tree: HtmlElement) -> Iterator[dict[str, Any]]:
    """Yield every object in the JSON-LD scripts of a page, containers before what they contain."""
    for script in tree.iterfind(".//script[@type]"):
        if not str(script.get("type")).strip().lower().startswith("application/ld+json"):
            continue
        try:  # not strict: line breaks in strings are not valid JSON, but common
            queue: list[object] = [json.loads(WRAPPER.sub("", script.text or "null"), strict=False)]
        except (ValueError, RecursionError):
            continue
        while queue:
            value = queue.pop(0)
            if isinstance(value, list):
                queue.extend(value)
            elif isinstance(value, dict):
                yield value
                queue.extend(value.get(name) for name in CONTAINERS)


def _is_article(type: object) -> bool:
    types = type if isinstance(type, list) else [type]
    return any(str(name).endswith(("Article", "BlogPosting")) for name in types)


def _resolved(value: object, by_id: Mapping[str, dict[str, Any]]) -> object:
    """Return a value with its reference followed and its HTML entities ("&#039;") decoded."""
    if isinstance(value, str):
        return html.unescape(value)
    if isinstance(value, list):
        return [_resolved(item, by_id) if isinstance(item, str | dict) else item for item in value]
    if isinstance(value, dict):
        if not value.get("name") and isinstance(value.get("@id"), str):
            value = by_id.get(value["@id"], value)
        return {name: html.unescape(item) if isinstance(item, str) else item for name, item in value.items()}
    return value
