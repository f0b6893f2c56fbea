"""Markdown: one article a file, with its fields in YAML or TOML front matter. Its text is what a reader would see.

The markup of headings, emphasis, links, images, code and tables is removed, and so are the shortcodes of site
generators. Paragraphs, list items and cells stay, and so do the bullets and numbers of lists. The first `# Heading` is
the title if the front matter states no other.
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
SHORTCODE = re.compile(r"\{\{[<%][^{}]{0,1000}[>%]\}\}|\{%[^{}]{0,1000}%\}")  # Hugo's and Jekyll's
TAGS = re.compile(  # With \Z, the end of an element that is never closed is looked for only once
    r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1 ?>|\Z)|<[^<>]+>", re.DOTALL | re.IGNORECASE
)
BLOCK_TAGS = re.compile(
    r"</?(?:p|div|h[1-6]|ul|ol|table|blockquote|section|article|figure|figcaption|header|footer|dl|hr|pre)\b[^<>]*>",
    re.IGNORECASE,
)
LINE_TAGS = re.compile(r"<(?:br|li|tr|dt|dd)\b[^<>]*>", re.IGNORECASE)
CELL_TAGS = re.compile(r"<t[dh]\b[^<>]*>", re.IGNORECASE)
MAX_BRACKETS = 1_000  # Looking for the end of each "[" in a block takes the square of their number
HEADING = "# Heading"  # `Article.fields_from` shows so where the title of the body was read


@dataclass(frozen=True)
class MarkdownBlock:
    """A paragraph, heading, list item, cell or block of code: its text, its HTML tag, and the gap before it."""

    text: str
    tag: str
    gap: str


def load(source: SourceFile) -> Iterator[Article | Problem]:
    """Yield the article of the file; front matter that cannot be read is reported and the body read without it."""
    at, text = source.origin(), encoding.text(source.read())
    front: dict[str, object] = {}
    if match := FRONT.match(text):
        try:
            front = _yaml(match["yaml"]) if match["toml"] is None else _toml(match["toml"])
        except FrontMatterError as error:
            yield problem(source.origin(error.line), "front matter", str(error))
        text = text[match.end() :]
    field_names = article_fields.names(source.mapping)
    title = article_fields.RecordFields(front, at, field_names).line("title")
    text = SHORTCODE.sub("", text)
    blocks = list(_blocks(_parser(text).parse(text)))
    heading = next((block for block in blocks if block.tag == "h1"), None)
    record = dict(front)
    if heading and title in {None, " ".join(heading.text.split())}:
        blocks.remove(heading)
        record[HEADING] = heading.text
    record["text"] = "".join(block.gap + block.text for block in blocks)
    field_names = {**field_names, "title": (*field_names["title"], HEADING)}
    yield from article_fields.articles(record, at, source.name, field_names, alone=True)


def _parser(text: str) -> MarkdownIt:
    """Return the parser for a text, without links and images for a text that would take it minutes."""
    parser = MarkdownIt("commonmark").enable("table")
    if any(block.count("[") > MAX_BRACKETS for block in text.split("\n\n")):
        parser.disable(["link", "image"])
    return parser


class FrontMatterError(ValueError):
    """Front matter cannot be read; `line` is the line of the file where it goes wrong."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def _yaml(text: str) -> dict[str, object]:
    """Return the fields of YAML front matter. Raises FrontMatterError.

    BaseLoader leaves every value a string: `no` stays a language, and 2025-13-40 does not raise.
    """
    try:
        fields: object = yaml.load(text, Loader=yaml.BaseLoader)
    except (yaml.MarkedYAMLError, yaml.reader.ReaderError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = str(getattr(error, "problem", None) or getattr(error, "reason", error))
        raise FrontMatterError(mark.line + 2 if mark else 2, reason) from None
    if fields and not isinstance(fields, dict):
        raise FrontMatterError(2, f"is {article_fields.json_type(fields)}, not fields")
    return fields if isinstance(fields, dict) else {}


def _toml(text: str) -> dict[str, object]:
    """Return the fields of TOML front matter, with dates as strings. Raises FrontMatterError."""
    try:
        fields = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        place = TOML_LINE.search(str(error))
        raise FrontMatterError(int(place[1]) + 1 if place else 2, TOML_LINE.sub("", str(error))) from None
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in fields.items()}


def _blocks(tokens: Sequence[Token]) -> Iterator[MarkdownBlock]:
    """Yield the blocks that hold text, in order."""
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
            before = gap or ("\n" if hidden and mark and not first else "\n\n")
            yield MarkdownBlock(mark + text, "" if mark else tag, before)
            mark, first, gap = "", False, gap and " "


def _text(token: Token) -> str | None:
    """Return the text of a token; None for a token that never has one."""
    if token.type == "inline":
        return "".join(_inline(child) for child in token.children or ())
    if token.type in {"fence", "code_block"}:
        return token.content
    return _html_text(token.content) if token.type == "html_block" else None


def _html_text(block: str) -> str:
    """Return the text of a block of HTML, with its paragraphs, lines and cells separated."""
    text = dom.SPACE.sub(" ", block)
    for tags, separator in ((BLOCK_TAGS, "\n\n"), (LINE_TAGS, "\n"), (CELL_TAGS, " "), (TAGS, "")):
        text = tags.sub(separator, text)
    return html.unescape(text)


def _inline(token: Token) -> str:
    if token.type in {"softbreak", "hardbreak"}:
        return "\n"
    return "" if token.type in {"image", "html_inline"} else token.content
