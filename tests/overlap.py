"""The model-free Reranker: the share of the question's words that a passage holds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rag.types.arrays import Scores


class OverlapReranker:
    """Knows no stems and no meaning; the same words always give the same score."""

    def scores(self, question: str, passages: Sequence[str]) -> Scores:
        wanted = set(question.lower().split())
        shared = [len(wanted & set(passage.lower().split())) for passage in passages]
        return np.array(shared, np.float64) / max(1, len(wanted))
