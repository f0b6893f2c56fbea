"""The name of a site, recognised by its host: "The Courier" is thecourier.example."""

from __future__ import annotations

import re

LAST_PART = re.compile(r" [|•·«–—-] ([^|•·«]+)\Z")
MAX_CHARS = 100  # The name of a site is looked for in so much of a title's end
MIN_LETTERS = 5  # Shorter names, "it" and "news", are in most hosts


def name_in_title(title: str | None, host: str | None) -> str | None:
    """Return the end of a page's title, "A headline | The Courier", where the host shows that it names the site."""
    match = LAST_PART.search(" ".join((title or "").split())[-MAX_CHARS:])
    if not match or not host:
        return None
    name, letters = _letters(match[1]), _letters(host)
    is_site = name == _letters(host.partition(".")[0]) or (len(name) >= MIN_LETTERS and name in letters)
    return match[1] if is_site else None


def is_site_name(name: str, host: str | None) -> bool:
    """Return whether a name is that of the site at `host`."""
    letters = _letters(name)
    return bool(host) and len(letters) >= MIN_LETTERS and letters.removeprefix("the") in _letters(host or "")


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text.casefold())
