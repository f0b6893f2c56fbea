"""Any sentence-transformers model, run by torch. The only module that imports either."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from rag.errors import EmbedderError
from rag.models.base import EmbeddedPassages, EmbeddedQuery
from rag.models.binary_codes import code, projection, unit
from rag.models.model_files import PASSAGE_PROMPTS, ModelFiles
from rag.models.tokenizer import ModelTokenizer
from rag.types.arrays import CODE_BITS, Matrix

BATCH = 32  # SentenceTransformer.encode's own default


class SentenceTransformerEmbedder:
    """Loads the model when first used: `identity` alone costs no torch."""

    def __init__(self, weights: ModelFiles) -> None:
        self.weights = weights

    @property
    def identity(self) -> str:
        """See rag.index.base.Embedder."""
        return self.weights.identity

    @cached_property
    def model(self) -> Any:
        """The SentenceTransformer, on the CPU; raises EmbedderError where it cannot be loaded."""
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        logging.set_verbosity_error()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the libraries' own deprecations are not the user's to mend
            try:
                return SentenceTransformer(str(self.weights.folder), device="cpu", local_files_only=True)
            except (OSError, ValueError, KeyError, RuntimeError) as error:
                raise EmbedderError(f"model {self.weights.folder}: cannot be loaded: {error}") from None

    @cached_property
    def tokenizer(self) -> ModelTokenizer:
        """The tokenizer, with the window that the loaded model reports."""
        return ModelTokenizer(self.weights, int(self.model.max_seq_length))

    @property
    def dim(self) -> int:
        """See rag.index.base.Embedder."""
        return int(self.model.get_embedding_dimension())

    @property
    def max_tokens(self) -> int:
        """See rag.index.base.Embedder."""
        return self.tokenizer.max_tokens

    def tokens(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """See rag.index.base.Embedder."""
        return self.tokenizer.spans(texts)

    def embed_query(self, text: str) -> EmbeddedQuery:
        """See rag.index.base.Embedder."""
        _, _, own = self.tokenizer.query(text)
        found = self.model.encode_query(text, output_value=None, show_progress_bar=False)
        tokens = _projected(found, list(own))
        vector = unit(_numpy(found["sentence_embedding"])[np.newaxis])[0]
        return EmbeddedQuery(vector, unit(tokens), list(own.values())[: len(tokens)])

    def embed_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] = lambda _: None
    ) -> EmbeddedPassages:
        """See rag.index.base.Embedder."""
        out = np.zeros((len(texts), self.dim), np.float32)
        codes = [np.zeros((0, CODE_BITS // 8), np.uint8)] * len(texts)
        prompt = self.weights.prompt(*PASSAGE_PROMPTS)
        for places, _, _, owns in self.tokenizer.batches(texts):
            given = [texts[place] for place in places]
            found = self.model.encode_document(
                given, batch_size=BATCH, prompt=prompt, output_value=None, show_progress_bar=False
            )
            for place, features, own in zip(places, found, owns, strict=True):
                out[place] = _numpy(features["sentence_embedding"])
                codes[place] = code(_projected(features, np.flatnonzero(own).tolist()))
            progress(len(places))
        return EmbeddedPassages(unit(out), codes)


def _projected(features: dict[str, Any], own: list[int]) -> Matrix:
    """Return the projected states of a text's own tokens, by place; none where the model has no token states."""
    if "token_embeddings" not in features:
        return np.zeros((0, CODE_BITS), np.float32)
    states = _numpy(features["token_embeddings"])
    found: Matrix = states[own] @ projection(states.shape[1])
    return found


def _numpy(tensor: Any) -> Matrix:
    found: Matrix = tensor.detach().cpu().float().numpy()
    return found
