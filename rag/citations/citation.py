"""Spans -> citations, made from the stored text alone, so that a quotation cannot be invented."""

from __future__ import annotations

from bisect import bisect_right
from urllib.parse import urldefrag

from rag.citations.text_fragment import directive
from rag.types.articles import Article, Citation

CONTEXT_CHARS = 32  # of prefix and suffix, as in the examples of the W3C Web Annotation model


def cite(article: Article, passage_id: str, start: int, end: int, paragraph: int) -> Citation:
    """Return a citation of `article.text[start:end]`, which begins in `paragraph` (counted from 0)."""
    text = article.text
    return Citation(
        **article.ref().model_dump(),
        passage_id=passage_id,
        paragraph=paragraph,
        start=start,
        end=end,
        quote=text[start:end],
        prefix=text[max(0, start - CONTEXT_CHARS) : start],
        suffix=text[end : end + CONTEXT_CHARS],
        link=text_fragment(article.url, text, start, end) if article.url else None,
        page=bisect_right(article.pages, start) or None,
    )


def text_fragment(url: str, text: str, start: int, end: int) -> str:
    """Return `url` with the text directive that finds `text[start:end]`; the bare address if there is none."""
    bare = urldefrag(url).url
    encoded = directive(text, start, end)
    return f"{bare}#:~:text={encoded}" if encoded else bare
