"""A record -> an article, by the names that news files usually give to fields.

Names are compared without regard to case, and the names of a mapping come before the usual ones. A field that cannot
be read is reported and the article read without it; a record without a text is no article.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TypeAlias

from rag.errors import LoadError
from rag.loaders.base import problem
from rag.loaders.fields import corrections, dates, ids, lead_title, people, sites
from rag.loaders.files.encoding import clean, normalize_space
from rag.loaders.html import dom
from rag.text import urls
from rag.types.articles import Article, Origin
from rag.types.reading import Problem

FieldNames: TypeAlias = Mapping[str, Sequence[str]]  # a field of articles -> its names in a file, the best first
NamedValue: TypeAlias = tuple[str, object]  # the name of a field in the file, and its value
Split: TypeAlias = Callable[[str], list[str]]

USUAL: FieldNames = {
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
JSON_TYPES = {
    dict: "an object", list: "a list", str: "a string", bool: "true or false", bytes: "bytes", type(None): "null",
}  # fmt: skip


def names(mapping: Mapping[str, str], usual: FieldNames = USUAL) -> FieldNames:
    """Return the names of each field, the best first: the name that `mapping` gives it, then the usual ones."""
    return {field: (*filter(None, [mapping.get(field)]), *usual_names) for field, usual_names in usual.items()}


def canonical(mapping: Mapping[str, str]) -> dict[str, str]:
    """Return a mapping with the names that articles give to fields: {"author": "who"} becomes {"authors": "who"}.

    Raises LoadError where it maps a field that articles do not have, or one field twice.
    """
    fields = {name.casefold(): field for field, usual_names in USUAL.items() for name in (*usual_names, field)}
    names: dict[str, str] = {}
    for alias, name in mapping.items():
        field = fields.get(alias.casefold())
        if field is None:
            raise LoadError(f"mapping: no field {alias!r}; there are {', '.join(USUAL)}")
        if names.setdefault(field, name) != name:
            raise LoadError(f"mapping: {field!r} is mapped twice, to {names[field]!r} and as {alias!r} to {name!r}")
    return names


def articles(
    record: object, at: Origin, name: str, field_names: FieldNames, *, alone: bool = False, pages: tuple[int, ...] = ()
) -> Iterator[Article | Problem]:
    """Yield the problems of a record, and the article that it holds.

    `alone` states that the file `name` holds this article and no other, so that `name` can be its id. `pages` are the
    characters of the text at which the pages of a paged file begin.
    """
    if not isinstance(record, dict):
        yield problem(at, "record", f"is {json_type(record)}, not an object")
        return
    fields = RecordFields(record, at, field_names)
    text = fields.text(verbatim=bool(pages))
    article = None if text is None else _article(fields, text, at, name, alone, pages)
    yield from fields.problems
    if article:
        yield article


def json_type(value: object) -> str:
    """Return what JSON calls the type of `value`, with an indefinite article: "an object"."""
    return JSON_TYPES.get(type(value), "a number")


def without_outlet(authors: Sequence[str], source: str | None, host: str | None) -> tuple[str, ...]:
    """Return the authors without the outlet, which many files state as the author."""
    outlet = source.casefold() if source else None
    return tuple(name for name in authors if name.casefold() != outlet and not sites.is_site_name(name, host))


class RecordFields:
    """Reads the fields of one record, and collects what is wrong with them in `problems`.

    `read_from` gives the name in the file of each field that was read.
    """

    def __init__(self, record: Mapping[str, object], at: Origin, field_names: FieldNames) -> None:
        self.problems: list[Problem] = []
        self.read_from: dict[str, str] = {}
        self._at = at
        self._names = field_names
        self._folded = {key.casefold(): (key, value) for key, value in record.items()}

    def values(self, field: str) -> Iterator[NamedValue]:
        """Yield the values of a field that are not empty, each with its name in the file, the best first."""
        for name in self._names[field]:
            value = _lookup(self._folded, name)
            if value and not _is_empty(value[1]):
                yield value

    def text(self, *, verbatim: bool = False) -> str | None:
        """Return the text of the article with normalised white space; None, and a problem, where it has none.

        HTML becomes paragraphs. A `verbatim` text keeps its white space, because offsets into it are known.
        """
        reason = ""
        for name, value in self.values("text"):
            if (text := _scalar(_joined(value))) is not None:
                if verbatim:
                    text = clean(text).strip()
                else:
                    text = normalize_space(dom.paragraphs(text) if dom.is_markup(text) else text)
                if text:
                    self.read_from["text"] = name
                    return text
            is_text = isinstance(value, str)
            reason = reason or f"{name!r} is {'markup without text' if is_text else f'{json_type(value)}, not text'}"
        text_names = {name.casefold() for name in self._names["text"]}
        others = ", ".join(key for key, _ in self._folded.values() if key.casefold() not in text_names)
        self._report("text", reason or f"is missing or empty; the record has {others or 'nothing else'}")
        return None

    def strings(
        self, field: str, split: Split | None = None, unfit: Callable[[str], bool] | None = None
    ) -> tuple[str, ...]:
        """Return the values of a field: those of a list, or the parts into which `split` divides a string.

        Each value is a string, a number, or an object with a `name`. Values that are `unfit` are left out.
        """
        reason = ""
        for name, value in self.values(field):
            items: Sequence[object] = value if isinstance(value, list) else [value]
            if split and isinstance(value, str):
                items = split(" ".join(value.split()))  # a long run of spaces costs a regex its square
            texts = [_one_line(text) for item in items for text in _item_strings(item, split)]
            if strings := tuple(text for text in texts if text and not (unfit and unfit(text))):
                self.read_from[field] = name
                return strings
            reason = reason or ("" if texts else f"{name!r} is {json_type(value)}, not text")
        if reason:
            self._report(field, reason)
        return ()

    def line(self, field: str) -> str | None:
        """Return a field as one line, several values joined by ", "; None where it has none."""
        return ", ".join(self.strings(field)) or None

    def authors(self) -> tuple[str, ...]:
        """Return each author once, without addresses and roles."""
        return people.distinct_names(self.strings("authors", people.split_byline, people.is_address))

    def address(self) -> str | None:
        """Return the first web address among the values of `url`, without tracking parameters; None for none."""
        for name, value in self.values("url"):
            text = next(_item_strings(value[0] if isinstance(value, list) else value, None), "")
            if address := urls.web_address(_one_line(text)):
                self.read_from["url"] = name
                return urls.without_tracking(address)
        return None

    def day(self, field: str) -> tuple[date | None, datetime | None]:
        """Return the day of a field, and the time of day if it is written; None for each that is missing.

        A value in no known form is passed over, and reported if no other value is a day.
        """
        reason = ""
        for name, value in self.values(field):
            try:
                day, clock = dates.parse(value), dates.clock(value)
            except dates.UnknownFormError as error:  # such as "published": true beside a date
                reason = reason or f"{name!r}: {error}"
                continue
            except (ValueError, OverflowError) as error:  # an infinite number overflows
                self._report(field, f"{name!r}: {error}")
                return None, None
            self.read_from[field] = name
            return day, clock if clock and clock.date() == day else None
        if reason:
            self._report(field, reason)
        return None, None

    def _report(self, field: str, reason: str) -> None:
        self.problems.append(problem(self._at, field, reason))


def _article(fields: RecordFields, text: str, at: Origin, name: str, alone: bool, pages: tuple[int, ...]) -> Article:
    title, source, url = fields.line("title"), fields.line("source"), fields.address()
    host = urls.host(url)
    if source is None and host:
        fields.read_from["source"], source = ids.ADDRESS, host
    authors = fields.authors()
    (published, clock), (modified, _) = fields.day("published"), fields.day("modified")
    id = fields.line("id")
    if id is None and url and not urls.is_front_page(url):
        fields.read_from["id"], id = ids.ADDRESS, urls.normalize(url)
    if id is None and title and source and published:
        fields.read_from["id"], id = ids.TITLE, ids.from_title(source, title, published)
    if id is None:
        fields.read_from["id"], id = (ids.FILE, name) if alone else (ids.TEXT, ids.from_text(text))
    return Article(
        id=id, title=title or lead_title.lead(text), title_from="given" if title else "lead",
        authors=without_outlet(authors, source, host) or authors, source=source,
        published=published, published_at=clock, modified=modified, url=url, section=fields.line("section"),
        language=fields.line("language"), notes=corrections.notes_in(text), text=text, origin=at,
        fields_from=fields.read_from, pages=pages,
    )  # fmt: skip


def _lookup(folded: Mapping[str, NamedValue], path: str) -> NamedValue | None:
    """Return the value at `path`: a key, or keys joined by dots that reach into objects."""
    if value := folded.get(path.casefold()):
        return value
    head, dot, rest = path.partition(".")
    key, inner = folded.get(head.casefold(), (head, None))
    if not dot or not isinstance(inner, dict):
        return None
    value = _lookup({str(name).casefold(): (str(name), value) for name, value in inner.items()}, rest)
    return value and (f"{key}.{value[0]}", value[1])


def _joined(value: object) -> object:
    """Return a list of strings as one text, a paragraph each; any other value unchanged."""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "\n\n".join(value)
    return value


def _is_empty(value: object) -> bool:
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, float):
        return math.isnan(value)  # pandas writes NaN for a missing value
    return value is None or value in ([], {})


def _item_strings(item: object, split: Split | None) -> Iterator[str]:
    """Yield the strings of one item, or of an object's `name`; a byline in it, "By Ann Lee and Bo Ray", is split."""
    value = item.get("name") if isinstance(item, dict) else item
    for part in value if isinstance(value, list) else [value]:
        if (text := _scalar(part)) is not None:
            yield from split(" ".join(text.split())) if split and people.BY.match(text) else [text]


def _scalar(value: object) -> str | None:
    """Return a string or a number as text; None for anything else."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())
