"""English words and patterns: months, function words, and what looks like a number, a time or a name."""

from __future__ import annotations

import re

from rag.text.analysis import WORD

NUMBER = re.compile(
    r"\d[\d,.]*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?|"
    r"millions?|billions?|half|twice|third|quarter|none)\b",
    re.IGNORECASE,
)
MONTHS = "January February March April May June July August September October November December".split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
TIME = re.compile(rf"\b1\d{{3}}\b|\b20\d\d\b|\b\d+(?:st|nd|rd|th) century|\b(?:{'|'.join(MONTHS + WEEKDAYS)})\b")
NAME = re.compile(r"(?<![.!?“\"] )(?<!^)\b[A-Z][\w’'-]+")  # a capitalised word that does not begin a sentence
# The words of any question, whatever its subject; a small archive has too few of them for idf to tell
FUNCTION_WORDS = frozenset(
    "who whom whose what when where which why how many much long old often did do does done has have had having "
    "been being am were can could would should shall may might must i me my you your he him his she her hers we us "
    "our them theirs its from about after before between than so up down out over under again while because until "
    "during any some each few more most other own same only very just also ever say says said tell tells told "
    "happen happened happens there here".split()
)


def content_words(question: str) -> str:
    """Return the words of a question without function words; the question itself if it has no others."""
    words = [word for word in WORD.findall(question) if word.lower() not in FUNCTION_WORDS]
    return " ".join(words) or question
