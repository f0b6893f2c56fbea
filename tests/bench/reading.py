"""How well are saved news pages read, beside plain trafilatura? Title, day, authors and text of a labelled collection.

`python -m tests.bench.reading DIR`: DIR has html/NAME.html, metadata/NAME.json (title, authors, publish_date, language)
and txt/NAME.txt. A title is right where it is the same but for case and spaces, authors where the set is, a text by
the F1 of its words. A day counts only where the collection gives one. `-v` shows what differs.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from trafilatura import bare_extraction

from rag.loaders.base import origin
from rag.loaders.formats import html
from rag.types.articles import Article


@dataclass(frozen=True)
class Page:
    """What is said of a page."""

    title: str
    day: str | None
    authors: frozenset[str]
    text: str


def ours(path: Path) -> Page:
    """Read a page by rag.loaders.formats.html."""
    items = html.articles(path.read_bytes(), origin(path), path.name)
    found = next((item for item in items if isinstance(item, Article)), None)
    if found is None:
        return Page("", None, frozenset(), "")
    return Page(found.title, str(found.published) if found.published else None, frozenset(found.authors), found.text)


def plain(path: Path) -> Page:
    """Read a page by one call of trafilatura, as its guide shows it."""
    found: Any = bare_extraction(path.read_bytes(), with_metadata=True)
    if found is None:
        return Page("", None, frozenset(), "")
    authors = frozenset(filter(None, (name.strip() for name in (found.author or "").split(";"))))
    return Page(found.title or "", found.date, authors, found.text or "")


def labelled(metadata: Path) -> tuple[str, Page]:
    """Return a page's language and what the collection says of it."""
    given = json.loads(metadata.read_text("utf-8"))
    text = metadata.parent.parent / "txt" / f"{metadata.stem}.txt"
    return given.get("language") or "", Page(
        given["title"], (given["publish_date"] or "")[:10] or None, frozenset(given["authors"] or ()),
        text.read_text("utf-8") if text.exists() else given["text"],
    )  # fmt: skip


def folded(text: str) -> str:
    return " ".join(text.casefold().split())


def f1(found: str, wanted: str) -> float:
    """Return the F1 of the words of two texts, each as often as it stands there."""
    a, b = (Counter(re.findall(r"\w+", text.lower())) for text in (found, wanted))
    return 2 * (a & b).total() / max(1, a.total() + b.total())


def measures(pairs: list[tuple[Page, Page]]) -> dict[str, float]:
    """Return the mean of each measure over (found, labelled) pages."""
    dated = [(found, gold) for found, gold in pairs if gold.day]
    return {
        "title": sum(folded(found.title) == folded(gold.title) for found, gold in pairs) / len(pairs),
        "day": sum(found.day == gold.day for found, gold in dated) / max(1, len(dated)),
        "authors": sum(found.authors == gold.authors for found, gold in pairs) / len(pairs),
        "text F1": sum(f1(found.text, gold.text) for found, gold in pairs) / len(pairs),
    }


def measure(folder: Path, show: bool = False) -> dict[str, dict[str, float]]:
    """Return the measures of our reading and of trafilatura's, over English pages and over all."""
    found: dict[str, dict[str, float]] = {}
    pages = [(path, *labelled(path)) for path in sorted((folder / "metadata").glob("*.json"))]
    for group in ("English", "all"):
        for name, read in (("byline", ours), ("trafilatura", plain)):
            wanted = [(path, gold) for path, language, gold in pages if group == "all" or language == "en"]
            pairs = [(read(folder / "html" / f"{path.stem}.html"), gold) for path, gold in wanted]
            found[f"{group} ({len(pairs)}), {name}"] = measures(pairs)
            for said, gold in pairs if show and name == "byline" else ():
                for what in ("title", "authors", "day"):
                    if (one := getattr(said, what)) != (other := getattr(gold, what)):
                        print(f"  {what}: {one} | {other}")
    return found


def main() -> None:
    """Print the table."""
    print(f"trafilatura {version('trafilatura')}, htmldate {version('htmldate')}, lxml {version('lxml')}")
    for name, values in measure(Path(sys.argv[1]), "-v" in sys.argv).items():
        print(f"{name:<28}" + "".join(f"  {what} {value:.3f}" for what, value in values.items()))


if __name__ == "__main__":
    main()
