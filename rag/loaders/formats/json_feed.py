"""JSON Feed (jsonfeed.org): an article an item; what the feed says of itself holds where an item does not say it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

from rag.loaders.fields import article_fields
from rag.loaders.files.json_scanner import JsonScanner
from rag.loaders.html import dom

NAMES: article_fields.Names = {
    "id": ("id",),
    "title": ("title",),
    "text": ("content_html", "content_text", "summary"),
    "authors": ("authors", "author", "feed.authors", "feed.author"),
    "source": ("feed.title",),
    "published": ("date_published", "date_modified"),
    "modified": ("date_modified",),
    "url": ("url", "external_url"),
    "section": ("tags",),
    "language": ("language", "feed.language"),
}
VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/")
SIGN = re.compile(r'"version"\s*:\s*"https?:\\?/\\?/(?:www\.)?jsonfeed\.org')  # some writers escape each slash


def about(text: str) -> dict[str, object] | None:
    """Return what a JSON Feed says of itself, as far as it can be read; None where a text is none.

    The keys of an object have no order: its title may stand behind its items, so it is looked for before they are read.
    """
    found: dict[str, object] = {}
    if not SIGN.search(text):
        return None
    with suppress(ValueError, RecursionError):
        file = JsonScanner(text)
        for key in file.members():
            found[key] = file.value()
    found.pop("items", None)
    return found if VERSION.match(str(found.get("version"))) else None


def records(file: JsonScanner, about: dict[str, object]) -> Iterator[tuple[int, object, bool]]:
    """Yield the record of each item with its line; none is all that the file holds."""
    for key in file.members():
        if key == "items":
            yield from ((line, _record(item, about), False) for line, item in file.array())
        else:
            file.value()
    file.end()


def _record(item: object, about: dict[str, object]) -> object:
    """Return an item with its HTML as paragraphs, its first tag, and an id only where it has no address."""
    if not isinstance(item, dict):
        return item
    record = {**item, "feed": about}
    html, tags, id = item.get("content_html"), item.get("tags"), item.get("id")
    if isinstance(html, str):
        record["content_html"] = dom.paragraphs(html)
    if isinstance(tags, list):
        record["tags"] = tags[:1]
    if not item.get("url") and not item.get("external_url") and "://" in str(id):
        record["url"] = id  # ids are often addresses
    if record.get("url") or record.get("external_url"):
        record.pop("id", None)
    return record
