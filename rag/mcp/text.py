"""What tools return, as text that a model reads where its host shows it no structured output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rag.mcp.schemas import AnswerOutput, ArticleHead, ArticleOutput, CitedPassage, PassageCitation, SearchOutput
from rag.messages import total


def answered(given: AnswerOutput) -> str:
    """Return the answer with its citations, or that there is none, and the passages."""
    lines = [*_beside(given), given.said]
    for number, sentence in enumerate(given.sentences, 1):
        lines += [
            "",
            f"{number}. “{sentence.quote}”",
            f"— {sentence.title}, {_source(sentence)}",
            *_beside_quote(sentence),
        ]
    if given.passages:
        meant = given.reason in (None, "no_subject")
        lines += ["", "Passages:" if meant else "Nearest passages, which may be about something else:"]
    return "\n".join([*lines, *_passages(given.passages)])


def found(given: SearchOutput) -> str:
    """Return the passages with their citations, and how to go on."""
    shown = f"{len(given.passages)} of {total(given.total)}" if given.passages else "Nothing matches."
    more = ["", f"For more: the same search with cursor={given.next}"] if given.next else []
    return "\n".join([*_beside(given), shown, *_passages(given.passages), *more])


def whole(given: ArticleOutput) -> str:
    """Return an article with its head."""
    newer = [f"This is an older version; the newest is {given.id}@{given.newer}."] if given.newer else []
    copies = (
        [f"The same story: {', '.join(f'{copy.title} ({copy.id})' for copy in given.copies)}"] if given.copies else []
    )
    return "\n".join([given.title, _source(given), *newer, *given.notes, *copies, "", given.text])


def _beside(given: AnswerOutput | SearchOutput) -> Iterator[str]:
    if given.interpreted:
        yield f"{given.interpreted}."
    yield from given.warnings


def _passages(passages: Iterable[CitedPassage]) -> Iterator[str]:
    for passage in passages:
        yield from ("", f"[{passage.rank}] {passage.citation.title}", _source(passage.citation))
        yield from _beside_quote(passage.citation)
        if passage.also_in:
            yield f"also in: {', '.join(f'{copy.source or copy.title} ({copy.id})' for copy in passage.also_in)}"
        yield passage.citation.quote


def _beside_quote(citation: PassageCitation) -> Iterator[str]:
    yield f"characters {citation.start}:{citation.end}{f', {citation.link}' if citation.link else ''}"
    yield from citation.notes


def _source(source: ArticleHead) -> str:
    said = (", ".join(source.authors), source.source, source.published and str(source.published), f"id {source.id}")
    return ", ".join(part for part in said if part)
