"""The id of an article that states none: from its address, its title, its file or its text."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import date

# Where an id comes from that no field of the file states, as `Article.fields_from` names it
ADDRESS, TITLE, FILE, TEXT = "its address", "source, title and date", "its file", "its text"
MAX_TITLE_CHARS = 80  # A longer title is cut in an id, and gets a digest
SEPARATORS = re.compile(r"[\W_]+")


def from_title(source: str, title: str, published: date) -> str:
    """Return a readable id that is the same wherever the article is kept: the-courier/2025-06-03/bridge-reopens."""
    slug = _slug(title)
    if len(slug) > MAX_TITLE_CHARS:
        slug = f"{slug[:MAX_TITLE_CHARS].rpartition('-')[0] or slug[:MAX_TITLE_CHARS]}-{_digest(slug)[:6]}"
    return f"{_slug(source)}/{published}/{slug}"


def from_text(text: str) -> str:
    """Return an id for an article of which nothing but its text is known."""
    return f"text-{_digest(text)}"


def _slug(text: str) -> str:
    return SEPARATORS.sub("-", unicodedata.normalize("NFKC", text).casefold()).strip("-") or _digest(text)[:6]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:12]
