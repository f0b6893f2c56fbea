"""What the tests of loaders share: fixtures that write one file and read it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.loaders import corpus
from rag.types.articles import Article
from rag.types.reading import Problem

LoadOne = Callable[..., tuple[Article, list[str]]]
LoadAll = Callable[..., tuple[list[Article], list[str]]]


@pytest.fixture
def load_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LoadAll:
    """Write one file and return its articles and its problems, as they are printed."""
    monkeypatch.chdir(tmp_path)

    def read(name: str, content: str | bytes, **mapping: str) -> tuple[list[Article], list[str]]:
        Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
        items = list(corpus.read([Path(name)], mapping))
        articles = [item for item in items if isinstance(item, Article)]
        return articles, [str(item) for item in items if isinstance(item, Problem)]

    return read


@pytest.fixture
def load(load_all: LoadAll) -> LoadOne:
    """Write one file and return its one article and its problems, as they are printed."""

    def read(name: str, content: str | bytes, **mapping: str) -> tuple[Article, list[str]]:
        (article,), problems = load_all(name, content, **mapping)
        return article, problems

    return read


@pytest.fixture
def record(load_all: LoadAll) -> Callable[..., Article]:
    """Return the article of one record, which must read without a problem."""

    def read(values: dict[str, object], **mapping: str) -> Article:
        articles, problems = load_all("a.jsonl", json.dumps(values) + "\n", **mapping)
        assert problems == []
        return articles[0]

    return read


@pytest.fixture
def problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """Write one file that holds no article and return why."""
    monkeypatch.chdir(tmp_path)

    def read(name: str, content: str) -> str:
        Path(name).write_text(content)
        (item,) = corpus.read([Path(name)])
        assert isinstance(item, Problem)
        return str(item)

    return read
