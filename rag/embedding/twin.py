"""The twin: a sentence-transformers model compiled once for OpenVINO, then served without torch.

Token ids and mask in; mean- or cls-pooled vectors of unit length and the tokens' projected states out.
`compile_twin` traces the loaded torch module and checks the result against it; `TwinEmbedder` serves what was compiled.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import threading
import warnings
from collections import deque
from collections.abc import Callable, Sequence
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from rag.embedding.codes import code, projection, unit
from rag.embedding.tokenizing import Ids, ModelTokenizer
from rag.embedding.torch_model import TorchEmbedder
from rag.embedding.weights import Weights
from rag.errors import EmbedderError
from rag.ports import CODE_BITS, Embedded, Query

RECIPE = 2  # counts up when the graph that `compile_twin` writes changes
MIN_COSINE = 0.999  # twin against torch; bfloat16 gives 0.99998 on all-MiniLM-L6-v2
QUERY_LENGTHS = (16, 24, 32, 48)  # questions are padded to these: fixed shapes took 3.4 ms where open ones took 4.6
PROBES = (
    "Who won the election?",
    "The harbour bridge reopened on Monday after eleven months of repairs, the council said. " * 6,
)
TRANSFORMER, POOLING, NORMALIZE = "Transformer", "Pooling", "Normalize"


def twin_folder(weights: Weights, cache: Path) -> Path:
    """Return where the twin of these weights, for the installed versions, is or will be kept."""
    versions = [version(name) for name in ("openvino", "torch", "transformers", "sentence-transformers")]
    key = sha256(json.dumps([RECIPE, weights.fingerprint, *versions]).encode()).hexdigest()[:16]
    return cache / f"twin-{key}"


def pooling_of(weights: Weights) -> str:
    """Return "mean" or "cls"; raises EmbedderError where the model is not of a form that a twin can serve."""
    modules = weights.config("modules.json")
    kinds = [str(module["type"]).rsplit(".", 1)[-1] for module in modules]
    if kinds not in ([TRANSFORMER, POOLING], [TRANSFORMER, POOLING, NORMALIZE]):
        raise EmbedderError(f"its modules are {', '.join(kinds)}")
    config = weights.config(f"{modules[1]['path']}/config.json")
    modes = {key[13:] for key, on in config.items() if key.startswith("pooling_mode_") and on is True}
    mode = config.get("pooling_mode") or (modes.pop().removesuffix("_tokens") if len(modes) == 1 else "mixed")
    mode = {"cls_token": "cls"}.get(mode, mode)
    if mode not in ("mean", "cls") or config.get("include_prompt") is False:
        raise EmbedderError(f"its pooling is {mode}")
    return str(mode)


def compile_twin(weights: Weights, cache: Path) -> Path:
    """Trace the torch module into an OpenVINO model under `cache`; return its folder, complete or not at all.

    Raises EmbedderError where the model cannot be traced, the twin's vectors are not the model's, or `cache`
    cannot be written to.
    """
    pooling = pooling_of(weights)
    torch_side = TorchEmbedder(weights)
    folder = twin_folder(weights, cache)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=cache, prefix="draft-"))
    except OSError as error:
        raise EmbedderError(f"it cannot be kept: {error}") from None
    try:
        _trace(torch_side.model, pooling, draft / "model.xml")
        about = {"window": int(torch_side.model.max_seq_length), "dim": torch_side.dim, "pooling": pooling}
        (draft / "twin.json").write_text(json.dumps(about), "utf-8")
        _check(TwinEmbedder(weights, draft), torch_side)
        draft.chmod(0o755)  # mkdtemp's folder is its maker's alone; a server may run as someone else
        try:
            os.replace(draft, folder)
        except OSError:  # another process compiled it meanwhile
            if not folder.exists():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def _trace(model: Any, pooling: str, path: Path) -> None:
    import openvino
    import torch

    class Pooled(torch.nn.Module):
        def __init__(self, encoder: Any) -> None:
            super().__init__()
            self.encoder = encoder
            self.projection = torch.from_numpy(projection(model.get_embedding_dimension()))

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            mask = attention_mask.unsqueeze(-1).to(states.dtype)
            mean = (states * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            pooled = states[:, 0] if pooling == "cls" else mean
            return torch.nn.functional.normalize(pooled, dim=1), states @ self.projection

    ids = torch.ones((2, 16), dtype=torch.int64)
    example = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracer warns of branches that do not depend on the input
        try:
            graph = openvino.convert_model(Pooled(model[0].auto_model.eval()), example_input=example)
        except Exception as error:
            raise EmbedderError(f"it cannot be traced: {str(error).splitlines()[0]}") from error
    graph.reshape({0: [-1, -1], 1: [-1, -1]})
    openvino.save_model(graph, path, compress_to_fp16=False)


def _check(twin: TwinEmbedder, torch_side: TorchEmbedder) -> None:
    probes = [_fitting(text, twin) for text in PROBES]
    ours, theirs = twin.embed_passages(probes).vectors, torch_side.embed_passages(probes).vectors
    worst = float((ours * theirs).sum(1).min())
    if not worst >= MIN_COSINE:
        raise EmbedderError(f"its vectors differ from torch's (cosine {worst:.4f})")


def _fitting(text: str, twin: TwinEmbedder) -> str:
    """Return `text`, or half a window of it where it exceeds the window."""
    spans = twin.tokens([text])[0]
    return text if len(spans) <= twin.max_tokens else text[: spans[twin.max_tokens // 2][0]]


class TwinEmbedder:
    """Serves a compiled twin by openvino and tokenizers. Safe for threads."""

    def __init__(self, weights: Weights, folder: Path) -> None:
        self.weights = weights
        self.folder = folder
        self._about: dict[str, Any] = json.loads((folder / "twin.json").read_text("utf-8"))
        self._requests = threading.local()
        self._compiling = threading.Lock()
        self._compiled: dict[tuple[str, int | None], Any] = {}

    @property
    def identity(self) -> str:
        """See rag.ports.Embedder."""
        return self.weights.identity

    @property
    def dim(self) -> int:
        """See rag.ports.Embedder."""
        return int(self._about["dim"])

    @cached_property
    def tokenizer(self) -> ModelTokenizer:
        """The model's tokenizer, with the window that torch reported when the twin was compiled."""
        return ModelTokenizer(self.weights, int(self._about["window"]))

    @property
    def max_tokens(self) -> int:
        """See rag.ports.Embedder."""
        return self.tokenizer.max_tokens

    def tokens(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """See rag.ports.Embedder."""
        return self.tokenizer.spans(texts)

    def embed_query(self, text: str) -> Query:
        """See rag.ports.Embedder."""
        ids, mask, own = self.tokenizer.query(text)
        length = next((size for size in QUERY_LENGTHS if size >= ids.shape[1]), None)
        if length is not None:
            room = ((0, 0), (0, length - ids.shape[1]))
            ids, mask = np.pad(ids, room), np.pad(mask, room)
        if length not in self._requests.__dict__.setdefault("queries", {}):
            self._requests.queries[length] = self._model("LATENCY", length).create_infer_request()
        output = self._requests.queries[length].infer({0: ids, 1: mask})
        tokens = np.array(output[1][0][list(own)], np.float32)
        return Query(np.array(output[0][0], np.float32), unit(tokens), list(own.values()))

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] = lambda _: None) -> Embedded:
        """See rag.ports.Embedder.

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
        return Embedded(out, codes)

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
