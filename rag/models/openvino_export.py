"""Torch module -> OpenVINO model, once per model and machine: traced, and checked against the model's own vectors.

`python -m rag.models.openvino_export NAME FOLDER CACHE` exports a model. `exported_model` runs that command in a
process of its own, so that the memory that torch takes (some 400 MB) is freed when the export is done.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

from rag.errors import EmbedderError
from rag.models.binary_codes import projection
from rag.models.model_files import ModelFiles
from rag.models.openvino import OpenVinoEmbedder, model_folder
from rag.models.sentence_transformer import SentenceTransformerEmbedder

MIN_COSINE = 0.999  # Of a probe's OpenVINO and torch vectors; bfloat16 gives 0.99998 on all-MiniLM-L6-v2
PROBES = (
    "Who won the election?",
    "The harbour bridge reopened on Monday after eleven months of repairs, the council said. " * 6,
)
TRANSFORMER, POOLING, NORMALIZE = "Transformer", "Pooling", "Normalize"


def pooling_of(weights: ModelFiles) -> str:
    """Return the model's pooling, "mean" or "cls"; raises EmbedderError for a model that cannot be exported."""
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


def exported_model(weights: ModelFiles, cache: Path) -> Path:
    """Export the model to OpenVINO under `cache`, in a process of its own; return the exported model's folder.

    Raises EmbedderError where the model is of an unsupported form or cannot be traced, where the exported model's
    vectors differ from the model's, and where `cache` cannot be written to.
    """
    pooling_of(weights)
    command = [sys.executable, "-P", "-m", __name__, weights.name, os.fspath(weights.folder), os.fspath(cache)]
    ours = os.fspath(Path(__file__).parents[2])  # This package, not one of the same name in the working directory
    paths = os.pathsep.join(filter(None, (ours, os.environ.get("PYTHONPATH"))))
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"compiling it ended with {done.returncode}"]
        raise EmbedderError(lines[-1])
    return model_folder(weights, cache)


def export(weights: ModelFiles, cache: Path) -> None:
    """Export the model to OpenVINO under `cache`, in this process. Its folder is complete or does not exist.

    Raises EmbedderError as `exported_model` does.
    """
    pooling = pooling_of(weights)
    torch_side = SentenceTransformerEmbedder(weights)
    folder = model_folder(weights, cache)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=cache, prefix="draft-"))
    except OSError as error:
        raise EmbedderError(f"it cannot be kept: {error}") from None
    try:
        _trace(torch_side.model, pooling, draft / "model.xml")
        about = {"window": int(torch_side.model.max_seq_length), "dim": torch_side.dim, "pooling": pooling}
        (draft / "twin.json").write_text(json.dumps(about), "utf-8")
        _check(OpenVinoEmbedder(weights, draft), torch_side)
        draft.chmod(0o755)  # Only the user who exports may open mkdtemp's folder; a server may run as another one
        try:
            os.replace(draft, folder)
        except OSError:  # Another process has exported it meanwhile
            if not folder.exists():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _trace(model: Any, pooling: str, path: Path) -> None:
    """Trace the sentence-transformers `model`, with pooling and the projection of token codes, and save it at `path`.

    Raises EmbedderError where it cannot be traced.
    """
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
        warnings.simplefilter("ignore")  # The tracer warns of branches that do not depend on the input
        try:
            graph = openvino.convert_model(Pooled(model[0].auto_model.eval()), example_input=example)
        except Exception as error:
            raise EmbedderError(f"it cannot be traced: {str(error).splitlines()[0]}") from error
    graph.reshape({0: [-1, -1], 1: [-1, -1]})
    openvino.save_model(graph, path, compress_to_fp16=False)


def _check(exported: OpenVinoEmbedder, torch_side: SentenceTransformerEmbedder) -> None:
    """Raise EmbedderError where a probe's two vectors have a cosine below MIN_COSINE."""
    probes = [_fitting(text, exported) for text in PROBES]
    ours, theirs = exported.embed_passages(probes).vectors, torch_side.embed_passages(probes).vectors
    worst = float((ours * theirs).sum(1).min())
    if not worst >= MIN_COSINE:
        raise EmbedderError(f"its vectors differ from torch's (cosine {worst:.4f})")


def _fitting(text: str, embedder: OpenVinoEmbedder) -> str:
    """Return `text`, or half a window of it if it exceeds the model's window."""
    spans = embedder.tokens([text])[0]
    return text if len(spans) <= embedder.max_tokens else text[: spans[embedder.max_tokens // 2][0]]


def main() -> None:
    """Export the model that the command line names; an error ends the process with one line and exit code 1."""
    name, folder, cache = sys.argv[1:]
    try:
        export(ModelFiles(name, Path(folder)), Path(cache))
    except EmbedderError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
