"""An explanation says what a search does: the same ranks and scores, and beyond its lists what brute force finds."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import ArticleMissingError, QuestionError
from rag.index.backends.faiss import FaissDense
from rag.index.base import Engines, GenerationRef, Ranking
from rag.indexing.ingest import ReindexOptions
from rag.indexing.reindex import Reindexer
from rag.models.deadline import DeadlineReranker
from rag.models.hashing import HashingEmbedder
from rag.search import retrieval
from rag.service import RagService
from rag.settings import Settings
from rag.text import analysis
from rag.types.articles import Article
from rag.types.explanation import Explanation
from rag.types.fields import CLAUSES
from rag.types.filters import Scope, SearchFilter, unmet
from rag.types.requests import ExplainRequest
from rag.types.results import Hit
from tests.conftest import SEEDS, ask, engines, service_of
from tests.overlap import OverlapReranker
from tests.plain_engines import PlainServer
from tests.unit.test_search_oracle import WORDS, scopes
from tests.unit.test_search_oracle import archives as oracle_archives

pytestmark = pytest.mark.slow  # seconds in all, of models or of many indexes

ROUNDING = 2e-3  # of a leg's own scores against brute force


@st.composite
def archives(draw: st.DrawFn) -> list[Article]:
    """Articles of one to five passages, with values for all that clauses look at."""
    articles = draw(oracle_archives(max_articles=8))
    return [
        article.model_copy(update={"text": " ".join(f"The {' '.join(words * 4)} ended." for words in texts)})
        for article, texts in ((one, draw(st.lists(WORDS, min_size=1, max_size=6))) for one in articles)
    ]


def filter_of(scope: Scope) -> SearchFilter:
    """The clauses of a scope that a caller states."""
    return SearchFilter(**{clause.name: getattr(scope, clause.name) for clause in CLAUSES})


@contextmanager
def serving(
    items: list[Article], exact_rows: int = 200_000, *, rerank: bool = False, by: Engines | None = None
) -> Iterator[RagService]:
    """A service over these articles, by the engines that Byline ships or others."""
    by = by or engines(exact_rows)
    with tempfile.TemporaryDirectory() as folder:
        asked = service_of(
            Settings(index_root=Path(folder), rerank_depth=3),
            HashingEmbedder,
            lambda: DeadlineReranker(OverlapReranker(), 60.0) if rerank else None,
            engines=by,
        )
        Reindexer(asked.live.storage, by, HashingEmbedder(), ReindexOptions(roots=("memory",))).run(items)
        yield asked


def agrees_with_the_search(given: Explanation, passages: tuple[Hit, ...], articles: tuple[Hit, ...]) -> None:
    """At most 100 passages are found, so that both lists are whole."""
    listed = {hit.passage.id: hit for hit in passages}
    for each in given.passages:
        hit = listed.get(each.passage_id)
        assert each.rank == (hit.rank if hit else None)
        assert each.scores == (hit.scores if hit else None)
        if hit:
            stated = hit.scores.model_dump(
                include={"dense", "lexical", "dense_rank", "lexical_rank"}, exclude_none=True
            )
            assert {name: getattr(each, name) for name in stated} == stated
    id = given.article.id
    place = next((hit for hit in articles if id in {hit.citation.id, *(copy.id for copy in hit.also_in)}), None)
    folded = place is not None and place.citation.id != id
    assert given.story == (place.citation.id if place and folded else None)
    assert given.rank == (place.rank if place else None)
    assert given.passages_matched == (place.passages_matched if place else 0)
    assert given.ranked == len(articles)
    if place and not folded:
        assert given.passages[0].passage_id == place.passage.id
    within = "folded" if folded else "listed"
    wanted = "not_a_candidate" if given.rank is None else within if given.rank <= given.k else "beyond_k"
    assert given.verdict == ("excluded" if given.excluded_by else wanted)


@pytest.mark.parametrize(("exact_rows", "rerank"), [(200_000, False), (0, False), (200_000, True)])
@settings(max_examples=15, deadline=None)
@given(items=archives(), scope=scopes(CLAUSES), question=WORDS, depth=st.sampled_from([2, 400]), k=st.integers(1, 4))
def test_ranks_and_scores_are_those_of_the_search(
    exact_rows: int, rerank: bool, items: list[Article], scope: Scope, question: list[str], depth: int, k: int
) -> None:
    text, filter = " ".join(question), filter_of(scope)
    with serving(items, exact_rows, rerank=rerank) as asked, mock.patch.object(retrieval, "DEPTH", depth):
        passages = asked.search(ask(text, k=100, filter=filter, group_by="passage")).hits
        articles = asked.search(ask(text, k=100, filter=filter)).hits
        for item in items:
            agrees_with_the_search(
                asked.explain(ExplainRequest.parse(question=text, article=item.id, k=k, filter=filter)),
                passages,
                articles,
            )


def could_be(rank: int | None, score: float | None, whole: Ranking, beside: bool) -> bool:
    """Whether that score may have that rank in a leg's whole list, but for rounding."""
    if rank is None or score is None:
        return rank is None and score is None
    above = int((whole.scores > score + ROUNDING).sum())
    as_good = int((whole.scores > score - ROUNDING).sum())
    return above < rank <= as_good + beside


