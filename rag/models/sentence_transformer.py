"""Embed by any sentence-transformers model, run by torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from rag.errors import EmbedderError
from rag.models.base import EmbeddedPassages, EmbeddedQuery
from rag.models.binary_codes import code, projection, unit
from rag.models.model_files import PASSAGE_PROMPTS
from rag.models.quiet_transformers import quiet_transformers
from rag.models.tokenizer import ModelEmbedder, ModelTokenizer
from rag.types.arrays import CODE_BITS, Matrix

BATCH = 32  # SentenceTransformer.encode's own default


class SentenceTransformerEmbedder(ModelEmbedder):
    """An embedder that loads its model when it is first used: `identity` alone imports no torch."""

    @cached_property
    def model(self) -> Any:
        """The SentenceTransformer, on the CPU; raises EmbedderError if it cannot be loaded."""
        from sentence_transformers import SentenceTransformer

        with quiet_transformers():
            try:
                return SentenceTransformer(str(self.weights.folder), device="cpu", local_files_only=True)
            except (OSError, ValueError, KeyError, RuntimeError) as error:
                raise EmbedderError(f"model {self.weights.folder}: cannot be loaded: {error}") from None

    @cached_property
    def tokenizer(self) -> ModelTokenizer:
        """The model's tokenizer, with the window that the loaded model reports."""
        return ModelTokenizer(self.weights, int(self.model.max_seq_length))

    @property
    def dim(self) -> int:
        """See `Embedder`."""
        return int(self.model.get_embedding_dimension())

    def embed_query(self, text: str) -> EmbeddedQuery:
        """See `Embedder`."""
        _, _, own = self.tokenizer.query(text)
        features = self.model.encode_query(text, output_value=None, show_progress_bar=False)
        tokens = _projected(features, list(own))
        vector = unit(_numpy(features["sentence_embedding"])[np.newaxis])[0]
        return EmbeddedQuery(vector, unit(tokens), list(own.values())[: len(tokens)])

    def embed_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] = lambda _: None
    ) -> EmbeddedPassages:
        """See `Embedder`."""
        out = np.zeros((len(texts), self.dim), np.float32)
        codes = [np.zeros((0, CODE_BITS // 8), np.uint8)] * len(texts)
        prompt = self.weights.prompt(*PASSAGE_PROMPTS)
        for places, _, _, owns in self.tokenizer.batches(texts):
            batch = self.model.encode_document(
                [texts[place] for place in places],
                batch_size=BATCH,
                prompt=prompt,
                output_value=None,
                show_progress_bar=False,
            )
            for place, features, own in zip(places, batch, owns, strict=True):
                out[place] = _numpy(features["sentence_embedding"])
                codes[place] = code(_projected(features, np.flatnonzero(own).tolist()))
            progress(len(places))
        return EmbeddedPassages(unit(out), codes)


def _projected(features: dict[str, Any], own: list[int]) -> Matrix:
    """Return the projected states of the tokens at the places `own`, float32 [tokens, CODE_BITS].

    A model without token states, such as one of static embeddings, gives no rows.
    """
    if "token_embeddings" not in features:
        return np.zeros((0, CODE_BITS), np.float32)
    states = _numpy(features["token_embeddings"])
    projected: Matrix = states[own] @ projection(states.shape[1])
    return projected


def _numpy(tensor: Any) -> Matrix:
    array: Matrix = tensor.detach().cpu().float().numpy()
    return array
