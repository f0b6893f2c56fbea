"""Text -> stems: the words of a text in lower case, without accents, without stop words, stemmed as English.

It depends on no search engine, so that BM25, inverse document frequencies, coverage and highlighting share one idea of
a word. A word is a run of letters, digits and the marks that belong to letters; every other character divides.
"""

from __future__ import annotations

import threading
import unicodedata
from functools import cache, lru_cache

import regex
import Stemmer

# A part of the manifest: stems of another identity cannot be compared with those of an index. Snowball's English
# algorithm changes between minor releases (3.0 and 3.1 disagree on "international"), hence the pin in pyproject.toml.
IDENTITY = "english-snowball-3.1-folded-1"

WORD = regex.compile(r"[\p{Alphabetic}\p{N}]+")  # `re` lacks the property: it would divide Thai at its vowel signs
MAX_WORD_BYTES = 39  # in UTF-8; what is longer is an encoded file or a row of characters, not a word
STEM_CACHE_SIZE = 131_072  # distinct words; 4,885 news articles have 111,000
STOP_WORDS = frozenset(
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this "
    "to was will with".split()
)
FOLDS = {  # lower-case letters whose base letters neither their decomposition nor their name tells
    "ß": "ss", "ð": "d", "þ": "th", "ı": "i", "ĸ": "q", "ŋ": "n", "ƕ": "hv", "ƿ": "w", "ǝ": "e", "ȝ": "z", "ȷ": "j",
    "ȸ": "db", "ȹ": "qp", "ɔ": "o", "ə": "a", "ɛ": "e", "ɜ": "e", "ɡ": "g", "ɪ": "i", "ɯ": "m", "ɵ": "o", "ʀ": "r",
    "ʁ": "r", "ʉ": "u", "ʌ": "v", "ẜ": "s", "ẝ": "s", "ỻ": "ll",
}  # fmt: skip
NOT_FOLDED = ("<font>", "<fraction>", "<sub>", "<super>")  # decompositions that change more than a letter's dress
LATIN_NAME = regex.compile(r"LATIN (?:CAPITAL|SMALL) (?:LETTER|LIGATURE) ([A-Z]|AE|OE|OU)(?: WITH .+)?")

_local = threading.local()  # a Stemmer has state of its own, which two threads may not share


def analyse(text: str) -> list[str]:
    """Return the stems of `text` in order, each as often as it occurs."""
    stems = map(stem, WORD.findall(text))
    return [word for word in stems if word]


def terms(text: str) -> list[str]:
    """Return the distinct stems of `text`, in the order in which they first occur."""
    return list(dict.fromkeys(analyse(text)))


def tokens(text: str) -> list[tuple[int, int, str]]:
    """Return the start, the end (characters of `text`) and the stem of each word, in order, stop words left out."""
    stems = ((*match.span(), stem(match.group())) for match in WORD.finditer(text))
    return [(start, end, word) for start, end, word in stems if word]


@lru_cache(STEM_CACHE_SIZE)
def stem(word: str) -> str | None:
    """Return the stem of `word`, a match of WORD; None if it is a stop word or longer than MAX_WORD_BYTES."""
    if len(word.encode()) > MAX_WORD_BYTES:
        return None
    folded = word.lower() if word.isascii() else "".join(map(_fold, word))
    if folded in STOP_WORDS:
        return None
    if not hasattr(_local, "stemmer"):
        _local.stemmer = Stemmer.Stemmer("english", 0)  # without a cache: `stem` has one
    stemmed: str = _local.stemmer.stemWord(folded)
    return stemmed


@cache
def _fold(character: str) -> str:
    """Return the letters or digits of ASCII that `character` stands for, in lower case; else its lower case.

    Fractions, superscript letters and the letters of mathematics stay as they are: "½" is not 12, and "ℝ" no "r".
    """
    lower = character.lower()
    if character.isascii() or lower in FOLDS:
        return FOLDS.get(lower, lower)
    if unicodedata.decomposition(character).startswith(NOT_FOLDED) and not character.isdigit():
        return lower
    name = unicodedata.name(lower[0], "")
    if "CIRCLED" in name and character.isnumeric():
        return str(int(unicodedata.numeric(character)))
    base = "".join(char for char in unicodedata.normalize("NFKD", character) if char.isascii() and char.isalnum())
    latin = LATIN_NAME.fullmatch(name)
    return (base or (latin[1] if latin else lower)).lower()
