"""Web addresses: what is one, what it is without tracking, and the form that two links to one page share."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

SCHEMELESS = re.compile(r"www\.[\w-]+(?:\.[\w-]+)+(?:[/?#]|\Z)", re.IGNORECASE)
PATH_FRAGMENTS = ("!", "/")  # a fragment that begins so is read as a path by a script: "#!/story/1"
TRACKERS = re.compile(
    r"\w*cl(?:ick)?id|(?:igsh|partner|wbra|gbra)id|(?:ads?|ga|gs|itm|mc|mkt|ml|mtm|oly|pk|utm|vero)_\w+|xtor|medium|source|"
    r"ref|ref_?src|referr?er|campaign(?:_?id)?|aff(?:iliate)?(?:_?id)?|session(?:_?id)?",
    re.IGNORECASE,
)


def web_address(text: str) -> str | None:
    """Return the whole web address that `text` is, with its scheme; None for a path, a mail address, "N/A"."""
    text = text.strip()
    whole = f"https:{text}" if text.startswith("//") else f"https://{text}" if SCHEMELESS.match(text) else text
    try:
        parts = urlsplit(whole)
    except ValueError:  # brackets around something that is no IPv6 address
        return None
    return whole if parts.scheme.lower() in {"http", "https"} and parts.hostname else None


def normalize(url: str) -> str:
    """Return the form that links to one page share: no scheme, fragment, final slash or tracking parameters.

    A fragment that a script reads as a path stays. The form is "" for an address that has nothing else ("mailto:").
    """
    from courlan import normalize_url  # takes 0.3 s, which asking an index need not wait for

    bare, _, fragment = without_tracking(url.strip()).partition("#")
    bare, _, query = bare.partition("?")
    try:
        parts = urlsplit(normalize_url(bare))
    except ValueError:  # brackets around something that is no IPv6 address
        return url
    parameters = "&".join(sorted(filter(None, query.split("&"))))
    path = f"#{fragment}" if fragment.startswith(PATH_FRAGMENTS) else ""
    return parts.netloc.lower() + parts.path.rstrip("/") + (f"?{parameters}" if parameters else "") + path


def without_tracking(url: str) -> str:
    """Return an address without the parameters that only track; everything else stays as it is written."""
    from courlan.clean import normalize_fragment

    bare, hash, fragment = url.partition("#")
    path, mark, query = bare.partition("?")
    if query:
        parameters = "&".join(parameter for parameter in query.split("&") if not _is_tracker(parameter))
        path += mark + parameters if parameters else ""
    return path + hash + fragment if normalize_fragment(fragment) else path


def _is_tracker(parameter: str) -> bool:
    """Return whether both courlan and TRACKERS call a parameter ("utm_source=x") a tracker.

    courlan's list alone also matches whatever begins with "cid", "eid", "uid", "ga" or "gl". On some sites these
    parameters name the page, and all articles of the site would become one.
    """
    from courlan.clean import clean_query

    name, _, _ = parameter.partition("=")
    return TRACKERS.fullmatch(name) is not None and not clean_query(f"{name}=x")


def host(url: str | None) -> str | None:
    """Return the host of an address without "www."; None where it has none."""
    try:
        name = urlsplit(url or "").hostname
    except ValueError:  # brackets around something that is no IPv6 address
        return None
    return name.removeprefix("www.") if name else None


def is_front_page(address: object) -> bool:
    """Return whether an address, or the target of a link, is a site's front page."""
    try:
        parts = urlsplit(address if isinstance(address, str) else "#")
    except ValueError:
        return False
    within = parts.path.strip("/") or parts.query or parts.fragment.startswith(PATH_FRAGMENTS)
    return not within and bool(parts.netloc or parts.path)
