"""A record -> an article, by the names that news files usually give their fields.

Names are compared without regard to case; a mapping comes before them. What is wrong with a field is
reported and the article read without it; without a text there is no article.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TypeAlias

from rag.errors import LoadError
from rag.loaders.base import problem
from rag.loaders.fields import corrections, dates, ids, lead_title, people, sites
from rag.loaders.files.encoding import clean, settled
from rag.loaders.html import dom
from rag.types.articles import Article, Origin
from rag.types.reading import Problem

Names: TypeAlias = Mapping[str, Sequence[str]]
Value: TypeAlias = tuple[str, object]

USUAL: Names = {
    "id": ("id", "_id", "guid", "uuid"),
    "title": ("title", "headline", "name"),
    "text": (
        "text", "body", "content", "article", "full_text", "articleBody", "content_text", "content_html",
        "article_text", "article_body", "maintext",
    ),
    "authors": ("authors", "author", "byline", "creator", "by", "author_name"),
    "source": (
        "source", "publisher", "site", "site_name", "outlet", "publication", "newspaper", "source_name",
        "source_domain",
    ),
    "published": (
        "published", "date", "published_at", "publishedAt", "datePublished", "date_published", "date_publish",
        "pubDate", "pub_date", "publish_date", "published_date", "published_on", "publication_date", "publicationDate",
        "datetime", "created_at", "timestamp",
    ),
    "modified": (
        "modified", "updated", "modified_at", "updated_at", "updatedAt", "dateModified", "date_modified", "date_modify",
        "last_modified", "last_modified_at", "lastmod",
    ),
    "url": ("url", "link", "canonical_url", "permalink", "web_url"),
    "section": ("section", "category", "desk", "section_name", "categories"),
    "language": ("language", "lang"),
}  # fmt: skip
PAGES = "\0pages"  # no file has a field of that name
KINDS = {dict: "an object", list: "a list", str: "a string", bool: "true or false", bytes: "bytes", type(None): "null"}


def names(mapping: Mapping[str, str], usual: Names = USUAL) -> Names:
    """Return the names to look for, in order: the one that `mapping` gives a field, then those that are usual."""
    return {field: (*filter(None, [mapping.get(field)]), *named) for field, named in usual.items()}


def canonical(mapping: Mapping[str, str]) -> dict[str, str]:
    """Return a mapping by the names that articles have: {"author": "who"} says what {"authors": "who"} says.

    Raises LoadError where it maps a field that articles do not have, or one twice.
    """
    usual = {name.casefold(): field for field, named in USUAL.items() for name in (*named, field)}
    found: dict[str, str] = {}
    for field, name in mapping.items():
        own = usual.get(field.casefold())
        if own is None:
            raise LoadError(f"mapping: no field {field!r}; there are {', '.join(USUAL)}")
        if found.setdefault(own, name) != name:
            raise LoadError(f"mapping: {own!r} is mapped twice, to {found[own]!r} and as {field!r} to {name!r}")
    return found


def articles(
    record: object, at: Origin, name: str, looked_for: Names, *, alone: bool = False
) -> Iterator[Article | Problem]:
    """Yield what is wrong with `record`, and the article it holds.

    `alone` says that the file `name` holds this article and no other, so that `name` can be its id.
    """
    if not isinstance(record, dict):
        yield problem(at, "record", f"is {kind(record)}, not an object")
        return
    fields = Fields(record, at, looked_for)
    text = fields.text()
    article = None if text is None else _article(fields, text, at, name, alone)
    yield from fields.problems
    if article:
        yield article


def kind(value: object) -> str:
    """Return what JSON calls the type of `value`, with its article."""
    return KINDS.get(type(value), "a number")


def but_outlet(authors: Sequence[str], source: str | None, host: str | None) -> tuple[str, ...]:
    """Return authors without the outlet, which is often named as its own."""
    named = source.casefold() if source else None
    return tuple(name for name in authors if name.casefold() != named and not sites.is_named(name, host))


class Fields:
    """One record while it is read: finds fields, and keeps what is wrong with them in `problems`."""

    def __init__(self, record: Mapping[str, object], at: Origin, looked_for: Names) -> None:
        self.problems: list[Problem] = []
        self.said_in: dict[str, str] = {}  # a field that was read -> its name in the file
        self._at = at
        self._names = looked_for
        self._folded = {key.casefold(): (key, value) for key, value in record.items()}

    def all(self, field: str) -> Iterator[Value]:
        """Yield the values that are not empty under the names of `field`, each with the name in the file."""
        for name in self._names[field]:
            found = _reach(self._folded, name)
            if found and not _is_empty(found[1]):
                yield found

    def text(self) -> str | None:
        """Return the article's text, verbatim but for white space (`decoding.settled`)."""
        wrong = ""
        for name, value in self.all("text"):
            if (text := _scalar(_joined(value))) is not None:
                if self.pages():  # whose offsets are the text's own
                    text = clean(text).strip()
                else:
                    text = settled(dom.paragraphs(text) if dom.is_markup(text) else text)
                if text:
                    self.said_in["text"] = name
                    return text
            wrong = (
                wrong
                or f"{name!r} is {'markup without text' if isinstance(value, str) else f'{kind(value)}, not text'}"
            )
        own = {name.casefold() for name in self._names["text"]}
        others = ", ".join(key for key, _ in self._folded.values() if key.casefold() not in own)
        self._report("text", wrong or f"is missing or empty; the record has {others or 'nothing else'}")
        return None

    def several(
        self,
        field: str,
        divide: Callable[[str], list[str]] | None = None,
        unfit: Callable[[str], bool] | None = None,
    ) -> tuple[str, ...]:
        """Return the values of a field: those of a list, or the parts that `divide` makes of a string.

        Each is a string, a number, or an object with a `name`. Those that are `unfit` are passed over.
        """
        wrong = ""
        for name, value in self.all(field):
            items: Sequence[object] = value if isinstance(value, list) else [value]
            if divide and isinstance(value, str):
                items = divide(" ".join(value.split()))  # a row of spaces costs a regex its square
            texts = [_one_line(text) for item in items for text in _named(item, divide)]
            if found := tuple(text for text in texts if text and not (unfit and unfit(text))):
                self.said_in[field] = name
                return found
            wrong = wrong or ("" if texts else f"{name!r} is {kind(value)}, not text")
        if wrong:
            self._report(field, wrong)
        return ()

    def line(self, field: str) -> str | None:
        """Return a field as one line, several values joined with ", "; None where there is none."""
        return ", ".join(self.several(field)) or None

    def authors(self) -> tuple[str, ...]:
        """Return each author once; the address of an author's page is no name, nor is what an author is."""
        return people.named(self.several("authors", people.divided, people.is_address))

    def address(self) -> str | None:
        """Return the first address of the web under the names of `url`, without what only tracks."""
        for name, value in self.all("url"):
            said = next(_named(value[0] if isinstance(value, list) else value, None), "")
            if found := ids.address(_one_line(said)):
                self.said_in["url"] = name
                return ids.untracked(found)
        return None

    def day(self, field: str) -> tuple[date | None, datetime | None]:
        """Return a day, and the time of day where the file gives one; what is in no known form is passed over."""
        wrong = ""
        for name, value in self.all(field):
            try:
                day, clock = dates.parse(value), dates.clock(value)
            except dates.UnknownFormError as error:  # "published": true, beside a date
                wrong = wrong or f"{name!r}: {error}"
                continue
            except (ValueError, OverflowError) as error:  # an infinite number overflows
                self._report(field, f"{name!r}: {error}")
                return None, None
            self.said_in[field] = name
            return day, clock if clock and clock.date() == day else None
        if wrong:
            self._report(field, wrong)
        return None, None

    def pages(self) -> tuple[int, ...]:
        """Return where the pages of a paged file begin; no record of another file says so."""
        _, found = self._folded.get(PAGES, (PAGES, ()))
        return found if isinstance(found, tuple) else ()

    def _report(self, field: str, reason: str) -> None:
        self.problems.append(problem(self._at, field, reason))


