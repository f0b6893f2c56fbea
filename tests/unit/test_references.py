"""A citation in every form that people paste: exact, escaped, and whole where fields are missing."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.citations.citation import cite
from rag.citations.styles import apa, bibtex, chicago, csl_json, markdown, plain, references, version_note
from rag.types.articles import ArticleRef, ArticleView, Note, NoteKind, Version
from tests.conftest import article

TEXT = "The bridge reopened at noon. A van crossed first."
FULL = article(
    "a", TEXT, "Bridge reopens", authors=("Ann Lee", "Ludwig van Beethoven", "Cy Moss"), source="The Courier",
    published=date(2025, 5, 1), url="https://courier.example/a", language="en", section="Local", pages=(0,),
)  # fmt: skip
QUOTED = cite(FULL, "a#1", 0, 28, 0)
BARE = article("b", TEXT, "The bridge reopened at noon", title_from="lead")
LINK = "https://courier.example/a#:~:text=The%20bridge%20reopened%20at%20noon."


def test_a_quotation_in_words() -> None:
    assert plain(QUOTED) == (
        "“The bridge reopened at noon.” — Ann Lee, Ludwig van Beethoven and Cy Moss, “Bridge reopens”, The Courier, "
        f"1 May 2025, p. 1. {LINK}"
    )
    assert chicago(QUOTED) == (
        f"Lee, Ann, Ludwig van Beethoven, and Cy Moss. “Bridge reopens.” The Courier, May 1, 2025. {LINK}"
    )
    assert apa(QUOTED) == f"Lee, A., van Beethoven, L., & Moss, C. (2025, May 1). Bridge reopens. The Courier. {LINK}"
    assert markdown(QUOTED) == (
        "> The bridge reopened at noon.\n>\n> — Ann Lee, Ludwig van Beethoven and Cy Moss, "
        f"[Bridge reopens](<{LINK}>), *The Courier*, 1 May 2025, p. 1"
    )


def test_an_article_for_a_citation_manager() -> None:
    assert bibtex(FULL.ref()) == (
        "@article{" + key(FULL.ref()) + ",\n  author = {Ann Lee and Ludwig van Beethoven and Cy Moss},\n"
        "  title = {{Bridge reopens}},\n  journal = {The Courier},\n  year = {2025},\n  month = {5},\n  day = {1},\n"
        "  url = {https://courier.example/a},\n  langid = {en},\n}"
    )
    (item,) = json.loads(csl_json(QUOTED))
    assert item == {
        "id": key(QUOTED), "type": "article-newspaper", "title": "Bridge reopens", "URL": LINK, "language": "en",
        "author": [
            {"family": "Lee", "given": "Ann"}, {"family": "van Beethoven", "given": "Ludwig"},
            {"family": "Moss", "given": "Cy"},
        ],
        "container-title": "The Courier", "issued": {"date-parts": [[2025, 5, 1]]}, "section": "Local", "page": "1",
        "note": "The bridge reopened at noon.",
    }  # fmt: skip


def key(ref: ArticleRef, version: str = "") -> str:
    (item,) = json.loads(csl_json(ref, version))
    assert bibtex(ref, version).startswith(f"@article{{{item['id']},\n")
    found: str = item["id"]
    return found


def test_a_key_is_of_one_thing_that_is_cited_whoever_wrote_it() -> None:
    """The articles share author, year and first word; or nothing of them is left in ASCII."""
    named = [article(f"n{n}", TEXT, f"Bridge {n}", authors=("Ann Lee",), published=date(2025, 5, 1)) for n in range(20)]
    foreign = [
        article("r", TEXT, "Мост открыт", authors=("Анна Ли",), published=date(2024, 5, 1)),
        article("c", TEXT, "桥", authors=("李安",), published=date(2024, 5, 1)), article("n", TEXT, "桥"),
    ]  # fmt: skip
    quoted = [cite(FULL, "a#1", start, end, 0) for start, end in ((0, 28), (29, 49))]
    refs = [FULL.ref(), *quoted, *(each.ref() for each in named + foreign)]
    keys = [*(key(ref) for ref in refs), *(key(ref, "version of 3 June 2025") for ref in refs)]
    assert len(set(keys)) == len(keys)
    assert keys == [*(key(ref) for ref in refs), *(key(ref, "version of 3 June 2025") for ref in refs)]
    assert all(re.fullmatch(r"(?:lee2025bridge|2024|article)-[0-9a-f]{8}", each) for each in keys)


def test_a_key_stays_where_an_article_is_corrected() -> None:
    corrected = FULL.ref().model_copy(update={"version": "b" * 12})
    assert key(corrected) == key(FULL.ref())
    assert key(corrected, "version of 3 June 2025") != key(FULL.ref(), "version of 3 June 2025")


def test_an_address_has_one_full_stop_behind_it() -> None:
    assert chicago(FULL.ref()).endswith("May 1, 2025. https://courier.example/a.")
    assert not chicago(QUOTED).endswith("..")


def test_what_is_missing_is_left_out() -> None:
    assert plain(BARE) == "“[The bridge reopened at noon]”."
    assert markdown(BARE) == r"\[The bridge reopened at noon\]"
    assert chicago(BARE) == "“[The bridge reopened at noon].” n.d."
    assert apa(BARE) == "[The bridge reopened at noon]. (n.d.)."
    assert bibtex(BARE) == "@article{bridge-98173e46,\n  title = {{[The bridge reopened at noon]}},\n}"
    assert json.loads(csl_json(BARE)) == [
        {"id": "bridge-98173e46", "type": "article-newspaper", "title": "[The bridge reopened at noon]"}
    ]


@pytest.mark.parametrize(
    ("authors", "chicago_said", "apa_said", "bibtex_said"),
    [
        (("Ann Lee",), "Lee, Ann. ", "Lee, A. (", "{Ann Lee}"),
        (("Ann Lee", "Bo Ray"), "Lee, Ann, and Bo Ray. ", "Lee, A., & Ray, B. (", "{Ann Lee and Bo Ray}"),
        (("Newsdesk",), "Newsdesk. ", "Newsdesk. (", "{{Newsdesk}}"),
        (("Jean-Luc Ray",), "Ray, Jean-Luc. ", "Ray, J.-L. (", "{Jean-Luc Ray}"),
        (("Salt and Sea, Inc.",), "Salt and Sea, Inc. ", "Salt and Sea, Inc. (", "{{Salt and Sea, Inc.}}"),
        (("Norland Wire",), "Norland Wire. ", "Norland Wire. (", "{{Norland Wire}}"),
        (("The Morning Brief",), "The Morning Brief. ", "The Morning Brief. (", "{{The Morning Brief}}"),
        (("the courier",), "the courier. ", "the courier. (", "{{the courier}}"),
        (("Graup Valley Voice",), "Voice, Graup Valley. ", "Voice, G. V. (", "{Graup Valley Voice}"),  # as none knows
        (("AFP ASIA",), "AFP ASIA. ", "AFP ASIA. (", "{{AFP ASIA}}"),
        (
            ("Norland Wire", "Ann Lee"),
            "Norland Wire, and Ann Lee. ",
            "Norland Wire, & Lee, A. (",
            "{{Norland Wire} and Ann Lee}",
        ),
        (("Anna van der Berg",), "van der Berg, Anna. ", "van der Berg, A. (", "{Anna van der Berg}"),
        (("van der Berg",), "van der Berg. ", "van der Berg. (", "{{van der Berg}}"),
        (("Robert De Niro",), "De Niro, Robert. ", "De Niro, R. (", "{De Niro, Robert}"),
        (("Cy A. Moss Jr.",), "Moss, Cy A., Jr. ", "Moss, C. A., Jr. (", "{Moss, Jr., Cy A.}"),
        (("Cy Moss, III",), "Moss, Cy, III. ", "Moss, C., III. (", "{Moss, III, Cy}"),
    ],
)
def test_authors_of_every_number(authors: tuple[str, ...], chicago_said: str, apa_said: str, bibtex_said: str) -> None:
    ref = FULL.ref().model_copy(update={"authors": authors})
    assert chicago(ref).startswith(chicago_said)
    assert apa(ref).startswith(apa_said)
    assert f"author = {bibtex_said}" in bibtex(ref)


def test_a_citation_manager_is_told_who_is_no_person() -> None:
    ref = FULL.ref().model_copy(update={"authors": ("Graup Valley Voice", "Staff Writers", "Cy Moss Jr.")})
    ref = ref.model_copy(update={"source": "Graup  Valley Voice"})
    assert json.loads(csl_json(ref))[0]["author"] == [
        {"literal": "Graup Valley Voice"}, {"literal": "Staff Writers"},
        {"family": "Moss", "given": "Cy", "suffix": "Jr."},
    ]  # fmt: skip


def test_an_article_without_a_day_has_one_full_stop_behind_it() -> None:
    undated = FULL.ref().model_copy(update={"published": None, "authors": ("Ann Lee",)})
    assert chicago(undated) == "Lee, Ann. “Bridge reopens.” The Courier, n.d. https://courier.example/a."


# Versions


def view_of(note: Note | None, *, newest: bool = False) -> ArticleView:
    later = Version(version="b" * 12, since=date(2025, 6, 9), modified=None, title="Bridge", newest=True)
    shown = Version(
        version=FULL.version, since=date(2025, 6, 7), modified=date(2025, 6, 3), title=FULL.title, newest=newest
    )
    held = (shown,) if newest else (later, shown)
    return ArticleView(index="i", generation="g", article=FULL, versions=held, later_notes=(note,) if note else ())


@pytest.mark.parametrize(
    ("kind", "since"),
    [("correction", "corrected"), ("retraction", "retracted"), ("update", "changed"), (None, "changed")],
)
def test_an_older_version_is_cited_as_one(kind: NoteKind | None, since: str) -> None:
    view = view_of(Note(kind=kind, start=0, end=2, text="No") if kind else None)
    said = version_note(view)
    assert said == f"version of 3 June 2025, since {since}"
    ways = {way.name: way.text for way in references(QUOTED, said)}
    for name in ("Plain", "Markdown", "Chicago", "APA"):
        assert ways[name].endswith(f" ({said})")
    assert f"note = {{``The bridge reopened at noon.''; {said}}}" in ways["BibTeX"]
    assert f"note = {{{said}}}" in bibtex(FULL.ref(), said)
    assert json.loads(ways["CSL-JSON"])[0]["note"] == f"The bridge reopened at noon.; {said}"


def test_the_newest_version_is_cited_as_the_article() -> None:
    assert (
        version_note(view_of(None, newest=True))
        == version_note(ArticleView(index="i", generation="g", article=FULL))
        == ""
    )
    assert [way.text for way in references(QUOTED, "")] == [
        way(QUOTED) for way in (plain, markdown, chicago, apa, bibtex, csl_json)
    ]


def test_signs_with_a_meaning_are_escaped() -> None:
    title = r"50% of #1 {A_B} & C\D ~ ^ $ [x](y) *z* <b> `c`"
    ref = FULL.ref().model_copy(update={"title": title})
    assert (
        r"{{50\% of \#1 \{A\_B\} \& C\textbackslash{}D \textasciitilde{} \textasciicircum{} \$ [x](y) *z* <b> `c`}}"
        in bibtex(ref)
    )
    assert r"\[x\]\(y\) \*z\* \<b\> \`c\`" in markdown(ref)
    assert json.loads(csl_json(ref))[0]["title"] == title


def test_only_a_web_address_is_given() -> None:
    for url in ("javascript:alert(1)", "http://[", "https://a.example/ x", "/a"):
        for way in references(FULL.ref().model_copy(update={"url": url})):
            assert url not in way.text, way.name
    spiky = FULL.ref().model_copy(update={"url": "https://a.example/<x>{y}"})
    assert "(<https://a.example/%3Cx%3E{y}>)" in markdown(spiky)
    assert "url = {https://a.example/<x>%7By%7D}" in bibtex(spiky)


WORDS = st.text(min_size=1, max_size=12).filter(str.strip)


@given(
    st.builds(ArticleRef, id=st.just("x"), title=WORDS, authors=st.lists(WORDS, max_size=3).map(tuple), source=WORDS)
)
def test_any_words_make_valid_json_and_balanced_braces(ref: ArticleRef) -> None:
    assert json.loads(csl_json(ref))[0]["type"] == "article-newspaper"
    bare = bibtex(ref).replace(r"\{", "").replace(r"\}", "")
    assert bare.count("{") == bare.count("}")
    assert all("\n" not in way(ref) for way in (plain, chicago, apa))
