"""Answers and hits as a page on a terminal: linked headlines, and the answering sentences highlighted."""

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

MAX_WIDTH = 100  # columns; longer lines are hard to read
INDENT = 4  # columns
ANSWER, HIGHLIGHT, HEADLINE, QUIET = "bold", "black on yellow", "bold cyan", "dim"  # styles of rich


def is_there() -> bool:
    """Return whether the output goes to a terminal that may be coloured (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def answer(answer: Answer) -> None:
    """Print the answering sentences with the confidence, or why there are none, then the passages."""
    console = _console()
    _interpreted(console, answer.interpreted)
    for sentence in answer.sentences:
        console.print(_text(" ".join(sentence.text.split()), ANSWER))
        console.print(_byline(sentence.citation, f"— {sentence.citation.title}, ", f" [{sentence.hit_rank}]"))
    if answer.answered:
        console.print(f"\nQuoted word for word; {messages.confidence_phrase(answer.confidence)}.")
    else:
        console.print(_text(messages.why_not(answer), ANSWER))
    if hits := answer.hits or answer.near_misses:
        console.rule(messages.passages(answer), style=QUIET)
    _hits(console, hits, [sentence.citation for sentence in answer.sentences])
    _facets(console, answer.facets)


def search(result: SearchResult) -> None:
    """Print the hits, the facets if the request asked for them, and the total."""
    console = _console()
    _interpreted(console, result.interpreted)
    _hits(console, result.hits, [])
    _facets(console, result.facets)
    noun = {"story": "stories", "article": "articles", "passage": "passages"}[result.group_by]
    count = f"{len(result.hits)} of {messages.total(result.total)} {noun}" if result.hits else "Nothing matches."
    console.print(f"\n{count}", style=QUIET if result.hits else "")


def _console() -> Console:
    page = console.console()
    page.width = min(page.width, MAX_WIDTH)
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
        _indented(console, _text(f"also in: {'; '.join(map(messages.copy_line, hit.also_in))}", QUIET))
    _indented(console, _text(f"{citation.id} {hit.passage.start}:{hit.passage.end}", QUIET))


def _passage(hit: Hit, cited: list[Citation]) -> Text:
    """Return a passage with the cited sentences highlighted.

    Citations count characters in the article; cleaning by `harmless` keeps lengths, so that the offsets stay valid.
    """
    passage, text = hit.passage, _text(hit.passage.text)
    for citation in cited:
        if (citation.id, citation.version) == (hit.citation.id, hit.citation.version):
            text.stylize(HIGHLIGHT, max(citation.start - passage.start, 0), max(citation.end - passage.start, 0))
    return text


def _byline(citation: Citation, before: str = "", after: str = "") -> Text:
    published = messages.day(citation.published) if citation.published else None
    parts = filter(None, (", ".join(citation.authors), citation.source, published))
    return _text(before + (" · ".join(parts) or "no byline") + after, QUIET)


def _link(citation: Citation) -> str:
    """Return the style that makes the headline open the source at the quote; empty for what is no web address."""
    address = citation.link or citation.url or ""
    return f" link {address}" if address.startswith(("https://", "http://")) and address.isprintable() else ""


def _interpreted(console: Console, interpretation: QueryInterpretation | None) -> None:
    if interpretation:
        console.print(_text(f"{messages.interpreted(interpretation)}.\n", QUIET))


def _facets(console: Console, facets: Facets | None) -> None:
    if facets:
        console.print()
        console.print(_text("\n".join(messages.facet_lines(facets)), QUIET))


def _indented(console: Console, content: RenderableType) -> None:
    from rich.padding import Padding

    console.print(Padding(content, (0, 0, 0, INDENT)))


def _text(content: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(messages.harmless(content), style)
