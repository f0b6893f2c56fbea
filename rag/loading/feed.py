"""RSS and Atom: an article an entry, with the text that the feed holds, which may be a teaser's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rag.loading import decoding, fields, markup
from rag.loading.places import problem
from rag.ports import Source
from rag.types import Article, Problem

LONG_SPACE = re.compile(rb"\s{100,}")  # before the root it costs feedparser its square
NAMES: fields.Names = {
    "id": (),
    "title": ("title",),
    "text": ("text",),
    "authors": ("authors", "author"),
    "source": ("source.title", "feed"),
    "published": ("published", "published_day", "updated", "updated_day"),
    "modified": ("updated", "updated_day"),
    "url": ("link", "id"),
    "section": ("section",),
    "language": ("language",),
}


def load(
    source: Source,
    mapping: dict[str, str],  # noqa: ARG001 - there are no fields to map
) -> Iterator[Article | Problem]:
    """Yield the article of each entry; a feed that cannot be read is reported. Nothing is fetched."""
    import feedparser

    try:
        raw = LONG_SPACE.sub(b"\n", source.read())
        found: Any = feedparser.parse(raw, sanitize_html=False, resolve_relative_uris=False)
    except decoding.UNFORESEEN as error:
        yield problem(source.origin(), "xml", f"is no feed: {error}")
        return
    if found.bozo and not found.entries:
        yield problem(source.origin(), "xml", f"is no feed: {found.get('bozo_exception')}")
        return
    about = {"feed": found.feed.get("title"), "language": found.feed.get("language")}
    for entry in found.entries:
        yield from fields.articles(about | _record(entry), source.origin(), source.name, NAMES)


def _record(given: Any) -> dict[str, object]:
    entry: dict[str, Any] = dict(given.items())  # the given one reads `published` into `updated`, with a warning
    held = [content.get("value") or "" for content in entry.get("content", ())] + [entry.get("summary") or ""]
    record = {key: value for key, value in entry.items() if not key.endswith(("_parsed", "_detail"))}
    record["title"] = markup.paragraphs(entry.get("title") or "")  # None where an element is empty
    record["text"] = max(map(markup.paragraphs, held), key=len)
    people = [person.get("name") for person in entry.get("authors", ())]
    record["authors"] = people[0] if len(people) == 1 else people  # one element may name several: "Ann Lee and Bo Ray"
    record["section"] = next((tag.get("term") for tag in entry.get("tags", ())), None)
    for day in ("published", "updated"):
        if at := entry.get(f"{day}_parsed"):
            record[f"{day}_day"] = f"{at.tm_year:04}-{at.tm_mon:02}-{at.tm_mday:02}"
    return record
