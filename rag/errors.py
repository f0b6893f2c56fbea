"""Every error that Byline raises on purpose. Each message says what failed, where, and what to do next.

BylineError
├── SettingsError          a setting is unknown or has a value it cannot have
├── QuestionError          a question, filter or count that cannot be searched for
├── LoadError              strict reading met something it cannot read
├── NotFoundError
│   ├── IndexMissingError      no index of that name, or nothing published in it
│   ├── ArticleMissingError    no article of that id in this generation
│   └── GenerationGoneError    the generation that a cursor names was removed
├── UnusableIndexError
│   ├── IndexCorruptError      files that do not agree with their manifest
│   ├── IncompatibleIndexError another embedder or another format wrote it
│   └── IndexLockedError       another process is writing
├── EvaluationError        a dataset, a saved run or a gate that cannot be used to measure
│   └── GateError              a measure is below a floor or above a ceiling of a gate
├── ModelError
│   ├── EmbedderError          a model that cannot be found or loaded, or a text it cannot take
│   └── RerankerError          a reranker that cannot be found or loaded
└── ServerError            what only `rag.client` raises
    ├── ApiError               an error of the server that has no class of its own here
    ├── UnreachableError       no reply: no server, a time-out, or a broken connection
    └── UnreadableReplyError   a reply that does not match the records of this version
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


class BylineError(Exception):
    """The base of all errors; its message is written for users and is shown without a traceback."""


class SettingsError(BylineError):
    """A setting is unknown or has a value it cannot have."""


class QuestionError(BylineError):
    """A question, filter or count that cannot be searched for; `field` names the argument."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class LoadError(BylineError):
    """Strict reading met something it cannot read."""


class NotFoundError(BylineError):
    """Something that a request names does not exist."""


class IndexMissingError(NotFoundError):
    """No index of that name, or nothing published in it yet."""


class GenerationGoneError(NotFoundError):
    """The generation that a cursor names was removed."""


class ArticleMissingError(NotFoundError):
    """No article of that id in the generation that was read."""


class UnusableIndexError(BylineError):
    """An index that cannot be used as it is."""


class IndexCorruptError(UnusableIndexError):
    """Files on disk that do not agree with their manifest."""


class IncompatibleIndexError(UnusableIndexError):
    """The index was written by another embedder or in another format."""


class IndexLockedError(UnusableIndexError):
    """Another process is writing this index."""


class ModelError(BylineError):
    """A model that cannot be used."""


class EmbedderError(ModelError):
    """A model that cannot be found or loaded, or a text that does not fit its window."""


class EvaluationError(BylineError):
    """A dataset, a saved run or a gate that cannot be used to measure."""


class GateError(EvaluationError):
    """A measure is below a floor or above a ceiling of a gate."""


class RerankerError(ModelError):
    """A reranker that cannot be found or loaded, or a model that cannot re-rank."""


class ServerError(BylineError):
    """A request to a server failed."""


class ApiError(ServerError):
    """An error reply: its HTTP status, and its RFC 9457 problem as it was sent, empty if it had none.

    `kind` is what the problem's `type` ends in, e.g. `internal-error`; `request_id` the server's X-Request-ID.
    """

    def __init__(
        self, message: str, *, status: int, kind: str, problem: Mapping[str, object], request_id: str | None
    ) -> None:
        super().__init__(message)
        self.status, self.kind, self.problem, self.request_id = status, kind, problem, request_id


class UnreachableError(ServerError):
    """No reply came: no server listens there, it took too long, or the connection broke."""


class UnreadableReplyError(ServerError):
    """A reply that does not match the records of this version."""


def reason_of(error: ValidationError) -> str:
    """Return the first reason that a record was refused for, in the words of whoever wrote the check."""
    return faults_of(error)[0][1]


def faults_of(error: ValidationError) -> list[tuple[str, str]]:
    """Return each field that a record was refused for, empty where it is the whole record, with its reason."""
    return [(".".join(map(str, fault["loc"])), fault["msg"].removeprefix("Value error, ")) for fault in error.errors()]
