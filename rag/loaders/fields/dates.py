"""What files call a date -> the day. A short table of forms; d/m against m/d is never guessed, where both could be."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,? )?"
ZONE = r"(?: ?(?P<zone>z|[a-z]{2,4}|[+-]\d{2}(?::?\d{2})?))?(?: \([a-z ]+\))?"
CLOCK = rf"(?P<hour>\d{{1,2}}):(?P<min>\d{{2}})(?::(?P<s>\d{{2}})(?:[.,]\d+)?)?(?: ?(?P<half>[ap])\.?m\b\.?)?{ZONE}"
AFTER = rf"(?:(?:,| at)? {CLOCK})?"  # the day
TH = "(?:st|nd|rd|th)?"
FORMS = tuple(
    re.compile(form, re.ASCII | re.IGNORECASE)
    for form in (
        rf"(?P<y>\d{{4}})(?P<sign>[-/])(?P<m>\d{{2}})(?P=sign)(?P<d>\d{{2}})(?:[t ]{CLOCK}|t[\d:.,z+-]+)?",
        r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:t\d{4}(?:\d{2})?(?:z|[+-]\d{2}:?\d{2})?)?",
        rf"{WEEKDAY}(?P<m>[a-z]+)\.? (?P<d>\d{{1,2}}){TH},? (?P<y>\d{{4}}){AFTER}",
        rf"{WEEKDAY}(?P<d>\d{{1,2}}){TH} (?P<m>[a-z]+)\.?,? (?P<y>\d{{4}}){AFTER}",
        rf"(?P<d>\d{{1,2}})\.(?P<m>\d{{1,2}})\.(?P<y>\d{{4}}){AFTER}",
        rf"(?P<d>1[3-9]|2\d|3[01])/(?P<m>\d{{1,2}})/(?P<y>\d{{4}}){AFTER}",
        rf"(?P<m>\d{{1,2}})/(?P<d>1[3-9]|2\d|3[01])/(?P<y>\d{{4}}){AFTER}",
        rf"{WEEKDAY}(?P<m>[a-z]+) (?P<d>\d{{1,2}}) \d{{2}}:\d{{2}}:\d{{2}}{ZONE} (?P<y>\d{{4}})",
    )
)
TWO_WAYS = re.compile(rf"(\d{{1,2}})/(\d{{1,2}})/(\d{{4}}){AFTER}", re.ASCII | re.IGNORECASE)
BESIDE_DAY = re.compile(CLOCK, re.ASCII | re.IGNORECASE)
EPOCH = re.compile(r"(\d{9,10})(\d{3})?", re.ASCII)  # seconds since 1970 from 1973 on, or milliseconds


class UnknownFormError(ValueError):
    """What is said to be a date is written in no form that is known."""


def parse(value: object) -> date:
    """Return the day that `value` names, as it is written (its zone moves nothing; an epoch is UTC).

    Raises ValueError, whose message is the reason, where it is no day or yet to come, and UnknownFormError, which is
    one, where it is in none of the known forms.
    """
    found = _parsed(value)
    if found > date.today() + timedelta(days=1):  # it may be tomorrow where it was published
        raise ValueError(f"{str(value)!r} is in the future")
    return found


def clock(value: object) -> datetime | None:
    """Return the day and time that `value` names, with its zone where one is written; None where it has no time."""
    if isinstance(value, int | float) or EPOCH.fullmatch(str(value).strip()):
        match = EPOCH.fullmatch(str(int(float(str(value))) if isinstance(value, float) else value).strip())
        return datetime.fromtimestamp(int(match[1]), UTC) if match else None
    text = str(value).strip()
    if ":" not in text and "T" not in text.upper():
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _clock_beside_a_day(text)


def _clock_beside_a_day(text: str) -> datetime | None:
    """Return a day in one of the known forms with the time beside it; None where either is missing."""
    try:
        day, said = _parsed(text), BESIDE_DAY.search(text)
        if not said:
            return None
        hour, zone = int(said["hour"]), (said["zone"] or "").replace(":", "")
        if said["half"] and 1 <= hour <= 12:
            hour = hour % 12 + 12 * (said["half"].lower() == "p")
        zone = zone.ljust(5, "0") if zone.startswith(("+", "-")) else zone
        month = MONTHS[day.month - 1][:3]
        return parsedate_to_datetime(f"{day.day} {month} {day.year} {hour}:{said['min']}:{said['s'] or '00'} {zone}")
    except ValueError:
        return None


def _parsed(value: object) -> date:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UnknownFormError("is not a date")
    text = " ".join(str(int(value) if isinstance(value, float) else value).split())
    for form in FORMS:
        if match := form.fullmatch(text):
            return _day(text, match["y"], match["m"], match["d"])
    if match := EPOCH.fullmatch(text):
        return datetime.fromtimestamp(int(match[1]), UTC).date()
    if TWO_WAYS.fullmatch(text):
        raise UnknownFormError(f"{text!r} can be read in two ways; write YYYY-MM-DD")
    raise UnknownFormError(f"{text!r} is not a date in a known form; write YYYY-MM-DD")


def _day(text: str, year: str, month: str, day: str) -> date:
    number = int(month) if month.isdigit() else _month(month.lower())
    try:
        return date(int(year), number, int(day))
    except ValueError:
        raise ValueError(f"{text!r} is not a day of the calendar; write YYYY-MM-DD") from None


def _month(word: str) -> int:
    """Return the month whose name begins with `word` (three letters at least), or 0."""
    found = [n for n, name in enumerate(MONTHS, start=1) if len(word) >= 3 and name.startswith(word)]
    return found[0] if found else 0
