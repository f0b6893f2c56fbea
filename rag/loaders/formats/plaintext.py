"""Plain text: one article a file, headed by ` date YYYY-MM-DD (Author, Site)` or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from rag.loaders.base import SourceFile, problem
from rag.loaders.fields import article_fields, dates
from rag.loaders.files import encoding
from rag.types.articles import Article
from rag.types.reading import Problem

HEADER = re.compile(r"\s*date[ \t]+(?P<day>[0-9]\S*)[ \t]+\((?P<by>(?:[^()\n]|\([^()\n]*\))*)\)", re.IGNORECASE)
CLOSING = re.compile(r"\n[ \t]*This article originally appeared (?:at|on|in) (?P<site>[^\n]+?)\.?\s*\Z")


def load(
    source: SourceFile,
    mapping: dict[str, str],  # noqa: ARG001 - there are no fields to map
) -> Iterator[Article | Problem]:
    """Read one article. The header is not part of its text; a closing line that names the site is."""
    text = encoding.text(source.read())
    record: dict[str, object] = {"text": text}
    if header := HEADER.match(text):
        authors, site = _credits(header["by"])
        record = {"text": text[header.end() :], "authors": authors, "source": site}
        found = _day(header["day"])
        if isinstance(found, date):
            record["published"] = found.isoformat()
        else:
            line = 1 + text.count("\n", 0, header.start("day"))
            yield problem(source.origin(line), "date", found)
    if not record.get("source") and (closing := CLOSING.search(text)):
        record["source"] = closing["site"]
    yield from article_fields.articles(record, source.origin(), source.name, article_fields.USUAL, alone=True)


def _credits(inside: str) -> tuple[str, str]:
    """Return the authors and the site: the site is the last part of several."""
    authors, comma, site = inside.rpartition(",")
    return (authors.strip(), site.strip()) if comma else (site.strip(), "")


def _day(written: str) -> date | str:
    """Return the day, or why there is none."""
    try:
        return dates.parse(written)
    except ValueError as error:
        return str(error)
