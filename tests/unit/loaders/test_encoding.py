"""Bytes become text, whatever their encoding."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.loaders.files import encoding

ENGLISH = "The mayor said “it’s over” – the café on the corner will close by Friday, and £30 million will wait."


POLISH = "Zażółć gęślą jaźń. Rząd ogłosił w piątek, że podwyżka zostanie wprowadzona w przyszłym miesiącu."


RUSSIAN = "Мэр города объявил в пятницу, что мост будет закрыт до конца лета."


JAPANESE = "市長は金曜日、橋が夏の終わりまで閉鎖されると発表した。住民は不満を述べている。"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (ENGLISH, "utf-8"), (ENGLISH, "utf-8-sig"), (ENGLISH, "utf-16"), (ENGLISH, "utf-16-le"),
        (ENGLISH, "utf-16-be"), (ENGLISH, "utf-32"), (ENGLISH, "cp1252"), (POLISH, "cp1250"),
        (RUSSIAN, "cp1251"), (JAPANESE, "shift_jis"), (JAPANESE, "euc_jp"), (JAPANESE, "utf-8"),
    ],
)  # fmt: skip
def test_text_is_decoded_by_its_mark_by_utf_8_or_by_a_guess(text: str, name: str) -> None:
    assert encoding.decode(text.encode(name)) == text


def test_a_broken_byte_in_utf_8_does_not_make_it_western() -> None:
    assert encoding.decode("é “ü” ".encode() + b"\xff") == "é “ü” \ufffd"


@given(st.binary())
def test_no_bytes_are_beyond_decoding_and_none_leave_what_cannot_be_stored(raw: bytes) -> None:
    text = encoding.clean(encoding.decode(raw))
    assert not {"\0", "\r"} & set(text)
    text.encode()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_utf_8_comes_back_as_it_was(text: str) -> None:
    marked = encoding.decode("\ufeff".encode() + text.encode())
    assert marked == text


def test_clean_replaces_what_cannot_be_stored() -> None:
    assert encoding.clean("a\0b\ud800c\r\nd\re\u2028") == "a\ufffdb\ufffdc\nd\ne\u2028"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_lines_end_at_newlines_only_and_lose_nothing(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path: Path = tmp_path_factory.mktemp("lines") / "a"
    path.write_bytes("é\n".encode() + text.encode())
    assert list(encoding.lines(lambda: path.open("rb"), 10**6)) == ["é\n", *(line for line in _divided(text) if line)]


def _divided(text: str) -> list[str]:
    *whole, last = text.split("\n")
    return [*(line + "\n" for line in whole), last]
