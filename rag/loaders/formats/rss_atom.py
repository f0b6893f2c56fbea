"""RSS and Atom: an article an entry, with the text that the feed holds, which may be a teaser's.

An entry's id is its address. A guid that is none ("101", "tag:…") is known to be its own in that one feed only: there
the article is told by source, title and date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from email.utils import parsedate, parsedate_to_datetime
from html import unescape
from html.entities import html5
from typing import Any
from urllib.parse import urljoin

from rag.loaders.base import SourceFile, problem
from rag.loaders.fields import article_fields
from rag.loaders.files import encoding
from rag.loaders.html import dom
from rag.types.articles import Article
from rag.types.reading import Problem

LONG_SPACE = re.compile(rb"\s{100,}")  # before the root it costs feedparser its square
WEB = re.compile(r"https?://", re.IGNORECASE)
TWO_DIGITS = re.compile(  # of a year, as RFC 822 has it
    r"(?:[a-z]{3}, ?)?\d{1,2} [a-z]{3} \d\d \d\d:\d\d(?::\d\d)?(?: (?:[a-z]{1,3}|[+-]\d{4}))?", re.IGNORECASE
)
MAIL = re.compile(r"[(<]?(?:mailto:)?[\w.+-]{1,64}@[\w.-]+[)>]?")
ENTITY = re.compile(rb"<!ENTITY\s+(([^\s>]+)[^>]*)")
READ = re.compile(rb'\w+\s+"(?:&#\w+;|[^&"]*)"')  # the entities that feedparser reads: text, and no more
REFERENCE = re.compile(r"&([\w.:-]+);")
REFERENCE_BYTES = re.compile(REFERENCE.pattern.encode())
FOOT = re.compile(r"The post .{1,1000} appeared first on .{1,300}")
NAMES: article_fields.Names = {
    "id": (),
    "title": ("title",),
    "text": ("text",),
    "authors": ("authors", "feed.authors"),
    "source": ("source.title", "feed"),
    "published": ("published", "published_day", "updated", "updated_day"),
    "modified": ("updated", "updated_day"),
    "url": ("link",),
    "section": ("section",),
    "language": ("language",),
}


def load(
    source: SourceFile,
    mapping: dict[str, str],  # noqa: ARG001 - there are no fields to map
) -> Iterator[Article | Problem]:
    """Yield the article of each entry; a feed that cannot be read is reported. Nothing is fetched."""
    import feedparser

    try:
        raw, entities = _shown(LONG_SPACE.sub(b"\n", source.read()))
        found: Any = feedparser.parse(raw, sanitize_html=False, resolve_relative_uris=False)
    except encoding.UNFORESEEN as error:
        yield problem(source.origin(), "xml", f"is no feed: {error}")
        return
    if found.bozo and not found.entries:
        yield problem(source.origin(), "xml", f"is no feed: {found.get('bozo_exception')}")
        return
    about = {"feed": found.feed.get("title"), "language": found.feed.get("language")}
    if found.version.startswith("atom"):  # what RSS has there is an editor
        about["feed.authors"] = _authors(found.feed)
    for count, entry in enumerate(found.entries, 1):
        record = about | _record(entry, found.feed.get("link") or "")
        if said := _unread(record, entities):
            reason = f"entry {count} says {said}; the feed declares entities, which are not read; left out"
            yield problem(source.origin(), "xml", reason)
            continue
        yield from article_fields.articles(record, source.origin(), source.name, NAMES)


def _shown(raw: bytes) -> tuple[bytes, set[str]]:
    """Return a feed with the entities it declares that are not read, each reference to one as text that shows it.

    They may stand for files, or for one another until memory is full; feedparser drops some and indexes others.
    """
    declared = (match for match in ENTITY.finditer(raw) if not READ.match(match[1]))
    names = {match[2] for match in declared if f"{match[2].decode(errors='replace')};" not in html5}
    if names:
        raw = REFERENCE_BYTES.sub(lambda match: b"&amp;" + match[0][1:] if match[1] in names else match[0], raw)
    return raw, {name.decode(errors="replace") for name in names}


def _unread(record: dict[str, object], entities: set[str]) -> str | None:
    """Return the first reference to one of `entities` that an entry holds."""
    held = (str(record.get(name)) for name in ("feed", "title", "text", "authors", "link") if entities)
    found = (match for text in held for match in REFERENCE.finditer(text) if match[1] in entities)
    return next((match[0] for match in found), None)


def _record(given: Any, home: str) -> dict[str, object]:
    entry: dict[str, Any] = dict(given.items())  # the given one reads `published` into `updated`, with a warning
    held = [_text(content.get("value") or "") for content in entry.get("content", ())]
    record = {key: value for key, value in entry.items() if not key.endswith(("_parsed", "_detail"))}
    record["title"] = dom.paragraphs(entry.get("title") or "")  # None where an element is empty
    record["text"] = max(held, key=len, default="") or _text(entry.get("summary") or "")  # which may be a teaser
    record["authors"], record["link"] = _authors(entry), _address(entry, home)
    record["section"] = next((tag.get("term") for tag in entry.get("tags", ())), None)
    for day in ("published", "updated"):
        written = " ".join(str(entry.get(day) or "").split())
        if TWO_DIGITS.fullmatch(written):
            with suppress(ValueError):
                record[day] = parsedate_to_datetime(written).isoformat()
        if at := entry.get(f"{day}_parsed"):  # which is UTC's
            year, month, number = (parsedate(written) or at)[:3]
            record[f"{day}_day"] = f"{year:04}-{month:02}-{number:02}"
    return record


def _text(fragment: str) -> str:
    """Return the text of a piece of HTML, without WordPress's own last paragraph."""
    before, mark, last = fragment.rpartition("<p")
    is_foot = mark and FOOT.fullmatch(dom.paragraphs(mark + last))
    return dom.paragraphs(before if is_foot else fragment)


def _authors(given: Any) -> object:
    """Return who wrote an entry or a feed: a list, or the one element's words, which may name several."""
    people = [person.get("name") for person in given.get("authors", ())]
    if people:  # of the last the words themselves are kept, of which feedparser cuts addresses amiss
        people[-1] = _name(unescape(given.get("author") or ""))
    return people[0] if len(people) == 1 else people


def _name(author: str) -> str | None:
    """Return a name without the address of its mail: "ann@ledger.media (Ann Lee)"; None where there is no more."""
    name, count = MAIL.subn("", author)
    name = name.strip()
    if count and name.startswith("(") and name.endswith(")"):
        name = name[1:-1]
    return name or None


def _address(entry: Any, home: str) -> str | None:
    """Return where an entry can be read: its link, else an id that is an address."""
    link, id = entry.get("link") or "", entry.get("id")
    if link.startswith("/") and WEB.match(home):
        with suppress(ValueError):
            link = urljoin(home, link)
    return None if link == id and not WEB.match(link) else link
