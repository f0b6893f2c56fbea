"""What every set of engines behind the seams must do, asked of the whole service; and all answer alike.

The engines that Byline ships keep files in a generation's folder; the plain ones keep everything on a server of their
own, by the names of index and generation.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest

from rag.errors import GateError, GenerationGoneError, IndexCorruptError
from rag.evaluation.fitting import synthetic_questions
from rag.index.base import Engines
from rag.index.generation import Generation
from rag.index.storage import IndexStorage
from rag.models.hashing import HashingEmbedder
from rag.service import RagService
from rag.settings import Settings
from rag.types.arrays import Vector
from rag.types.articles import Article, ArticleRef, CitationRef
from rag.types.fields import CLAUSES
from rag.types.filters import unmet, values_of
from rag.types.index import Fitted, FittedWeights, ReindexReport
from rag.types.requests import AnswerRequest, ExplainRequest, TimelineRequest
from tests.conftest import ENGINES, SEEDS, ask, service_of
from tests.plain_engines import PlainServer

ROUNDING = 2e-3  # of scores: float16 and float32 on the one side, float64 on the other
KINDS = ("shipped", "plain")

ARTICLES = (
    {"id": "bridge", "title": "Bridge closes", "text": "The bridge closed in May. It is forty metres long.",
     "source": "Courier", "authors": ["Ann Lee"], "published": "2025-05-01", "section": "Local",
     "url": "https://courier.example/bridge"},
    {"id": "bridge-2", "title": "Bridge reopens", "text": "The bridge reopened in June.\n\nThe mayor cut a ribbon.",
     "source": "Courier", "authors": ["Ann Lee", "Bo Ray"], "published": "2025-06-09", "section": "Politics"},
    {"id": "ferry", "title": "Ferry fire", "text": "A ferry caught fire off the harbour. Nobody was hurt.",
     "source": "Wire", "authors": ["Cy Moss"], "published": "2025-06-10", "section": "local"},
    {"id": "ferry-2", "title": "Galley blamed", "text": "The ferry fire began in a galley, an inquiry found.",
     "source": "Wire", "published": "2025-07-02"},
    {"id": "undated", "title": "Seal visits", "text": "A harbour seal visited the market on a Tuesday."},
    {"id": "school", "title": "Chess final", "text": "The school won the chess final. Its captain is nine.",
     "source": "courier", "authors": ["bo ray"], "published": "2025-07-03", "section": "Sport"},
)  # fmt: skip


@dataclass
class Library:
    """A folder of articles, and the service of an index over them by some engines."""

    folder: Path
    engines: Engines
    server: PlainServer | None  # of the plain engines
    files: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.articles = self.folder / "articles"
        self.articles.mkdir(parents=True)
        self.service = self.another_service()
        self.put(*ARTICLES)

    def another_service(self, index: str = "default") -> RagService:
        """A service as another process would have it, over the same engines."""
        return service_of(Settings(index_root=self.folder / "indexes", index=index), engines=self.engines)

    @property
    def storage(self) -> IndexStorage:
        return self.service.live.storage

    def put(self, *articles: Mapping[str, Any]) -> None:
        for fields in articles:
            (self.articles / f"{fields['id']}.jsonl").write_text(json.dumps(fields) + "\n", "utf-8")

    def reindex(self, **options: Any) -> ReindexReport:
        report = self.service.reindex([self.articles], **options)
        if report.generation and not report.dry_run:
            self.service.reload()
        return report

    def change(self) -> ReindexReport:
        """Change one article, remove one, add one, and reindex."""
        self.put({**ARTICLES[2], "text": "A ferry sank off the harbour. Nobody was hurt."})
        (self.articles / "school.jsonl").unlink()
        self.put({"id": "new", "title": "New pier", "text": "A pier was built beside the market."})
        return self.reindex()

    def hits(self, question: str = "bridge ferry harbour school", **options: Any) -> set[str]:
        hits = self.service.search(ask(question, group_by="article", **options)).hits
        return {hit.citation.id for hit in hits}

    def has_nothing_left_behind(self) -> bool:
        """Whether nothing is kept, in files or by the server, but complete generations."""
        names = {entry.name for entry in self.storage.folder.iterdir()} - {"CURRENT", "writer.lock", "journal"}
        held = {name for index, name in self.server.generations() if index == "default"} if self.server else names
        return names == held == set(self.storage.generations())


@pytest.fixture(params=KINDS)
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Library:
    server = PlainServer() if request.param == "plain" else None
    return Library(tmp_path, server.engines() if server else ENGINES, server)


@pytest.fixture
def indexed(library: Library) -> Library:
    library.reindex()
    return library


def counts(report: ReindexReport) -> tuple[int, int, int, int, int]:
    return report.added, report.changed, report.removed, report.unchanged, report.embedded


# Writing


def test_a_reindex_embeds_what_is_new_and_takes_over_the_rest(library: Library) -> None:
    first = library.reindex()
    assert counts(first) == (6, 0, 0, 0, first.passages)
    before = library.service.generation
    assert counts(library.change()) == (1, 1, 1, 4, 2)
    after = library.service.generation
    assert after.name != before.name
    for id in ("bridge", "bridge-2", "ferry-2", "undated"):
        old, new = ([stored.row for stored in side.passages_of(side.row_of(id) or 0)] for side in (before, after))
        assert (before.dense.vectors(old) == after.dense.vectors(new)).all()  # type: ignore[arg-type]
        assert [before.tokens.of(row).tolist() for row in old] == [after.tokens.of(row).tolist() for row in new]
    assert library.service.verify() == []
    assert library.has_nothing_left_behind()


def test_what_has_not_changed_is_not_published_again(indexed: Library) -> None:
    report = indexed.reindex()
    assert (report.generation, report.embedded) == ("gen-000001", 0)
    assert indexed.storage.generations() == ["gen-000001"]
    assert indexed.has_nothing_left_behind()


def test_a_rebuild_embeds_everything_anew(indexed: Library) -> None:
    report = indexed.reindex(rebuild=True)
    assert (report.generation, report.embedded) == ("gen-000002", report.passages)
    assert indexed.has_nothing_left_behind()


def test_a_dry_run_counts_and_leaves_nothing_behind(indexed: Library) -> None:
    indexed.put({"id": "new", "title": "New pier", "text": "A pier was built beside the market."})
    report = indexed.reindex(dry_run=True)
    assert report.dry_run
    assert counts(report)[:4] == (1, 0, 0, 6)
    assert indexed.storage.generations() == ["gen-000001"]
    assert indexed.has_nothing_left_behind()


def test_what_a_check_refuses_leaves_nothing_behind(indexed: Library) -> None:
    def refuse(draft: Generation) -> None:
        assert draft.article("new").title == "New pier"
        raise GateError("not good enough")

    indexed.put({"id": "new", "title": "New pier", "text": "A pier was built beside the market."})
    with pytest.raises(GateError):
        indexed.reindex(check=refuse)
    assert indexed.storage.current() == "gen-000001"
    assert indexed.has_nothing_left_behind()
    assert "new" not in indexed.hits()


def test_a_first_reindex_that_reads_no_article_leaves_nothing_behind(library: Library) -> None:
    for path in library.articles.iterdir():
        path.write_text("{}\n")
    with pytest.raises(Exception, match="no article"):
        library.reindex()
    assert library.has_nothing_left_behind()


def test_the_draft_of_a_killed_writer_is_swept_by_the_next_one(indexed: Library) -> None:
    indexed.put({"id": "new", "title": "New pier", "text": "A pier was built beside the market."})
    with mock.patch.object(IndexStorage, "discard"), pytest.raises(KeyboardInterrupt):  # killed: nothing is tidied up
        indexed.reindex(check=mock.Mock(side_effect=KeyboardInterrupt))
    assert (indexed.storage.folder / "gen-000002.draft").exists()
    assert not indexed.has_nothing_left_behind()
    assert "new" not in indexed.hits()
    assert indexed.another_service().gc() == ["gen-000002.draft"]
    assert indexed.has_nothing_left_behind()
    assert indexed.reindex().generation == "gen-000002"
    assert "new" in indexed.hits("the new pier")


def test_an_older_generation_answers_again_after_a_rollback(indexed: Library) -> None:
    indexed.change()
    assert indexed.hits("school chess") & {"school"} == set()
    assert indexed.service.rollback() == "gen-000001"
    assert indexed.service.reload()
    assert "school" in indexed.hits("school chess")
    assert indexed.service.verify() == []


def test_generations_that_are_not_kept_are_dropped(indexed: Library) -> None:
    first_page = indexed.service.search(ask("bridge ferry harbour", k=1))
    indexed.change()
    for n in range(2):
        indexed.put({"id": f"later-{n}", "title": "Later", "text": f"Storm number {n} came."})
        indexed.reindex()
    assert indexed.storage.generations() == ["gen-000003", "gen-000004"]
    assert indexed.has_nothing_left_behind()
    with pytest.raises(GenerationGoneError):
        indexed.another_service().search(ask("bridge ferry harbour", k=1, cursor=first_page.next))
    one_kept = Settings(index_root=indexed.folder / "indexes", keep_generations=1)
    assert service_of(one_kept, engines=indexed.engines).gc() == ["gen-000003"]
    assert indexed.has_nothing_left_behind()
    assert indexed.service.verify() == []


def test_indexes_of_other_names_are_left_alone(indexed: Library) -> None:
    other = indexed.another_service("other")
    other.reindex([indexed.articles])
    indexed.change()
    indexed.reindex(rebuild=True)
    assert other.verify() == []
    assert other.status().generation == "gen-000001"


def test_fitted_values_are_published_over_the_same_content(indexed: Library) -> None:
    weights = FittedWeights(created="2026-01-01", dataset="a set", questions=9, held_out={}, dense=0.25, max_sim=0.5)
    before = indexed.service.search(ask("Why did the bridge close?"))
    name = indexed.service.publish_fitted(lambda fitted: fitted.model_copy(update={"fusion_weights": weights}))
    assert name == "gen-000002"
    indexed.service.reload()
    assert indexed.service.status().fitted == Fitted(fusion_weights=weights)
    assert indexed.hits() == {str(fields["id"]) for fields in ARTICLES}
    assert indexed.has_nothing_left_behind()
    indexed.reindex(rebuild=True)  # gen-000001 is dropped; what it shared stays
    assert indexed.service.rollback() == "gen-000002"
    assert indexed.service.verify() == []
    indexed.service.reload()
    after = indexed.service.search(ask("Why did the bridge close?"))
    assert {hit.passage.id for hit in after.hits} == {hit.passage.id for hit in before.hits}


def test_another_process_is_served_what_was_published(indexed: Library) -> None:
    other = indexed.another_service()
    question = ask("Who cut a ribbon?")
    assert other.search(question) == indexed.service.search(question)
    assert other.status() == indexed.service.status()
    assert other.overview() == indexed.service.overview()


# Asking


def any_value(clause_kind: str, attribute: str, article: ArticleRef) -> Any:
    """A value of a clause that an article decides: its own words, or its own day."""
    if clause_kind in {"any_of", "none_of"}:
        return tuple(word if clause_kind == "none_of" else word.upper() for word in values_of(article, attribute))
    return getattr(article, attribute)


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.name)
def test_each_clause_holds_for_hits_facets_timelines_and_explanations(indexed: Library, clause: Any) -> None:
    service = indexed.service
    ids = [str(fields["id"]) for fields in ARTICLES]
    articles = {id: service.article(id).article for id in ids}
    value = any_value(clause.kind, clause.attribute, articles["bridge-2"])
    request = ask("bridge ferry harbour school", **{clause.name: value}, facets=True, group_by="article")
    passing = {id for id, article in articles.items() if not any(unmet(article, request.filter))}
    assert 0 < len(passing) < len(articles)
    result = service.search(request)
    assert {hit.citation.id for hit in result.hits} == passing
    assert result.facets is not None
    counted = service.timeline(TimelineRequest(filter=request.filter))
    assert counted.matching.value >= len(passing)  # days narrow no timeline
    for id in ids:
        explanation = service.explain(ExplainRequest.parse(question="bridge ferry", article=id, filter=request.filter))
        assert (explanation.verdict == "excluded") == (id not in passing)
        assert [excluded.clause for excluded in explanation.excluded_by] == ([] if id in passing else [clause.name])


def test_nothing_published_after_the_day_of_asking_is_searched(indexed: Library) -> None:
    assert indexed.hits(as_of=date(2025, 6, 9)) == {"bridge", "bridge-2", "undated"}


def test_an_answer_is_cited_and_its_citation_verified_until_the_text_changes(indexed: Library) -> None:
    answer = indexed.service.answer(AnswerRequest.parse(question="What caught fire off the harbour?", facets=True))
    shown = answer.hits or answer.near_misses
    cited = answer.sentences[0].citation if answer.answered else shown[0].citation
    assert indexed.service.article(cited.id).article.text[cited.start : cited.end] == cited.quote
    ferry = indexed.service.search(ask("A ferry caught fire off the harbour.", group_by="article")).hits[0].citation
    assert ferry.id == "ferry"
    handed_back = CitationRef(**ferry.model_dump())
    assert indexed.service.verify_citations([handed_back]).results[0].verdict == "exact"
    indexed.change()
    assert indexed.service.verify_citations([handed_back]).results[0].verdict == "changed"
    view = indexed.service.article("ferry")
    assert [version.newest for version in view.versions] == [True, False]
    older = indexed.service.article(f"ferry@{ferry.version}").article
    assert older.text[ferry.start : ferry.end] == ferry.quote
    assert indexed.service.verify_citations([CitationRef(id="nope", start=0, end=1, quote="A")]).results[0].verdict == (
        "gone"
    )


def test_copies_are_one_story_and_similar_articles_are_of_others(indexed: Library) -> None:
    text = (
        "A long report tells how the harbour fire was fought by nine crews through the night until the rain came. " * 2
    )
    indexed.put(
        *({"id": id, "title": "Harbour fire", "text": text, "published": "2025-06-11"} for id in ("one", "two"))
    )
    indexed.reindex()
    assert [copy.id for copy in indexed.service.article("one").copies] == ["two"]
    similar = indexed.service.similar("one").similar
    assert "ferry" in {article.id for article in similar}
    assert {"one", "two"}.isdisjoint({article.id for article in similar})


def test_what_could_not_be_read_and_what_is_missing_are_kept(library: Library) -> None:
    (library.articles / "broken.jsonl").write_text('{"title": "B"}\n')
    (library.articles / "news-sitemap.xml").write_text(
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        "<url><loc>https://courier.example/bridge</loc></url><url><loc>https://a.example/x</loc></url></urlset>"
    )
    report = library.reindex(by_file=True)
    assert (report.faults, [entry.url for entry in report.missing]) == (1, ["https://a.example/x"])
    assert {Path(file.path).name: file.articles for file in report.by_file}["ferry.jsonl"] == 1
    overview = library.service.overview()
    assert (overview.faults, overview.undated) == (1, 1)
    assert [entry.url for entry in overview.missing] == ["https://a.example/x"]
    assert library.service.status().sources == (("Courier", 2), ("Wire", 2), ("courier", 1))


# What an engine on another machine may lose


@pytest.fixture
def outside(tmp_path: Path) -> tuple[Library, PlainServer]:
    server = PlainServer()
    library = Library(tmp_path, server.engines(), server)
    library.reindex()
    return library, server


@pytest.mark.parametrize("structure", ["articles", "vectors", "passages"])
def test_a_generation_that_the_server_lost_is_damaged(outside: tuple[Library, PlainServer], structure: str) -> None:
    library, server = outside
    getattr(server, structure).clear()
    with pytest.raises(IndexCorruptError, match=r"plain server holds no default/gen-000001.*rag rollback"):
        library.another_service().open()
    with pytest.raises(IndexCorruptError):
        library.service.verify()


def test_what_the_engines_themselves_find_wrong_is_said_by_verify(outside: tuple[Library, PlainServer]) -> None:
    library, server = outside
    server.vectors["default", "gen-000001"][2] *= 2
    assert library.service.verify() == ["row 2: its vector is not of unit length"]
    passages = server.passages["default", "gen-000001"]
    passages[0], passages[1] = passages[1], passages[0]
    assert "row 0: holds 1" in library.service.verify()


def test_nothing_of_an_outside_engine_lies_in_the_generation_s_folder(outside: tuple[Library, PlainServer]) -> None:
    library, server = outside
    names = {path.name for path in (library.storage.folder / "gen-000001").iterdir()}
    assert names == {"manifest.json", "tokens.bin", "token_spans.npy", "sketches.bin", "stories.npy"}
    assert server.generations() == {("default", "gen-000001")}


# Congruence: the same calls give the same, whichever engines keep the index


class DistinctEmbedder(HashingEmbedder):
    """Draws a vector for each word, so that no two cosines differ by rounding alone, which would decide their order."""

    def _vector(self, words: Sequence[str]) -> Vector:
        counts = Counter(words) or {"": 1}
        drawn = [
            count * np.random.default_rng(zlib.crc32(word.encode())).standard_normal(self.dim)
            for word, count in counts.items()
        ]
        total = np.sum(drawn, axis=0)
        vector: Vector = (total / np.linalg.norm(total)).astype(np.float32)
        return vector


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[RagService, RagService]:
    """The sample archive, indexed by the engines that Byline ships and by the plain ones."""
    services = []
    for kind, engines in (("shipped", ENGINES), ("plain", PlainServer().engines())):
        service = service_of(Settings(index_root=tmp_path_factory.mktemp(kind)), DistinctEmbedder, engines=engines)
        service.reindex([SEEDS])
        service.open()
        services.append(service)
    return services[0], services[1]


def questions() -> list[str]:
    lines = (SEEDS / "questions.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines]


def differences(ours: Any, theirs: Any, path: str = "") -> Iterator[str]:
    """Yield where two dumps of records differ by more than rounding."""
    if isinstance(ours, float) and isinstance(theirs, float):
        if ours != pytest.approx(theirs, rel=ROUNDING, abs=ROUNDING):
            yield f"{path}: {ours} is not {theirs}"
    elif isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        for key, value in ours.items():
            yield from differences(value, theirs[key], f"{path}.{key}")
    elif isinstance(ours, list | tuple) and isinstance(theirs, list | tuple) and len(ours) == len(theirs):
        for n, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(one, other, f"{path}[{n}]")
    elif ours != theirs:
        yield f"{path}: {ours!r} is not {theirs!r}"


def assert_alike(ours: Any, theirs: Any) -> None:
    assert list(differences(ours.model_dump(), theirs.model_dump())) == []


def filters(articles: list[Article]) -> list[dict[str, Any]]:
    """No filter, each clause by itself as one of the articles decides it, and two of them together."""
    narrowing: list[dict[str, Any]] = [{}]
    for n, clause in enumerate(CLAUSES):
        values = [value for article in articles[n:] if (value := any_value(clause.kind, clause.attribute, article))]
        narrowing.append({clause.name: values[0]})
    return [*narrowing, {**narrowing[1], **narrowing[-1]}, {"as_of": date(2024, 9, 1)}]


@pytest.mark.slow
def test_hits_answers_and_facets_are_alike(both: tuple[RagService, RagService]) -> None:
    ours, plain = both
    archive = ours.generation.archive
    every = filters([archive.article(row) for row in range(archive.articles)])
    for n, question in enumerate(questions()):
        narrowing = every[n % len(every)]
        request = ask(question, **narrowing, facets=True, k=20)
        assert_alike(ours.search(request), plain.search(request))
        by_day = ask(question, **narrowing, sort="newest", group_by="passage")
        assert_alike(ours.search(by_day), plain.search(by_day))
        answer = AnswerRequest.parse(question=question, **narrowing, facets=True)
        assert_alike(ours.answer(answer), plain.answer(answer))
        timeline = TimelineRequest.parse(question=question, **narrowing)
        assert_alike(ours.timeline(timeline), plain.timeline(timeline))


@pytest.mark.slow
def test_explanations_are_alike(both: tuple[RagService, RagService]) -> None:
    ours, plain = both
    archive = ours.generation.archive
    articles = [archive.article(row) for row in range(archive.articles)]
    every = filters(articles)
    for n, question in enumerate(questions()):
        article = articles[7 * n % len(articles)].id
        request = ExplainRequest.parse(question=question, article=article, **every[n % len(every)])
        assert_alike(ours.explain(request), plain.explain(request))


@pytest.mark.slow
def test_articles_and_what_is_beside_them_are_alike(both: tuple[RagService, RagService]) -> None:
    ours, plain = both
    archive = ours.generation.archive
    assert archive.articles == plain.generation.archive.articles
    for row in range(archive.articles):
        id = archive.article(row).id
        assert_alike(ours.article(id), plain.article(id))
        assert_alike(ours.similar(id), plain.similar(id))
    assert ours.suggested_questions() == plain.suggested_questions()
    assert [*synthetic_questions.generate(ours.generation, 20, seed=1)] == [
        *synthetic_questions.generate(plain.generation, 20, seed=1)
    ]
    assert ours.verify() == plain.verify() == []
