"""JSON Lines hold a record a line."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.loaders import corpus
from rag.types.articles import Article
from tests.unit.loaders.conftest import LoadAll


@given(st.text(st.characters()).filter(str.strip), st.booleans())
def test_a_text_comes_back_as_written_but_for_white_space_and_windows_letters(
    tmp_path_factory: pytest.TempPathFactory, text: str, escaped: bool
) -> None:
    path = tmp_path_factory.mktemp("round") / "a.jsonl"
    whole = "".join("\ufffd" if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in text)
    written = json.dumps({"text": text}) if escaped else json.dumps({"text": whole}, ensure_ascii=False)
    path.write_bytes(written.encode() + b"\n")
    (article,) = corpus.read([path])
    assert isinstance(article, Article)
    lines = re.split("\r\n|\r|\n", re.sub("[\x80-\x84\x86-\x9f]", in_windows, whole))
    told = "\n".join(" ".join(filter(None, re.split("[ \t\f]+", line))) for line in lines)
    assert article.text == re.sub("\n\n\n+", "\n\n", told).strip()


def in_windows(control: re.Match[str]) -> str:
    return control[0].encode("latin-1").decode("cp1252", "replace")


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x0b", "\x1c"])
def test_only_a_newline_ends_a_record_of_json_lines(separator: str, load_all: LoadAll) -> None:
    raw = separator if separator > "\x7f" else json.dumps(separator)[1:-1]
    articles, problems = load_all("a.jsonl", f'{{"text": "a{raw}b"}}\r\n{{"text": "c"}}')
    assert problems == []
    assert [article.text for article in articles] == [f"a{separator}b", "c"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_json_lines_may_begin_with_a_byte_order_mark(encoding: str, load_all: LoadAll) -> None:
    articles, problems = load_all("a.jsonl", '{"text": "é\u2028"}\n{"text": "ü"}\n'.encode(encoding))
    assert problems == []
    assert [article.text for article in articles] == ["é", "ü"]


def test_one_broken_byte_costs_one_character_and_no_line(load_all: LoadAll) -> None:
    articles, _ = load_all("a.jsonl", '{"text": "é ü"}\n'.encode() + b'{"text": "\xc3\xa9 \xc3\xbc a\xffb"}\n')
    assert [article.text for article in articles] == ["é ü", "é ü a\ufffdb"]
