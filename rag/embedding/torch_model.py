"""Any sentence-transformers model, run by torch. The only module that imports either."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from rag.embedding.tokenizing import ModelTokenizer
from rag.embedding.weights import PASSAGE_PROMPTS, Weights
from rag.errors import EmbedderError
from rag.ports import Matrix, Vector

BATCH = 32  # SentenceTransformer.encode's own default


class TorchEmbedder:
    """Loads the model when first used: `identity` alone costs no torch."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights

    @property
    def identity(self) -> str:
        """See rag.ports.Embedder."""
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
        """See rag.ports.Embedder."""
        return int(self.model.get_embedding_dimension())

    @property
    def max_tokens(self) -> int:
        """See rag.ports.Embedder."""
        return self.tokenizer.max_tokens

    def tokens(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """See rag.ports.Embedder."""
        return self.tokenizer.spans(texts)

    def embed_query(self, text: str) -> Vector:
        """See rag.ports.Embedder."""
        vector: Vector = self.model.encode_query(text, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vector, np.float32)

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] = lambda _: None) -> Matrix:
        """See rag.ports.Embedder."""
        out = np.zeros((len(texts), self.dim), np.float32)
        prompt = self.weights.prompt(*PASSAGE_PROMPTS)
        for places, _, _ in self.tokenizer.batches(texts):
            given = [texts[place] for place in places]
            out[places] = self.model.encode_document(
                given, batch_size=BATCH, prompt=prompt, normalize_embeddings=True, show_progress_bar=False
            )
            progress(len(places))
        return out