@settings(max_examples=15, deadline=None)
@given(items=archives(), scope=scopes(CLAUSES), question=WORDS, depth=st.sampled_from([2, 400]))
def test_each_leg_s_rank_is_brute_force_s_also_beyond_its_list(
    items: list[Article], scope: Scope, question: list[str], depth: int
) -> None:
    text, filter = " ".join(question), filter_of(scope)
    plain = PlainServer().engines()
    with serving(items) as asked, serving(items, by=plain) as oracle, mock.patch.object(retrieval, "DEPTH", depth):
        generation = oracle.generation
        vector = HashingEmbedder().embed_query(text).vector
        whole = generation.search(vector, retrieval.query_terms(text), 1000, scope)
        dense, lexical = (dict(leg.pairs()) for leg in whole)
        for item in items:
            given = asked.explain(ExplainRequest.parse(question=text, article=item.id, filter=filter))
            excluded = bool(given.excluded_by)  # then it stands beside those that are ranked, not among them
            assert excluded == any(unmet(item, scope))
            rows = [stored.row for stored in generation.passages_of(generation.row_of(item.id) or 0)]
            for each in given.passages:
                assert could_be(each.dense_rank, each.dense, whole[0], excluded)
                assert could_be(each.lexical_rank, each.lexical, whole[1], excluded)
                if not excluded:
                    row = rows[int(each.passage_id.rpartition("#")[2]) - 1]
                    assert each.dense == pytest.approx(dense[row], abs=ROUNDING)
                    assert each.lexical == pytest.approx(lexical.get(row), abs=ROUNDING)


@settings(max_examples=15, deadline=None)
@given(items=archives(), question=WORDS)
def test_every_word_of_the_question_is_matched_or_missing(items: list[Article], question: list[str]) -> None:
    with serving(items) as asked:
        given = asked.explain(ExplainRequest.parse(question=" ".join(question), article=items[0].id))
        text = items[0].text[given.passages[0].start : given.passages[0].end]
        stems, terms = analysis.analyse(f"{items[0].title}\n{text}"), analysis.terms(" ".join(question))
        assert {term.term: term.count for term in given.matched} == {
            term: stems.count(term) for term in terms if term in stems
        }
        assert {term.term for term in given.missing} == set(terms) - set(stems)


# What is said in words


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> RagService:
    asked = service_of(Settings(index_root=tmp_path_factory.mktemp("indexes")), HashingEmbedder)
    asked.reindex([SEEDS])
    return asked


QUESTION = "When did the Halloran Bridge reopen?"


def test_an_article_is_listed_or_beyond_k(seeds: RagService) -> None:
    hits = seeds.search(ask(QUESTION, k=30)).hits
    second = seeds.explain(ExplainRequest.parse(question=QUESTION, article=hits[1].passage.article_id))
    assert (second.verdict, second.why) == ("listed", f"listed at rank 2 of {second.ranked}")
    late = seeds.explain(ExplainRequest.parse(question=QUESTION, article=hits[20].passage.article_id, k=5))
    assert (late.verdict, late.why) == ("beyond_k", f"rank 21 of {late.ranked}, beyond k (5)")


