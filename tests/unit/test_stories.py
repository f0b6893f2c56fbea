"""Copies of an article are one story, whatever an outlet did to them; what merely resembles it is not."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import IndexCorruptError
from rag.index import stories
from rag.index.minhash import SKETCH_HASHES, SKETCHES_FILE, containment, sketch
from rag.index.storage import IndexStorage
from rag.index.stories import MIN_SHARED_HASHES
from rag.indexing.ingest import ReindexOptions
from rag.indexing.reindex import Reindexer
from rag.loaders import corpus
from rag.models.hashing import HashingEmbedder
from rag.service import RagService
from rag.settings import Settings
from rag.types.articles import Article
from rag.types.filters import SearchFilter
from rag.types.requests import ExplainRequest
from tests.bench.stories import CHANGES, Change, changed
from tests.conftest import ENGINES, SEEDS, Build, article, ask, opened, service_of

DAY = date(2025, 6, 2)
FLOOD = (
    "The river Tarn rose four metres in one night and broke its bank at Lower Quay. Forty families left their houses "
    "by boat before dawn, the fire service said, and nobody was hurt. Water stood in the chapel until noon.\n\n"
    "“We had ten minutes,” said Edda Pryce, who keeps the chandlery there. She carried her cat, a till and one ledger "
    "up the ladder to the sail loft and waited for daylight with two neighbours.\n\n"
    "The council opened the drill hall as a shelter and promised to rebuild the wall by the spring. Engineers had "
    "called it sound in March. An inquiry will ask why, and will sit in public from the ninth of the month."
)
AKIN = np.array([1.0, 0.0], np.float32)


def served(folder: Path, items: list[Article]) -> RagService:
    asked = service_of(Settings(index_root=folder), HashingEmbedder)
    Reindexer(asked.live.storage, ENGINES, HashingEmbedder(), ReindexOptions(roots=("memory",))).run(items)
    return asked


def found(texts: list[str], days: Sequence[date | None] | None = None) -> list[int]:
    """The stories of some texts, all of one topic."""
    ordinals = [day.toordinal() if day else 0 for day in days or [DAY] * len(texts)]
    of: list[int] = stories.detect_stories(
        [sketch(text) for text in texts].__getitem__, ordinals, lambda _: AKIN
    ).tolist()
    return of


@pytest.fixture(scope="module")
def seeds() -> list[Article]:
    return [item for item in corpus.read([SEEDS]) if isinstance(item, Article)]


def test_a_sketch_is_sorted_bounded_and_blind_to_case_punctuation_and_spacing() -> None:
    assert np.array_equal(sketch(FLOOD), sketch(FLOOD.upper().replace(",", " –").replace("\n\n", " ")))
    for text in (FLOOD, " ".join(map(str, range(5000)))):
        held = sketch(text)
        assert held.dtype == np.uint32
        assert (np.diff(held.astype(np.int64)) > 0).all()
        assert len(held) <= SKETCH_HASHES
    assert len(sketch("two words")) == len(sketch("")) == 0


@given(st.integers(300, 3000), st.integers(0, 10), st.integers(0, 2**31))
def test_the_share_is_that_of_all_3_grams_within_what_a_sketch_can_tell(words: int, tenths: int, seed: int) -> None:
    draw = random.Random(seed)
    text = [str(draw.randrange(10**6)) for _ in range(words)]
    other = text[: words * tenths // 10] + [str(draw.randrange(10**6)) for _ in range(words - words * tenths // 10)]
    told, _ = containment(sketch(" ".join(text)), sketch(" ".join(other)))
    assert told == pytest.approx(tenths / 10, abs=0.17)  # five standard errors of 256 draws


@pytest.mark.parametrize("change", CHANGES)
def test_a_copy_of_any_kind_is_the_same_story(seeds: list[Article], change: Change) -> None:
    draw = random.Random(1)
    originals = [each.text for each in seeds if len(each.text.split()) > 150]
    texts = [*originals, *(changed(text, [change], draw, originals) for text in originals)]
    told = found(texts)
    missed = [n for n in range(len(originals)) if told[n] != told[n + len(originals)]]
    assert len(missed) <= len(originals) // 20


def test_articles_on_one_subject_are_stories_of_their_own(seeds: list[Article]) -> None:
    told = found([each.text for each in seeds], [each.published for each in seeds])
    folded = [{seeds[n].id for n, other in enumerate(told) if other == story} for story in set(told)]
    assert [ids for ids in folded if len(ids) > 1] == [
        {"www.tarnhavenledger.example/2024/09/port-strike-deal", "nsw-20240927-04"}
    ]


def test_what_comes_again_in_other_words_a_week_later_is_a_new_story_and_a_re_post_is_not() -> None:
    other = FLOOD.replace("four metres", "two metres").replace("Lower Quay", "Mill Lane").replace("Forty", "Nine")
    other = other.replace("Edda Pryce, who keeps the chandlery there", "Odo Fenn, a baker").replace("spring", "autumn")
    other = other.replace("Water stood in the chapel until noon", "The chapel stayed dry").replace("March", "June")
    assert stories.MIN_SHARE_CLOSE < containment(sketch(FLOOD), sketch(other))[0] < stories.MIN_SHARE
    assert found([FLOOD, other], [DAY, DAY + timedelta(6)]) == [0, 0]
    assert found([FLOOD, other], [DAY, None]) == [0, 0]
    assert found([FLOOD, other], [DAY, DAY + timedelta(7)]) == [0, 1]
    assert found([FLOOD, FLOOD], [DAY, DAY + timedelta(400)]) == [0, 0]


def test_shared_wording_in_articles_of_other_meaning_is_a_quotation() -> None:
    words, sketches = [1.0, 0.0], [sketch(FLOOD), sketch(FLOOD[: len(FLOOD) // 2] + " ".join(map(str, range(99))))]
    part, _ = containment(sketches[0], sketches[1])
    assert stories.MIN_SHARE_CLOSE < part < stories.MIN_SHARE_PLUS_COSINE
    for cosine, same in ((1.0, True), (stories.MIN_SHARE_PLUS_COSINE - part - 0.01, False)):
        vectors = [np.array(words, np.float32), np.array([cosine, (1 - cosine**2) ** 0.5], np.float32)]
        told = stories.detect_stories(sketches.__getitem__, [0, 0], vectors.__getitem__).tolist()
        assert (told == [0, 0]) is same


def test_a_chain_of_likenesses_is_cut_all_of_a_story_resemble_one_article() -> None:
    def told(*pairs: tuple[int, int, float]) -> list[int]:
        of: list[int] = stories.cluster(5, pairs).tolist()
        return of

    assert told((0, 1, 0.6), (1, 2, 0.5)) == [0, 0, 0, 3, 4]  # 1 resembles both
    assert told((0, 1, 0.6), (1, 2, 0.5), (2, 3, 0.4)) == [0, 0, 0, 3, 4]
    assert told((0, 1, 0.6), (1, 2, 0.5), (2, 3, 0.9), (3, 4, 0.5)) == [0, 0, 2, 2, 4]  # the likest first


def test_a_standing_notice_makes_no_story_and_a_wire_copy_in_as_many_outlets_does() -> None:
    notice = "You have read your free articles of this month. Subscribe to read on, or sign in if you have done so."
    weeks = [DAY + timedelta(30 * n) for n in range(6)]
    assert found([notice] * 6, weeks) == list(range(6))
    assert found([notice] * 6, [DAY] * 6) == [0] * 6
    footer = " ".join(f"Standing words {n} of every article here." for n in range(12))
    own = [" ".join(f"{n}-{k}" for k in range(60)) for n in range(300)]
    assert found([f"{text} {footer}" for text in own]) == list(range(300))


def test_texts_too_short_to_tell_are_stories_of_their_own() -> None:
    assert len(sketch("One two three four")) < MIN_SHARED_HASHES
    assert found(["One two three four", "One two three four", "", "Blah blah blah.", "Blah blah blah."]) == [
        0,
        1,
        2,
        3,
        4,
    ]


def copies() -> list[Article]:
    """One story in three outlets, the earliest of them second, and another article."""
    return [
        article("ledger", FLOOD, "River breaks its bank", source="Ledger", published=DAY),
        article("wire", FLOOD.replace("nobody", "no one"), "Flood", source="Wire", published=DAY - timedelta(1)),
        article("post", FLOOD + " Rain is forecast.", "Tarn floods", source="Post", published=DAY + timedelta(2)),
        article(
            "fair", "The summer fair opened with a parade of goats and a brass band.", source="Post", published=DAY
        ),
    ]


def test_a_search_lists_a_story_once_and_says_where_else_it_stands_and_which_came_first(tmp_path: Path) -> None:
    asked = served(tmp_path, copies())
    hits = asked.search(ask("Who left their houses when the river broke its bank?")).hits
    assert [hit.citation.id for hit in hits if hit.citation.id != "fair"] == ["ledger"]
    assert [(copy.id, copy.earliest) for copy in hits[0].also_in] == [("wire", True), ("post", False)]
    assert all(copy.share > 0.8 for copy in hits[0].also_in)
    assert hits[0].passages_matched == 9  # of three articles
    each = asked.search(ask("Who left their houses?", group_by="article")).hits
    assert {hit.citation.id for hit in each} == {"ledger", "wire", "post", "fair"}


def test_an_answer_quotes_one_copy_of_a_story(tmp_path: Path) -> None:
    answer = served(tmp_path, copies()).answer(ask("Who left their houses when the river broke its bank?"))
    assert {hit.citation.id for hit in answer.hits or answer.near_misses} == {"ledger", "fair"}


def test_copies_that_the_question_shuts_out_are_not_named(tmp_path: Path) -> None:
    asked = served(tmp_path, copies())

    def named(**options: object) -> set[str]:
        hit = asked.search(ask("Who left their houses when the river broke its bank?", **options)).hits[0]
        return {hit.citation.id, *(copy.id for copy in hit.also_in)}

    assert named(as_of=DAY) == {"ledger", "wire"}
    assert named(filter=SearchFilter(sources=("Post", "Wire"))) == {"wire", "post"}
    assert named(filter=SearchFilter(exclude=("ledger",))) == {"wire", "post"}


def test_an_explanation_names_the_copy_that_stands_for_the_story(tmp_path: Path) -> None:
    asked = served(tmp_path, copies())
    question = "Who left their houses when the river broke its bank?"
    told = asked.explain(ExplainRequest.parse(question=question, article="post"))
    assert (told.verdict, told.story, told.rank) == ("folded", "ledger", 1)
    assert asked.explain(ExplainRequest.parse(question=question, article="ledger")).verdict == "listed"
    assert asked.explain(ExplainRequest.parse(question=question, article="ledger")).story is None


def test_stories_are_the_same_whether_built_at_once_or_article_by_article(tmp_path: Path, seeds: list[Article]) -> None:
    items = [*copies(), *seeds]
    at_once = served(tmp_path / "once", items)
    step = served(tmp_path / "steps", items[1::2])
    Reindexer(step.live.storage, ENGINES, HashingEmbedder(), ReindexOptions(roots=("memory",))).run(items)
    told = [asked.live.storage.open(opened).stories for asked in (at_once, step)]
    rows = np.arange(len(items))
    assert told[0].of(rows).tolist() == told[1].of(rows).tolist()
    assert all(np.array_equal(told[0].sketch(row), told[1].sketch(row)) for row in range(len(items)))


def test_stories_that_do_not_fit_their_articles_are_refused(build: Build, tmp_path: Path) -> None:
    ref = IndexStorage(tmp_path / "index").ref(build(copies()).name)
    with (ref.folder / SKETCHES_FILE).open("ab") as file:
        file.write(b"\0\0\0\0")
    with pytest.raises(IndexCorruptError, match="rag rollback"):
        opened(ref)


def test_what_is_compared_in_blocks_is_what_is_compared_at_once(
    seeds: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    draw, originals = random.Random(2), [each.text for each in seeds]
    texts = [*originals, *(changed(text, [change], draw, originals) for change in CHANGES for text in originals)]
    draw.shuffle(texts)
    at_once = found(texts)
    monkeypatch.setattr(stories, "BLOCK_ARTICLES", 7)
    monkeypatch.setattr(stories, "PRODUCT_ROWS", 3)
    monkeypatch.setattr(stories, "MAX_COUNTED_HASHES", 500)
    assert found(texts) == at_once
    assert len(set(at_once)) < len(texts) / 2
