"""The twin: a sentence-transformers model compiled once for OpenVINO, served without torch.

Token ids and mask in; mean- or cls-pooled vectors of unit length and the tokens' projected states out.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from rag.models.base import EmbeddedPassages, EmbeddedQuery
from rag.models.binary_codes import code, unit
from rag.models.model_files import ModelFiles
from rag.models.tokenizer import Ids, ModelTokenizer
from rag.types.arrays import CODE_BITS

RECIPE = 2  # counts up when the graph that is compiled changes
QUERY_LENGTHS = (16, 24, 32, 48)  # questions are padded to these: fixed shapes took 3.4 ms where open ones took 4.6


def model_folder(weights: ModelFiles, cache: Path) -> Path:
    """Return where the twin of these weights, for the installed versions, is or will be kept."""
    versions = [version(name) for name in ("openvino", "torch", "transformers", "sentence-transformers")]
    key = sha256(json.dumps([RECIPE, weights.fingerprint, *versions]).encode()).hexdigest()[:16]
    return cache / f"twin-{key}"


class OpenVinoEmbedder:
    """Serves a compiled twin by openvino and tokenizers. Safe for threads."""

    def __init__(self, weights: ModelFiles, folder: Path) -> None:
        self.weights = weights
        self.folder = folder
        self._about: dict[str, Any] = json.loads((folder / "twin.json").read_text("utf-8"))
        self._requests = threading.local()
        self._compiling = threading.Lock()
        self._compiled: dict[tuple[str, int | None], Any] = {}

    @property
    def identity(self) -> str:
        """See rag.index.base.Embedder."""
        return self.weights.identity

    @property
    def dim(self) -> int:
        """See rag.index.base.Embedder."""
        return int(self._about["dim"])

    @cached_property
    def tokenizer(self) -> ModelTokenizer:
        """The model's tokenizer, with the window that torch reported when the twin was compiled."""
        return ModelTokenizer(self.weights, int(self._about["window"]))

    @property
    def max_tokens(self) -> int:
        """See rag.index.base.Embedder."""
        return self.tokenizer.max_tokens

    def tokens(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """See rag.index.base.Embedder."""
        return self.tokenizer.spans(texts)

    def embed_query(self, text: str) -> EmbeddedQuery:
        """See rag.index.base.Embedder."""
        ids, mask, own = self.tokenizer.query(text)
        length = next((size for size in QUERY_LENGTHS if size >= ids.shape[1]), None)
        if length is not None:
            room = ((0, 0), (0, length - ids.shape[1]))
            ids, mask = np.pad(ids, room), np.pad(mask, room)
        if length not in self._requests.__dict__.setdefault("queries", {}):
            self._requests.queries[length] = self._model("LATENCY", length).create_infer_request()
        output = self._requests.queries[length].infer({0: ids, 1: mask})
        tokens = np.array(output[1][0][list(own)], np.float32)
        return EmbeddedQuery(np.array(output[0][0], np.float32), unit(tokens), list(own.values()))

    def embed_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] = lambda _: None
    ) -> EmbeddedPassages:
        """See rag.index.base.Embedder.

        As many batches are under way as the processor takes at once. They are waited for in turn, not taken by a
        callback: a thread of openvino's that asks for the interpreter can hang it when a model is taken apart.
        """
        out = np.zeros((len(texts), self.dim), np.float32)
        codes = [np.zeros((0, CODE_BITS // 8), np.uint8)] * len(texts)
        model = self._model("THROUGHPUT")
        idle = [model.create_infer_request() for _ in range(model.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))]
        under_way: deque[tuple[Any, list[int], Ids]] = deque()

        def take() -> None:
            request, places, owns = under_way.popleft()
            request.wait()
            out[places] = request.get_output_tensor(0).data
            projected = request.get_output_tensor(1).data
            for place, states, own in zip(places, projected, owns, strict=True):
                codes[place] = code(states[np.flatnonzero(own)])
            idle.append(request)
            progress(len(places))

        for places, ids, mask, owns in self.tokenizer.batches(texts):
            if not idle:
                take()
            request = idle.pop()
            request.start_async({0: ids, 1: mask})
            under_way.append((request, places, owns))
        while under_way:
            take()
        return EmbeddedPassages(out, codes)

    def _model(self, hint: str, length: int | None = None) -> Any:
        """Compile for latency (questions) or throughput (passages), once each; OpenVINO picks the precision.

        A model of one question and `length` tokens knows its shapes; None leaves them open.
        """
        import openvino

        with self._compiling:
            if (hint, length) not in self._compiled:
                core = openvino.Core()
                model = core.read_model(self.folder / "model.xml")
                if length is not None:
                    model.reshape({0: [1, length], 1: [1, length]})
                config = {"PERFORMANCE_HINT": hint, "CACHE_DIR": str(self.folder / "compiled")}
                self._compiled[hint, length] = core.compile_model(model, "CPU", config)
            return self._compiled[hint, length]
