"""The API over the real service and a real socket: what it says is what the archive holds."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest

from rag.service import RagService
from rag.settings import Settings
from rag.text.sentences import sentences
from rag.types.requests import AnswerRequest, SearchRequest
from rag.types.results import Answer, SearchResult
from tests.conftest import article
from tests.serving import hashing_service, publish, serving


@pytest.fixture(scope="module")
def live(seeds_service: RagService) -> Iterator[httpx2.Client]:
    with serving(seeds_service) as url, httpx2.Client(base_url=url, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def question(seeds_service: RagService) -> str:
    """A sentence of the archive: whatever the archive is, it answers this."""
    passage = seeds_service.search(SearchRequest(question="What was decided?", k=1)).hits[0].passage
    spans = sentences(passage.text)
    longest = max(spans, key=lambda span: span.end - span.start)
    return passage.text[longest.start : longest.end]


def test_the_body_is_what_the_service_answers(live: httpx2.Client, seeds_service: RagService, question: str) -> None:
    answer = seeds_service.answer(AnswerRequest(question=question))
    assert live.get("/v1/answer", params={"q": question}).text == answer.model_dump_json()
    assert live.post("/v1/search", json={"question": question, "k": 3}).text == (
        seeds_service.search(SearchRequest(question=question, k=3)).model_dump_json()
    )


def test_every_citation_is_the_very_characters_of_the_article_that_the_api_returns(
    live: httpx2.Client, question: str
) -> None:
    answer = Answer.model_validate_json(live.get("/v1/answer", params={"q": question}).text)
    assert answer.answered
    for citation in (*(s.citation for s in answer.sentences), *(hit.citation for hit in answer.hits)):
        view = live.get(f"/v1/articles/{quote(citation.id, safe='')}").json()
        assert view["generation"] == answer.generation
        assert view["article"]["text"][citation.start : citation.end] == citation.quote


def test_the_pages_links_open_the_article_at_the_cited_words(live: httpx2.Client, question: str) -> None:
    page = live.get("/", params={"q": question}).text
    link = page.partition('href="/article/')[2].partition('"')[0]
    shown = live.get(f"/article/{unescape(link)}")
    assert shown.status_code == 200
    assert 'id="cited"' in shown.text


def test_a_filter_holds_for_every_hit(live: httpx2.Client, question: str) -> None:
    source = live.get("/v1/status").json()["sources"][0][0]
    found = SearchResult.model_validate_json(
        live.get("/v1/search", params={"q": question, "source": source.upper()}).text
    )
    assert found.hits
    assert {hit.citation.source for hit in found.hits} == {source}


def test_a_filter_that_nothing_passes_is_the_reason(live: httpx2.Client, question: str) -> None:
    answer = live.get("/v1/answer", params={"q": question, "published_to": "1700-01-01"}).json()
    assert (answer["answered"], answer["reason"], answer["hits"]) == (False, "filter_empty", [])


def test_many_at_once_get_what_one_gets(live: httpx2.Client, question: str) -> None:
    alone = live.get("/v1/answer", params={"q": question}).text
    with ThreadPoolExecutor(8) as pool:
        together = pool.map(lambda _: live.get("/v1/answer", params={"q": question}).text, range(32))
        assert set(together) == {alone}


def test_each_stage_of_a_real_answer_is_timed(live: httpx2.Client, question: str) -> None:
    answered = live.get("/v1/answer", params={"q": question, "facets": "true"}).headers["Server-Timing"]
    assert re.findall(r"(\w+);dur=", answered) == ["embed", "search", "answer", "facets", "total"]
    took = [float(each) for each in re.findall(r"dur=([\d.]+)", answered)]
    assert 0 < sum(took[:-1]) <= took[-1] + 0.5  # each is rounded
    searched = live.post("/v1/search", json={"question": question}).headers["Server-Timing"]
    assert re.findall(r"(\w+);dur=", searched) == ["embed", "search", "total"]


def test_over_a_socket_too_an_answer_is_sent_once_and_an_id_may_end_as_a_route_does(
    live: httpx2.Client, question: str
) -> None:
    first = live.get("/v1/answer", params={"q": question})
    assert first.headers["Content-Encoding"] == "gzip"
    again = live.get("/v1/answer", params={"q": question}, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    id = first.json()["hits"][0]["citation"]["id"]
    assert live.get(f"/v1/articles/{quote(id, safe='')}/similar").json()["article"]["id"] == id
    none = live.get(f"/v1/articles/{quote(id + '/similar', safe='')}").json()
    assert f"{id}/similar" in none["detail"]  # an article of that id was looked for
    assert live.head("/v1/answer", params={"q": question}).headers["ETag"] == first.headers["ETag"]


def test_a_server_started_without_an_index_follows_each_generation(tmp_path: Path) -> None:
    settings = Settings(index_root=tmp_path, reload_s=0.1)
    writer, reader = hashing_service(settings), hashing_service(settings)
    with serving(reader) as url, httpx2.Client(base_url=url) as client:
        assert client.get("/readyz").status_code == 503
        assert "rag reindex" in client.get("/readyz").json()["detail"]
        articles = []
        for number, id in enumerate(("first/one", "second two?#"), 1):
            articles.append(article(id, f"The article {id} is about rope and paint."))
            publish(writer, articles)
            deadline = time.monotonic() + 2
            while client.get("/v1/status").json().get("generation") != f"gen-{number:06}":
                assert time.monotonic() < deadline
                time.sleep(0.02)
            assert client.get(f"/v1/articles/{quote(id, safe='')}").json()["article"]["id"] == id
            assert client.get("/v1/search", params={"q": "rope"}).headers["X-Byline-Generation"] == f"gen-{number:06}"


def test_a_link_to_cited_words_opens_those_words_after_the_article_was_corrected(tmp_path: Path) -> None:
    service = hashing_service(Settings(index_root=tmp_path, index="corrected"))
    said = "The ferry sank off the harbour on Sunday. Nobody was hurt."
    publish(service, [article("ferry", said, "Ferry sinks")])
    with serving(service) as address, httpx2.Client(base_url=address) as client:
        page = client.get("/", params={"q": "ferry harbour"}).text
        link = unescape(page.partition('href="/article/')[2].partition('"')[0])
        publish(service, [article("ferry", f"Correction: it did not sink.\n\n{said}", "Ferry strands")])
        service.reload()
        kept = client.get(f"/article/{link}").text
        assert 'id="cited"' in kept
        assert "This is an older version." in kept
        assert "<ins>Correction: it did not sink.</ins>" in kept
        assert "Correction" not in kept.partition('class="prose"')[2].partition("</article>")[0]
        marked = re.findall(r"<mark[^>]*>(.*?)</mark>", kept, re.S)
        assert marked == ["The ferry sank off the harbour on Sunday."]