@pytest.mark.parametrize(
    ("filter", "clauses", "why"),
    [
        (
            {"published_from": "2025-05-02"},
            ["published_from"],
            "published 2025-05-01, before published_from 2025-05-02",
        ),
        ({"published_to": "2025-04-30"}, ["published_to"], "published 2025-05-01, after published_to 2025-04-30"),
        ({"sources": ["Wire", "Echo"]}, ["sources"], "source is Courier, not Wire or Echo"),
        (
            {"authors": ["Bo Ray"], "published_to": "2025-01-01"},
            ["published_to", "authors"],
            "published 2025-05-01, after published_to 2025-01-01; author is Ann Lee, not Bo Ray",
        ),
    ],
)
def test_a_filter_that_excludes_is_named_by_its_clause(
    articles: list[Article], filter: dict[str, object], clauses: list[str], why: str
) -> None:
    with serving(articles) as asked:
        given = asked.explain(
            ExplainRequest.parse(
                question="When did the bridge close?", article="bridge", filter=SearchFilter.model_validate(filter)
            )
        )
    assert (given.verdict, given.why) == ("excluded", why)
    assert [each.clause for each in given.excluded_by] == clauses
    assert given.rank is None
    assert given.passages[0].dense_rank >= 1, "where it would stand is said"


def test_an_article_without_a_byline_meets_no_clause(articles: list[Article]) -> None:
    wanted = SearchFilter(
        published_from=date(2025, 1, 1), published_to=date(2026, 1, 1), sources=("Wire",), authors=("Bo Ray",)
    )
    with serving(articles) as asked:
        given = asked.explain(ExplainRequest.parse(question="seal", article="undated", filter=wanted))
    assert given.why == "has no date, and the filter asks for one; has no source, not Wire; has no author, not Bo Ray"


def test_what_neither_leg_lists_is_said_with_its_ranks(articles: list[Article]) -> None:
    with serving(articles) as asked, mock.patch.object(retrieval, "DEPTH", 1):
        found = {
            item.id: asked.explain(ExplainRequest.parse(question="ferry fire in the harbour", article=item.id))
            for item in articles
        }
    last = found["school"]
    assert last.verdict == "not_a_candidate"
    rank = last.passages[0].dense_rank
    assert last.why == f"not among the first 1 by meaning (rank {rank}) nor by words (it shares none)"
    assert 1 <= len([id for id, given in found.items() if given.rank]) <= 2
    assert found["undated"].why.endswith("nor by words (rank 3)")


def test_a_re_ranked_passage_has_its_score(articles: list[Article]) -> None:
    with serving(articles, rerank=True) as asked:
        given = asked.explain(ExplainRequest.parse(question="the bridge closed", article="bridge"))
    assert given.passages[0].scores is not None
    assert given.passages[0].scores.reranked == 1.0


def test_an_unknown_article_and_an_empty_question_are_refused(seeds: RagService) -> None:
    with pytest.raises(ArticleMissingError, match="'nope'"):
        seeds.explain(ExplainRequest.parse(question=QUESTION, article="nope"))
    with pytest.raises(QuestionError):
        seeds.explain(ExplainRequest.parse(question=" ", article="nope"))


def test_no_passage_stands_ahead_of_itself(tmp_path: Path) -> None:
    """Its score is computed alone, and again in a block of others, where rounding may be another."""
    rng = np.random.default_rng(20250601)
    vectors = rng.standard_normal((300, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    draft = GenerationRef("index", "gen-000001", tmp_path)
    engine = FaissDense(exact_rows=1_000)
    engine.build(draft, [vectors.astype(np.float16)], len(vectors), 384)
    index, question = engine.open(draft), vectors[0]
    assert sorted(index.rank(question, row, None) for row in range(len(vectors))) == list(range(1, len(vectors) + 1))
