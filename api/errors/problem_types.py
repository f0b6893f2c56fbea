"""The types of problem that a caller can meet, each explained in a paragraph of /docs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rag.errors import (
    ArticleMissingError,
    BylineError,
    GenerationGoneError,
    IndexMissingError,
    ModelError,
    QuestionError,
    UnusableIndexError,
)


@dataclass(frozen=True)
class ProblemType:
    """One type of problem: its `title`, `status`, `Retry-After` and the slug in its `type`, and what it means."""

    slug: str
    status: int
    title: str
    meaning: str
    retry_s: int = 0  # after which it may be over, for one that ends without the caller's doing

    @property
    def type(self) -> str:
        """Where /docs explains this type, relative to the server."""
        return f"/docs#problem-{self.slug}"


REFUSED = ProblemType("refused-request", 400, "Refused request", "The request could not be read at all.")
TOO_LONG = replace(REFUSED, status=413)
NO_ROUTE = ProblemType("not-found", 404, "Not found", "Nothing is served at that address.")
NO_ARTICLE = ProblemType(
    "article-missing", 404, "Article not in this archive", "No article has that id in the open generation."
)
NO_METHOD = ProblemType(
    "method-not-allowed",
    405,
    "Method not allowed",
    "The address exists; the header `Allow` names its methods.",
)
GONE = ProblemType(
    "generation-gone",
    409,
    "Generation gone",
    "The cursor's list began in a generation that has been removed since. Begin again without the cursor.",
)
INVALID = ProblemType(
    "invalid-request",
    422,
    "Invalid request",
    "A field or parameter is unknown, missing, or has an invalid value; `errors` names each.",
)
UNEXPECTED = ProblemType("internal-error", 500, "Internal error", "An error in the server; its log has the cause.")
NO_INDEX = ProblemType(
    "index-missing",
    503,
    "No index yet",
    "No index has this name. Run `rag reindex PATH`; the server opens it without a restart.",
    retry_s=5,
)
BAD_INDEX = ProblemType(
    "index-unusable",
    503,
    "Index cannot be used",
    "The index is damaged, or another model or another format wrote it; `detail` says which.",
    retry_s=60,
)
NO_MODEL = ProblemType(
    "model-unavailable",
    503,
    "Model unavailable",
    "The model that turns text into vectors, or the one that re-ranks, cannot be loaded.",
    retry_s=60,
)
ALL = (REFUSED, NO_ROUTE, NO_ARTICLE, NO_METHOD, GONE, INVALID, UNEXPECTED, NO_INDEX, BAD_INDEX, NO_MODEL)

_TYPES: dict[type, ProblemType] = {
    QuestionError: INVALID,
    ArticleMissingError: NO_ARTICLE,
    GenerationGoneError: GONE,
    IndexMissingError: NO_INDEX,
    UnusableIndexError: BAD_INDEX,
    ModelError: NO_MODEL,
}


def type_of(error: BylineError) -> ProblemType:
    """Return the type of problem that an error of Byline is."""
    return next((_TYPES[cls] for cls in type(error).__mro__ if cls in _TYPES), UNEXPECTED)