def _article(fields: Fields, text: str, at: Origin, name: str, alone: bool) -> Article:
    given, source, url = fields.line("title"), fields.line("source"), fields.address()
    host = sites.host(url)
    if source is None and host:
        fields.said_in["source"], source = ids.ADDRESS, host
    authors = fields.authors()
    (published, clock), (modified, _) = fields.day("published"), fields.day("modified")
    id = fields.line("id")
    if id is None and url and not sites.is_front(url):
        fields.said_in["id"], id = ids.ADDRESS, ids.of_url(url)
    if id is None and given and source and published:
        fields.said_in["id"], id = ids.CALLED, ids.of_title(source, given, published)
    if id is None:
        fields.said_in["id"], id = (ids.FILE, name) if alone else (ids.TEXT, ids.of_text(text))
    return Article(
        id=id, title=given or lead_title.lead(text),
        title_from="given" if given else "lead", authors=but_outlet(authors, source, host) or authors, source=source,
        published=published, published_at=clock, modified=modified, url=url, section=fields.line("section"),
        language=fields.line("language"), notes=corrections.found_in(text), text=text, origin=at,
        fields_from=fields.said_in,
        pages=fields.pages(),
    )  # fmt: skip


def _reach(folded: Mapping[str, Value], path: str) -> Value | None:
    """Return what is at `path`: a key, or keys joined by dots that reach into objects."""
    if found := folded.get(path.casefold()):
        return found
    head, dot, rest = path.partition(".")
    key, inner = folded.get(head.casefold(), (head, None))
    if not dot or not isinstance(inner, dict):
        return None
    found = _reach({str(name).casefold(): (str(name), value) for name, value in inner.items()}, rest)
    return found and (f"{key}.{found[0]}", found[1])


def _joined(value: object) -> object:
    """Return the paragraphs of a list as one text; anything else as it is."""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "\n\n".join(value)
    return value


def _is_empty(value: object) -> bool:
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, float):
        return math.isnan(value)  # what pandas writes for "missing"
    return value is None or value in ([], {})


def _named(item: object, divide: Callable[[str], list[str]] | None) -> Iterator[str]:
    """Yield what one value says, or an object's `name`: one, several, or a byline, "By Ann Lee and Bo Ray"."""
    said = item.get("name") if isinstance(item, dict) else item
    for one in said if isinstance(said, list) else [said]:
        if (text := _scalar(one)) is not None:
            yield from divide(" ".join(text.split())) if divide and people.BY.match(text) else [text]


def _scalar(value: object) -> str | None:
    """Return a string or a number as text; None for anything else."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())
