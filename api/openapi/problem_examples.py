"""One instance of each kind of problem, as a caller would meet it: the examples of what can go wrong."""

from __future__ import annotations

from api.errors import problem_types
from api.errors.handlers import FieldError, ProblemDetail
from api.openapi import examples

_DETAILS = {
    problem_types.REFUSED: "There was an error parsing the body; /docs says what is taken.",
    problem_types.TOO_LONG: "The body has more than 1,048,576 bytes; /docs says what is taken.",
    problem_types.NO_ARTICLE: "no article 'courier-2025-04-22-fery'; ids stand in every citation",
    problem_types.GONE: "gen-000004 is not kept any more; begin the list again without the cursor",
    problem_types.INVALID: (
        "Invalid value for `k`: Input should be less than or equal to 100. See /docs for what is accepted."
    ),
    problem_types.UNEXPECTED: "Try again; if it stays, the server's log says what went wrong.",
    problem_types.NO_INDEX: "index 'default' does not exist; run `rag reindex PATH`",
    problem_types.BAD_INDEX: "gen-000007/vectors.npy has not the bytes its manifest names; run `rag rollback`",
    problem_types.NO_MODEL: "the reranker 'cross-encoder/other' cannot be loaded; set RAG_RERANKER to another",
}
_ERRORS = (FieldError(field="k", reason="Input should be less than or equal to 100"),)


def example(kind: problem_types.ProblemType, path: str) -> ProblemDetail:
    """Return a problem of that kind, met at `path`."""
    return ProblemDetail(
        type=kind.type,
        title=kind.title,
        status=kind.status,
        detail=_DETAILS[kind],
        instance=path,
        request_id="4bf92f3577b34da6",
        generation=None if kind == problem_types.NO_INDEX else examples.GENERATION,
        errors=_ERRORS if kind == problem_types.INVALID else None,
    )
