"""Stems agree with those of tantivy's English analyser, and each has the place of its word."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import tantivy
from hypothesis import given
from hypothesis import strategies as st

from rag.text import analysis

# Tantivy lower-cases before it folds, so that some of its folds are capitals, which no query in ASCII matches, or keep
# the dot of a Turkish capital I; and it takes one long s for an f. There the stems are those that a reader would type.
IMPROVED = {"İ": "i", "Ʀ": "r", "Ǥ": "g", "ǥ": "g", "Ǧ": "g", "ǧ": "g", "ẛ": "s"}
LATIN = [*map(chr, range(0xC0, 0x250)), *map(chr, range(0x1E00, 0x1F00))]
PUNCTUATION = [chr(code) for block in (range(0x20, 0x7F), range(0xA0, 0xC0), range(0x2000, 0x2070)) for code in block]
OTHER_SCRIPTS = "Σίσυφος Москва ภาษาไทย မြန်မာ हिन्दी اَلْعَرَبِيَّةُ 東京 한국 cafe\u0301 ﬁﬀ ½ ª º ℝ 𝒜 x² ② ❷ ⓴ ＡＢ１"
WORDS = ("running Ferries generally agreed international internment skis added anthropologists dying news inning "
         "fluently university communes the The NOT such it's O'Neill U.S. 2,000 1990s COVID-19 foo_bar İstanbul "
         "Erdoğan Łódź Đặng Æsir œuvre straße Þór Ørsted naïve").split()  # fmt: skip


@pytest.fixture(scope="module")
def reference() -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (
        tantivy.Filter.remove_long(analysis.MAX_WORD_BYTES + 1),
        tantivy.Filter.lowercase(),
        tantivy.Filter.ascii_fold(),
        tantivy.Filter.stopword("english"),
        tantivy.Filter.stemmer("english"),
    ):
        builder = builder.filter(step)
    return builder.build()


def test_characters_fold_as_tantivy_folds_them(reference: tantivy.TextAnalyzer) -> None:
    for character in LATIN + PUNCTUATION + sorted(set(OTHER_SCRIPTS)):
        if character not in IMPROVED:
            text = f"{character} b{character}lt {character}x x{character}"
            assert analysis.analyse(text) == reference.analyze(text)


def test_folds_differ_only_where_tantivy_falls_short(reference: tantivy.TextAnalyzer) -> None:
    differing = [character for character in LATIN if analysis.analyse(character) != reference.analyze(character)]
    assert {character: analysis.analyse(character) for character in differing} == {
        character: [stem] for character, stem in IMPROVED.items()
    }


@given(
    st.text(st.sampled_from([c for c in LATIN if c not in IMPROVED] + PUNCTUATION + list("abcdeingst \n")), max_size=80)
)
def test_text_of_latin_letters_has_tantivy_s_stems(reference: tantivy.TextAnalyzer, text: str) -> None:
    assert analysis.analyse(text) == reference.analyze(text)


@given(
    st.lists(st.sampled_from([w for w in WORDS if "İ" not in w] + OTHER_SCRIPTS.split()), max_size=20),
    st.sampled_from(" -_’\n"),
)
def test_words_of_many_scripts_have_tantivy_s_stems(
    reference: tantivy.TextAnalyzer, words: list[str], between: str
) -> None:
    text = between.join(words)
    assert analysis.analyse(text) == reference.analyze(text)


@given(
    st.text("abcdefghilmnoprstuvy", min_size=1, max_size=14), st.sampled_from(["", "ing", "ed", "s", "ly", "ational"])
)
def test_invented_words_have_tantivy_s_stems(reference: tantivy.TextAnalyzer, word: str, ending: str) -> None:
    assert analysis.analyse(word + ending) == reference.analyze(word + ending)


def test_seeds_have_tantivy_s_stems(reference: tantivy.TextAnalyzer) -> None:
    texts = [path.read_text("utf-8", "replace") for path in Path("seeds").rglob("*") if path.is_file()]
    assert len(texts) > 10
    for text in texts:
        assert analysis.analyse(text) == reference.analyze(text)


@given(st.text(max_size=60))
def test_tokens_are_the_stems_with_the_places_of_their_words(text: str) -> None:
    tokens = analysis.tokens(text)
    assert [stem for _, _, stem in tokens] == analysis.analyse(text)
    assert [stem for start, end, stem in tokens] == [analysis.stem(text[start:end]) for start, end, _ in tokens]
    assert analysis.terms(text) == sorted(set(analysis.analyse(text)), key=analysis.analyse(text).index)


@given(st.text(max_size=60))
def test_stems_hold_no_white_space_so_that_they_can_be_joined_and_split(text: str) -> None:
    stems = analysis.analyse(text)
    assert " ".join(stems).split() == stems


def test_a_word_of_more_bytes_than_the_limit_is_left_out(reference: tantivy.TextAnalyzer) -> None:
    for word in ("a" * 39, "a" * 40, "é" * 19, "é" * 20, "é" * 19 + "a"):
        assert analysis.analyse(word) == reference.analyze(word)
    assert analysis.analyse("b" * 40) == []


def test_threads_get_the_stems_that_one_thread_gets() -> None:
    texts = [
        " ".join(f"{word}{suffix}" for word in WORDS) for suffix in ("", "s", "ing", "ed", "ly", "er", "ally", "est")
    ]
    expected = [analysis.analyse(text) for text in texts]
    analysis.stem.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(analysis.analyse, texts * 50)) == expected * 50


def test_names_are_matched_without_their_accents() -> None:
    assert analysis.analyse("İstanbul İzmir ISTANBUL Łódź") == analysis.analyse("Istanbul Izmir istanbul Lodz")
