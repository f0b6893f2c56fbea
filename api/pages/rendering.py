"""Templates -> HTML. Everything is escaped; what an article says is text and never markup."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlsplit

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rag.types import Citation, Copy

HERE = Path(__file__).parent
STATIC = HERE / "static"


def render(template: str, status: int = 200, **context: object) -> HTMLResponse:
    """Return the page that `template` makes of `context`."""
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
    environment.filters |= {"day": day, "web_link": web_link, "article_link": article_link, "copy_link": copy_link}
    return environment


def day(value: date) -> str:
    """Return a day as a reader writes it: 4 May 2025."""
    return f"{value.day} {value:%B} {value.year}"


def web_link(url: str | None) -> str | None:
    """Return `url` if it leads to the web: an article's address is not trusted to be one."""
    try:
        scheme = urlsplit(url or "").scheme
    except ValueError:
        return None
    return url if scheme in {"http", "https"} else None


def copy_link(copy: Copy) -> str:
    """Return the address of our own page of another article of the story."""
    return f"/article/{quote(copy.id, safe='')}"


def article_link(citation: Citation) -> str:
    """Return the address of our own article page, at the cited characters."""
    return f"/article/{quote(citation.id, safe='')}?start={citation.start}&end={citation.end}#cited"
