"""Written dates -> the day, by a short table of forms. A date that could be d/m or m/d is never guessed."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

from rag.text import english

MONTHS = tuple(name.lower() for name in english.MONTHS)
WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,? )?"
ZONE = r"(?: ?(?P<zone>z|[a-z]{2,4}|[+-]\d{2}(?::?\d{2})?))?(?: \([a-z ]+\))?"
CLOCK = rf"(?P<hour>\d{{1,2}}):(?P<min>\d{{2}})(?::(?P<s>\d{{2}})(?:[.,]\d+)?)?(?: ?(?P<half>[ap])\.?m\b\.?)?{ZONE}"
AFTER_DAY = rf"(?:(?:,| at)? {CLOCK})?"
TH = "(?:st|nd|rd|th)?"
FORMS = tuple(
    re.compile(form, re.ASCII | re.IGNORECASE)
    for form in (
        rf"(?P<y>\d{{4}})(?P<sign>[-/])(?P<m>\d{{2}})(?P=sign)(?P<d>\d{{2}})(?:[t ]{CLOCK}|t[\d:.,z+-]+)?",
        r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:t\d{4}(?:\d{2})?(?:z|[+-]\d{2}:?\d{2})?)?",
        rf"{WEEKDAY}(?P<m>[a-z]+)\.? (?P<d>\d{{1,2}}){TH},? (?P<y>\d{{4}}){AFTER_DAY}",
        rf"{WEEKDAY}(?P<d>\d{{1,2}}){TH} (?P<m>[a-z]+)\.?,? (?P<y>\d{{4}}){AFTER_DAY}",
        rf"(?P<d>\d{{1,2}})\.(?P<m>\d{{1,2}})\.(?P<y>\d{{4}}){AFTER_DAY}",
        rf"(?P<d>1[3-9]|2\d|3[01])/(?P<m>\d{{1,2}})/(?P<y>\d{{4}}){AFTER_DAY}",
        rf"(?P<m>\d{{1,2}})/(?P<d>1[3-9]|2\d|3[01])/(?P<y>\d{{4}}){AFTER_DAY}",
        rf"{WEEKDAY}(?P<m>[a-z]+) (?P<d>\d{{1,2}}) \d{{2}}:\d{{2}}:\d{{2}}{ZONE} (?P<y>\d{{4}})",
    )
)
TWO_WAYS = re.compile(rf"(\d{{1,2}})/(\d{{1,2}})/(\d{{4}}){AFTER_DAY}", re.ASCII | re.IGNORECASE)
TIME_BESIDE_DAY = re.compile(CLOCK, re.ASCII | re.IGNORECASE)
EPOCH = re.compile(r"(\d{9,10})(\d{3})?", re.ASCII)  # seconds or milliseconds since 1970, from 1973 on


class UnknownFormError(ValueError):
    """A date is written in no known form."""


def parse(value: object) -> date:
    """Return the day that `value` names, as written: a time zone does not move it. An epoch is read as UTC.

    Raises UnknownFormError where the value is in none of the known forms, and another ValueError where it is no day of
    the calendar or in the future; each message is the reason of a problem.
    """
    day = _parsed(value)
    if day > date.today() + timedelta(days=1):  # where the article was published, it may be tomorrow already
        raise ValueError(f"{str(value)!r} is in the future")
    return day


def clock(value: object) -> datetime | None:
    """Return the day and time that `value` names, with its zone if one is written; None where it has no time."""
    if isinstance(value, int | float) or EPOCH.fullmatch(str(value).strip()):
        match = EPOCH.fullmatch(str(int(float(str(value))) if isinstance(value, float) else value).strip())
        return datetime.fromtimestamp(int(match[1]), UTC) if match else None
    text = str(value).strip()
    if ":" not in text and "T" not in text.upper():
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _clock_beside_day(text)


def _clock_beside_day(text: str) -> datetime | None:
    """Return a day in one of the known forms with the time beside it; None where either is missing."""
    try:
        day, time = _parsed(text), TIME_BESIDE_DAY.search(text)
        if not time:
            return None
        hour, zone = int(time["hour"]), (time["zone"] or "").replace(":", "")
        if time["half"] and 1 <= hour <= 12:
            hour = hour % 12 + 12 * (time["half"].lower() == "p")
        zone = zone.ljust(5, "0") if zone.startswith(("+", "-")) else zone
        month = MONTHS[day.month - 1][:3]
        return parsedate_to_datetime(f"{day.day} {month} {day.year} {hour}:{time['min']}:{time['s'] or '00'} {zone}")
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
    """Return the number of the month whose name begins with `word`, of three letters at least; 0 for no month."""
    numbers = (number for number, name in enumerate(MONTHS, start=1) if len(word) >= 3 and name.startswith(word))
    return next(numbers, 0)
