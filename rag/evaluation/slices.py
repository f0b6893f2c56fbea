"""Kinds of questions, told by simple tests of their words: what is asked for, how long, and whether a time is named."""

from __future__ import annotations

import re

SHORT_WORDS, MEDIUM_WORDS = 8, 15  # at most so many words
ASKED = re.compile(r"\b(how (?:many|much)|who|whom|whose|what|when|where|which|why)\b", re.IGNORECASE)
SPELLED = {"whom": "who", "whose": "who", "how much": "how many"}
_PERIOD = "day|week|weekend|month|quarter|year|decade|century|spring|summer|autumn|fall|winter|season"
_MONTHS = "January|February|March|April|June|July|August|September|October|November|December"
_DAYS = "Mon|Tues|Wednes|Thurs|Fri|Satur|Sun"
TIME = re.compile(
    rf"\b(?:(?:this|last|past|next|previous|each|every) (?:\w+ )?(?:{_PERIOD})s?"
    r"|today|tonight|yesterday|tomorrow|recent(?:ly)?|latest|currently|nowadays|lately|ago|since|until"
    rf"|(?:1[5-9]|20)\d\ds?)\b|(?-i:\b(?:{_MONTHS}|(?:{_DAYS})day)\b|(?<=\w )May\b)",
    re.IGNORECASE,
)  # fmt: skip


def kinds(question: str) -> dict[str, str]:
    """Return the slice of a question in each dimension: "asks for", "length" and "time"."""
    found = ASKED.search(question)
    word = found[1].lower() if found else "other"
    count = len(question.split())
    length = "short" if count <= SHORT_WORDS else "medium" if count <= MEDIUM_WORDS else "long"
    return {
        "asks for": SPELLED.get(word, word),
        "length": length,
        "time": "with time words" if TIME.search(question) else "without time words",
    }
