"""Any sentence-transformers CrossEncoder, run by torch: question and passage are read together.

A passage that exceeds the model's window is cut at its end, by the model's own tokenizer.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from rag.errors import RerankerError
from rag.types.arrays import Scores


class CrossEncoderReranker:
    """Loads the model when made; raises RerankerError where it cannot be, or where its score is no relevance."""

    def __init__(self, model: str) -> None:
        self._model = _loaded(model)
        labels = int(self._model.num_labels)
        if labels != 1:
            raise RerankerError(f"reranker {model}: gives {labels} scores a pair, not one; set RAG_RERANKER to another")
        named = self._model[0].auto_model.config.architectures or ()
        if not any("ForSequenceClassification" in name or "ForCausalLM" in name for name in named):
            raise RerankerError(  # its head would be random, and so would the order
                f"reranker {model}: has no layer that scores pairs ({', '.join(named)}); "
                "set RAG_RERANKER to a cross-encoder"
            )

    def scores(self, question: str, passages: Sequence[str]) -> Scores:
        """See rag.index.base.Reranker."""
        pairs = [(question, passage) for passage in passages]
        found = self._model.predict(pairs, batch_size=len(pairs) or 1, show_progress_bar=False)
        return np.asarray(found, np.float64)


def _loaded(model: str) -> Any:
    from sentence_transformers import CrossEncoder
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the libraries' own deprecations are not the user's to mend
        try:
            return CrossEncoder(model, device="cpu", local_files_only=True)  # what is here is not asked for again
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
