"""An older version is read by its name, and a citation handed back is exact, moved, changed or gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.citations import versions
from rag.citations.citation import cite
from rag.errors import ArticleMissingError
from rag.index.generation import Generation
from rag.index.storage import IndexStorage
from rag.indexing.ingest import ReindexOptions
from rag.indexing.reindex import Reindexer
from rag.loaders.fields import corrections
from rag.models.hashing import HashingEmbedder
from rag.search import articles
from rag.types.articles import Article, Citation, CitationRef
from tests.conftest import ENGINES, article, opened

FIRST = article("bridge@example", "The bridge is ten metres long.\n\nIt opened on Monday.")
LATER = (
    "A new lead.\n\nThe bridge is forty metres long.\n\nIt opened on Monday.\n\nCorrection: it is forty metres long."
)
SECOND = article(
    "bridge@example",
    LATER,
    notes=corrections.notes_in(LATER),
)


@pytest.fixture
def generation(tmp_path: Path) -> Generation:
    store = IndexStorage(tmp_path / "index")
    for texts in ([FIRST, article("goes", "It goes.")], [SECOND]):
        Reindexer(store, ENGINES, HashingEmbedder(), ReindexOptions(roots=("x",))).run(texts)
    return store.open(opened)


def cited(of: Article, quote: str) -> CitationRef:
    start = of.text.index(quote)
    return CitationRef(**cite(of, f"{of.id}#1", start, start + len(quote), 0).model_dump())


def found(generation: Generation, quote: str, of: Article = FIRST) -> tuple[str, Citation]:
    checked = versions.verify(generation, cited(of, quote))
    assert checked.citation is not None
    citation = checked.citation
    held = articles.view(generation, "x", f"{citation.id}@{citation.version}").article
    assert held.text[citation.start : citation.end] == citation.quote == quote
    return checked.verdict, citation


def test_each_version_is_read_by_its_name_and_the_newest_by_its_id_alone(generation: Generation) -> None:
    view = articles.view(generation, "x", "bridge@example")
    assert (view.article.text, view.later_notes) == (SECOND.text, ())
    assert [(each.version, each.newest) for each in view.versions] == [(SECOND.version, True), (FIRST.version, False)]
    old = articles.view(generation, "x", f"bridge@example@{FIRST.version}")
    assert old.article.text == FIRST.text
    assert [note.text for note in old.later_notes] == ["Correction: it is forty metres long."]
    assert old.versions == view.versions
    assert (view.dropped, view.added) == ((), ())
    for of, told in ((FIRST, old.dropped), (SECOND, old.added)):
        assert all(of.text[each.start : each.end] == each.text for each in told)
    assert [each.text for each in old.dropped] == ["The bridge is ten metres long."]
    assert [each.text for each in old.added] == ["A new lead.", "The bridge is forty metres long."]
    with pytest.raises(ArticleMissingError, match="no version '0000'"):
        articles.view(generation, "x", "bridge@example@0000")
    with pytest.raises(ArticleMissingError, match="no article"):
        articles.view(generation, "x", "ferry@example")


def test_an_address_leads_to_the_article_whose_id_is_made_of_it(tmp_path: Path) -> None:
    store, stated = IndexStorage(tmp_path / "addressed"), "https://graup.example/stated"
    for text in ("The ferry is late.", "The ferry runs."):
        items = [
            article("graup.example/ferry", text),
            article(stated, "By its own id."),
            article("graup.example/stated", "No."),
        ]
        Reindexer(store, ENGINES, HashingEmbedder(), ReindexOptions(roots=("x",))).run(items)
    held = store.open(opened)
    address = "https://Graup.example/ferry/?utm_source=x#top"
    for asked in (address, "http://graup.example/ferry", "graup.example/ferry"):
        assert articles.view(held, "x", asked).article.text == held.article(asked).text == "The ferry runs."
    older = article("graup.example/ferry", "The ferry is late.").version
    assert articles.view(held, "x", f"https://graup.example/ferry@{older}").article.text == "The ferry is late."
    assert articles.view(held, "x", stated).article.text == "By its own id."
    with pytest.raises(ArticleMissingError, match=r"no article 'https://graup\.example/none'"):
        articles.view(held, "x", "https://graup.example/none")


def test_a_citation_of_what_stands_is_exact_and_one_of_what_stands_elsewhere_has_moved(generation: Generation) -> None:
    assert found(generation, "forty metres", SECOND)[0] == "exact"
    verdict, citation = found(generation, "It opened on Monday.")
    assert (verdict, citation.version, citation.superseded_by) == ("moved", SECOND.version, None)
    assert (citation.paragraph, citation.passage_id) == (2, "bridge@example#1")


def test_a_citation_of_what_was_corrected_names_the_older_version_and_carries_the_correction(
    generation: Generation,
) -> None:
    verdict, citation = found(generation, "ten metres")
    assert (verdict, citation.version, citation.superseded_by) == ("changed", FIRST.version, SECOND.version)
    assert [note.kind for note in citation.notes] == ["correction"]
    assert citation.passage_id == f"bridge@example@{FIRST.version}"


def test_what_no_version_holds_has_changed_and_what_is_no_article_is_gone(generation: Generation) -> None:
    said = CitationRef(id="bridge@example", start=0, end=4, quote="Nobody said this.")
    assert versions.verify(generation, said) == versions.verify(generation, said).model_copy(
        update={"verdict": "changed", "citation": None}
    )
    assert versions.verify(generation, said.model_copy(update={"id": "goes"})).verdict == "gone"


def test_a_citation_from_a_paged_file_names_its_page() -> None:
    paged = article("a", "One.\n\nTwo.\n\nThree.", pages=(0, 6, 12))
    assert [cite(paged, "a#1", start, start + 3, 0).page for start in (0, 5, 6, 12)] == [1, 1, 2, 3]
    assert cite(article("a", "One."), "a#1", 0, 3, 0).page is None
