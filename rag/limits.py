"""How much of a file is read: bounds with names, so that no input can fill memory or never end."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Limits(BaseModel):
    """What reading stops at. Each can be set as a setting of the same name."""

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
