"""Time words in a question -> the days on which its answers were published: a filter or a prior, shown to the caller.

The rules below are complete; `tests/unit/test_timing.py` has a line for each. Words that name a period exactly ("in May
2022", "since 2019") filter. Other words ("this week", "on Monday") add a prior to the scores of what was published
then, which decays with each day outside, so that a very good match outside is not lost. Where a question names no
subject, these words filter too, because time is all that it asks for. A question that names no time is taken to be
about now, with a weak prior, unless it asks about the past.
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

# Weights of the prior, in units of the fused score: for relative words ("this week"), for named dates, and for a
# question that names no time. They were chosen on every other news-quiz question, asked as of its day (decision 0008).
RELATIVE_WEIGHT, DATE_WEIGHT, DEFAULT_WEIGHT = 6.0, 1.0, 1.2
WEEK = 7
FADE_DAYS = 7.0  # Least number of days outside a period in which its prior decays by the factor e
FRESH_DAYS = 31  # An archive whose last article is older, in days, holds nothing of now

Days: TypeAlias = tuple[date | None, date | None]
RuleReader: TypeAlias = Callable[[re.Match[str], date], Days | None]

NUMBERS = {word: n for n, word in enumerate("one two three four five six seven eight nine ten".split(), 1)}
MONTH = "(?:" + "|".join(MONTHS) + ")"
YEAR = r"(?:19|20)\d\d"
NAMED_DATE = rf"\d{{4}}-\d\d-\d\d|\d{{1,2}} {MONTH},? {YEAR}|{MONTH} \d{{1,2}},? {YEAR}|{MONTH},? {YEAR}|{YEAR}|{MONTH}"
UNITS = {"day": 1, "week": 7, "month": 30, "year": 365}  # In days, as "two months ago" means them
COUNT = rf"(\d{{1,3}}|few|several|couple of|{'|'.join(NUMBERS)})"
PAST = re.compile(
    r"\b(first|history|historic(al|ally)?|ever|original(ly)?|origins?|oldest|earliest|founded|ancient|used to|"
    r"century|decades?|formerly)\b",
    re.IGNORECASE,
)

NO_SUBJECT = frozenset(  # A question of these words alone names no subject: it asks for all that was published then
    "a about all am an and any anything are article articles as at been being came can come did do does else "
    "event events everything for from gave get give going got happen happened happening happens has have headline "
    "headlines i in is it its latest list made make me news new of on or passage passages piece pieces place "
    "publication publications publish published recent report reported reports s said say see show some something "
    "stories story take taken tell that the their them there these they thing things this to took up was we were "
    "what whatever when which will with write written you".split()
)


@dataclass(frozen=True)
class TemporalIntent:
    """The days on which a question's answers were published, both ends included, and the words that say so.

    An `exact` intent filters. Any other adds the prior `weight`, in units of the fused score, to what was published
    inside; outside, the prior decays by the factor e every `fade_days`. `outside` means that the archive holds nothing
    of these days.
    """

    first: date | None
    last: date | None
    because: str
    exact: bool = False
    weight: float = 0.0
    fade_days: float = FADE_DAYS
    outside: bool = False

    def prior(self, days: Rows) -> Scores:
        """Return the prior of each day of publication, float64 [days], in units of the fused score.

        `days` are ordinals, 0 where an article has no day; its prior is 0.
        """
        first, last = (self.first or date.min).toordinal(), (self.last or date.max).toordinal()
        outside = np.maximum(0, np.maximum(first - days, days - last))
        prior: Scores = np.where(days > 0, self.weight * np.exp(-outside / self.fade_days), 0.0)
        return prior


def parse(question: str, as_of: date, archive: Days) -> TemporalIntent | None:
    """Return the temporal intent of a question, None where it has none.

    `as_of` is the day on which the question is asked. `archive` are the days of the first and the last article. An
    intent whose days the archive covers goes before one whose days it does not; of the latter only exact ones count.
    """
    if archive[0] is None or archive[1] is None:
        return None
    outside = None
    for soft in _intents(question, as_of):
        intent = replace(soft, exact=True, weight=0.0) if asks_only_for_a_time(question, soft) else soft
        if _overlap((intent.first, intent.last), archive):
            return intent
        if intent.exact and not outside:
            outside = replace(intent, outside=True)
    if outside:
        return outside
    years = (int(year) for year in re.findall(rf"\b{YEAR}\b", question))
    if PAST.search(question) or any(year < as_of.year for year in years):
        return None
    if (as_of - archive[1]).days > FRESH_DAYS:
        return None
    return _intent(_back(as_of, WEEK), NO_TIME, exact=False, weight=DEFAULT_WEIGHT)


def asks_only_for_a_time(question: str, intent: TemporalIntent | None) -> bool:
    """Return whether a question names a time and no subject: "What happened in June 2024?"."""
    if intent is None or intent.because == NO_TIME:
        return False
    words = re.findall(r"\w+", question.replace(intent.because, " ").lower())
    return all(word in NO_SUBJECT for word in words)


def _intents(question: str, as_of: date) -> Iterator[TemporalIntent]:
    """Yield the intent that each rule finds in a question; words that an exact rule matched are matched by no other."""
    for pattern, reader, exact, weight in RULES:
        for match in pattern.finditer(question):
            span = _within_calendar(reader, match, as_of)
            if span:
                yield _intent(span, match.group().strip(), exact, weight)
        if exact:
            question = pattern.sub(lambda match: "." * len(match.group()), question)


def _within_calendar(reader: RuleReader, match: re.Match[str], as_of: date) -> Days | None:
    """Return the days that a rule reads in a match, None where they lie outside the years 1 to 9999 of `date`."""
    try:
        return reader(match, as_of)
    except (OverflowError, ValueError):
        return None


def _intent(span: Days, because: str, exact: bool, weight: float) -> TemporalIntent:
    first, last = span
    length = (last - first).days if first and last else 0
    return TemporalIntent(first, last, because, exact, weight, max(FADE_DAYS, length / 4))


def _overlap(span: Days, archive: Days) -> bool:
    first, last = (span[0] or date.min), (span[1] or date.max)
    return first <= (archive[1] or date.min) and last >= (archive[0] or date.max)


def _date_span(words: str, as_of: date) -> tuple[date, date] | None:
    """Return the first and last day of a named date, None where the calendar has no such day.

    A month without a year is the last one that began.
    """
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
    except ValueError:  # There is no 31 June
        return None


def _between(match: re.Match[str], as_of: date) -> Days | None:
    first, last = _date_span(match[1], as_of), _date_span(match[2], as_of)
    return (first[0], last[1]) if first and last and first[0] <= last[1] else None


def _since(match: re.Match[str], as_of: date) -> Days | None:
    span = _date_span(match[1], as_of)
    return (span[0], as_of) if span and span[0] <= as_of else None


def _after(match: re.Match[str], as_of: date) -> Days | None:
    span = _date_span(match[1], as_of)
    return (span[1] + timedelta(1), as_of) if span and span[1] < as_of else None


def _before(match: re.Match[str], as_of: date) -> Days | None:
    span = _date_span(match[1], as_of)
    return (None, span[0] - timedelta(1)) if span else None


def _during(match: re.Match[str], as_of: date) -> Days | None:
    span = _date_span(match[1], as_of)
    return span if span and span[0] <= as_of else None


def _run_up(match: re.Match[str], as_of: date) -> Days | None:
    span = _date_span(match[1], as_of)
    return (span[0] - timedelta(60), span[0]) if span else None


def _happened(match: re.Match[str], as_of: date) -> Days | None:
    span = _date_span(match[1], as_of)
    return (span[0], min(span[1] + timedelta(WEEK), as_of)) if span and span[0] <= as_of else None


def _weekday(match: re.Match[str], as_of: date) -> Days:
    ago = (as_of.weekday() - WEEKDAYS.index(match[1].capitalize())) % 7
    return as_of - timedelta(ago), as_of


def _ago(match: re.Match[str], as_of: date) -> Days:
    days = UNITS[match[2].lower()] * _count(match[1])
    slack = days // 4 + 1
    return as_of - timedelta(days + slack), as_of - timedelta(max(0, days - slack))


def _past(match: re.Match[str], as_of: date) -> Days:
    return _back(as_of, UNITS[match[2].lower()] * _count(match[1]))


def _count(word: str) -> int:
    """Return the number that a word stands for; "few", "several" and "couple of" are taken for 3."""
    return int(word) if word.isdigit() else NUMBERS.get(word.lower(), 3)


def _back(as_of: date, days: int) -> Days:
    """Return the days from `days` before a day to that day."""
    return date.fromordinal(max(date.min.toordinal(), as_of.toordinal() - days)), as_of


def _days(days: int) -> RuleReader:
    """Return the reader of words that mean the last `days` days."""
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


# The rules, in the order in which they are tried: a pattern of words, and the reader of the days that they mean. EXACT
# rules filter, the others add a prior. Patterns that name a month match its case, because "may" is a verb.
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
    (rf"(?i)\b(?:on |last |early |late |this )?({'|'.join(WEEKDAYS)})\b", _weekday),
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
        ((words, reader, False, DATE_WEIGHT) for words, reader in SOFT),
        ((words, reader, False, RELATIVE_WEIGHT) for words, reader in RELATIVE),
    )
]
