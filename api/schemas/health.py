"""What a probe is told of the process."""

from __future__ import annotations

from typing import Literal

from rag.types.articles import Record


class Health(Record):
    """Alive, or ready to answer; `generation` is None where nothing is open."""

    status: Literal["live", "ready"]
    generation: str | None
