"""The kinds of problem that a caller can meet, each explained in a paragraph of /docs."""

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
    """What `type`, `title`, `status` and `Retry-After` of a problem say, and what it means in a sentence."""

    slug: str
    status: int
    title: str
    meaning: str
    retry_s: int = 0  # when it may be over, if it goes by itself

    @property
    def type(self) -> str:
        """Where /docs explains this kind, relative to the server."""
        return f"/docs#problem-{self.slug}"


REFUSED = ProblemType("refused-request", 400, "Refused request", "The request could not be read at all.")
TOO_LONG = replace(REFUSED, status=413)
NO_ROUTE = ProblemType("not-found", 404, "Not found", "Nothing is served at that address.")
NO_ARTICLE = ProblemType(
    "article-missing", 404, "Article not in this archive", "No article has that id in what serves now."
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
    "The cursor's list began in a generation that is not kept any more. Begin again without the cursor.",
)
INVALID = ProblemType(
    "invalid-request",
    422,
    "Invalid request",
    "A field or parameter has a value it cannot have, or is not known; `errors` names each.",
)
UNEXPECTED = ProblemType("internal-error", 500, "Internal error", "A fault of the server; its log has the particulars.")
NO_INDEX = ProblemType(
    "index-missing",
    503,
    "No index yet",
    "Nothing is indexed under this name. Run `rag reindex PATH`; the server picks it up by itself.",
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

_OF: dict[type, ProblemType] = {
    QuestionError: INVALID,
    ArticleMissingError: NO_ARTICLE,
    GenerationGoneError: GONE,
    IndexMissingError: NO_INDEX,
    UnusableIndexError: BAD_INDEX,
    ModelError: NO_MODEL,
}


def of(error: BylineError) -> ProblemType:
    """Return the kind of an error that Byline raised on purpose."""
    return next((_OF[cls] for cls in type(error).__mro__ if cls in _OF), UNEXPECTED)
