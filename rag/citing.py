"""Spans -> citations. Built from the stored text alone, so that a quotation cannot be invented."""

from __future__ import annotations

from bisect import bisect_right
from urllib.parse import quote, urldefrag

from rag.types import Article, Citation

CONTEXT_CHARS = 32  # what the W3C Web Annotation model shows for prefix and suffix
LINK_WORDS = 5  # words at each end that name a long quotation in a text fragment


def cite(article: Article, passage_id: str, start: int, end: int, paragraph: int) -> Citation:
    """Cite `article.text[start:end]`, which begins in that paragraph of the article (counted from 0)."""
    text = article.text
    quoted = text[start:end]
    return Citation(
        **article.ref().model_dump(),
        passage_id=passage_id,
        paragraph=paragraph,
        start=start,
        end=end,
        quote=quoted,
        prefix=text[max(0, start - CONTEXT_CHARS) : start],
        suffix=text[end : end + CONTEXT_CHARS],
        link=text_fragment(article.url, quoted) if article.url else None,
        page=bisect_right(article.pages, start) or None,
    )


def text_fragment(url: str, quoted: str) -> str:
    """Return `url` with a text directive for `quoted`: whole where it is short, else its first and last words.

    https://wicg.github.io/scroll-to-text-fragment/ : a directive's parts must not cross a block, so a long
    quotation is named by `textStart,textEnd`.
    """
    words = quoted.split()
    if len(words) <= 2 * LINK_WORDS and "\n\n" not in quoted:
        directive = _encoded(words)
    else:
        directive = f"{_encoded(words[:LINK_WORDS])},{_encoded(words[-LINK_WORDS:])}"
    return f"{urldefrag(url).url}#:~:text={directive}"


def _encoded(words: list[str]) -> str:
    return quote(" ".join(words), safe="").replace("-", "%2D")
