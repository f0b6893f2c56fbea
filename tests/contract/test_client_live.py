"""The client against the real server over the sample archive: every method returns what the service returns."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Any

import anyio
import pytest

from rag.client import AsyncByline, Byline
from rag.errors import ApiError, ArticleMissingError, QuestionError
from rag.service import RagService
from rag.types.articles import CitationRef
from rag.types.filters import SearchFilter
from rag.types.requests import (
    AnswerOptions,
    AnswerRequest,
    ExplainRequest,
    SearchOptions,
    SearchRequest,
    TimelineRequest,
)
from rag.types.results import Hit
from tests.serving import serving

QUESTION = "How long was the Halloran Bridge closed?"
LEDGER = "The Tarnhaven Ledger"
CITED = CitationRef(id="nope", start=0, end=1, quote="x")


@pytest.fixture(scope="module")
def url(seeds_service: RagService) -> Iterator[str]:
    with serving(seeds_service) as address:
        yield address


@pytest.fixture(scope="module")
def archive(url: str) -> Iterator[Byline]:
    with Byline(url) as opened:
        yield opened


def test_an_answer_is_the_service_s(archive: Byline, seeds_service: RagService) -> None:
    options: AnswerOptions = {"k": 3, "sources": [LEDGER], "published_from": "2025-01-01", "interpret": False}
    assert archive.answer(QUESTION, **options) == seeds_service.answer(
        AnswerRequest.parse(question=QUESTION, **options)
    )
    assert archive.answer("What is the capital of Australia?").reason == "no_match"


def test_a_search_is_the_service_s(archive: Byline, seeds_service: RagService) -> None:
    options: SearchOptions = {"group_by": "passage", "k": 4, "facets": True, "sort": "newest"}
    result = archive.search("bridge", **options)
    assert result == seeds_service.search(SearchRequest.parse(question="bridge", **options))
    days = [hit.citation.published for hit in result.hits]
    assert days == sorted(days, key=lambda day: day or date.min, reverse=True)
    excluded = result.hits[0].citation.id
    options["exclude"] = [excluded]
    rest = archive.search("bridge", **options)
    assert excluded not in {hit.citation.id for hit in rest.hits}


def test_all_hits_are_the_list_from_its_first_to_its_last(archive: Byline, seeds_service: RagService) -> None:
    whole = seeds_service.search(SearchRequest(question="bridge", group_by="article", k=100))
    assert 10 < whole.total.value <= 100
    assert list(archive.hits("bridge", group_by="article", k=7)) == list(whole.hits)
    assert next(archive.hits("bridge")).rank == 1
    with pytest.raises(QuestionError, match="cursor: is of another question"):
        archive.search("ferry", cursor=archive.search("bridge", k=1).next or "")


def test_several_searches_are_of_one_generation_in_the_order_asked(archive: Byline, seeds_service: RagService) -> None:
    batch = archive.search_all(["bridge", {"question": "ferry", "k": 2, "sources": [LEDGER]}])
    assert batch.generation == seeds_service.status().generation
    assert batch.results == (
        seeds_service.search(SearchRequest(question="bridge")),
        seeds_service.search(SearchRequest(question="ferry", k=2, filter=SearchFilter(sources=(LEDGER,)))),
    )
    with pytest.raises(QuestionError, match="searches"):
        archive.search_all(["bridge"] * 21)


def test_an_explanation_an_article_and_what_is_like_it(archive: Byline, seeds_service: RagService) -> None:
    citation = archive.answer(QUESTION).sentences[0].citation
    request = ExplainRequest(question=QUESTION, article=citation.id, k=2)
    assert archive.explain(QUESTION, citation.id, k=2) == seeds_service.explain(request)
    view = archive.article(citation.id)
    assert view == seeds_service.article(citation.id) == archive.article(citation.id, version=citation.version)
    assert view.article.text[citation.start : citation.end] == citation.quote
    assert archive.similar(citation.id, k=3) == seeds_service.similar(citation.id, k=3)


def test_a_timeline_counts_what_matches_or_all(archive: Byline, seeds_service: RagService) -> None:
    request = TimelineRequest.parse(question="bridge", unit="year", sources=[LEDGER], exclude=["nope"])
    assert archive.timeline() == seeds_service.timeline(TimelineRequest())
    assert archive.timeline("bridge", unit="year", sources=[LEDGER], exclude=["nope"]) == seeds_service.timeline(
        request
    )


def test_citations_are_checked_as_they_came_or_as_they_were_stored(archive: Byline) -> None:
    citation = archive.answer(QUESTION).sentences[0].citation
    moved = CitationRef(id=citation.id, start=5, end=5 + len(citation.quote), quote=citation.quote)
    batch = archive.verify([citation, citation.model_dump(mode="json"), moved, {**moved.model_dump(), "id": "nope"}])
    assert [check.verdict for check in batch.results] == ["exact", "exact", "moved", "gone"]


def test_status_and_readiness(archive: Byline, seeds_service: RagService) -> None:
    assert archive.status() == seeds_service.status()
    assert archive.ready() is True


def test_what_the_server_refuses_is_the_service_s_own_error(archive: Byline) -> None:
    with pytest.raises(ArticleMissingError, match="nope") as missing:
        archive.article("nope")
    assert isinstance(missing.value.__cause__, ApiError)
    assert missing.value.__cause__.kind == "article-missing"
    with pytest.raises(QuestionError) as refused:
        archive.answer(QUESTION, k=0)
    assert refused.value.field == "k"


def test_a_client_that_awaits_gets_the_same(url: str, archive: Byline) -> None:
    async def every(hits: AsyncIterator[Hit]) -> list[Hit]:
        return [hit async for hit in hits]

    async def calls() -> list[Any]:
        async with AsyncByline(url) as other:
            id = (await other.answer(QUESTION)).sentences[0].citation.id
            return [
                await other.answer(QUESTION), await other.search(QUESTION), await other.search_all([QUESTION]),
                await every(other.hits(QUESTION, k=9)), await other.explain(QUESTION, id), await other.article(id),
                await other.similar(id), await other.timeline(QUESTION), await other.verify([CITED]),
                await other.status(), await other.ready(),
            ]  # fmt: skip

    id = archive.answer(QUESTION).sentences[0].citation.id
    assert anyio.run(calls) == [
        archive.answer(QUESTION), archive.search(QUESTION), archive.search_all([QUESTION]),
        list(archive.hits(QUESTION, k=9)), archive.explain(QUESTION, id), archive.article(id),
        archive.similar(id), archive.timeline(QUESTION), archive.verify([CITED]), archive.status(), archive.ready(),
    ]  # fmt: skip


def test_both_clients_have_the_same_methods() -> None:
    def public(cls: type) -> set[str]:
        return {name for name in vars(cls) if not name.startswith("_")}

    assert public(Byline) == public(AsyncByline)
