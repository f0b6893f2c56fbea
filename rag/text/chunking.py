"""Article -> passages: whole sentences, packed to the embedder's window, at exact character offsets.

No sentence crosses a blank line. The passages of an article are of about equal size, and end at the end of a paragraph
if one is near: against filling each passage in turn, which leaves short tails, that raised nDCG@10 from .721 to .730
on short articles. A sentence longer than the window is divided between words. The embedder gets the title prefix and
the passage; a citation quotes the passage alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import accumulate

from rag.text.sentences import trimmed
from rag.types.articles import ArticleRef, Span

VERSION = "sentences-1"  # part of the manifest: a change divides every article anew
TITLE_PREFIX_SHARE = 4  # the title prefix takes at most a quarter of the window
PARAGRAPH_PULL = 0.25  # share of the window by which a passage may miss its size to end with a paragraph

Tokens = Callable[[Sequence[str]], list[list[tuple[int, int]]]]


def title_prefix(article: ArticleRef) -> str:
    """Return the text that is embedded in front of each passage: the title, on a line of its own.

    A title derived from the lead is left out, because it repeats words of the first passage: on a dataset without
    titles, leaving it out raised nDCG@10 from .773 to .785.
    """
    return article.title + "\n" if article.title_from == "given" else ""


def chunk(text: str, units: Sequence[Span], starts: list[int], header: str, tokens: Tokens, budget: int) -> list[Span]:
    """Return the spans of the passages of `text`, each of at most `budget` tokens with its header.

    `units` are the sentences of the text, `starts` the characters at which its tokens begin, `tokens` the embedder's
    tokenizer. For word-piece models the token counts of sentences add up; for others a passage may have more tokens
    than its sentences, and then all are packed again into a smaller window.
    """
    room = budget - len(tokens([header])[0])
    while True:
        spans = _pack(_divided(text, units, starts, room), starts, room)
        longest = max(len(passage) for passage in tokens([header + text[span.start : span.end] for span in spans]))
        if longest <= budget or room <= 1:
            return spans
        room = max(1, room - (longest - budget))


def cut_title_prefix(header: str, tokens: Tokens, budget: int) -> str:
    """Return `header`, cut between words if it takes more than its share of `budget` tokens."""
    spans = tokens([header])[0]
    most = budget // TITLE_PREFIX_SHARE
    return header if len(spans) <= most else header[: spans[most][0]].rstrip() + "\n"


def _divided(text: str, units: Sequence[Span], starts: list[int], room: int) -> list[Span]:
    """Divide each sentence of more than `room` tokens at the last white space that fits, or else at a token."""
    parts = []
    for unit in units:
        start = unit.start
        while _count(starts, start, unit.end) > room:
            limit = starts[bisect_left(starts, start) + room]
            space = max((text.rfind(gap, start + 1, limit) for gap in (" ", "\n", "\t")), default=-1)
            cut = space if space > start else max(limit, start + 1)
            a, b = trimmed(text, start, cut)
            parts.append(Span(start=a, end=b, paragraph=unit.paragraph))
            start = trimmed(text, cut, unit.end)[0]
        parts.append(Span(start=start, end=unit.end, paragraph=unit.paragraph))
    return [span for span in parts if span.start < span.end]


def _pack(units: list[Span], starts: list[int], room: int) -> list[Span]:
    """Join sentences into passages of at most `room` tokens and of about equal size, without a short tail."""
    total = [0, *accumulate(_count(starts, unit.start, unit.end) for unit in units)]
    spans, first = [], 0
    while first < len(units):
        left = total[-1] - total[first]
        passages = max(1, -(-left // room))
        stop = _stop(units, total, first, room, total[first] + left / passages)
        spans.append(Span(start=units[first].start, end=units[stop - 1].end, paragraph=units[first].paragraph))
        first = stop
    return spans


def _stop(units: list[Span], total: list[int], first: int, room: int, target: float) -> int:
    """Return the index after the last sentence of the passage that begins at `first`, as near to `target` as possible.

    The end of a paragraph counts as nearer than it is, by the share PARAGRAPH_PULL of the room.
    """
    last = first + 1
    while last < len(units) and total[last + 1] - total[first] <= room:
        last += 1

    def distance(stop: int) -> float:
        ends_paragraph = stop == len(units) or units[stop].paragraph != units[stop - 1].paragraph
        return abs(total[stop] - target) - (PARAGRAPH_PULL * room if ends_paragraph else 0)

    return min(range(last, first, -1), key=distance)


def _count(starts: list[int], start: int, end: int) -> int:
    return bisect_left(starts, end) - bisect_left(starts, start)
