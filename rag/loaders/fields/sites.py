"""The site that an address and a page's title name."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from rag.loaders.fields import ids

LAST = re.compile(r" [|•·«–—-] ([^|•·«]+)\Z")
MAX_CHARS = 100  # of a name
LEAST_LETTERS = 5  # that a name shares with a host; "it" and "news" stand in most


def host(url: str | None) -> str | None:
    """Return the host of an address without "www."; None where there is none."""
    try:
        name = urlsplit(url or "").hostname
    except ValueError:  # brackets that hold no IPv6 address
        return None
    return name.removeprefix("www.") if name else None


def is_front(address: object) -> bool:
    """Say whether an address, whole or of a link, is that of a site's first page."""
    try:
        parts = urlsplit(address if isinstance(address, str) else "#")
    except ValueError:
        return False
    within = parts.path.strip("/") or parts.query or parts.fragment.startswith(ids.PATHS)
    return not within and bool(parts.netloc or parts.path)


def named_last(title: str | None, host: str | None) -> str | None:
    """Return the end of "A headline | The Courier" where the host says that it is the site: thecourier.example."""
    match = LAST.search(" ".join((title or "").split())[-MAX_CHARS:])
    if not match or not host:
        return None
    name, letters = _letters(match[1]), _letters(host)
    is_site = name == _letters(host.partition(".")[0]) or (len(name) >= LEAST_LETTERS and name in letters)
    return match[1] if is_site else None


def is_named(name: str, host: str | None) -> bool:
    """Say whether a name is what a host is called by."""
    letters = _letters(name)
    return bool(host) and len(letters) >= LEAST_LETTERS and letters.removeprefix("the") in _letters(host or "")


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text.casefold())
