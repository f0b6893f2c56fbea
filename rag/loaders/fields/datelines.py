"""The first lines of a page -> the day of publication that they state; a day inside a sentence does not count."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from rag.loaders.fields import dates

MAX_CHARS = 120  # A longer line is text
MONTH = (
    "(?:" + "|".join(f"{name[:3]}(?:{name[3:]})?" if name != "may" else name for name in dates.MONTHS) + r"|sept)\.?"
)
NTH = "(?:st|nd|rd|th)?"
DATE = re.compile(
    r"(?<!\w)(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?"
    rf"(?P<day>\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}{NTH}\s+{MONTH}\s+\d{{4}}|{MONTH}\s+\d{{1,2}}{NTH},\s+\d{{4}})(?!\w)",
    re.IGNORECASE | re.ASCII,
)
SEPARATOR = r"[|•·–—()\[\]:;/-]"
BEFORE_DATE = re.compile(
    rf"(?:.*(?:{SEPARATOR}|,))?\s*(?:(?:published|posted|issued|dated?)(?:\s+by\s.{{1,60}})?(?:\s+on)?:?\s*)?",
    re.IGNORECASE,
)
AFTER_DATE = re.compile(rf"\.?|\s*{SEPARATOR}.*|,?\s+(?:at\s+)?\d{{1,2}}[:.]\d{{2}}\b[\w. ]{{0,12}}(?:{SEPARATOR}.*)?")


def day(lines: Iterable[str]) -> date | None:
    """Return the one day that the lines state by itself, or beside a name, a place or "Published".

    Returns None where they state none, or several. Only forms that cannot be read in two ways are known.
    """
    days = {day for line in lines if len(line) <= MAX_CHARS and (day := _day_of_line(line))}
    return days.pop() if len(days) == 1 else None


def _day_of_line(line: str) -> date | None:
    line = " ".join(line.split())
    match = DATE.search(line)
    if not match or not BEFORE_DATE.fullmatch(line[: match.start()]) or not AFTER_DATE.fullmatch(line[match.end() :]):
        return None
    try:
        return dates.parse(re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", match["day"]))
    except ValueError:  # no day of the calendar, or one in the future
        return None
