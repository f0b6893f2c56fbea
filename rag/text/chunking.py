"""Article -> passages: whole sentences, packed to the embedder's window, at exact character offsets.

Sentences never cross a blank line. An article's passages are of about equal size, and end with a paragraph
where one ends near by: against filling each passage in turn, which leaves short tails, that raised nDCG@10
from .721 to .730 on short articles. A sentence that alone exceeds the window is divided between words. What is
embedded is a header (the title) and the passage; what is cited is the passage alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import accumulate

from rag.text.sentences import trimmed
from rag.types.articles import ArticleRef, Span

VERSION = "sentences-1"  # part of the manifest: a change here re-chunks every article
TITLE_PREFIX_SHARE = 4  # a title takes at most a quarter of the window
PARAGRAPH_PULL = 0.25  # share of the window that a passage may miss its size by to end with a paragraph

Tokens = Callable[[Sequence[str]], list[list[tuple[int, int]]]]


def title_prefix(article: ArticleRef) -> str:
    """Return what goes in front of a passage when it is embedded: the title, on a line of its own.

    A title derived from the lead repeats words that a passage already has: on a set without titles, leaving
    it out raised nDCG@10 from .773 to .785.
    """
    return article.title + "\n" if article.title_from == "given" else ""


def chunk(text: str, units: Sequence[Span], starts: list[int], header: str, tokens: Tokens, budget: int) -> list[Span]:
    """Return the spans of the passages of `text`, each of at most `budget` tokens with its header.

    `units` are the sentences of the text, `starts` the characters at which its tokens begin.
    `tokens` are the embedder's own. Counts add up across sentences for word-piece models; for others a
    passage may come out longer than its parts, and is then packed again with that much room left.
    """
    room = budget - len(tokens([header])[0])
    while True:
        spans = _pack(_divided(text, units, starts, room), starts, room)
        longest = max(len(found) for found in tokens([header + text[span.start : span.end] for span in spans]))
        if longest <= budget or room <= 1:
            return spans
        room = max(1, room - (longest - budget))


def cut_title_prefix(header: str, tokens: Tokens, budget: int) -> str:
    """Return `header`, cut between words where it would take more than its share of `budget` tokens."""
    spans = tokens([header])[0]
    most = budget // TITLE_PREFIX_SHARE
    return header if len(spans) <= most else header[: spans[most][0]].rstrip() + "\n"


def _divided(text: str, units: Sequence[Span], starts: list[int], room: int) -> list[Span]:
    """Divide each sentence of more than `room` tokens, at the last white space that fits, else at a token."""
    whole = []
    for unit in units:
        start = unit.start
        while _count(starts, start, unit.end) > room:
            limit = starts[bisect_left(starts, start) + room]
            space = max((text.rfind(gap, start + 1, limit) for gap in (" ", "\n", "\t")), default=-1)
            cut = space if space > start else max(limit, start + 1)
            a, b = trimmed(text, start, cut)
            whole.append(Span(start=a, end=b, paragraph=unit.paragraph))
            start = trimmed(text, cut, unit.end)[0]
        whole.append(Span(start=start, end=unit.end, paragraph=unit.paragraph))
    return [span for span in whole if span.start < span.end]


def _pack(units: list[Span], starts: list[int], room: int) -> list[Span]:
    """Join units into passages of at most `room` tokens and of about equal size: no short tail is left over."""
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
    """Return where the passage that begins at `first` stops: as near to `target` tokens as sentences allow.

    A paragraph's end counts as nearer than it is, by PARAGRAPH_PULL of the room.
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
