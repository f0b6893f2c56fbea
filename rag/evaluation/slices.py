"""Slices of a dataset, by a question's words: what it asks for, how long it is, and whether it names a time."""

from __future__ import annotations

import re

from rag.text.english import MONTHS, WEEKDAYS

SHORT_WORDS, MEDIUM_WORDS = 8, 15  # the most words of a short and of a medium question
QUESTION_WORD = re.compile(r"\b(how (?:many|much)|who|whom|whose|what|when|where|which|why)\b", re.IGNORECASE)
SYNONYMS = {"whom": "who", "whose": "who", "how much": "how many"}
_PERIOD = "day|week|weekend|month|quarter|year|decade|century|spring|summer|autumn|fall|winter|season"
_NAMES = "|".join(name for name in (*MONTHS, *WEEKDAYS) if name != "May")  # "May" at a question's start is a verb
TIME = re.compile(
    rf"\b(?:(?:this|last|past|next|previous|each|every) (?:\w+ )?(?:{_PERIOD})s?"
    r"|today|tonight|yesterday|tomorrow|recent(?:ly)?|latest|currently|nowadays|lately|ago|since|until"
    rf"|(?:1[5-9]|20)\d\ds?)\b|(?-i:\b(?:{_NAMES})\b|(?<=\w )May\b)",
    re.IGNORECASE,
)  # fmt: skip


def slices_of(question: str) -> dict[str, str]:
    """Return the slice of a question in each dimension: "asks for", "length" and "time"."""
    match = QUESTION_WORD.search(question)
    word = match[1].lower() if match else "other"
    count = len(question.split())
    length = "short" if count <= SHORT_WORDS else "medium" if count <= MEDIUM_WORDS else "long"
    return {
        "asks for": SYNONYMS.get(word, word),
        "length": length,
        "time": "with time words" if TIME.search(question) else "without time words",
    }
