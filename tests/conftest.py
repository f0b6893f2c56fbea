"""What tests share: small articles, a model-free index, and the real service over `seeds/`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rag import wiring
from rag.index.base import Engines, GenerationRef
from rag.index.generation import Generation
from rag.index.storage import IndexStorage
from rag.indexing.ingest import ReindexOptions
from rag.indexing.reindex import Reindexer
from rag.models.base import Embedder
from rag.models.deadline import DeadlineReranker
from rag.models.hashing import HashingEmbedder
from rag.models.on_demand import ModelsOnDemand
from rag.service import RagService
from rag.settings import Settings
from rag.types.articles import Article, Origin
from rag.types.requests import SearchRequest

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"


def article(id: str, text: str, title: str = "A title", **fields: object) -> Article:
    """An article with the least that it needs."""
    return Article.model_validate(
        {"id": id, "title": title, "text": text, "origin": Origin(path=f"{id}.txt", line=1), **fields}
    )


@pytest.fixture
def articles() -> list[Article]:
    """Six short articles of two outlets over three months, one without a date."""
    return [
        article("bridge", "The bridge closed in May. It is forty metres long.", "Bridge closes",
                source="Courier", authors=("Ann Lee",), published=date(2025, 5, 1)),
        article("bridge-2", "The bridge reopened in June.\n\nThe mayor cut a ribbon.", "Bridge reopens",
                source="Courier", authors=("Ann Lee", "Bo Ray"), published=date(2025, 6, 9)),
        article("ferry", "A ferry caught fire off the harbour. Nobody was hurt.", "Ferry fire",
                source="Wire", authors=("Cy Moss",), published=date(2025, 6, 10)),
        article("ferry-2", "The ferry fire began in a galley, an inquiry found.", "Galley blamed",
                source="Wire", published=date(2025, 7, 2)),
        article("undated", "A harbour seal visited the market on a Tuesday.", "Seal visits"),
        article("school", "The school won the chess final. Its captain is nine.", "Chess final",
                source="courier", authors=("bo ray",), published=date(2025, 7, 3)),
    ]  # fmt: skip


def engines(exact_rows: int = 200_000) -> Engines:
    """The engines that Byline ships; above `exact_rows` passages the dense index is an IVF index."""
    return wiring.local_engines(Settings(exact_rows=exact_rows))


ENGINES = engines()


def opened(ref: GenerationRef) -> Generation:
    """The generation of a reference, opened by the engines that Byline ships."""
    return Generation.open(ref, ENGINES)


def service_of(
    settings: Settings,
    embedder: Callable[[], Embedder] = HashingEmbedder,
    reranker: Callable[[], DeadlineReranker | None] = lambda: None,
    engines: Engines | None = None,
) -> RagService:
    """A service of these settings, models and engines; by default those that Byline ships."""
    return wiring.compose(settings, ModelsOnDemand(embedder, reranker), engines)


def ask(question: str, **options: Any) -> SearchRequest:
    """A request, its filter's clauses flat."""
    return SearchRequest.parse(question=question, **options)


Build = Callable[[Iterable[Article]], Generation]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Write articles into an index with the model-free embedder and open it."""

    def write(items: Iterable[Article], exact_rows: int = 200_000) -> Generation:
        store = IndexStorage(tmp_path / "index")
        Reindexer(store, engines(exact_rows), HashingEmbedder(), ReindexOptions(roots=("memory",))).run(items)
        return store.open(opened)

    return write


@pytest.fixture(scope="session")
def index_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this run's indexes live; the compiled model of an earlier `make run` is used if there is one."""
    root = tmp_path_factory.mktemp("indexes")
    models = ROOT / "indexes" / ".models"
    models.mkdir(exist_ok=True)
    (root / ".models").symlink_to(models)
    return root


@pytest.fixture(scope="session")
def seeds_service(index_root: Path) -> RagService:
    """The real service, with real weights, over the sample archive."""
    service = wiring.build(Settings(index_root=index_root, index="seeds"))
    service.reindex([SEEDS])
    service.open()
    return service
