"""Plain text: one article a file, with or without the header ` date YYYY-MM-DD (Author, Site)`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.loaders.base import SourceFile, problem
from rag.loaders.fields import article_fields, dates
from rag.loaders.files import encoding
from rag.types.articles import Article
from rag.types.reading import Problem

HEADER = re.compile(r"\s*date[ \t]+(?P<day>[0-9]\S*)[ \t]+\((?P<by>(?:[^()\n]|\([^()\n]*\))*)\)", re.IGNORECASE)
CLOSING = re.compile(r"\n[ \t]*This article originally appeared (?:at|on|in) (?P<site>[^\n]+?)\.?\s*\Z")


def load(source: SourceFile) -> Iterator[Article | Problem]:
    """Yield the article of the file; a header whose day cannot be read is reported.

    The header is no part of the text; a closing line that names the site is.
    """
    text = encoding.text(source.read())
    record: dict[str, object] = {"text": text}
    if header := HEADER.match(text):
        authors, site = _credits(header["by"])
        record = {"text": text[header.end() :], "authors": authors, "source": site}
        try:
            record["published"] = dates.parse(header["day"]).isoformat()
        except ValueError as error:
            line = 1 + text.count("\n", 0, header.start("day"))
            yield problem(source.origin(line), "date", str(error))
    if not record.get("source") and (closing := CLOSING.search(text)):
        record["source"] = closing["site"]
    yield from article_fields.articles(record, source.origin(), source.name, article_fields.USUAL, alone=True)


def _credits(text: str) -> tuple[str, str]:
    """Return the authors and the site: the site is the last of several parts between commas."""
    authors, comma, site = text.rpartition(",")
    return (authors.strip(), site.strip()) if comma else (site.strip(), "")
