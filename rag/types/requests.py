"""Requests: what may be asked of the service."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from rag.types.filters import SearchFilter
from rag.types.results import GroupBy


class Options(TypedDict):
    """What is asked of the service beside a question, by every mouth: how many, of what, as of when."""

    k: int
    filter: SearchFilter
    as_of: date | None
    interpret: bool


class Searching(Options):
    """One search, as the service takes it."""

    question: str
    group_by: GroupBy
    facets: bool
