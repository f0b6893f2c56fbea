"""Every error that Byline raises on purpose. Each says what, where, and what to do next.

BylineError
├── SettingsError          a setting is unknown or has a value it cannot have
├── QuestionError          a question, filter or count that cannot be searched for
├── LoadError              strict reading met something it cannot read
├── NotFoundError
│   ├── IndexMissingError      no index of that name, or nothing published in it
│   ├── ArticleMissingError    no article of that id in this generation
│   └── GenerationGoneError    a generation that a cursor names and that is not kept any more
├── UnusableIndexError
│   ├── IndexCorruptError      files that do not agree with their manifest
│   ├── IncompatibleIndexError another embedder or another format wrote it
│   └── IndexLockedError       another process is writing
├── EvaluationError        a set, a saved run or a gate that cannot be measured by
│   └── GateError              a floor or ceiling of a gate is broken
├── ModelError
│   ├── EmbedderError          a model that cannot be found or loaded, or a text it cannot take
│   └── RerankerError          a reranker that cannot be found or loaded
└── ServerError            what `rag.client` meets beside these
    ├── ApiError               a problem of the server that no other error stands for
    ├── UnreachableError       no reply: no server there, a time-out, a connection cut off
    └── UnreadableReplyError   a reply that is no record of this version
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


class BylineError(Exception):
    """Base of all; its message is written for the person who reads it, and needs no traceback."""


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
    """What was asked for by name does not exist."""


class IndexMissingError(NotFoundError):
    """No index of that name, or nothing published in it yet."""


class GenerationGoneError(NotFoundError):
    """A generation that a cursor names and that is not kept any more."""


class ArticleMissingError(NotFoundError):
    """No article of that id in the generation asked."""


class UnusableIndexError(BylineError):
    """An index that cannot be used as it is."""


class IndexCorruptError(UnusableIndexError):
    """Files on disk that do not agree with their manifest."""


class IncompatibleIndexError(UnusableIndexError):
    """Another embedder, or another format of Byline, wrote the index."""


class IndexLockedError(UnusableIndexError):
    """Another process is writing this index."""


class ModelError(BylineError):
    """A model that cannot be used."""


class EmbedderError(ModelError):
    """A model that cannot be found or loaded, or a text that does not fit its window."""


class EvaluationError(BylineError):
    """A dataset, a saved run or a gate that cannot be measured by."""


class GateError(EvaluationError):
    """A floor or ceiling of a gate is broken."""


class RerankerError(ModelError):
    """A reranker that cannot be found or loaded, or that is none."""


class ServerError(BylineError):
    """Something between a client and its server."""


class ApiError(ServerError):
    """A reply that is an error: its status, and the RFC 9457 problem as it was sent, empty where it held none.

    `kind` is what the problem's `type` ends in, e.g. `internal-error`; `request_id` the server's X-Request-ID.
    """

    def __init__(
        self, message: str, *, status: int, kind: str, problem: Mapping[str, object], request_id: str | None
    ) -> None:
        super().__init__(message)
        self.status, self.kind, self.problem, self.request_id = status, kind, problem, request_id


class UnreachableError(ServerError):
    """No reply came: no server listens there, it took too long, or the connection was cut off."""


class UnreadableReplyError(ServerError):
    """A reply that is no record of this version."""


def reason_of(error: ValidationError) -> str:
    """Return the first reason that a record was refused for, in the words of whoever wrote the check."""
    return faults_of(error)[0][1]


def faults_of(error: ValidationError) -> list[tuple[str, str]]:
    """Return each field that a record was refused for, empty where it is the whole record, with its reason."""
    return [(".".join(map(str, fault["loc"])), fault["msg"].removeprefix("Value error, ")) for fault in error.errors()]
