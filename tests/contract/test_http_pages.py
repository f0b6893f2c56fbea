"""The pages' contract: what they say, with which status, and that nothing in them is trusted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fake_service import FakeService
from starlette.testclient import TestClient

from api import examples
from api.app import create_app
from api.pages.marking import marked
from api.pages.rendering import article_link, web_link
from rag.errors import IndexMissingError
from rag.results import Answer

ASK = {"q": examples.QUESTION}
HOSTILE = "<script>alert(1)</script>\"' onload=x \u202e"


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def client(service: FakeService) -> Iterator[TestClient]:
    with TestClient(create_app(service)) as client:
        yield client


def answering(service: FakeService, answer: Answer) -> None:
    service.answer = lambda *_, **__: answer


def test_an_empty_question_invites_and_says_what_the_archive_holds(client):
    for path in ("/", "/?q=", "/?q=%20&source="):
        response = client.get(path)
        assert response.status_code == 200
        assert "412 articles" in response.text
        assert "2 January 2023" in response.text
        assert "Saltmarsh Courier" in response.text


def test_an_answer_comes_first_and_its_citations_lead_to_marked_passages(client):
    page = client.get("/", params=ASK).text
    assert page.index('href="#passage-1"') < page.index('id="passage-1"')
    assert f"<mark>{examples.SENTENCE}</mark>" in page
    assert f"/article/{examples.ARTICLE.id}?start=0&amp;end={len(examples.SENTENCE)}#cited" in page
    assert "https://courier.example/2025/ferry-returns#:~:text=" in page
    assert "gen-000007" in page


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("no_match", "shares the words"),
        ("low_confidence", "well enough"),
        ("filter_empty", "No article matches"),
    ],
)
def test_an_abstention_is_plain_and_gives_its_reason(client, service, reason, said):
    hits = () if reason == "filter_empty" else examples.ANSWER.hits
    update = {"answered": False, "reason": reason, "sentences": (), "hits": hits, "confidence": 0.2}
    answering(service, examples.ANSWER.model_copy(update=update))
    page = client.get("/", params=ASK).text
    assert "Not in this archive." in page
    assert said in page
    assert ("Nearest passages" in page) == bool(hits)
    assert "<mark" not in page


def test_a_warning_stands_under_the_answer(client, service):
    assert 'class="warning"' not in client.get("/", params=ASK).text
    answering(service, examples.ANSWER.model_copy(update={"warnings": ("not re-ranked: <late>",)}))
    assert '<p class="warning" role="status">Not re-ranked: &lt;late&gt;.</p>' in client.get("/", params=ASK).text


def test_the_form_keeps_what_was_typed(client, service):
    query = {**ASK, "published_from": "2025-01-01", "source": "Saltmarsh Courier", "author": "A & B"}
    page = client.get("/", params=query).text
    assert 'value="2025-01-01"' in page
    assert '<option value="Saltmarsh Courier" selected>' in page
    assert 'value="A &amp; B"' in page
    assert service.asked[0]["filter"].authors == ("A & B",)


def test_a_parameter_that_is_not_ours_does_not_break_a_link(client):
    assert client.get("/", params={**ASK, "utm_source": "x"}).status_code == 200


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"published_from": "May"}, "From: "),
        (
            {"published_from": "2025-02-01", "published_to": "2025-01-01"},
            "Dates: From 2025-02-01 is after To",
        ),
        ({"q": "x" * 2001}, "Question: "),
    ],
)
def test_what_cannot_be_asked_is_said_on_the_page(client, query, said):
    response = client.get("/", params={**ASK, **query})
    assert response.status_code == 422
    assert response.headers["content-type"].startswith("text/html")
    assert said in response.text


def test_an_article_is_shown_whole_with_the_cited_characters_marked(client):
    response = client.get(f"/article/{examples.ARTICLE.id}?start=0&end={len(examples.SENTENCE)}")
    assert f'id="cited" tabindex="-1">{examples.SENTENCE}</mark>' in response.text
    assert "The hull was patched in three places." in response.text
    assert response.headers["X-Byline-Generation"] == "gen-000007"


@pytest.mark.parametrize("span", ["start=5&end=5", "start=9&end=2", "start=0&end=99999", "start=3"])
def test_characters_that_are_not_there_are_said_to_be_lost(client, span):
    response = client.get(f"/article/{examples.ARTICLE.id}?{span}")
    assert response.status_code == 200
    assert "do not stand in this article" in response.text
    assert "<mark" not in response.text


def test_an_unknown_article_and_an_unknown_page_are_pages(client):
    response = client.get("/article/nope")
    assert response.status_code == 404
    assert "Article not in this archive." in response.text
    response = client.get("/nope", headers={"Accept": "text/html"})
    assert response.status_code == 404
    assert "<h1>" in response.text
    assert client.get("/article/nope?start=x").status_code == 422


def test_without_an_index_the_page_says_which_command_to_run():
    service = FakeService(opening=IndexMissingError("index 'default' does not exist; run `rag reindex PATH`"))
    with TestClient(create_app(service)) as client:
        response = client.get("/", params=ASK)
    assert response.status_code == 503
    assert "rag reindex PATH" in response.text


def test_hostile_words_are_shown_and_never_run(client, service):
    hit = examples.ANSWER.hits[0]
    bad = {
        "title": HOSTILE,
        "authors": (HOSTILE,),
        "source": HOSTILE,
        "language": HOSTILE,
        "link": "javascript:x",
    }
    hits = (hit.model_copy(update={"citation": hit.citation.model_copy(update=bad)}),)
    update = {"hits": hits, "sentences": (), "answered": False, "reason": "no_match"}
    answering(service, examples.ANSWER.model_copy(update=update))
    page = client.get("/", params={"q": HOSTILE, "author": HOSTILE, "source": HOSTILE}).text
    assert "alert(1)" in page
    assert "<script>" not in page
    assert "javascript:" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39; onload=x" in page


def test_a_page_asks_no_other_host_and_runs_nothing_inline(client):
    for path in ("/", "/docs", f"/article/{examples.ARTICLE.id}"):
        page = client.get(path).text
        for found in ('src="http', 'src="//', "<style", " style=", "onclick="):
            assert found not in page
    for name in ("page.css", "page.js", "icon.svg"):
        served = client.get(f"/static/{name}").text.replace("http://www.w3.org/2000/svg", "")
        assert "http" not in served


def test_only_the_web_is_linked():
    assert web_link("https://a.example/x#:~:text=b") == "https://a.example/x#:~:text=b"
    for url in ("javascript:x", "data:text/html,x", "//a.example", "/etc/passwd", "http://[", "", None):
        assert web_link(url) is None


def test_an_id_with_anything_in_it_is_one_path_segment():
    citation = examples.ANSWER.hits[0].citation.model_copy(update={"id": "a/../b?c#d é"})
    assert article_link(citation).startswith("/article/a%2F..%2Fb%3Fc%23d%20%C3%A9?start=")


def test_pieces_join_back_to_their_paragraphs_and_marks_are_the_spans():
    text = "One. Two.\n\nThree. Four."
    parts = marked("  " + text, [(102, 104), (103, 106), (107, 118)], offset=100)
    assert [part.start for part in parts] == [102, 113]
    assert ["".join(piece.text for piece in part.pieces) for part in parts] == text.split("\n\n")
    shown = [(piece.text, piece.first) for part in parts for piece in part.pieces if piece.marked]
    assert shown == [("One.", True), ("Two.", False), ("Three", False)]
