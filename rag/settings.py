"""Settings of an operator, from `RAG_*` environment variables and a TOML file. Unknown names are refused."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from rag.errors import SettingsError

PREFIX = "RAG_"
CONFIG_FILE = "byline.toml"
DEFAULT_INDEX = "default"


class ReadingLimits(BaseModel):
    """The limits at which reading stops. Each is also a setting of the same name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_file_mb: int = Field(
        200, ge=1, description="most megabytes of a file that is read whole (text, Markdown, JSON, PDF, a message)"
    )
    max_line_mb: int = Field(20, ge=1, description="most megabytes of one line of JSON Lines, CSV or TSV")
    max_page_mb: int = Field(20, ge=1, description="most megabytes of one web page")
    max_archive_depth: int = Field(4, ge=1, description="most archives within archives, compression counted")
    max_archive_files: int = Field(1_000_000, ge=1, description="most files read from one archive")
    max_archive_ratio: int = Field(
        200, ge=2, description="most bytes an archive unfolds to for each of its own, once the first 100 MB are out"
    )


class Settings(ReadingLimits):
    """All settings with their defaults. An environment variable wins over the file, the file over the default."""

    index_root: Path = Field(Path("indexes"), description="folder that holds the indexes")
    index: str = Field(
        DEFAULT_INDEX, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="name of the index that is asked"
    )
    embedder: Literal["auto", "openvino", "sentence-transformers"] = Field(
        "auto",
        description="what computes vectors: the compiled OpenVINO model (openvino), torch "
        "(sentence-transformers), or the first of them that can serve the model (auto)",
    )
    model: str = Field("all-MiniLM-L6-v2", min_length=1, description="any sentence-transformers model, by name or path")
    passage_tokens: int = Field(
        256, ge=16, description="most tokens a passage may hold, title included; the model's window bounds it"
    )
    dense_weight: float = Field(0.5, ge=0, le=1, description="share of the dense score in the mix; BM25 has the rest")
    max_sim_weight: float = Field(
        1.3, ge=0, description="weight of late interaction between tokens, beside the mix; 0 leaves it out"
    )
    exact_rows: int = Field(200_000, ge=0, description="most passages searched exactly; more get an IVF index")
    reranker: str = Field("", description="a sentence-transformers CrossEncoder, by name or path; empty: none")
    rerank_depth: int = Field(30, ge=1, le=400, description="how many of the best passages the reranker reads")
    rerank_ms: int = Field(300, ge=1, description="milliseconds the reranker has; when late, its order is not used")
    min_confidence: float = Field(0.35, ge=0, le=1, description="an answer below this is 'not in this archive'")
    keep_generations: int = Field(2, ge=1, description="generations kept on disk, the serving one included")
    host: str = Field("127.0.0.1", description="address that `rag serve` listens on")
    port: int = Field(8000, ge=0, le=65535, description="port that `rag serve` listens on")
    cors_origins: str = Field(
        "", description="origins whose pages may ask the API, by commas, or * for all; empty: none"
    )
    reload_s: float = Field(0.5, gt=0, le=2, description="seconds between a server's looks for a new generation")

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: str) -> str:
        for origin in _split(value):
            if origin != "*" and not re.fullmatch(r"https?://[^/\s,]+", origin):
                raise ValueError(f"{origin} is no origin; write one as https://news.example, without a path")
        return value

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins whose pages may ask the API; `*` alone if it is one of them."""
        origins = _split(self.cors_origins)
        return ("*",) if "*" in origins else origins


def load(environ: Mapping[str, str] | None = None, overrides: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment and from the file that RAG_CONFIG names, or ./byline.toml.

    `overrides`, the options of a command line, win over both. Raises SettingsError for a name that is not a setting and
    for a value that its setting cannot have.
    """
    environ = os.environ if environ is None else environ
    _refuse_unknown(
        "environment variable",
        [name for name in environ if name.startswith(PREFIX) and name != f"{PREFIX}CONFIG"],
        [PREFIX + name.upper() for name in Settings.model_fields],
    )
    from_file = _read_file(environ.get(f"{PREFIX}CONFIG"))
    variables = {name: environ[key] for name in Settings.model_fields if (key := PREFIX + name.upper()) in environ}
    try:
        return Settings(**{**from_file, **variables, **(overrides or {})})
    except ValidationError as error:
        first = error.errors()[0]
        name, reason = str(first["loc"][0]), first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{PREFIX}{name.upper()}: {reason} (got {first['input']!r}); see `rag settings`") from None


def _split(value: str) -> tuple[str, ...]:
    """Return the parts of a value between its commas, without white space and empty parts."""
    return tuple(stripped for part in value.split(",") if (stripped := part.strip()))


def _read_file(config: str | None) -> dict[str, Any]:
    """Read the settings of a TOML file: `config`, which must exist, or CONFIG_FILE, which may not.

    Raises SettingsError where the file cannot be read as TOML or holds an unknown name.
    """
    path = Path(config or CONFIG_FILE)
    if not config and not path.exists():
        return {}
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read as TOML: {error}; mend it or unset RAG_CONFIG") from None
    _refuse_unknown(f"{path}: setting", list(values), list(Settings.model_fields))
    return values


def _refuse_unknown(what: str, names: list[str], known: list[str]) -> None:
    """Raise SettingsError for the first of the names that is not known, with the known name that is most like it."""
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else "`rag settings` lists all"
            raise SettingsError(f"{what} {name} is unknown; {hint}")
