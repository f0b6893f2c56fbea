"""The documents that tests read: their texts, and the fenced blocks that tests run."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.conftest import ROOT

GUIDES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md"))
DECISIONS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs" / "decisions").glob("*.md"))
RUN = ["README.md", "CONTRIBUTING.md", *GUIDES]  # their fenced blocks are run or checked
DOCUMENTS = {name: (ROOT / name).read_text("utf-8") for name in ["ARCHITECTURE.md", *RUN, *DECISIONS]}


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and where it stands."""

    language: str
    text: str
    document: str
    line: int

    def __str__(self) -> str:
        return f"{self.document}:{self.line}-{self.language}"


def fenced_blocks(document: str) -> list[Block]:
    """Return the fenced blocks of a document, in order; the language is "" where none is named."""
    text = DOCUMENTS[document]
    return [
        Block(match[1], match[2], document, text.count("\n", 0, match.start()) + 1)
        for match in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]
