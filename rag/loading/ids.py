"""The id of an article: its own, else its address, else the file it is alone in, else a digest."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from urllib.parse import urlsplit

TRACKING = re.compile(r"(utm_.*|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|ref_src|cmpid)(=|$)", re.IGNORECASE)


def of_url(url: str) -> str:
    """Return what two links to the same page share: no scheme, fragment, last slash or tracking parameter."""
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that hold no IPv6 address
        return url
    query = "&".join(pair for pair in parts.query.split("&") if pair and not TRACKING.match(pair))
    return parts.netloc.lower() + parts.path.rstrip("/") + (f"?{query}" if query else "")


def of_record(name: str, source: str | None, title: str, published: date | None) -> str:
    """Return an id for one record among others of the file `name`, the same wherever it stands there."""
    said = f"{source or ''}\n{title.casefold()}\n{published or ''}"
    return f"{name}#{hashlib.sha256(said.encode()).hexdigest()[:12]}"
