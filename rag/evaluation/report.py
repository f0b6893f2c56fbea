"""stub of a page."""

from rag.evaluation.runs import Run


def page(run: Run) -> str:
    """Stub."""
    return run.set
