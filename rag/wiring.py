"""Settings -> RagService: the only module that picks implementations."""

from __future__ import annotations

import logging
from importlib.util import find_spec
from pathlib import Path

from rag.errors import EmbedderError
from rag.models import model_files
from rag.models.base import Embedder
from rag.models.deadline import DeadlineReranker
from rag.service import RagService
from rag.settings import Settings

log = logging.getLogger(__name__)


def build(settings: Settings, cache: Path | None = None) -> RagService:
    """Return a service over the index that the settings name; no model is loaded until one is needed.

    Compiled models are kept in `cache`, by default beside the indexes.
    """
    models = cache or settings.index_root / ".models"
    return RagService(settings, lambda: embedder(settings, models), lambda: reranker(settings))


def embedder(settings: Settings, cache: Path) -> Embedder:
    """Return the embedder that the settings name: the twin where it can serve the model, else torch.

    Raises EmbedderError where the model cannot be found, or RAG_EMBEDDER asks for a twin that cannot be.
    """
    found = model_files.locate(settings.model, cache)
    if settings.embedder == "sentence-transformers":
        return _torch(found)
    try:
        return _twin(found, cache)
    except EmbedderError as error:
        if settings.embedder == "openvino":
            raise EmbedderError(
                f"model {settings.model}: the openvino twin cannot serve it: {error}; "
                "set RAG_EMBEDDER=sentence-transformers"
            ) from None
        log.warning("model %s: served by torch, not by its openvino twin: %s", settings.model, error)
        return _torch(found)


def reranker(settings: Settings) -> DeadlineReranker | None:
    """Return what re-ranks, None where the settings name no model; raises RerankerError where it cannot be loaded."""
    if not settings.reranker:
        return None
    from rag.models.cross_encoder import CrossEncoderReranker

    return DeadlineReranker(CrossEncoderReranker(settings.reranker), settings.rerank_ms / 1000)


def _torch(found: model_files.ModelFiles) -> Embedder:
    from rag.models.sentence_transformer import SentenceTransformerEmbedder

    return SentenceTransformerEmbedder(found)


def _twin(found: model_files.ModelFiles, cache: Path) -> Embedder:
    if find_spec("openvino") is None:
        raise EmbedderError("openvino is not installed")
    from rag.models import openvino

    folder = openvino.model_folder(found, cache)
    if not folder.exists():
        from rag.models import openvino_export

        log.info("compiling %s for this machine, once", found.name)
        folder = openvino_export.exported_model(found, cache)
    return openvino.OpenVinoEmbedder(found, folder)
