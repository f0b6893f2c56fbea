"""An example of each type of problem, as a caller would meet it."""

from __future__ import annotations

from api.errors import problem_types
from api.errors.handlers import FieldError, ProblemDetail
from api.openapi import examples

_REASON = "Input should be less than or equal to 100"
_DETAILS = {
    problem_types.REFUSED: "There was an error parsing the body; /docs lists what is accepted.",
    problem_types.TOO_LONG: "The body has more than 1,048,576 bytes; /docs lists what is accepted.",
    problem_types.NO_ARTICLE: "no article 'courier-2025-04-22-fery'; ids stand in every citation",
    problem_types.GONE: "gen-000004 is not kept any more; begin the list again without the cursor",
    problem_types.INVALID: f"Invalid value for `k`: {_REASON}. /docs lists what is accepted.",
    problem_types.UNEXPECTED: "Try again; if it fails again, the server's log has the cause under this `request_id`.",
    problem_types.NO_INDEX: "index 'default' does not exist; run `rag reindex PATH`",
    problem_types.BAD_INDEX: "gen-000007/vectors.npy has not the bytes its manifest names; run `rag rollback`",
    problem_types.NO_MODEL: "the reranker 'cross-encoder/other' cannot be loaded; set RAG_RERANKER to another",
}
_ERRORS = (FieldError(field="k", reason=_REASON),)


def example(problem_type: problem_types.ProblemType, path: str) -> ProblemDetail:
    """Return a problem of that type, met at `path`."""
    return ProblemDetail(
        type=problem_type.type,
        title=problem_type.title,
        status=problem_type.status,
        detail=_DETAILS[problem_type],
        instance=path,
        request_id="4bf92f3577b34da6",
        generation=None if problem_type == problem_types.NO_INDEX else examples.GENERATION,
        errors=_ERRORS if problem_type == problem_types.INVALID else None,
    )
