"""The id of an article: its own, else its address, else what it is called where and when, else its file or its text."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import date
from urllib.parse import urlsplit

# Where an id comes from that no field of the file states
ADDRESS, CALLED, FILE, TEXT = "its address", "source, title and date", "its file", "its text"
BARE = re.compile(r"www\.[\w-]+(?:\.[\w-]+)+(?:[/?#]|\Z)", re.IGNORECASE)
PATHS = ("!", "/")  # how fragments begin that are paths
MAX_CHARS = 80  # of a title in an id; a longer one is told apart by a digest
APART = re.compile(r"[\W_]+")
TRACKS = re.compile(
    r"\w*cl(?:ick)?id|(?:igsh|partner|wbra|gbra)id|(?:ads?|ga|gs|itm|mc|mkt|ml|mtm|oly|pk|utm|vero)_\w+|xtor|medium|source|"
    r"ref|ref_?src|referr?er|campaign(?:_?id)?|aff(?:iliate)?(?:_?id)?|session(?:_?id)?",
    re.IGNORECASE,
)


def address(text: str) -> str | None:
    """Return an address of the web, whole; None for what is none: a path, a mail address, "N/A"."""
    text = text.strip()
    whole = f"https:{text}" if text.startswith("//") else f"https://{text}" if BARE.match(text) else text
    try:
        parts = urlsplit(whole)
    except ValueError:  # brackets that hold no IPv6 address
        return None
    return whole if parts.scheme.lower() in {"http", "https"} and parts.hostname else None


def of_url(url: str) -> str:
    """Return what two links to one page share: no scheme, fragment, last slash or tracking parameter.

    A fragment that a script reads as a path ("#!/story/1") stays. "" where an address has nothing else ("mailto:").
    """
    from courlan import normalize_url

    bare, _, fragment = untracked(url.strip()).partition("#")
    bare, _, query = bare.partition("?")
    try:
        parts = urlsplit(normalize_url(bare))
    except ValueError:  # brackets that hold no IPv6 address
        return url
    kept = "&".join(sorted(filter(None, query.split("&"))))
    path = f"#{fragment}" if fragment.startswith(PATHS) else ""
    return parts.netloc.lower() + parts.path.rstrip("/") + (f"?{kept}" if kept else "") + path


def untracked(url: str) -> str:
    """Return an address without the parameters that only track; all else of it as it is written."""
    from courlan.clean import normalize_fragment

    bare, hash, fragment = url.partition("#")
    path, mark, query = bare.partition("?")
    if query:
        kept = "&".join(pair for pair in query.split("&") if not _tracks(pair))
        path += mark + kept if kept else ""
    return path + hash + fragment if normalize_fragment(fragment) else path


def _tracks(pair: str) -> bool:
    """Say whether courlan calls a parameter a tracker, and it can be nothing else.

    Its list also has whatever begins with "cid", "eid", "uid", "ga" or "gl": names of pages, for some sites, whose
    articles would all be one.
    """
    from courlan.clean import clean_query

    name, _, _ = pair.partition("=")
    return TRACKS.fullmatch(name) is not None and not clean_query(f"{name}=x")


def of_title(source: str, title: str, published: date) -> str:
    """Return an id that can be read, the same wherever the article is kept: the-courier/2025-06-03/bridge-reopens."""
    called = _plain(title)
    if len(called) > MAX_CHARS:
        called = f"{called[:MAX_CHARS].rpartition('-')[0] or called[:MAX_CHARS]}-{_digest(called)[:6]}"
    return f"{_plain(source)}/{published}/{called}"


def of_text(text: str) -> str:
    """Return an id for an article of which nothing but its text is known."""
    return f"text-{_digest(text)}"


def _plain(text: str) -> str:
    return APART.sub("-", unicodedata.normalize("NFKC", text).casefold()).strip("-") or _digest(text)[:6]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:12]
