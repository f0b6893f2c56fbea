"""Answers and hits as a page on a terminal: headlines that are links, and the answering sentence lit in its passage."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from rag import messages
from rag.cli import console
from rag.types.articles import Citation
from rag.types.results import Answer, Facets, Hit, QueryInterpretation, SearchResult

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

WIDEST = 100  # columns; longer lines are hard to read
INDENT = 4
ANSWER, LIT, HEADLINE, QUIET = "bold", "black on yellow", "bold cyan", "dim"


def is_there() -> bool:
    """Return whether a person reads this on a terminal that may be coloured (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def answer(given: Answer) -> None:
    """Show the answering sentences with how sure they are, or why there are none, then the passages."""
    console = _console()
    _interpreted(console, given.interpreted)
    for sentence in given.sentences:
        console.print(_text(" ".join(sentence.text.split()), ANSWER))
        console.print(_byline(sentence.citation, f"— {sentence.citation.title}, ", f" [{sentence.hit_rank}]"))
    if given.answered:
        console.print(f"\nQuoted word for word; {messages.confidence_phrase(given.confidence)}.")
    else:
        console.print(_text(messages.why_not(given), ANSWER))
    if shown := given.hits or given.near_misses:
        console.rule(messages.passages(given), style=QUIET)
    _hits(console, shown, [sentence.citation for sentence in given.sentences])
    _facets(console, given.facets)


def search(given: SearchResult) -> None:
    """Show the hits, how many there are in all, and what matches counted, where that was asked for."""
    console = _console()
    _interpreted(console, given.interpreted)
    _hits(console, given.hits, [])
    _facets(console, given.facets)
    what = {"story": "stories", "article": "articles", "passage": "passages"}[given.group_by]
    said = f"{len(given.hits)} of {messages.total(given.total)} {what}" if given.hits else "Nothing matches."
    console.print(f"\n{said}", style=QUIET if given.hits else "")


def _console() -> Console:
    page = console.console()
    page.width = min(page.width, WIDEST)
    return page


def _hits(console: Console, hits: tuple[Hit, ...], cited: list[Citation]) -> None:
    for hit in hits:
        _hit(console, hit, cited)


def _hit(console: Console, hit: Hit, cited: list[Citation]) -> None:
    citation = hit.citation
    console.print()
    console.print(
        _text(f"{f'[{hit.rank}]':<{INDENT}}", QUIET), _text(citation.title, f"{HEADLINE}{_link(citation)}"), sep=""
    )
    _indented(console, _byline(citation))
    _indented(console, _passage(hit, cited))
    if hit.also_in:
        _indented(console, _text(f"also in: {'; '.join(map(messages.copy, hit.also_in))}", QUIET))
    _indented(console, _text(f"{citation.id} {hit.passage.start}:{hit.passage.end}", QUIET))


def _passage(hit: Hit, cited: list[Citation]) -> Text:
    """Return a passage with the cited sentences lit; offsets are the article's, as `harmless` keeps every length."""
    passage, text = hit.passage, _text(hit.passage.text)
    for one in cited:
        if (one.id, one.version) == (hit.citation.id, hit.citation.version):
            text.stylize(LIT, max(one.start - passage.start, 0), max(one.end - passage.start, 0))
    return text


def _byline(citation: Citation, before: str = "", after: str = "") -> Text:
    """Return who wrote it, where, and when; the day as people write it."""
    day = citation.published
    said = [", ".join(citation.authors), citation.source, f"{day.day} {day:%B %Y}" if day else None]
    return _text(before + (" · ".join(part for part in said if part) or "no byline") + after, QUIET)


def _link(citation: Citation) -> str:
    """Return the style that opens the source at the quote; only what a browser opens is a link."""
    address = citation.link or citation.url or ""
    return f" link {address}" if address.startswith(("https://", "http://")) and address.isprintable() else ""


def _interpreted(console: Console, given: QueryInterpretation | None) -> None:
    if given:
        console.print(_text(f"{messages.interpreted(given)}.\n", QUIET))


def _facets(console: Console, given: Facets | None) -> None:
    if given:
        console.print()
        console.print(_text("\n".join(messages.counted(given)), QUIET))


def _indented(console: Console, shown: RenderableType) -> None:
    from rich.padding import Padding

    console.print(Padding(shown, (0, 0, 0, INDENT)))


def _text(said: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(messages.harmless(said), style)
