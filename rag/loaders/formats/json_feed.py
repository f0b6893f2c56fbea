"""JSON Feed (jsonfeed.org): an article for each item; author, title and language may be those of the feed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import TypeAlias

from rag.loaders.fields import article_fields
from rag.loaders.files.json_scanner import JsonScanner
from rag.loaders.html import dom

# A record, its line, and whether it is all that the file holds
NumberedRecord: TypeAlias = tuple[int, object, bool]

NAMES: article_fields.FieldNames = {
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
SIGN = re.compile(r'"version"\s*:\s*"https?:\\?/\\?/(?:www\.)?jsonfeed\.org')  # Some writers escape each slash


def feed_metadata(text: str) -> dict[str, object] | None:
    """Return the members of a JSON Feed but its items, as far as they can be read; None for another text.

    The text is read once for this and again for the items: a feed's title, for one, may stand after its items.
    """
    feed: dict[str, object] = {}
    if not SIGN.search(text):
        return None
    with suppress(ValueError, RecursionError):
        scanner = JsonScanner(text)
        for key in scanner.members():
            feed[key] = scanner.value()
    feed.pop("items", None)
    return feed if VERSION.match(str(feed.get("version"))) else None


def records(scanner: JsonScanner, feed: dict[str, object]) -> Iterator[NumberedRecord]:
    """Yield the record of each item."""
    for key in scanner.members():
        if key == "items":
            yield from ((line, _record(item, feed), False) for line, item in scanner.array())
        else:
            scanner.value()
    scanner.end()


def _record(item: object, feed: dict[str, object]) -> object:
    """Return an item with its HTML as paragraphs, its first tag only, and an id only where it has no address."""
    if not isinstance(item, dict):
        return item
    record = {**item, "feed": feed}
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
