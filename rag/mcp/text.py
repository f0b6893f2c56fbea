"""The outputs of the tools as text, for a model whose host does not show it structured content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rag.mcp.schemas import AnswerOutput, ArticleHead, ArticleOutput, CitedPassage, PassageCitation, SearchOutput
from rag.messages import total


def answer(output: AnswerOutput) -> str:
    """Return the answering sentences with their citations, or why there are none, and the passages."""
    lines = [*_remarks(output), output.summary]
    for number, sentence in enumerate(output.sentences, 1):
        lines += [
            "",
            f"{number}. “{sentence.quote}”",
            f"— {sentence.title}, {_source(sentence)}",
            *_place(sentence),
        ]
    if output.passages:
        on_subject = output.reason in (None, "no_subject")
        lines += ["", "Passages:" if on_subject else "Nearest passages, which may be about something else:"]
    return "\n".join([*lines, *_passages(output.passages)])


def search(output: SearchOutput) -> str:
    """Return the passages with their citations, and the cursor by which the list goes on."""
    count = f"{len(output.passages)} of {total(output.total)}" if output.passages else "Nothing matches."
    more = ["", f"For more: the same search with cursor={output.next}"] if output.next else []
    return "\n".join([*_remarks(output), count, *_passages(output.passages), *more])


def article(output: ArticleOutput) -> str:
    """Return a whole article below its title, its source and its notes."""
    newer = [f"This is an older version; the newest is {output.id}@{output.newer}."] if output.newer else []
    copies = (
        [f"The same story: {', '.join(f'{copy.title} ({copy.id})' for copy in output.copies)}"] if output.copies else []
    )
    return "\n".join([output.title, _source(output), *newer, *output.notes, *copies, "", output.text])


def _remarks(output: AnswerOutput | SearchOutput) -> Iterator[str]:
    """Yield how the question's time words were read, and the warnings."""
    if output.interpreted:
        yield f"{output.interpreted}."
    yield from output.warnings


def _passages(passages: Iterable[CitedPassage]) -> Iterator[str]:
    for passage in passages:
        yield from ("", f"[{passage.rank}] {passage.citation.title}", _source(passage.citation))
        yield from _place(passage.citation)
        if passage.also_in:
            yield f"also in: {', '.join(f'{copy.source or copy.title} ({copy.id})' for copy in passage.also_in)}"
        yield passage.citation.quote


def _place(citation: PassageCitation) -> Iterator[str]:
    """Yield where a quote stands in its article, its link, and the article's notes."""
    yield f"characters {citation.start}:{citation.end}{f', {citation.link}' if citation.link else ''}"
    yield from citation.notes


def _source(head: ArticleHead) -> str:
    parts = (", ".join(head.authors), head.source, head.published and str(head.published), f"id {head.id}")
    return ", ".join(part for part in parts if part)
