"""Settings come from variables and a file; a mistyped name is refused, with the name that was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import SettingsError
from rag.settings import Settings, load


def test_a_variable_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    file = tmp_path / "byline.toml"
    file.write_text('index = "from-file"\nport = 9000\n')
    found = load({"RAG_CONFIG": str(file), "RAG_INDEX": "from-variable"})
    assert (found.index, found.port, found.host) == ("from-variable", 9000, "127.0.0.1")


def test_what_the_command_line_says_wins_over_both() -> None:
    assert load({"RAG_INDEX": "variable"}, {"index": "said"}).index == "said"


def test_a_mistyped_variable_is_refused_with_the_name_that_was_meant() -> None:
    with pytest.raises(SettingsError, match="RAG_EMBEDER is unknown; did you mean RAG_EMBEDDER"):
        load({"RAG_EMBEDER": "openvino"})


def test_a_mistyped_name_in_the_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "byline.toml"
    file.write_text("indexroot = 'x'\n")
    with pytest.raises(SettingsError, match="did you mean index_root"):
        load({"RAG_CONFIG": str(file)})


@pytest.mark.parametrize(
    ("name", "value"),
    [("RAG_PORT", "x"), ("RAG_EMBEDDER", "onnx"), ("RAG_INDEX", "../up"), ("RAG_DENSE_WEIGHT", "2")],
)
def test_an_impossible_value_is_refused_by_its_variable_s_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load({name: value})


def test_a_config_file_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "byline.toml"
    file.write_text("port: 8000")
    with pytest.raises(SettingsError, match="cannot be read as TOML"):
        load({"RAG_CONFIG": str(file)})


def test_a_config_file_that_was_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"missing\.toml"):
        load({"RAG_CONFIG": str(tmp_path / "missing.toml")})


def test_other_variables_are_none_of_its_business() -> None:
    assert load({"PATH": "/bin", "RAGTIME": "1"}) == Settings()


def test_origins_are_split_at_commas_and_a_star_stands_for_all() -> None:
    assert load({}).origins == ()
    said = load({"RAG_CORS_ORIGINS": " https://news.example , http://localhost:3000,"})
    assert said.origins == ("https://news.example", "http://localhost:3000")
    assert load({"RAG_CORS_ORIGINS": "https://news.example,*"}).origins == ("*",)


@pytest.mark.parametrize("value", ["news.example", "https://news.example/path", "null"])
def test_what_is_no_origin_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match=f"RAG_CORS_ORIGINS: {value} is no origin"):
        load({"RAG_CORS_ORIGINS": value})
