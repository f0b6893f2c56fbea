"""Byline's library: articles, passages, indexes and answers. It knows nothing of HTTP.

    from rag import SearchRequest, Settings, build

    result = build(Settings(index="news")).search(SearchRequest(question="bridge repair", k=3))

The names below are loaded when they are first used (PEP 562), so that `import rag` costs nothing and the client, which
lives in this package too, loads no model.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.errors import (
        ArticleMissingError,
        BylineError,
        EmbedderError,
        GenerationGoneError,
        IncompatibleIndexError,
        IndexCorruptError,
        IndexLockedError,
        IndexMissingError,
        LoadError,
        ModelError,
        NotFoundError,
        QuestionError,
        RerankerError,
        SettingsError,
        UnusableIndexError,
    )
    from rag.service import RagService
    from rag.settings import Settings
    from rag.types.filters import SearchFilter
    from rag.types.requests import AnswerRequest, ExplainRequest, SearchRequest, TimelineRequest
    from rag.wiring import build

__all__ = [
    "AnswerRequest",
    "ArticleMissingError",
    "BylineError",
    "EmbedderError",
    "ExplainRequest",
    "GenerationGoneError",
    "IncompatibleIndexError",
    "IndexCorruptError",
    "IndexLockedError",
    "IndexMissingError",
    "LoadError",
    "ModelError",
    "NotFoundError",
    "QuestionError",
    "RagService",
    "RerankerError",
    "SearchFilter",
    "SearchRequest",
    "Settings",
    "SettingsError",
    "TimelineRequest",
    "UnusableIndexError",
    "build",
]

_MODULES = {
    "RagService": "rag.service",
    "SearchFilter": "rag.types.filters",
    "Settings": "rag.settings",
    "build": "rag.wiring",
    **dict.fromkeys(("AnswerRequest", "ExplainRequest", "SearchRequest", "TimelineRequest"), "rag.types.requests"),
}  # of the names that are no error


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES.get(name, "rag.errors")), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
