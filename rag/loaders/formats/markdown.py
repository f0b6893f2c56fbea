"""Markdown: one article a file, its fields in front matter, YAML or TOML. The text is what a reader sees.

Marks of headings, emphasis, links, images and code go, and so do the rules of tables and what a site generator would
fill in; paragraphs, list items and cells stay, and so do the bullets and numbers of lists. The first `# Heading` is the
title if the front matter gives no other.
"""

from __future__ import annotations

import html
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import yaml
from markdown_it import MarkdownIt

from rag.loaders.base import SourceFile, problem
from rag.loaders.fields import article_fields
from rag.loaders.files import encoding
from rag.loaders.html import dom
from rag.types.articles import Article
from rag.types.reading import Problem

if TYPE_CHECKING:
    from markdown_it.token import Token

FRONT = re.compile(
    r"(?:---[ \t]*\n(?P<yaml>.*?)^(?:---|\.\.\.)|\+\+\+[ \t]*\n(?P<toml>.*?)^\+\+\+)[ \t]*(?:\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
TOML_LINE = re.compile(r" \(at line (\d+), column \d+\)\Z")
SHORTCODE = re.compile(r"\{\{[<%][^{}]{0,1000}[>%]\}\}|\{%[^{}]{0,1000}%\}")  # Hugo's; Jekyll's
TAGS = re.compile(  # what opens and never closes is looked for once
    r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1 ?>|\Z)|<[^<>]+>", re.DOTALL | re.IGNORECASE
)
APART = re.compile(
    r"</?(?:p|div|h[1-6]|ul|ol|table|blockquote|section|article|figure|figcaption|header|footer|dl|hr|pre)\b[^<>]*>",
    re.IGNORECASE,
)
LINES = re.compile(r"<(?:br|li|tr|dt|dd)\b[^<>]*>", re.IGNORECASE)
CELLS = re.compile(r"<t[dh]\b[^<>]*>", re.IGNORECASE)
MAX_BRACKETS = 1_000  # of a block; the parser looks for the end of each "[" behind it, which costs their square
HEADING = "# Heading"  # the title's name of last resort, which no front matter can have


@dataclass(frozen=True)
class Block:
    """A stretch of text, the HTML name of what holds it, and what stands between it and the last."""

    text: str
    tag: str
    gap: str


def load(source: SourceFile, mapping: dict[str, str]) -> Iterator[Article | Problem]:
    """Read one article; front matter that cannot be read is reported, and the body read without it."""
    at, text = source.origin(), encoding.text(source.read())
    front: dict[str, object] = {}
    if match := FRONT.match(text):
        found = _yaml(match["yaml"]) if match["toml"] is None else _toml(match["toml"])
        if isinstance(found, dict):
            front = found
        else:
            yield problem(source.origin(found[0]), "front matter", found[1])
        text = text[match.end() :]
    looked_for = article_fields.names(mapping)
    given = article_fields.Fields(front, at, looked_for).line("title")
    text = SHORTCODE.sub("", text)
    blocks = list(_blocks(_parser(text).parse(text)))
    heading = next((block for block in blocks if block.tag == "h1"), None)
    record = dict(front)
    if heading and given in {None, " ".join(heading.text.split())}:
        blocks.remove(heading)
        record[HEADING] = heading.text
    record["text"] = "".join(block.gap + block.text for block in blocks)
    looked_for = {**looked_for, "title": (*looked_for["title"], HEADING)}
    yield from article_fields.articles(record, at, source.name, looked_for, alone=True)


def _parser(text: str) -> MarkdownIt:
    """Return what parses a text; links and pictures are not looked for in one that would take minutes."""
    parser = MarkdownIt("commonmark").enable("table")
    if any(block.count("[") > MAX_BRACKETS for block in text.split("\n\n")):
        parser.disable(["link", "image"])
    return parser


def _yaml(text: str) -> dict[str, object] | tuple[int, str]:
    """Return the fields, or the file's line and what is wrong there.

    BaseLoader leaves every value a string: `no` stays a language and 2025-13-40 does not raise.
    """
    try:
        found: object = yaml.load(text, Loader=yaml.BaseLoader)
    except (yaml.MarkedYAMLError, yaml.reader.ReaderError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        return (mark.line + 2 if mark else 2), str(getattr(error, "problem", None) or getattr(error, "reason", error))
    if isinstance(found, dict):
        return found
    return {} if not found else (2, f"is {article_fields.kind(found)}, not fields")


def _toml(text: str) -> dict[str, object] | tuple[int, str]:
    """Return the fields, days as they would be written in YAML, or the file's line and what is wrong there."""
    try:
        found = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        place = TOML_LINE.search(str(error))
        return (int(place[1]) + 1 if place else 2), TOML_LINE.sub("", str(error))
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in found.items()}


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    """Yield each heading, paragraph, list item, cell and block of code that holds text, in order."""
    mark, tag, hidden, first, gap = "", "", False, True, ""
    for token in tokens:
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            first = token.level == 0
        elif token.type in {"list_item_open", "list_item_close"}:
            mark = "" if token.nesting < 0 else f"{token.info}{token.markup} " if token.info else "- "
        elif token.type in {"paragraph_open", "heading_open"}:
            tag, hidden = token.tag, token.hidden
        elif token.type in {"paragraph_close", "heading_close"}:
            tag, hidden = "", False
        elif token.type == "tr_open":
            gap = "\n" if gap else "\n\n"
        elif token.type == "table_close":
            gap = ""
        text = (_text(token) or "").strip("\n")
        if text.strip():
            yield Block(mark + text, "" if mark else tag, gap or ("\n" if hidden and mark and not first else "\n\n"))
            mark, first, gap = "", False, gap and " "


def _text(token: Token) -> str | None:
    """Return what a token says; None for one that says nothing."""
    if token.type == "inline":
        return "".join(_inline(child) for child in token.children or ())
    if token.type in {"fence", "code_block"}:
        return token.content
    return _shown(token.content) if token.type == "html_block" else None


def _shown(block: str) -> str:
    """Return what a block of HTML says, its paragraphs, lines and cells apart."""
    said = dom.SPACE.sub(" ", block)
    for tags, apart in ((APART, "\n\n"), (LINES, "\n"), (CELLS, " "), (TAGS, "")):
        said = tags.sub(apart, said)
    return html.unescape(said)


def _inline(token: Token) -> str:
    if token.type in {"softbreak", "hardbreak"}:
        return "\n"
    return "" if token.type in {"image", "html_inline"} else token.content
