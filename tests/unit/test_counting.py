"""What matches a question is counted by field and over time; lists go on where they were; kin is found."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag import instrumentation, messages
from rag.errors import ArticleMissingError, GenerationGoneError, QuestionError
from rag.indexing.ingest import ReindexOptions
from rag.indexing.reindex import Reindexer
from rag.models.hashing import HashingEmbedder
from rag.search import facets, related
from rag.search.cursor import PageCursor
from rag.service import RagService
from rag.settings import Settings
from rag.types.articles import Article, CitationRef
from rag.types.filters import SearchFilter
from rag.types.requests import ExplainRequest, TimelineRequest
from rag.types.results import Bucket, DateRange, FacetCount, Hit, SearchResult
from tests.conftest import ENGINES, article, ask, service_of

BRIDGE = "The bridge over the Tarn was closed for repair after engineers found rust."
AS_OF = date(2026, 1, 1)


def archive() -> list[Article]:
    """Twelve articles on the bridge, two a month, by two outlets; six on chess; one of each without a day."""
    bridge = [
        article(f"b{n}", f"{BRIDGE} Report number {n} says so.", f"Bridge {n}", source=("Courier", "Wire")[n % 2],
                authors=("Ann Lee",) if n < 4 else ("Bo Ray", "Ann Lee"), section=("Roads", None)[n % 2],
                published=date(2025, 1 + n // 2, 5 + n)) for n in range(12)
    ]  # fmt: skip
    chess = [
        article(f"c{n}", f"A girl of {n} won the chess final at noon. Her opponent {'wept ' * n}bowed.", "Chess",
                source="Wire", section="Sport", published=date(2024, 3, 1 + n)) for n in range(6)
    ]  # fmt: skip
    undated = [article("bu", f"{BRIDGE} Nobody knows when."), article("cu", "The chess final has no day.")]
    return [*bridge, *chess, *undated]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> RagService:
    return served(tmp_path_factory.mktemp("counting"), archive())


def served(folder: Path, items: list[Article]) -> RagService:
    made = service_of(Settings(index_root=folder), HashingEmbedder)
    publish(made, items)
    return made


def publish(service: RagService, items: list[Article]) -> None:
    Reindexer(
        service.live.storage, ENGINES, HashingEmbedder(), ReindexOptions(roots=("memory",), keep_generations=2)
    ).run(items)
    service.reload()


# Facets


def test_facets_count_the_articles_that_match_and_no_others(service: RagService) -> None:
    found = service.search(ask("Why was the bridge over the Tarn closed?", k=1, facets=True, as_of=AS_OF)).facets
    assert found is not None
    assert (found.matching.value, found.matching.relation) == (13, "eq")
    assert found.sources == (FacetCount(value="Courier", articles=6), FacetCount(value="Wire", articles=6))
    assert found.authors == (FacetCount(value="Ann Lee", articles=12), FacetCount(value="Bo Ray", articles=8))
    assert found.sections == (FacetCount(value="Roads", articles=6),)
    assert found.years == (FacetCount(value="2025", articles=12),)


def test_a_field_that_is_narrowed_still_counts_its_other_values(service: RagService) -> None:
    filter = SearchFilter(sources=("wire",), published_from=date(2025, 3, 1), sections=("roads", "Sport"))
    found = service.search(ask("the bridge over the Tarn", k=1, filter=filter, facets=True, as_of=AS_OF)).facets
    assert found is not None
    assert found.matching.value == 0  # Wire names no section
    found = service.search(
        ask("the bridge over the Tarn", k=1, filter=SearchFilter(sources=("wire",)), facets=True, as_of=AS_OF)
    ).facets
    assert found is not None
    assert [facet.value for facet in found.sources] == ["Courier", "Wire"]
    assert found.authors == (FacetCount(value="Ann Lee", articles=6), FacetCount(value="Bo Ray", articles=4))
    assert found.matching.value == 6


def test_an_answer_has_facets_too_where_they_are_asked_for(service: RagService) -> None:
    assert service.answer(ask("Why was the bridge closed?", as_of=AS_OF)).facets is None
    found = service.answer(ask("Why was the bridge over the Tarn closed?", facets=True, as_of=AS_OF)).facets
    assert found == service.search(ask("Why was the bridge over the Tarn closed?", facets=True, as_of=AS_OF)).facets


def test_a_section_filters_in_both_legs(service: RagService) -> None:
    found = service.search(
        ask("final", k=50, filter=SearchFilter(sections=("SPORT",)), group_by="article", as_of=AS_OF)
    )
    assert {hit.citation.section for hit in found.hits} == {"Sport"}
    assert len(found.hits) == 6
    said = service.explain(
        ExplainRequest.parse(question="final", article="b0", filter=SearchFilter(sections=("Sport",)), as_of=AS_OF)
    )
    assert [(each.clause, each.reason) for each in said.excluded_by] == [("sections", "section is Roads, not Sport")]


def test_nothing_that_is_shared_counts_nothing(service: RagService) -> None:
    nothing = SearchFilter(sources=("Nobody",))
    found = service.search(ask("zebra quagga", k=1, filter=nothing, facets=True, as_of=AS_OF))
    assert (found.total.value, found.total.relation, found.hits, found.next) == (0, "eq", (), None)
    assert found.facets is not None
    assert found.facets.matching.value == 0


def test_what_shares_no_word_and_is_near_in_nothing_does_not_match(service: RagService) -> None:
    """Its nearest passages are still listed; without a floor, all that are half as near would match."""
    found = service.search(ask("unfindable xyzzy", k=1, facets=True, as_of=AS_OF))
    assert found.facets is not None
    assert 0 < found.hits[0].scores.dense < facets.MIN_COSINE
    assert (found.hits[0].scores.lexical, found.facets.matching.value, found.facets.sources) == (None, 0, ())
    assert service.timeline(TimelineRequest.parse(question="unfindable xyzzy", as_of=AS_OF)).buckets == ()


@pytest.mark.parametrize(
    ("least", "near"), [(0.0, [True, True, False, False, False]), (0.5, [True, False, False, False, False])]
)
def test_what_is_near_is_half_of_the_first_and_above_the_floor(least: float, near: list[bool]) -> None:
    scores = np.array([0.8, 0.4, 0.3, -0.1, np.nan])
    assert facets._matches(scores, scores[:2], least).tolist() == near
    assert not facets._matches(scores, np.array([]), 0.9).any()


@pytest.mark.slow
def test_a_question_of_nonsense_matches_nothing_by_real_weights_and_a_real_one_does(seeds_service: RagService) -> None:
    assert seeds_service.timeline(TimelineRequest.parse(question="unfindable xyzzy")).matching.value == 0
    assert seeds_service.timeline(TimelineRequest.parse(question="Who won the mayoral election?")).matching.value > 0
    by_meaning = seeds_service.timeline(
        TimelineRequest.parse(question="vessel crossings resume")
    )  # told in other words
    assert by_meaning.matching.value > 0


# Times without a subject


@pytest.mark.parametrize("question", ["What happened in March 2025?", "What happened this month?"])
def test_a_time_without_a_subject_counts_what_it_lists(service: RagService, question: str) -> None:
    """Not what shares words with the time: the listed are those that were published then, and so are the counted."""
    filter, day = SearchFilter(sources=("Wire",)), date(2025, 3, 31)
    found = service.search(ask(question, facets=True, group_by="article", as_of=day))
    assert found.facets is not None
    assert {hit.citation.id for hit in found.hits} == {"b4", "b5"}
    assert (found.facets.matching.value, found.facets.matching.relation) == (2, "eq")
    assert found.facets.sources == (FacetCount(value="Courier", articles=1), FacetCount(value="Wire", articles=1))
    assert found.facets.years == (FacetCount(value="2024", articles=6), FacetCount(value="2025", articles=6))
    answer, timeline = service.answer_with_timeline(ask(question, filter=filter, as_of=day, facets=True))
    assert answer.reason == "no_subject"
    assert {hit.citation.id for hit in answer.near_misses} == {"b5"}
    assert answer.facets is not None
    assert answer.facets.matching.value == 1
    assert [facet.value for facet in answer.facets.sources] == ["Courier", "Wire"]
    assert timeline.chosen is not None
    assert (timeline.matching.value, timeline.chosen.articles) == (9, 1)
    assert timeline == service.timeline(TimelineRequest.parse(question=question, filter=filter, as_of=day))


def test_days_that_are_chosen_stand_instead_of_the_time_of_a_question_without_a_subject(service: RagService) -> None:
    filter = SearchFilter(published_from=date(2025, 1, 1), published_to=date(2025, 1, 31))
    answer, timeline = service.answer_with_timeline(
        ask("What happened in March 2025?", filter=filter, as_of=AS_OF, facets=True)
    )
    assert (answer.reason, answer.interpreted) == ("no_subject", None)
    (hit,) = answer.near_misses
    assert {hit.citation.id, *(copy.id for copy in hit.also_in)} == {"b0", "b1"}
    assert timeline.chosen is not None
    assert timeline.chosen.articles == 2


@pytest.mark.parametrize(
    ("question", "as_of", "reason", "said"),
    [
        ("What happened in July 2025?", AS_OF, "not_covered", "in July 2025 (the archive ends in June 2025)"),
        ("What happened in October 2024?", AS_OF, "filter_empty", "in October 2024"),
        ("What happened this week?", date(2025, 3, 31), "filter_empty", "from 24 to 31 March 2025"),
        ("What happened in 1905?", AS_OF, "not_covered", "in 1905 (the archive begins in March 2024)"),
    ],
)
def test_a_time_without_a_subject_in_which_nothing_was_published_is_said(
    service: RagService, question: str, as_of: date, reason: str, said: str
) -> None:
    answer, timeline = service.answer_with_timeline(ask(question, as_of=as_of, facets=True))
    assert (answer.reason, answer.near_misses) == (reason, ())
    assert messages.why_not(answer) == f"Not in this archive: nothing was published {said}."
    assert timeline.matching.value > 10
    assert timeline.chosen is not None
    assert timeline.chosen.articles == 0


def test_an_exact_time_outside_the_archive_is_said_above_what_is_nearest_at_other_times(service: RagService) -> None:
    answer = service.answer(ask("Why was the bridge over the Tarn closed in October 2021?", as_of=AS_OF))
    assert (answer.answered, answer.reason) == (False, "not_covered")
    assert {hit.citation.title[:6] for hit in answer.near_misses[:3]} == {"Bridge"}
    read = answer.interpreted
    assert read is not None
    assert (read.exact, read.archive) == (True, DateRange(first=date(2024, 3, 1), last=date(2025, 6, 16)))
    assert messages.interpreted(read) == (
        "Nothing was published in October 2021 (“in October 2021”): the archive begins in March 2024"
    )
    assert service.answer(ask("Why was the bridge over the Tarn closed in 2021?", as_of=AS_OF)).reason != "not_covered"
    listed = service.search(ask("Why was the bridge over the Tarn closed in October 2021?", as_of=AS_OF))
    assert listed.hits
    assert listed.interpreted == read


def test_days_that_shut_out_what_shares_the_words_are_said(service: RagService) -> None:
    shut = service.answer(ask("zebra quagga in May 2025", as_of=AS_OF))
    assert (shut.reason, bool(shut.near_misses)) == ("no_match", True)
    assert messages.why_not(shut) == "Not in this archive: nothing published in May 2025 shares its words."
    shut = service.answer(ask("zebra quagga", filter=SearchFilter(published_to=date(2025, 2, 1)), as_of=AS_OF))
    assert messages.why_not(shut).endswith("nothing published until 1 February 2025 shares its words.")
    assert messages.why_not(service.answer(ask("zebra quagga", as_of=AS_OF))).endswith("no passage shares its words.")


def test_where_nothing_was_published_by_the_day_asked_as_of_it_is_said(tmp_path: Path) -> None:
    dated = served(tmp_path, [one for one in archive() if one.published])
    answer = dated.answer(ask("bridge", as_of=date(2020, 1, 1)))
    assert (answer.reason, answer.near_misses) == ("filter_empty", ())
    assert messages.why_not(answer) == "Not in this archive: nothing was published by 1 January 2020."


# Timelines


def test_a_timeline_shows_what_the_filter_s_days_leave_out_but_nothing_to_come(service: RagService) -> None:
    filter = SearchFilter(published_from=date(2025, 6, 1))
    found = service.timeline(
        TimelineRequest.parse(question="the bridge over the Tarn", filter=filter, as_of=AS_OF, unit="month")
    )
    assert [(bucket.first, bucket.last, bucket.articles) for bucket in found.buckets[:2]] == [
        (date(2025, 1, 1), date(2025, 1, 31), 2), (date(2025, 2, 1), date(2025, 2, 28), 2),
    ]  # fmt: skip
    assert (len(found.buckets), found.undated, found.matching.value) == (6, 1, 13)
    earlier = service.timeline(
        TimelineRequest.parse(question="the bridge over the Tarn", as_of=date(2025, 3, 9), unit="month")
    )
    assert sum(bucket.articles for bucket in earlier.buckets) == 5
    alike = service.timeline(
        TimelineRequest.parse(question="the bridge over the Tarn", filter=SearchFilter(sources=("Wire",)), as_of=AS_OF)
    )
    assert (sum(bucket.articles for bucket in alike.buckets), alike.undated) == (6, 0)


def test_a_timeline_says_what_the_days_asked_for_hold(service: RagService) -> None:
    filter = SearchFilter(published_from=date(2025, 5, 1))
    for found in (
        service.timeline(TimelineRequest.parse(question="the bridge over the Tarn", filter=filter, as_of=AS_OF)),
        service.answer_with_timeline(ask("the bridge over the Tarn", filter=filter, as_of=AS_OF, facets=True))[1],
        service.timeline(TimelineRequest.parse(question="the bridge over the Tarn since May 2025", as_of=AS_OF)),
    ):
        assert found.matching.value == 13
        assert found.chosen is not None
        assert (found.chosen.first, found.chosen.articles) == (date(2025, 5, 1), 4)
    assert service.timeline(TimelineRequest.parse(question="the bridge over the Tarn", as_of=AS_OF)).chosen is None
    everything = service.timeline(
        TimelineRequest.parse(filter=SearchFilter(published_to=date(2024, 12, 31)), as_of=AS_OF)
    )
    assert (everything.matching.value, everything.chosen) == (
        20,
        Bucket(first=None, last=date(2024, 12, 31), articles=6),
    )


def test_a_timeline_without_a_question_counts_all(service: RagService) -> None:
    found = service.timeline(TimelineRequest.parse(as_of=AS_OF))
    assert (found.question, found.unit, found.undated, found.matching.value) == (None, "week", 2, 20)
    assert sum(bucket.articles for bucket in found.buckets) == 18
    filtered = service.timeline(TimelineRequest.parse(filter=SearchFilter(sections=("Sport",)), as_of=AS_OF))
    assert (filtered.unit, [bucket.articles for bucket in filtered.buckets]) == ("day", [1] * 6)


@example([date(1999, 1, 1), date(2009, 2, 1)], 0)  # 122 months in fewer days than 120 of the longest have
@given(st.lists(st.dates(date(1960, 1, 1), date(2026, 1, 1)), min_size=1), st.integers(0, 3))
@pytest.mark.slow
def test_buckets_hold_every_day_once_without_a_gap(days: list[date], undated: int) -> None:
    numbers = np.array([day.toordinal() for day in days] + [0] * undated, np.int64)
    for unit in (None, "week", "month", "year"):
        said, buckets, without_day = facets.histogram(numbers, unit)
        assert said == unit or unit is None
        assert without_day == undated
        assert unit or len(buckets) <= facets.MAX_BUCKETS + 1 or said == "year"
        for bucket, following in itertools.pairwise(buckets):
            assert bucket.last is not None
            assert following.first == bucket.last + timedelta(1)
        counts = Counter(day for day in days)
        for bucket in buckets:
            assert bucket.first
            assert bucket.last
            assert bucket.articles == sum(n for day, n in counts.items() if bucket.first <= day <= bucket.last)
        assert sum(bucket.articles for bucket in buckets) == len(days)


def test_a_unit_that_is_too_short_is_refused() -> None:
    days = np.array([date(1500, 1, 1).toordinal(), date(2025, 1, 1).toordinal()])
    with pytest.raises(QuestionError, match="unit: gives more than 4,000 buckets from 1500-01-01 to 2025-01-01"):
        facets.histogram(days, "day")
    assert facets.histogram(days, None)[0] == "year"


# Cursors


@pytest.mark.parametrize("sort", ["relevance", "newest", "oldest"])
@pytest.mark.parametrize("group_by", ["story", "article", "passage"])
def test_pages_joined_are_the_list(service: RagService, group_by: str, sort: str) -> None:
    request = ask("the bridge over the Tarn", as_of=AS_OF, group_by=group_by, sort=sort)
    whole = service.search(request.model_copy(update={"k": 100}))
    joined: list[Hit] = []
    cursor = None
    for k in (1, 5, 2, 100):
        page = service.search(request.model_copy(update={"k": k, "cursor": cursor}))
        assert page.total == whole.total
        joined += page.hits
        cursor = page.next
        if cursor is None:
            break
    assert cursor is None
    assert joined == list(whole.hits)
    assert whole.total.value == len(whole.hits) > 2


def test_a_list_goes_on_in_the_generation_and_on_the_day_it_began(tmp_path: Path) -> None:
    service = served(tmp_path, archive())
    first = service.search(ask("the bridge over the Tarn", k=3))
    publish(service, archive()[3:])
    after = service.search(ask("the bridge over the Tarn", k=3, cursor=first.next))
    assert (after.generation, service.generation.name) == ("gen-000001", "gen-000002")
    assert after.as_of == first.as_of
    assert [hit.rank for hit in after.hits] == [4, 5, 6]
    assert not {hit.passage.id for hit in after.hits} & {hit.passage.id for hit in first.hits}
    publish(service, archive()[5:])
    held = service.search(ask("the bridge over the Tarn", k=3, cursor=after.next))  # pruned, but open
    assert held.generation == "gen-000001"
    newly = service_of(service.settings, HashingEmbedder)
    with pytest.raises(GenerationGoneError, match="gen-000001 is not kept any more; begin the list again"):
        newly.search(ask("the bridge over the Tarn", cursor=after.next))


@pytest.mark.parametrize("text", ["x", "é", "AAAA", "e30", "..", "a" * 500])
def test_what_is_no_cursor_is_refused(service: RagService, text: str) -> None:
    with pytest.raises(QuestionError, match="cursor: is none that Byline gave"):
        service.search(ask("bridge", cursor=text))


def test_an_empty_cursor_begins_the_list_and_one_without_end_is_refused(service: RagService) -> None:
    assert service.search(ask("bridge", cursor="")).hits
    with pytest.raises(QuestionError, match="cursor: String should have at most 500 characters"):
        ask("bridge", cursor="a" * 10_000)


def by_day(result: SearchResult) -> list[str | None]:
    return [str(hit.citation.published) if hit.citation.published else None for hit in result.hits]


def test_what_matches_can_be_sorted_by_day(service: RagService) -> None:
    """Only what matches is listed: everything in an archive is somehow near to a question."""
    request = ask("the bridge over the Tarn", k=100, group_by="article", as_of=AS_OF, facets=True)
    newest = service.search(request.model_copy(update={"sort": "newest"}))
    oldest = service.search(request.model_copy(update={"sort": "oldest"}))
    assert newest.facets is not None
    assert newest.total.value == newest.facets.matching.value == len(newest.hits) > 6
    dated = [day for day in by_day(newest) if day]
    assert dated == sorted(dated, reverse=True)
    assert [day for day in by_day(oldest) if day] == dated[::-1]
    assert by_day(newest)[len(dated) :] == by_day(oldest)[len(dated) :] == [None] * (len(newest.hits) - len(dated))
    relevant = service.search(request)
    assert {hit.citation.id for hit in newest.hits} < {hit.citation.id for hit in relevant.hits}
    assert (newest.sort, relevant.sort) == ("newest", "relevance")


def test_a_cursor_of_another_question_is_said(service: RagService) -> None:
    cursor = service.search(ask("bridge", k=1)).next
    others = ({"group_by": "passage"}, {"sort": "newest"}, {"sources": ["Wire"]}, {"interpret": False})
    for request in (ask("chess", cursor=cursor), *(ask("bridge", cursor=cursor, **other) for other in others)):
        with pytest.raises(QuestionError, match="cursor: is of another question or filter"):
            service.search(request)


def test_a_cursor_leads_nowhere_but_to_generations(service: RagService) -> None:
    of = PageCursor.model_validate_json(_decoded(str(service.search(ask("bridge", k=1)).next))).of
    for name in ("../default", "gen-000009", "/etc", ""):
        forged = PageCursor(generation=name, as_of=AS_OF, offset=1, of=of).encoded()
        with pytest.raises(GenerationGoneError):
            service.search(ask("bridge", cursor=forged))


def _decoded(cursor: str) -> bytes:
    import base64

    return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))


def test_several_searches_are_of_one_generation(service: RagService) -> None:
    requests = [ask("bridge", k=2, as_of=AS_OF), ask("chess", k=2, as_of=AS_OF, facets=True)]
    batch = service.search_all(requests)
    assert [result.question for result in batch.results] == ["bridge", "chess"]
    assert batch.results[0] == service.search(requests[0])
    assert batch.results[1].facets is not None


def test_a_batch_takes_no_cursor(service: RagService) -> None:
    request = ask("bridge", k=1)
    with pytest.raises(QuestionError, match="cursor: cannot be taken in a batch"):
        service.search_all([request.model_copy(update={"cursor": service.search(request).next})])


# Kin


def test_similar_articles_are_of_other_stories_nearest_first(service: RagService) -> None:
    found = service.similar("c3", k=3)
    assert found.article.id == "c3"
    assert len(found.similar) == 3
    archive = service.generation.archive
    rows = [archive.article_row(id) for id in ("c3", *(article.id for article in found.similar))]
    assert len(set(service.generation.stories.of(np.array(rows)).tolist())) == 4
    scores = [each.similarity for each in found.similar]
    assert scores == sorted(scores, reverse=True)
    assert all(-1.01 <= score <= 1.01 for score in scores)
    with pytest.raises(ArticleMissingError):
        service.similar("nobody")
    with pytest.raises(QuestionError, match="k: is 0"):
        service.similar("c3", k=0)


@pytest.mark.slow
def test_what_is_about_something_else_is_not_similar(seeds_service: RagService) -> None:
    """The nearest of all is listed, the farthest is not."""
    row = seeds_service.generation.archive.articles
    outbreak = seeds_service.search(ask("Two patients have died in the outbreak of legionnaires’ disease", k=1)).hits[0]
    found = seeds_service.similar(outbreak.citation.id, k=100).similar
    assert found[0].similarity > 0.7
    assert all(each.similarity >= related.MIN_COSINE for each in found)
    assert 1 < len(found) < row / 2


def test_an_article_names_its_copies_with_the_earliest(tmp_path: Path) -> None:
    text = " ".join(f"The river rose in {word} and broke its bank at the lower quay." for word in "abcdefghijkl")
    items = [
        article("wire", text, "Flood", source="Wire", published=date(2025, 1, 2)),
        article("courier", text + " Nobody was hurt.", "River floods", source="Courier", published=date(2025, 1, 3)),
        article("other", BRIDGE, "Bridge"),
    ]
    service = served(tmp_path, items)
    assert [(copy.id, copy.earliest) for copy in service.article("courier").copies] == [("wire", True)]
    assert [(copy.id, copy.earliest) for copy in service.article("wire").copies] == [("courier", False)]
    assert service.article("other").copies == ()


def test_citations_are_checked_in_the_order_given(service: RagService) -> None:
    said = [CitationRef(id="b1", start=0, end=10, quote="The bridge"), CitationRef(id="no", start=0, end=1, quote="x")]
    assert [each.verdict for each in service.verify_citations(said).results] == ["exact", "gone"]


# Stages


def test_stages_add_up_where_somebody_collects_and_are_watched(service: RagService) -> None:
    entered: list[str] = []

    class Watched:
        def __init__(self, name: str) -> None:
            self.name = name

        def __enter__(self) -> None:
            entered.append(self.name)

        def __exit__(self, *_: object) -> None:
            entered.append(f"/{self.name}")

    with instrumentation.collected(Watched) as took:
        service.answer(ask("Why was the bridge closed?", facets=True, as_of=AS_OF))
        service.answer(ask("Who won the chess final?", as_of=AS_OF))
    assert set(took) == {"embed", "search", "answer", "facets"}
    assert all(seconds > 0 for seconds in took.values())
    assert entered[:4] == ["embed", "/embed", "search", "/search"]
    before = dict(took)
    service.answer(ask("Who won the chess final?", as_of=AS_OF))
    assert took == before
