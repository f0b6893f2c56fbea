"""Re-rank by any sentence-transformers CrossEncoder, run by torch, which reads question and passage together.

The model's own tokenizer cuts a passage that exceeds its window, at the end of the passage.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rag.errors import RerankerError
from rag.models.quiet_transformers import quiet_transformers
from rag.types.arrays import Scores


class CrossEncoderReranker:
    """A reranker that loads its model at once.

    Raises RerankerError if the model cannot be loaded, or does not give one score of relevance for a pair.
    """

    def __init__(self, model: str) -> None:
        self._model = _loaded(model)
        labels = int(self._model.num_labels)
        if labels != 1:
            raise RerankerError(f"reranker {model}: gives {labels} scores a pair, not one; set RAG_RERANKER to another")
        architectures = self._model[0].auto_model.config.architectures or ()
        if not any("ForSequenceClassification" in name or "ForCausalLM" in name for name in architectures):
            raise RerankerError(  # transformers would add a random layer, and the order would be random
                f"reranker {model}: has no layer that scores pairs ({', '.join(architectures)}); "
                "set RAG_RERANKER to a cross-encoder"
            )

    def scores(self, question: str, passages: Sequence[str]) -> Scores:
        """See `Reranker`."""
        pairs = [(question, passage) for passage in passages]
        scores = self._model.predict(pairs, batch_size=len(pairs) or 1, show_progress_bar=False)
        return np.asarray(scores, np.float64)


def _loaded(model: str) -> Any:
    from sentence_transformers import CrossEncoder

    with quiet_transformers():
        try:
            return CrossEncoder(
                model, device="cpu", local_files_only=True
            )  # without asking the model hub, if it is here
        except (OSError, ValueError, KeyError, RuntimeError):
            pass
        try:
            return CrossEncoder(model, device="cpu")
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            reason = str(error).strip().partition("\n")[0]
            raise RerankerError(
                f"reranker {model}: cannot be loaded ({reason}); "
                "set RAG_RERANKER to a folder or to a model that is installed, or to nothing"
            ) from None
