"""The pages' contract: what they say, with which status, and that nothing in them is trusted."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.openapi import examples
from api.pages import status_tables
from api.pages.filters import chips, facets_of
from api.pages.forms import Form
from api.pages.highlighting import marked
from api.pages.histogram import MOST_BARS, histogram
from api.pages.phrases import elsewhere, ordinal, sharing
from api.pages.rendering import STATIC, article_link, static, web_link
from rag.errors import IndexMissingError
from rag.messages import date_range, interpreted
from rag.types.articles import ArticleView, Excerpt, Note, Version
from rag.types.filters import SearchFilter
from rag.types.index import Overview
from rag.types.requests import AnswerRequest
from rag.types.results import (
    MAX_FACET_VALUES,
    NO_TIME,
    Answer,
    Bucket,
    DateRange,
    FacetCount,
    Facets,
    QueryInterpretation,
    Timeline,
    Total,
)
from tests.contract.fake_service import FakeService

ASK = {"q": examples.QUESTION}
HOSTILE = "<script>alert(1)</script>\"' onload=x \u202e"


FACETS = Facets(
    matching=Total(value=57, relation="eq"),
    sources=(FacetCount(value="Saltmarsh Courier", articles=40), FacetCount(value="The Upland Post", articles=17)),
    authors=(FacetCount(value="Ines Okafor", articles=1),),
    sections=(FacetCount(value="Local & more", articles=5), FacetCount(value="Sport", articles=3)),
    years=tuple(FacetCount(value=str(year), articles=9) for year in (2022, 2023, 2024, 2025)),
)


class PageService(FakeService):
    """The fake, whose answers have facets."""

    def answer_with_timeline(self, request: AnswerRequest, /) -> tuple[Answer, Timeline]:
        answer, timeline = super().answer_with_timeline(request)
        return answer.model_copy(update={"facets": FACETS}), timeline


@pytest.fixture
def service() -> PageService:
    return PageService()


@pytest.fixture
def client(service: FakeService) -> Iterator[TestClient]:
    with TestClient(create_app(service)) as client:
        yield client


def answering(service: FakeService, answer: Answer) -> None:
    service.answer = lambda *_, **__: answer


def test_an_empty_question_invites_and_says_what_the_archive_holds(client: TestClient) -> None:
    for path in ("/", "/?q=", "/?q=%20&source="):
        response = client.get(path)
        assert response.status_code == 200
        assert "412 articles" in response.text
        assert "2 January 2023" in response.text
        assert "Saltmarsh Courier" in response.text


def test_an_answer_comes_first_and_its_citations_lead_to_marked_passages(client: TestClient) -> None:
    page = client.get("/", params=ASK).text
    assert page.index('href="#passage-1"') < page.index('id="passage-1"')
    assert "<mark>The <b>Saltmarsh</b> <b>ferry</b> <b>runs</b> again from 4 May" in page
    named = f"{examples.ARTICLE.id}%40{examples.ARTICLE.version}"
    assert f"/article/{named}?start=0&amp;end={len(examples.SENTENCE)}#cited" in page
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
def test_an_abstention_is_plain_and_gives_its_reason(
    client: TestClient, service: PageService, reason: str, said: str
) -> None:
    hits = () if reason == "filter_empty" else examples.ANSWER.hits
    update = {"answered": False, "reason": reason, "sentences": (), "hits": hits, "confidence": 0.2}
    answering(service, examples.ANSWER.model_copy(update=update))
    page = client.get("/", params=ASK).text
    assert "Not in this archive." in page
    assert said in page
    assert ("Nearest passages" in page) == bool(hits)
    assert "<mark" not in page
    counted = reason == "filter_empty"  # what is nearest to nothing is not said to match
    assert ('id="told"' in page, 'class="facets"' in page) == (counted, counted)


def test_a_question_that_names_only_a_time_is_shown_what_was_published_then(
    client: TestClient, service: PageService
) -> None:
    update = {
        "answered": False,
        "reason": "no_subject",
        "sentences": (),
        "near_misses": examples.ANSWER.hits,
        "hits": (),
    }
    answering(service, examples.ANSWER.model_copy(update=update))
    page = client.get("/", params=ASK).text
    assert "A time, and no subject." in page
    assert "Not in this archive." not in page
    assert '<h2 id="passages-heading" class="rubric">Passages</h2>' in page
    assert 'class="facets"' in page


READ = QueryInterpretation(
    published=DateRange(first=date(2021, 10, 1), last=date(2021, 10, 31)), because="in October 2021", exact=True
)
OUTSIDE = READ.model_copy(update={"archive": DateRange(first=date(2024, 3, 2), last=date(2026, 2, 17))})


@pytest.mark.parametrize("near", [True, False])
def test_a_time_outside_the_archive_is_said_with_where_it_begins(
    client: TestClient, service: PageService, near: bool
) -> None:
    update = {"answered": False, "reason": "not_covered", "sentences": (), "hits": (), "interpreted": OUTSIDE}
    near_misses = examples.ANSWER.hits if near else ()
    answering(service, examples.ANSWER.model_copy(update={**update, "near_misses": near_misses}))
    page = client.get("/", params=ASK).text
    assert "Nothing was published in October 2021: the archive begins in March 2024." in page
    assert ("The nearest passages of other days follow" in page, "Nearest passages" in page) == (near, near)
    assert '<span class="quiet">Not covered:</span> <bdi>October 2021 (“in October 2021”)</bdi>' in page
    assert 'id="told"' in page


@pytest.mark.parametrize(
    ("reason", "read", "query", "said", "all_days"),
    [
        ("filter_empty", READ, {}, "Nothing was published in October 2021.", "interpret=false"),
        ("filter_empty", None, {"as_of": "2025-04-24"}, "Nothing was published by 24 April 2025.", ""),
        ("no_match", READ, {}, "Nothing published in October 2021 shares the words", "interpret=false"),
        ("no_match", None, {"as_of": "2025-04-24"}, "Nothing published by 24 April 2025 shares the words", ""),
        ("outside_dates", READ, {"as_of": "2025-04-24"}, "Nothing published in these days answers this",
         "as_of=2025-04-24&amp;interpret=false"),
    ],
)  # fmt: skip
def test_days_that_shut_the_words_out_are_said_and_lead_to_all_days(
    client: TestClient, service: PageService, reason: str, read: Any, query: dict[str, Any], said: str, all_days: str
) -> None:
    update = {"answered": False, "reason": reason, "sentences": (), "hits": (), "interpreted": read}
    answering(service, examples.ANSWER.model_copy(update=update))
    page = client.get("/", params={"q": "x", **query}).text.partition('class="answer"')[2]
    assert said in page
    assert f'<a href="/?q=x{all_days and "&amp;"}{all_days}">Search all days</a>.' in page
    assert "passages" not in page.partition("</section>")[0]


def test_days_that_were_typed_and_hold_no_shared_word_are_said(client: TestClient, service: PageService) -> None:
    filter = SearchFilter(published_to=date(2025, 2, 1))
    update = {"answered": False, "reason": "no_match", "sentences": (), "hits": (), "filter": filter}
    answering(service, examples.ANSWER.model_copy(update={**update, "interpreted": None}))
    page = client.get("/", params={"q": "x", "published_to": "2025-02-01"}).text
    assert "Nothing published until 1 February 2025 shares the words of this question." in page
    assert '<a href="/?q=x&amp;interpret=false">Search all days</a>' in page


def test_a_warning_stands_under_the_answer(client: TestClient, service: PageService) -> None:
    assert 'class="warning"' not in client.get("/", params=ASK).text
    answering(service, examples.ANSWER.model_copy(update={"warnings": ("not re-ranked: <late>",)}))
    assert '<p class="warning" role="status">Not re-ranked: &lt;late&gt;.</p>' in client.get("/", params=ASK).text


def test_the_form_keeps_what_was_typed(client: TestClient, service: PageService) -> None:
    query = {
        **ASK,
        "published_from": "2025-01-01",
        "source": "Saltmarsh Courier",
        "author": ["A & B", "C"],
        "section": "D",
    }
    page = client.get("/", params=query).text
    assert 'value="2025-01-01"' in page
    assert '<option value="Saltmarsh Courier" selected>' in page
    assert 'value="A &amp; B"' in page
    assert '<input type="hidden" name="author" value="C">' in page
    assert '<input type="hidden" name="section" value="D">' in page
    assert service.requests[-1].filter.authors == ("A & B", "C")
    assert service.requests[-1].filter.sections == ("D",)


def test_a_parameter_that_is_not_ours_does_not_break_a_link(client: TestClient) -> None:
    assert client.get("/", params={**ASK, "utm_source": "x"}).status_code == 200


def test_a_parameter_that_the_page_does_not_take_is_said_and_the_rest_is_answered(client: TestClient) -> None:
    for query in ({**ASK, "from": "2025"}, {"from": "2025"}):
        response = client.get("/", params={**query, "<b>": "1", "x" * 99: "1", "utm_source": "a", "fbclid": "b"})
        assert response.status_code == 200
        said = response.text.partition('class="unknown"')[2].partition("</p>")[0]
        assert "This page does not know “<bdi>from</bdi>”, “<bdi>&lt;b&gt;</bdi>”, “<bdi>xxx" in said
        assert "it takes <code>q</code>, <code>k</code>, <code>published_from</code>, " in said
        assert "<code>as_of</code> and <code>interpret</code>." in said
        assert not {"utm_source", "fbclid", "x" * 41} & set(re.findall(r"\w+", said))
    assert 'class="unknown"' not in client.get("/", params={**ASK, "utm_medium": "a"}).text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"published_from": "May"}, "From: must be a day, as 2025-04-22"),
        ({"published_from": "2025-02-30"}, "From: must be a day of the calendar, as 2025-04-22"),
        ({"k": "0"}, "Passages: must be 1 or more"),
        ({"k": "101"}, "Passages: must be 100 or less"),
        ({"k": "ten"}, "Passages: must be a whole number"),
        ({"interpret": "perhaps"}, "Time words: must be true or false"),
        (
            {"published_from": "2025-02-01", "published_to": "2025-01-01"},
            "Dates: From 2025-02-01 is after To",
        ),
        ({"q": "x" * 2001}, "Question: must have at most 2000 characters"),
    ],
)
def test_what_cannot_be_asked_is_said_on_the_page(client: TestClient, query: dict[str, Any], said: str) -> None:
    response = client.get("/", params={**ASK, **query})
    assert response.status_code == 422
    assert response.headers["content-type"].startswith("text/html")
    assert said in response.text


def test_an_article_is_shown_whole_with_the_cited_characters_marked(client: TestClient) -> None:
    response = client.get(f"/article/{examples.ARTICLE.id}?start=0&end={len(examples.SENTENCE)}")
    assert f'id="cited" tabindex="-1">{examples.SENTENCE}</mark>' in response.text
    assert "The hull was patched in three places." in response.text
    assert response.headers["X-Byline-Generation"] == "gen-000007"


@pytest.mark.parametrize("span", ["start=5&end=5", "start=9&end=2", "start=0&end=99999", "start=3"])
def test_characters_that_are_not_there_are_said_to_be_lost(client: TestClient, span: str) -> None:
    response = client.get(f"/article/{examples.ARTICLE.id}?{span}")
    assert response.status_code == 200
    assert "do not stand in this article" in response.text
    assert "<mark" not in response.text


def test_an_unknown_article_and_an_unknown_page_are_pages(client: TestClient) -> None:
    response = client.get("/article/nope")
    assert response.status_code == 404
    assert "Article not in this archive." in response.text
    response = client.get("/nope", headers={"Accept": "text/html"})
    assert response.status_code == 404
    assert "<h1>" in response.text
    response = client.get("/article/nope?start=x&end=-1")
    assert response.status_code == 422
    assert "<p>start: must be a whole number</p>\n<p>end: must be 0 or more</p>" in response.text


def test_without_an_index_the_page_says_which_command_to_run() -> None:
    service = FakeService(opening=IndexMissingError("index 'default' does not exist; run `rag reindex PATH`"))
    with TestClient(create_app(service)) as client:
        response = client.get("/", params=ASK)
    assert response.status_code == 503
    assert "<pre><code>rag reindex PATH</code></pre>" in response.text
    service = FakeService(opening=IndexMissingError("index 'nope' is not open; run `rag reindex PATH --name nope`"))
    with TestClient(create_app(service)) as client:
        assert "<pre><code>rag reindex PATH --name nope</code></pre>" in client.get("/", params=ASK).text


def test_hostile_words_are_shown_and_never_run(client: TestClient, service: PageService) -> None:
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


def test_a_page_asks_no_other_host_and_runs_nothing_inline(client: TestClient) -> None:
    for path in ("/", "/docs", f"/article/{examples.ARTICLE.id}"):
        page = client.get(path).text
        for found in ('src="http', 'src="//', "<style", " style=", "onclick="):
            assert found not in page
    for name in ("page.css", "page.js", "icon.svg"):
        assert static(name) in client.get("/").text
        served = client.get(static(name)).text.replace("http://www.w3.org/2000/svg", "")
        assert "http" not in served


def test_only_the_web_is_linked() -> None:
    assert web_link("https://a.example/x#:~:text=b") == "https://a.example/x#:~:text=b"
    for url in ("javascript:x", "data:text/html,x", "//a.example", "/etc/passwd", "http://[", "", None):
        assert web_link(url) is None


def test_an_id_with_anything_in_it_is_one_path_segment() -> None:
    citation = examples.ANSWER.hits[0].citation.model_copy(update={"id": "a/../b?c#d é"})
    assert article_link(citation).startswith(f"/article/a%2F..%2Fb%3Fc%23d%20%C3%A9%40{citation.version}?start=")


def test_pieces_join_back_to_their_paragraphs_and_marks_are_the_spans() -> None:
    text = "One. Two.\n\nThree. Four."
    parts = marked("  " + text, [(102, 104), (103, 106), (107, 118)], offset=100)
    assert [part.start for part in parts] == [102, 113]
    assert ["".join(piece.text for piece in part.pieces) for part in parts] == text.split("\n\n")
    asked = marked(text, [(0, 4)], find=lambda _: [(0, 3), (5, 8)])
    assert [[tuple(word) for word in piece.words] for piece in asked[0].pieces] == [
        [], [("One", True), (".", False)], [(" ", False), ("Two", True), (".", False)],
    ]  # fmt: skip
    shown = [(piece.text, piece.first) for part in parts for piece in part.pieces if piece.marked]
    assert shown == [("One.", True), ("Two.", False), ("Three", False)]


def test_confidence_is_said_in_words_and_the_number_on_demand(client: TestClient) -> None:
    page = client.get("/", params=ASK).text
    assert "<summary>Very likely right</summary>" in page
    assert "Confidence 93%" in page


def test_why_a_passage_is_here_is_said_with_its_numbers_and_where_to_read_all_of_them(client: TestClient) -> None:
    page = client.get("/", params={**ASK, "source": "Saltmarsh Courier"}).text
    assert "It holds “Saltmarsh” and “ferry”, not “run”" not in page
    assert "It holds “Saltmarsh”, “ferry” and “run”" in page
    assert "BM25 14.2, 1st by words" in page
    assert "cosine 0.71, 1st by meaning" in page
    assert "/v1/explain?q=When+does+the+Saltmarsh+ferry+run+again%3F&amp;source=Saltmarsh+Courier&amp;article=" in page
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 21, 1113)] == "1st 2nd 3rd 4th 11th 12th 21st 1,113th".split()


def test_copies_are_counted_and_named_with_what_they_share(client: TestClient) -> None:
    page = client.get("/", params=ASK).text
    assert "Also in one outlet" in page
    assert "The Upland Post" in page
    assert "most of the words" in page
    assert [sharing(share) for share in (1.0, 0.995, 0.99, 0.9, 0.6, 0.3, 0.1)] == [
        "the same words", "the same words", "nearly the same words", "nearly the same words", "most of the words",
        "many of the words", "some of the words",
    ]  # fmt: skip


def posted(own: str | None, *others: str | None) -> str:
    hit = examples.ANSWER.hits[0]
    copies = tuple(hit.also_in[0].model_copy(update={"source": source}) for source in others)
    cited = hit.citation.model_copy(update={"source": own})
    return elsewhere(hit.model_copy(update={"citation": cited, "also_in": copies}))


def test_outlets_are_counted_once_and_without_the_passage_s_own() -> None:
    assert posted("A", "B", "b", "C", "A") == "Also in 2 outlets"
    assert posted("A", "a", "B") == posted(None, "B", "B") == posted("A", None, "B") == "Also in one outlet"
    assert posted("A", "A", "a") == "Posted again by the same outlet"
    assert posted(None, None) == posted("A", None) == "Also in one article"
    assert posted(None, None, None) == posted("A", "A", None) == "Also in 2 articles"


def test_values_that_are_not_shown_are_said() -> None:
    names = [FacetCount(value=f"Outlet {n}", articles=40 - n) for n in range(MAX_FACET_VALUES)]
    years = tuple(FacetCount(value=str(year), articles=1) for year in range(1980, 2020))
    facets = FACETS.model_copy(update={"sources": tuple(names), "sections": tuple(names[:-1]), "years": years})
    found = {facet.name: facet for facet in facets_of(Form(q="x"), facets)}
    assert {name: len(facet.values) for name, facet in found.items()} == {"Outlet": 20, "Section": 19, "Year": 40}
    assert found["Outlet"].cut == "The 20 most frequent. Any other can be named in the address: source=…"
    assert found["Section"].cut == found["Year"].cut == ""
    service = PageService()
    answering(service, examples.ANSWER)
    answered = examples.ANSWER.model_copy(update={"facets": facets}), examples.TIMELINE
    service.answer_with_timeline = lambda _: answered
    with TestClient(create_app(service)) as client:
        page = client.get("/", params=ASK).text
    assert "14 more, not all</summary>" in page
    assert found["Outlet"].cut in page
    assert "34 more</summary>" in page
    assert page.count('class="choice"') == 20 + 19 + 40


def test_what_narrows_is_a_chip_that_takes_it_away() -> None:
    form = Form(
        q="x",
        published_from="2022-06-01",
        published_to="2022-06-30",
        source=("A", "B"),
        section=("S",),
        exclude=("courier-1",),
        as_of="2022-07-01",
    )
    found = {f"{chip.label}: {chip.value}": chip.address for chip in chips(form, None)}
    assert list(found) == [
        "Published: June 2022",
        "Outlet: A",
        "Outlet: B",
        "Section: S",
        "Without: courier-1",
        "As of: 1 July 2022",
    ]
    days, rest = "published_from=2022-06-01&published_to=2022-06-30", "section=S&exclude=courier-1&as_of=2022-07-01"
    assert found["Outlet: A"] == f"/?q=x&{days}&source=B&{rest}"
    assert "published" not in found["Published: June 2022"]


def test_what_was_read_into_a_question_is_a_chip_and_so_is_that_nothing_is_read(client: TestClient) -> None:
    (read,) = chips(Form(q="x"), examples.ANSWER)
    assert read == ("Leaning to", "17 to 24 April 2025", "/?q=x&interpret=false", True)
    (unread,) = chips(Form(q="x", interpret="false"), examples.ANSWER.model_copy(update={"interpreted": None}))
    assert unread == ("Time words", "not read", "/?q=x", False)
    assert 'href="/?q=x&amp;interpret=false" class="faint"' in client.get("/?q=x").text


@pytest.mark.parametrize(
    ("first", "last", "because", "exact", "said", "chip"),
    [
        (
            "2022-05-01", "2022-05-31", "in May 2022", True, "Only what was published in May 2022 (“in May 2022”)",
            "Only: May 2022 (“in May 2022”)",
        ),
        (
            "2022-06-10", "2022-06-17", "this week", False,
            "What was published from 10 to 17 June 2022 comes first (“this week”)",
            "First: 10 to 17 June 2022 (“this week”)",
        ),
        (
            "2026-11-18", "2026-11-25", NO_TIME, False,
            "Leaning to what was published from 18 to 25 November 2026, since the question names no time",
            "Leaning to: 18 to 25 November 2026",
        ),
        (None, "2019-12-31", "before 2020", True, "Only what was published until 31 December 2019 (“before 2020”)",
         "Only: until 31 December 2019 (“before 2020”)"),
    ],
)  # fmt: skip
def test_what_was_read_is_said_in_whole_sentences(
    first: str | None, last: str, because: Any, exact: bool, said: str, chip: str
) -> None:
    days = DateRange(first=first and date.fromisoformat(first), last=date.fromisoformat(last))
    read = QueryInterpretation(published=days, because=because, exact=exact)
    assert interpreted(read) == said
    (shown,) = chips(Form(q="x"), examples.ANSWER.model_copy(update={"interpreted": read}))
    assert f"{shown.label}: {shown.value}" == chip


def test_facets_toggle_and_years_that_adjoin_are_one_stretch() -> None:
    form = Form(
        q="x", source=("the upland post", "Gone"), published_from="2023-01-01", published_to="2024-12-31", k="30"
    )
    found = {facet.name: facet.values for facet in facets_of(form, FACETS)}
    assert list(found) == ["Outlet", "Section", "Year"]  # one author is no choice
    assert [(choice.value, choice.articles, choice.chosen) for choice in found["Outlet"]] == [
        ("Gone", 0, True), ("The Upland Post", 17, True), ("Saltmarsh Courier", 40, False),
    ]  # fmt: skip
    assert "source=Gone&source=Saltmarsh+Courier" not in found["Outlet"][1].address
    assert "source=Gone" in found["Outlet"][1].address
    assert "k=" not in found["Outlet"][1].address
    years = {choice.value: (choice.chosen, choice.address) for choice in found["Year"]}
    assert [year for year, (chosen, _) in years.items() if chosen] == ["2024", "2023"]
    for year, days in {
        "2025": ("2023-01-01", "2025-12-31"), "2022": ("2022-01-01", "2024-12-31"),
        "2024": ("2023-01-01", "2023-12-31"), "2023": ("2024-01-01", "2024-12-31"),
    }.items():  # fmt: skip
        assert "published_from={}&published_to={}".format(*days) in years[year][1]


def test_a_histogram_has_few_bars_a_link_for_each_that_holds_something_and_its_ends() -> None:
    start = date(2022, 1, 1)
    buckets = tuple(Bucket(first=start + timedelta(n), last=start + timedelta(n), articles=n % 3) for n in range(100))
    days = Bucket(first=date(2022, 1, 3), last=date(2022, 1, 6), articles=4)
    timeline = examples.TIMELINE.model_copy(update={"buckets": buckets, "unit": "day", "chosen": days})
    drawn = histogram(timeline, Form(q="x"))
    assert drawn
    assert drawn is not None
    assert len(drawn.days) - 1 == 50 <= MOST_BARS
    assert drawn.days[0] == start
    assert drawn.days[-1] == start + timedelta(99)
    assert drawn.chosen == (1, 2)
    assert [bar.chosen for bar in drawn.bars[:4]] == [False, True, True, False]
    assert drawn.bars[0].address == "/?q=x&published_from=2022-01-01&published_to=2022-01-02"
    assert all(bar.y + bar.height == pytest.approx(60, abs=0.2) for bar in drawn.bars)
    lone = timeline.model_copy(update={"buckets": buckets[1:2]})
    assert histogram(lone, Form(q="x")) is None


@pytest.mark.parametrize(
    ("first", "last", "articles", "relation", "shade", "said"),
    [
        ("2025-04-01", "2025-04-30", 6, "eq", (300, 300), "6 of 9 articles that match are of these days, most of all"),
        ("2025-04-20", None, 1, "eq", (300, 300), "1 of 9 articles that match is of these days, most of all"),
        (None, "2025-03-31", 2, "gte", (0, 300), "2 of at least 9 articles that match are of these days, most of all"),
        ("1905-01-01", "1905-12-31", 0, "eq", None, "None of 9 articles that match are of these days, most of all"),
    ],
)
def test_days_that_are_asked_for_are_shaded_and_what_they_hold_is_said_of_all(
    first: str | None, last: str | None, articles: int, relation: str, shade: tuple[Any, ...] | None, said: str
) -> None:
    days = Bucket(first=first and date.fromisoformat(first), last=last and date.fromisoformat(last), articles=articles)
    update = {"chosen": days, "matching": Total(value=9, relation=relation)}
    drawn = histogram(examples.TIMELINE.model_copy(update=update), Form(q="x"))
    assert drawn
    assert drawn.summary == f"{said} in April 2025 (6); 1 without a day."
    assert drawn.shade == shade
    assert [bar.chosen for bar in drawn.bars] == [shade is not None and bar.x == shade[0] for bar in drawn.bars]
    assert shade or drawn.chosen == (0, 1)


def test_what_matches_of_all_days_is_said_with_its_peak() -> None:
    drawn = histogram(examples.TIMELINE, Form(q="x"))
    assert drawn
    assert (drawn.summary, drawn.shade) == ("9 articles match, most in April 2025 (6); 1 without a day.", None)
    buckets = stretched(date(2024, 3, 11), [1, 1], 1)
    many = {"buckets": buckets, "undated": 0, "matching": Total(value=400, relation="gte")}
    drawn = histogram(examples.TIMELINE.model_copy(update=many), Form(q="x"))
    assert drawn
    assert drawn.summary == "At least 400 articles match."


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2022-06-10", "2022-06-17", "10 to 17 June 2022"),
        ("2022-05-30", "2022-06-05", "30 May to 5 June 2022"),
        ("2021-12-30", "2022-01-05", "30 December 2021 to 5 January 2022"),
        ("2022-06-01", "2022-06-30", "June 2022"),
        ("2022-01-01", "2023-12-31", "2022 to 2023"),
        ("2022-06-10", "2022-06-10", "10 June 2022"),
        ("2022-06-10", None, "from 10 June 2022"),
        (None, "2022-06-10", "until 10 June 2022"),
    ],
)
def test_a_stretch_of_days_is_said_as_short_as_it_can_be(first: str | None, last: str | None, said: str) -> None:
    days = [date.fromisoformat(day) if day else None for day in (first, last)]
    assert date_range(days[0], days[1]) == said


def test_more_passages_are_a_link_until_there_are_a_hundred(client: TestClient, service: PageService) -> None:
    hits = tuple(examples.ANSWER.hits[0].model_copy(update={"rank": n}) for n in range(1, 11))
    answering(service, examples.ANSWER.model_copy(update={"hits": hits}))
    assert 'k=30#passage-11">More passages' in client.get("/", params=ASK).text
    assert (
        "More passages" not in client.get("/", params={**ASK, "k": "30"}).text
    )  # ten came where thirty were asked for
    assert client.get("/", params={**ASK, "k": "101"}).status_code == 422


def test_an_abstention_shows_three_near_misses_and_leads_to_the_rest(client: TestClient, service: PageService) -> None:
    hits = tuple(examples.ANSWER.hits[0].model_copy(update={"rank": n}) for n in range(1, 11))
    update = {"answered": False, "reason": "low_confidence", "sentences": (), "hits": (), "confidence": 0.2}
    answering(service, examples.ANSWER.model_copy(update={**update, "near_misses": hits}))
    page = client.get("/", params=ASK).text
    assert (page.count('<li id="passage-'), 'k=10#passage-4">More passages' in page) == (3, True)
    page = client.get("/", params={**ASK, "k": "10"}).text
    assert (page.count('<li id="passage-'), 'k=30#passage-11">More passages' in page) == (10, True)
    answering(service, examples.ANSWER.model_copy(update={**update, "near_misses": hits[:3]}))
    assert "More passages" not in client.get("/", params=ASK).text


def stretched(first: date, counts: list[int], days: int) -> tuple[Bucket, ...]:
    starts = [first + timedelta(days * n) for n in range(len(counts))]
    return tuple(
        Bucket(first=start, last=start + timedelta(days - 1), articles=count)
        for start, count in zip(starts, counts, strict=True)
    )


@pytest.mark.parametrize(
    ("unit", "days", "counts", "ticks"),
    [
        ("week", 7, [1, 0, 1], ("week of 11 Mar 2024", "week of 18 Mar 2024", "week of 25 Mar 2024")),
        ("day", 1, [1, 1], ("11 Mar 2024", "12 Mar 2024")),
        ("day", 1, [1, 0, 1], ("11 Mar 2024", "12 Mar 2024", "13 Mar 2024")),
    ],
)
def test_the_ends_of_a_histogram_are_named_once_and_a_week_by_its_monday(
    unit: str, days: int, counts: list[Any], ticks: tuple[str, ...]
) -> None:
    buckets = stretched(date(2024, 3, 11), counts, days)
    drawn = histogram(examples.TIMELINE.model_copy(update={"buckets": buckets, "unit": unit}), Form(q="x"))
    assert drawn
    assert drawn.ticks == ticks
    assert {bar.height for bar in drawn.bars} == {30}  # half of the drawing: one article is no peak


def test_status_shows_two_years_of_months_without_long_gaps_and_all_years() -> None:
    months = [
        Bucket(first=date(year, month, 1), last=date(year, month, 28), articles=int(month in (1, 7)))
        for year in (2021, 2022, 2023)
        for month in range(1, 13)
    ]
    held = Overview(
        generations=(), months=tuple(months), undated=0, faults=0, problems=(), missing=(), more_missing=False
    )
    shown = [(row.name, row.articles) for row in status_tables.months(held)]
    assert shown[:3] == [("… 5 months without articles", 0), ("July 2023", 1), ("… 5 months without articles", 0)]
    assert shown[-1] == ("January 2022", 1)
    assert [(row.name, row.articles, row.share) for row in status_tables.years(held)] == [
        ("2023", 2, 100), ("2022", 2, 100), ("2021", 2, 100),
    ]  # fmt: skip
    assert status_tables.years(held.model_copy(update={"months": held.months[:24]})) == ()


def test_an_article_can_be_cited_in_every_form_and_names_what_is_similar(client: TestClient) -> None:
    page = client.get(f"/article/{examples.ARTICLE.id}?start=0&end={len(examples.SENTENCE)}").text
    for name in ("Plain", "Markdown", "Chicago", "APA", "BibTeX", "CSL-JSON"):
        assert f"<summary>{name}</summary>" in page
    assert "@article{okafor2025ferry-" in page
    assert "#:~:text=" in page
    assert examples.SIMILAR.similar[0].title in page


def test_an_older_version_says_so_and_what_the_newest_one_corrects(client: TestClient, service: PageService) -> None:
    newest = Version(version="b" * 12, since=date(2025, 5, 2), modified=date(2025, 5, 1), title="T", newest=True)
    older = newest.model_copy(
        update={"version": examples.ARTICLE.version, "newest": False, "since": date(2025, 4, 22), "modified": None}
    )
    note = Note(kind="correction", start=0, end=22, text="Correction: not 4 May.")
    view = ArticleView(
        index="i",
        generation="gen-000007",
        article=examples.ARTICLE,
        versions=(newest, older),
        later_notes=(note,),
        dropped=(Excerpt(start=0, end=21, text="It <b>closes</b> now."),),
    )
    service.article = lambda id: view
    page = client.get(f"/article/{examples.ARTICLE.id}@{examples.ARTICLE.version}").text
    assert "This is an older version." in page
    assert "1 May 2025" in page
    assert "Correction: not 4 May." in page
    assert "Not in the newest version: 1 sentence<" in page
    assert "<del>It &lt;b&gt;closes&lt;/b&gt; now.</del>" in page
    assert "Only in the newest version" not in page
    assert page.count("version of 22 April 2025, since corrected") == 6  # in every form of citation
    assert f'href="/article/{examples.ARTICLE.id}%40{examples.ARTICLE.version}" aria-current="page"' in page


def test_a_file_s_address_changes_with_what_is_in_it() -> None:
    assert static("page.css").startswith("/static/page.css?v=")
    assert len(static("page.css").partition("=")[2]) == 10
    assert (STATIC / "page.css").exists()


def test_the_first_visit_is_invited_with_questions_made_once_a_generation(
    client: TestClient, service: PageService
) -> None:
    made = []

    def suggested_questions() -> tuple[str, ...]:
        made.append(service.name)
        return ("What is <b>?",)

    service.suggested_questions = suggested_questions
    service.name = "gen-000008"
    service.next_name = "gen-000008"
    for _ in range(3):
        page = client.get("/").text
    assert 'href="/?q=What+is+%3Cb%3E%3F"><bdi>What is &lt;b&gt;?</bdi>' in page
    assert made == ["gen-000008"]


def test_where_no_question_can_be_made_the_page_does_without(
    client: TestClient, service: PageService, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> tuple[str, ...]:
        raise RuntimeError("no model")

    service.suggested_questions = fail
    service.name = service.next_name = "gen-000009"
    assert "for instance" not in client.get("/").text
    assert "412 articles" in client.get("/").text
    assert "no questions could be suggested" in caplog.text


def test_questions_that_take_long_are_not_waited_for(client: TestClient, service: PageService) -> None:
    released = threading.Event()
    service.suggested_questions = lambda: (released.wait(10) and ("late?",)) or ()
    service.name = service.next_name = "gen-000010"
    began = time.process_time()
    assert "for instance" not in client.get("/").text
    assert time.process_time() - began < 5
    released.set()
    assert "late?" in client.get("/").text
