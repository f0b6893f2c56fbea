"""Markdown: one article a file, its fields in YAML front matter. The text is what a reader sees.

Marks of headings, emphasis, links, images and code go; paragraphs and list items stay, and so do the
bullets and numbers of lists. The first `# Heading` is the title if the front matter gives no other.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from markdown_it import MarkdownIt

from rag.loading import decoding, fields
from rag.loading.places import origin, problem
from rag.types import Article, Problem

if TYPE_CHECKING:
    from markdown_it.token import Token

FRONT = re.compile(r"---[ \t]*\n(?P<yaml>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
TAGS = re.compile(r"<!--.*?-->|<[^>]+>", re.DOTALL)
HEADING = "# Heading"  # the title's name of last resort, which no front matter can have

Blocks = list[tuple[str, bool]]


def load(path: Path, name: str, mapping: dict[str, str]) -> Iterator[Article | Problem]:
    """Read one article; front matter that is not YAML is reported, and the body read without it."""
    at, text = origin(path), decoding.text_of(path)
    front: dict[str, object] = {}
    if match := FRONT.match(text):
        found = _front_matter(match["yaml"])
        if isinstance(found, dict):
            front = found
        else:
            yield problem(origin(path, found[0]), "front matter", found[1])
        text = text[match.end() :]
    looked_for = fields.names(mapping)
    given = fields.Fields(front, at, looked_for).line("title")
    heading, blocks = _blocks(MarkdownIt("commonmark").parse(text))
    if heading and given in {None, heading}:
        blocks.remove((heading, False))
    record = {**front, "text": _joined(blocks), HEADING: heading}
    looked_for = {**looked_for, "title": (*looked_for["title"], HEADING)}
    yield from fields.articles(record, at, name, looked_for, alone=True)


def _front_matter(text: str) -> dict[str, object] | tuple[int, str]:
    """Return the fields, or the file's line and what is wrong there.

    BaseLoader leaves every value a string: `no` stays a language and 2025-13-40 does not raise.
    """
    try:
        found: object = yaml.load(text, Loader=yaml.BaseLoader)
    except (yaml.MarkedYAMLError, yaml.reader.ReaderError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        return (mark.line + 2 if mark else 2), str(getattr(error, "problem", None) or error)
    if isinstance(found, dict):
        return found
    return {} if not found else (2, f"is {fields.kind(found)}, not fields")


def _blocks(tokens: Sequence[Token]) -> tuple[str | None, Blocks]:
    """Return the first heading, and each block of text with whether it follows the last without a gap."""
    blocks: Blocks = []
    heading, mark, opener = None, "", None
    for token in tokens:
        if token.type == "list_item_open":
            mark = f"{token.info}{token.markup} " if token.info else "- "
        elif token.type == "list_item_close":
            mark = ""
        elif token.type in {"paragraph_open", "heading_open"}:
            opener = token
        text = _text(token)
        if not text or not text.strip():
            continue
        tight = bool(opener and opener.hidden and mark and blocks)
        blocks.append((mark + text.strip("\n"), tight))
        if opener and opener.tag == "h1" and heading is None and not mark:
            heading = blocks[-1][0]
        mark, opener = "", None
    return heading, blocks


def _text(token: Token) -> str | None:
    """Return what a token says; None for one that says nothing."""
    if token.type == "inline":
        return "".join(_inline(child) for child in token.children or ())
    if token.type in {"fence", "code_block"}:
        return token.content
    return html.unescape(TAGS.sub("", token.content)) if token.type == "html_block" else None


def _inline(token: Token) -> str:
    if token.type in {"softbreak", "hardbreak"}:
        return "\n"
    return "" if token.type in {"image", "html_inline"} else token.content


def _joined(blocks: Blocks) -> str:
    return "".join(("\n" if tight else "\n\n") + text for text, tight in blocks)
