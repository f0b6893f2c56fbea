"""Time words in a question -> when what answers it was published: a filter or a prior, shown to the caller.

The rules below are all there are; `tests/unit/test_timing.py` has a line for each. Words that name a stretch of time
exactly ("in May 2022", "since 2019") filter. Others ("this week", "on Monday") are worth something to what was
published then, less with each day outside: a very good match outside is not lost. Where a question names no subject,
they filter too: time is all that it asks for. A question that names no time is taken to be about now, mildly, unless
it asks about the past.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import MAXYEAR, MINYEAR, date, timedelta
from itertools import chain
from typing import TypeAlias

import numpy as np

from rag.text.english import MONTHS, WEEKDAYS
from rag.types.arrays import Rows, Scores
from rag.types.results import NO_TIME

# In units of the fused score; chosen on every other news-quiz question, asked as of its day (decision 0008)
ASKED, NAMED, UNSAID = 6.0, 1.0, 1.2
WEEK = 7
FADE_DAYS = 7.0
FRESH_DAYS = 31  # an archive that ended longer ago knows nothing of now

Days: TypeAlias = tuple[date | None, date | None]
RuleReader: TypeAlias = Callable[[re.Match[str], date], Days | None]

DAYS = [name.lower() for name in WEEKDAYS]
NUMBERS = {word: n for n, word in enumerate("one two three four five six seven eight nine ten".split(), 1)}
MONTH = "(?:" + "|".join(MONTHS) + ")"
YEAR = r"(?:19|20)\d\d"
NAMED_DATE = rf"\d{{4}}-\d\d-\d\d|\d{{1,2}} {MONTH},? {YEAR}|{MONTH} \d{{1,2}},? {YEAR}|{MONTH},? {YEAR}|{YEAR}|{MONTH}"
UNITS = {"day": 1, "week": 7, "month": 30, "year": 365}
COUNT = rf"(\d{{1,3}}|few|several|couple of|{'|'.join(NUMBERS)})"
PAST = re.compile(
    r"\b(first|history|historic(al|ally)?|ever|original(ly)?|origins?|oldest|earliest|founded|ancient|used to|"
    r"century|decades?|formerly)\b",
    re.IGNORECASE,
)

NO_SUBJECT = frozenset(  # the words of a question that asks what there is of a time
    "a about all am an and any anything are article articles as at been being came can come did do does else "
    "event events everything for from gave get give going got happen happened happening happens has have headline "
    "headlines i in is it its latest list made make me news new of on or passage passages piece pieces place "
    "publication publications publish published recent report reported reports s said say see show some something "
    "stories story take taken tell that the their them there these they thing things this to took up was we were "
    "what whatever when which will with write written you".split()
)


@dataclass(frozen=True)
class TemporalIntent:
    """When what answers was published, in days, both ends included, and the words that say so.

    `exact` readings filter; others are worth `weight` inside, fading outside by e each `fade_days`. Of the days of one
    that is `outside` the archive holds nothing.
    """

    first: date | None
    last: date | None
    because: str
    exact: bool = False
    weight: float = 0.0
    fade_days: float = FADE_DAYS
    outside: bool = False

    def prior(self, days: Rows) -> Scores:
        """Return the prior of each day of publication (an ordinal; 0: none), in units of the fused score."""
        first, last = (self.first or date.min).toordinal(), (self.last or date.max).toordinal()
        outside = np.maximum(0, np.maximum(first - days, days - last))
        prior: Scores = np.where(days > 0, self.weight * np.exp(-outside / self.fade_days), 0.0)
        return prior


def parse(question: str, as_of: date, archive: Days) -> TemporalIntent | None:
    """Return what the question says of time, None where nothing.

    `as_of` is the day it is asked. `archive` are the days of the first and the last article. What it covers is read
    before what it does not, and of that only what is exact.
    """
    if archive[0] is None or archive[1] is None:
        return None
    outside = None
    for said in _times(question, as_of):
        reading = replace(said, exact=True, weight=0.0) if asks_only_for_a_time(question, said) else said
        if _overlap((reading.first, reading.last), archive):
            return reading
        if reading.exact and not outside:
            outside = replace(reading, outside=True)
    if outside:
        return outside
    named = (int(year) for year in re.findall(rf"\b{YEAR}\b", question))
    if PAST.search(question) or any(year < as_of.year for year in named):
        return None
    if (as_of - archive[1]).days > FRESH_DAYS:
        return None
    return _reading(_back(as_of, WEEK), NO_TIME, exact=False, weight=UNSAID)


def asks_only_for_a_time(question: str, reading: TemporalIntent | None) -> bool:
    """Say whether a question names a time and no subject: "What happened in June 2024?"."""
    if reading is None or reading.because == NO_TIME:
        return False
    said = re.findall(r"\w+", question.replace(reading.because, " ").lower())
    return all(word in NO_SUBJECT for word in said)


def _times(question: str, as_of: date) -> Iterator[TemporalIntent]:
    """Yield what each rule reads in a question; nothing is read inside words that an exact rule took."""
    for pattern, reader, exact, weight in RULES:
        for match in pattern.finditer(question):
            span = _within_calendar(reader, match, as_of)
            if span:
                yield _reading(span, match.group().strip(), exact, weight)
        if exact:
            question = pattern.sub(lambda match: "." * len(match.group()), question)


def _within_calendar(reader: RuleReader, match: re.Match[str], as_of: date) -> Days | None:
    """Return what words mean, None where that lies before the first day or after the last that a date can be."""
    try:
        return reader(match, as_of)
    except (OverflowError, ValueError):
        return None


def _reading(span: Days, because: str, exact: bool, weight: float) -> TemporalIntent:
    first, last = span
    length = (last - first).days if first and last else 0
    return TemporalIntent(first, last, because, exact, weight, max(FADE_DAYS, length / 4))


def _overlap(span: Days, archive: Days) -> bool:
    first, last = (span[0] or date.min), (span[1] or date.max)
    return first <= (archive[1] or date.min) and last >= (archive[0] or date.max)


def _named(words: str, as_of: date) -> tuple[date, date] | None:
    """Return the first and last day of a named date; a month without a year is the last one that began."""
    months = [n for n, name in enumerate(MONTHS, 1) if name in words]
    numbers = [int(number) for number in re.findall(r"\d+", words)]
    years = [number for number in numbers if MINYEAR <= number <= MAXYEAR and number > 31]
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", words):
            day = date.fromisoformat(words)
            return day, day
        if not months:
            return date(years[0], 1, 1), date(years[0], 12, 31)
        year = years[0] if years else as_of.year - (months[0] > as_of.month)
        if len(numbers) > len(years):
            day = date(year, months[0], min(numbers))
            return day, day
        return date(year, months[0], 1), date(year, months[0], monthrange(year, months[0])[1])
    except ValueError:  # a 31st of June
        return None


def _between(match: re.Match[str], as_of: date) -> Days | None:
    first, last = _named(match[1], as_of), _named(match[2], as_of)
    return (first[0], last[1]) if first and last and first[0] <= last[1] else None


def _since(match: re.Match[str], as_of: date) -> Days | None:
    named = _named(match[1], as_of)
    return (named[0], as_of) if named and named[0] <= as_of else None


def _after(match: re.Match[str], as_of: date) -> Days | None:
    named = _named(match[1], as_of)
    return (named[1] + timedelta(1), as_of) if named and named[1] < as_of else None


def _before(match: re.Match[str], as_of: date) -> Days | None:
    named = _named(match[1], as_of)
    return (None, named[0] - timedelta(1)) if named else None


def _during(match: re.Match[str], as_of: date) -> Days | None:
    named = _named(match[1], as_of)
    return named if named and named[0] <= as_of else None


def _run_up(match: re.Match[str], as_of: date) -> Days | None:
    named = _named(match[1], as_of)
    return (named[0] - timedelta(60), named[0]) if named else None


def _happened(match: re.Match[str], as_of: date) -> Days | None:
    named = _named(match[1], as_of)
    return (named[0], min(named[1] + timedelta(WEEK), as_of)) if named and named[0] <= as_of else None


def _weekday(match: re.Match[str], as_of: date) -> Days:
    ago = (as_of.weekday() - DAYS.index(match[1].lower())) % 7
    return as_of - timedelta(ago), as_of


def _ago(match: re.Match[str], as_of: date) -> Days:
    days = UNITS[match[2].lower()] * _count(match[1])
    slack = days // 4 + 1
    return as_of - timedelta(days + slack), as_of - timedelta(max(0, days - slack))


def _past(match: re.Match[str], as_of: date) -> Days:
    return _back(as_of, UNITS[match[2].lower()] * _count(match[1]))


def _count(word: str) -> int:
    return int(word) if word.isdigit() else NUMBERS.get(word.lower(), 3)


def _back(as_of: date, days: int) -> Days:
    return date.fromordinal(max(date.min.toordinal(), as_of.toordinal() - days)), as_of


def _days(days: int) -> RuleReader:
    return lambda _, as_of: _back(as_of, days)


def _last_week(_: re.Match[str], as_of: date) -> Days:
    monday = as_of - timedelta(as_of.weekday() + WEEK)
    return monday, monday + timedelta(WEEK)


def _this_month(_: re.Match[str], as_of: date) -> Days:
    return min(as_of.replace(day=1), as_of - timedelta(WEEK)), as_of


def _last_month(_: re.Match[str], as_of: date) -> Days:
    end = as_of.replace(day=1) - timedelta(1)
    return end.replace(day=1), end


def _this_year(_: re.Match[str], as_of: date) -> Days:
    return date(as_of.year, 1, 1), as_of


def _last_year(_: re.Match[str], as_of: date) -> Days:
    return date(as_of.year - 1, 1, 1), date(as_of.year - 1, 12, 31)


# words, what they mean, whether they filter, what they are worth; the first that matches counts.
# Case counts where a month is named: "may" is a verb.
EXACT: tuple[tuple[str, RuleReader], ...] = (
    (rf"\b(?:[Bb]etween|[Ff]rom) ({NAMED_DATE}) (?:and|to|until|through) ({NAMED_DATE})\b", _between),
    (rf"\b[Ss]ince ({NAMED_DATE})\b", _since),
    (rf"\b[Pp]ublished after ({NAMED_DATE})\b", _after),
    (rf"\b(?:[Pp]ublished )?[Bb]efore ({NAMED_DATE})\b", _before),
    (rf"\b(?:[Ii]n|[Dd]uring) ({MONTH},? {YEAR})\b", _during),
)
SOFT: tuple[tuple[str, RuleReader], ...] = (
    (rf"(?i:\brun-?up to )(?:the )?({NAMED_DATE})\b", _run_up),
    (rf"\b(\d{{4}}-\d\d-\d\d|\d{{1,2}} {MONTH},? {YEAR}|{MONTH} \d{{1,2}},? {YEAR})\b", _happened),
    (rf"\b(?:[Ii]n|[Dd]uring|[Ll]ast) ({YEAR}|{MONTH})\b", _during),
)
RELATIVE: tuple[tuple[str, RuleReader], ...] = (
    (rf"(?i)\b{COUNT} (day|week|month|year)s? ago\b", _ago),
    (rf"(?i)\b(?:past|last|recent) {COUNT} (day|week|month|year)s?\b", _past),
    (r"(?i)\b(?:today|tonight|yesterday|this (?:morning|afternoon|evening)|last night)\b", _days(1)),
    (r"(?i)\b(?:later )?this week\b|\b(?:past|last|recent) (?:few )?days\b", _days(WEEK)),
    (rf"(?i)\b(?:on |last |early |late |this )?({'|'.join(DAYS)})\b", _weekday),
    (r"(?i)\blast week\b", _last_week),
    (r"(?i)\bthis month\b", _this_month),
    (r"(?i)\blast month\b", _last_month),
    (r"(?i)\b(?:recent(?:ly)?|lately|latest|right now|just now|currently|soon|next (?:week|month))\b", _days(2 * WEEK)),
    (r"(?i)\bthis year\b", _this_year),
    (r"(?i)\blast year\b", _last_year),
)
RULES = [
    (re.compile(words), reader, exact, weight)
    for words, reader, exact, weight in chain(
        ((words, reader, True, 0.0) for words, reader in EXACT),
        ((words, reader, False, NAMED) for words, reader in SOFT),
        ((words, reader, False, ASKED) for words, reader in RELATIVE),
    )
]
