"""Embed by a sentence-transformers model that was exported to OpenVINO once, without torch.

The exported graph takes token ids and the mask; it returns mean- or cls-pooled vectors of unit length, and the
projected states of the tokens.
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
from rag.models.tokenizer import Ids, ModelEmbedder, ModelTokenizer
from rag.types.arrays import CODE_BITS

RECIPE = 2  # the version of the exported graph: a change to it must count up
QUERY_LENGTHS = (16, 24, 32, 48)  # tokens; questions are padded to these: fixed shapes took 3.4 ms, open ones 4.6


def model_folder(weights: ModelFiles, cache: Path) -> Path:
    """Return the folder of the OpenVINO model of `weights` for the installed versions, whether it exists or not."""
    versions = [version(name) for name in ("openvino", "torch", "transformers", "sentence-transformers")]
    key = sha256(json.dumps([RECIPE, weights.fingerprint, *versions]).encode()).hexdigest()[:16]
    return cache / f"twin-{key}"


class OpenVinoEmbedder(ModelEmbedder):
    """An embedder of an exported model, run by openvino and tokenizers. Safe for threads."""

    def __init__(self, weights: ModelFiles, folder: Path) -> None:
        super().__init__(weights)
        self.folder = folder
        self._about: dict[str, Any] = json.loads((folder / "twin.json").read_text("utf-8"))
        self._requests = threading.local()
        self._compiling = threading.Lock()
        self._compiled: dict[tuple[str, int | None], Any] = {}

    @property
    def dim(self) -> int:
        """See `Embedder`."""
        return int(self._about["dim"])

    @cached_property
    def tokenizer(self) -> ModelTokenizer:
        """The model's tokenizer, with the window that torch reported when the model was exported."""
        return ModelTokenizer(self.weights, int(self._about["window"]))

    def embed_query(self, text: str) -> EmbeddedQuery:
        """See `Embedder`."""
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
        """See `Embedder`.

        As many batches are in flight as OpenVINO recommends for the processor. They are awaited in order rather than
        collected by callbacks: a thread of OpenVINO that waits for the GIL can deadlock when a model is destroyed.
        """
        vectors = np.zeros((len(texts), self.dim), np.float32)
        codes = [np.zeros((0, CODE_BITS // 8), np.uint8)] * len(texts)
        model = self._model("THROUGHPUT")
        idle = [model.create_infer_request() for _ in range(model.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))]
        in_flight: deque[tuple[Any, list[int], Ids]] = deque()

        def take() -> None:
            request, places, owns = in_flight.popleft()
            request.wait()
            vectors[places] = request.get_output_tensor(0).data
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
            in_flight.append((request, places, owns))
        while in_flight:
            take()
        return EmbeddedPassages(vectors, codes)

    def _model(self, hint: str, length: int | None = None) -> Any:
        """Return the model compiled for "LATENCY" (questions) or "THROUGHPUT" (passages); each is compiled once.

        `length` fixes the shapes to one text of so many tokens; None leaves them dynamic. OpenVINO picks the precision.
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
