"""The first lines of a page -> the day of publication they state; a day that a sentence speaks of is none."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from rag.loaders.fields import dates

MAX_CHARS = 120  # of a line that heads a page
MONTH = (
    "(?:" + "|".join(f"{name[:3]}(?:{name[3:]})?" if name != "may" else name for name in dates.MONTHS) + r"|sept)\.?"
)
NTH = "(?:st|nd|rd|th)?"
DATE = re.compile(
    r"(?<!\w)(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?"
    rf"(?P<day>\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}{NTH}\s+{MONTH}\s+\d{{4}}|{MONTH}\s+\d{{1,2}}{NTH},\s+\d{{4}})(?!\w)",
    re.IGNORECASE | re.ASCII,
)
APART = r"[|•·–—()\[\]:;/-]"
OPENS = re.compile(
    rf"(?:.*(?:{APART}|,))?\s*(?:(?:published|posted|issued|dated?)(?:\s+by\s.{{1,60}})?(?:\s+on)?:?\s*)?",
    re.IGNORECASE,
)
CLOSES = re.compile(rf"\.?|\s*{APART}.*|,?\s+(?:at\s+)?\d{{1,2}}[:.]\d{{2}}\b[\w. ]{{0,12}}(?:{APART}.*)?")


def day(lines: Iterable[str]) -> date | None:
    """Return the one day that stands by itself in these lines, or beside a name, a place or "Published".

    None where there is none or another one beside it; the forms are those that cannot be read in two ways.
    """
    found = {date for line in lines if len(line) <= MAX_CHARS and (date := _alone(line))}
    return found.pop() if len(found) == 1 else None


def _alone(line: str) -> date | None:
    line = " ".join(line.split())
    match = DATE.search(line)
    if not match or not OPENS.fullmatch(line[: match.start()]) or not CLOSES.fullmatch(line[match.end() :]):
        return None
    try:
        return dates.parse(re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", match["day"]))
    except ValueError:  # no day of the calendar, or one to come
        return None
