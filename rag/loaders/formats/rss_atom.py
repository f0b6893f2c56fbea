"""RSS and Atom: an article for each entry, with the text of the feed, which may only be a teaser. Nothing is fetched.

The id of an article is its address. A guid that is no address ("101", "tag:…") is unique in its own feed only, so an
entry without an address gets its id from source, title and date.
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
from rag.loaders.files.detect import XML_PROLOG
from rag.loaders.html import dom
from rag.types.articles import Article
from rag.types.reading import Problem

SIGN = re.compile(XML_PROLOG + r"<(?:rss|feed|rdf:RDF)\b", re.DOTALL)
LONG_SPACE = re.compile(rb"\s{100,}")  # Before the root, feedparser takes the square of its length
WEB_SCHEME = re.compile(r"https?://", re.IGNORECASE)
SHORT_YEAR = re.compile(  # A date with a year of two digits, as in RFC 822
    r"(?:[a-z]{3}, ?)?\d{1,2} [a-z]{3} \d\d \d\d:\d\d(?::\d\d)?(?: (?:[a-z]{1,3}|[+-]\d{4}))?", re.IGNORECASE
)
MAIL_ADDRESS = re.compile(r"[(<]?(?:mailto:)?[\w.+-]{1,64}@[\w.-]+[)>]?")
ENTITY = re.compile(rb"<!ENTITY\s+(([^\s>]+)[^>]*)")
READ_ENTITY = re.compile(rb'\w+\s+"(?:&#\w+;|[^&"]*)"')  # feedparser reads entities for plain text
REFERENCE = re.compile(r"&([\w.:-]+);")
REFERENCE_BYTES = re.compile(REFERENCE.pattern.encode())
WORDPRESS_FOOTER = re.compile(r"The post .{1,1000} appeared first on .{1,300}")
NAMES: article_fields.FieldNames = {
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


def load(source: SourceFile) -> Iterator[Article | Problem]:
    """Yield the article of each entry; a feed that cannot be read is reported."""
    import feedparser

    try:
        raw, entities = _with_visible_entities(LONG_SPACE.sub(b"\n", source.read()))
        parsed: Any = feedparser.parse(raw, sanitize_html=False, resolve_relative_uris=False)
    except encoding.UNFORESEEN as error:
        yield problem(source.origin(), "xml", f"is no feed: {error}")
        return
    if parsed.bozo and not parsed.entries:
        yield problem(source.origin(), "xml", f"is no feed: {parsed.get('bozo_exception')}")
        return
    defaults = {"feed": parsed.feed.get("title"), "language": parsed.feed.get("language")}
    if parsed.version.startswith("atom"):  # in RSS, the person of a feed is an editor
        defaults["feed.authors"] = _authors(parsed.feed)
    for count, entry in enumerate(parsed.entries, 1):
        record = defaults | _record(entry, parsed.feed.get("link") or "")
        if reference := _unread_reference(record, entities):
            reason = f"entry {count} says {reference}; the feed declares entities, which are not read; left out"
            yield problem(source.origin(), "xml", reason)
            continue
        yield from article_fields.articles(record, source.origin(), source.name, NAMES)


def _with_visible_entities(raw: bytes) -> tuple[bytes, set[str]]:
    """Return a feed with references to unread entities made into visible text, "&amp;name;", and their names.

    Entities that stand for more than text are not read: they may stand for files, or for one another until memory is
    full. feedparser would drop some of their references and leave others in the text.
    """
    declared = (match for match in ENTITY.finditer(raw) if not READ_ENTITY.match(match[1]))
    names = {match[2] for match in declared if f"{match[2].decode(errors='replace')};" not in html5}
    if names:
        raw = REFERENCE_BYTES.sub(lambda match: b"&amp;" + match[0][1:] if match[1] in names else match[0], raw)
    return raw, {name.decode(errors="replace") for name in names}


def _unread_reference(record: dict[str, object], entities: set[str]) -> str | None:
    """Return the first reference of an entry to one of `entities`, None where it has none."""
    texts = (str(record.get(name)) for name in ("feed", "title", "text", "authors", "link") if entities)
    references = (match for text in texts for match in REFERENCE.finditer(text) if match[1] in entities)
    return next((match[0] for match in references), None)


def _record(parsed: Any, home: str) -> dict[str, object]:
    """Return the record of an entry; `home` is the address of the feed's site."""
    entry: dict[str, Any] = dict(parsed.items())  # feedparser's own dictionary gives `published` for `updated`
    texts = [_text(content.get("value") or "") for content in entry.get("content", ())]
    record = {key: value for key, value in entry.items() if not key.endswith(("_parsed", "_detail"))}
    record["title"] = dom.paragraphs(entry.get("title") or "")  # feedparser gives None for an empty element
    record["text"] = max(texts, key=len, default="") or _text(entry.get("summary") or "")
    record["authors"], record["link"] = _authors(entry), _address(entry, home)
    record["section"] = next((tag.get("term") for tag in entry.get("tags", ())), None)
    for day in ("published", "updated"):
        written = " ".join(str(entry.get(day) or "").split())
        if SHORT_YEAR.fullmatch(written):
            with suppress(ValueError):
                record[day] = parsedate_to_datetime(written).isoformat()
        if utc := entry.get(f"{day}_parsed"):  # converted to UTC, so the day as written comes first
            year, month, number = (parsedate(written) or utc)[:3]
            record[f"{day}_day"] = f"{year:04}-{month:02}-{number:02}"
    return record


def _text(fragment: str) -> str:
    """Return the text of a piece of HTML, without the last paragraph that WordPress adds."""
    before, tag, last = fragment.rpartition("<p")
    has_footer = tag and WORDPRESS_FOOTER.fullmatch(dom.paragraphs(tag + last))
    return dom.paragraphs(before if has_footer else fragment)


def _authors(parsed: Any) -> object:
    """Return the authors of an entry or a feed: a list, or the text of a single element, which may name several."""
    names = [person.get("name") for person in parsed.get("authors", ())]
    if names:  # feedparser cuts mail addresses wrongly, but keeps the text of the last author
        names[-1] = _name(unescape(parsed.get("author") or ""))
    return names[0] if len(names) == 1 else names


def _name(author: str) -> str | None:
    """Return an author without a mail address, as in "ann@ledger.media (Ann Lee)"; None where nothing is left."""
    name, count = MAIL_ADDRESS.subn("", author)
    name = name.strip()
    if count and name.startswith("(") and name.endswith(")"):
        name = name[1:-1]
    return name or None


def _address(entry: Any, home: str) -> str | None:
    """Return the link of an entry, made absolute; None where feedparser has made it of an id that is no address."""
    link, id = entry.get("link") or "", entry.get("id")
    if link.startswith("/") and WEB_SCHEME.match(home):
        with suppress(ValueError):
            link = urljoin(home, link)
    return None if link == id and not WEB_SCHEME.match(link) else link
