"""Settings -> RagService: the composition root, the only module that picks implementations."""

from __future__ import annotations

import logging
from importlib.util import find_spec
from pathlib import Path

from rag.errors import EmbedderError
from rag.index.backends.faiss import FaissDense
from rag.index.backends.sqlite import SqliteArticles
from rag.index.backends.tantivy import TantivyLexical
from rag.index.base import Engines
from rag.index.live import LiveIndex
from rag.index.storage import IndexStorage
from rag.indexing.maintenance import IndexMaintenance
from rag.models import model_files
from rag.models.base import Embedder
from rag.models.deadline import DeadlineReranker
from rag.models.on_demand import ModelsOnDemand
from rag.search.searcher import Searcher
from rag.service import RagService
from rag.settings import Settings

log = logging.getLogger(__name__)


def build(settings: Settings, cache: Path | None = None) -> RagService:
    """Return a service over the index that the settings name; no model is loaded until one is needed.

    Exported OpenVINO models are kept in the folder `cache`, by default beside the indexes.
    """
    folder = cache or settings.index_root / ".models"
    return compose(settings, ModelsOnDemand(lambda: embedder(settings, folder), lambda: reranker(settings)))


def compose(settings: Settings, models: ModelsOnDemand, engines: Engines | None = None) -> RagService:
    """Return a service of these models and engines, by default of the engines that Byline ships."""
    engines = engines or local_engines(settings)
    storage = IndexStorage(settings.index_root / settings.index, engines.drop)
    live = LiveIndex(storage, engines, lambda opened: opened.require_embedder(models.embedder.identity))
    searcher = Searcher(storage.name, models, settings)
    return RagService(settings, models, live, searcher, IndexMaintenance(storage, engines, models, settings))


def local_engines(settings: Settings) -> Engines:
    """Return the engines that keep an index in files of one folder: SQLite, faiss and tantivy."""
    return Engines(SqliteArticles(), FaissDense(settings.exact_rows), TantivyLexical())


def embedder(settings: Settings, cache: Path) -> Embedder:
    """Return the embedder that the settings name; "auto" is OpenVINO where it can serve the model, else torch.

    Raises EmbedderError where the model cannot be found, or where RAG_EMBEDDER is "openvino" and the model cannot be
    exported to OpenVINO.
    """
    weights = model_files.locate(settings.model, cache)
    if settings.embedder == "sentence-transformers":
        return _torch(weights)
    try:
        return _openvino(weights, cache)
    except EmbedderError as error:
        if settings.embedder == "openvino":
            raise EmbedderError(
                f"model {settings.model}: OpenVINO cannot serve it: {error}; set RAG_EMBEDDER=sentence-transformers"
            ) from None
        log.warning("model %s: served by torch, not by OpenVINO: %s", settings.model, error)
        return _torch(weights)


def reranker(settings: Settings) -> DeadlineReranker | None:
    """Return the reranker that the settings name, None if they name none.

    Raises RerankerError where the model cannot be loaded.
    """
    if not settings.reranker:
        return None
    from rag.models.cross_encoder import CrossEncoderReranker

    return DeadlineReranker(CrossEncoderReranker(settings.reranker), settings.rerank_ms / 1000)


def _torch(weights: model_files.ModelFiles) -> Embedder:
    """Return the embedder that runs the model in torch."""
    from rag.models.sentence_transformer import SentenceTransformerEmbedder

    return SentenceTransformerEmbedder(weights)


def _openvino(weights: model_files.ModelFiles, cache: Path) -> Embedder:
    """Return the embedder that runs the model in OpenVINO, exporting the model first unless `cache` holds it.

    Raises EmbedderError where OpenVINO is not installed or the model cannot be exported.
    """
    if find_spec("openvino") is None:
        raise EmbedderError("openvino is not installed")
    from rag.models import openvino

    folder = openvino.model_folder(weights, cache)
    if not folder.exists():
        from rag.models import openvino_export

        log.info("compiling %s for this machine, once", weights.name)
        folder = openvino_export.exported_model(weights, cache)
    return openvino.OpenVinoEmbedder(weights, folder)
