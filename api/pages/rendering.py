"""Templates -> HTML. Everything is escaped: the text of an article never becomes markup."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlsplit

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.pages import phrases
from api.pages.forms import plain_reason
from rag.messages import date_range, day, likelihood, month, passages, percent, reach
from rag.types.articles import ArticleRef, Citation

HERE = Path(__file__).parent
STATIC = HERE / "static"


def render(template: str, status: int = 200, /, **context: object) -> HTMLResponse:
    """Return the page that a template renders of its context."""
    return HTMLResponse(_environment().get_template(template).render(context), status)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"static": static}
    environment.filters |= {
        "day": day, "month": month, "counted": phrases.counted, "date_range": date_range,
        "likelihood": likelihood, "percent": percent, "sharing": phrases.sharing, "passages": passages,
        "elsewhere": phrases.elsewhere, "plain_reason": plain_reason, "reach": reach, "web_link": web_link,
        "article_link": article_link, "article_page": article_page,
    }  # fmt: skip
    return environment


@cache
def static(name: str) -> str:
    """Return the address of a file of the page. It changes with the content, so that it may be cached for ever."""
    return f"/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]}"


def web_link(url: str | None) -> str | None:
    """Return `url` if it is an http(s) address, else None: an article may state anything as its address."""
    try:
        scheme = urlsplit(url or "").scheme
    except ValueError:
        return None
    return url if scheme in {"http", "https"} else None


def article_page(ref: ArticleRef, version: str = "") -> str:
    """Return the address of our own page of an article, or of an older version of it."""
    return f"/article/{quote(f'{ref.id}@{version}' if version else ref.id, safe='')}"


def article_link(citation: Citation) -> str:
    """Return the address of our own article page at the cited characters, in the version that was cited."""
    return f"{article_page(citation, citation.version)}?start={citation.start}&end={citation.end}#cited"
