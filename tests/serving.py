"""Services over articles from memory, and a real server over a service: uvicorn in a thread, on a port of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import uvicorn

from api.app import create_app
from api.service import ArchiveService
from rag import wiring
from rag.indexing.ingest import ReindexOptions
from rag.indexing.reindex import Reindexer
from rag.models.hashing import HashingEmbedder
from rag.models.on_demand import ModelsOnDemand
from rag.service import RagService
from rag.settings import Settings
from rag.types.articles import Article


def hashing_service(settings: Settings) -> RagService:
    """A service that embeds by hashing words, which needs no model."""
    return wiring.compose(settings, ModelsOnDemand(HashingEmbedder))


def publish(service: RagService, articles: Iterable[Article], keep_generations: int = 3) -> None:
    """Publish a generation of articles from memory; the service does not open it."""
    options = ReindexOptions(roots=("memory",), keep_generations=keep_generations)
    engines = wiring.local_engines(service.settings)
    Reindexer(service.live.storage, engines, service.models.embedder, options).run(articles)


@contextmanager
def serving(service: ArchiveService) -> Iterator[str]:
    """Serve until the block ends; yield the server's address."""
    server = uvicorn.Server(uvicorn.Config(create_app(service), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
