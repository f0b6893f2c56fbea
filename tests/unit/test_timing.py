"""Every rule on time words, and what is not one."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.search import temporal
from rag.search.temporal import TemporalIntent, parse

TODAY = date(2022, 6, 16)  # a Thursday
ARCHIVE = (date(2012, 1, 1), date(2022, 6, 16))
JUST = ("no time is named", "2022-06-09", "2022-06-16")


def read_as(question: str, as_of: date = TODAY, archive: temporal.Days = ARCHIVE) -> tuple[str, str, str] | None:
    found = parse(question, as_of, archive)
    return (found.because, str(found.first), str(found.last)) if found else None


@pytest.mark.parametrize(
    ("question", "because", "first", "last"),
    [
        (
            "What did he say between May 2021 and July 2021?",
            "between May 2021 and July 2021",
            "2021-05-01",
            "2021-07-31",
        ),
        ("What changed from 2019 to 2021?", "from 2019 to 2021", "2019-01-01", "2021-12-31"),
        ("How many have died since 2019?", "since 2019", "2019-01-01", "2022-06-16"),
        ("Since 3 May 2022, what has closed?", "Since 3 May 2022", "2022-05-03", "2022-06-16"),
        ("What was published after May 2022 on it?", "published after May 2022", "2022-06-01", "2022-06-16"),
        ("Who led before 2020?", "before 2020", "None", "2019-12-31"),
        ("Who resigned in May 2022?", "in May 2022", "2022-05-01", "2022-05-31"),
        ("Who resigned in February 2020?", "in February 2020", "2020-02-01", "2020-02-29"),
    ],
)
def test_words_that_name_days_exactly_filter(question: str, because: str, first: str, last: str) -> None:
    assert read_as(question) == (because, first, last)
    found = parse(question, TODAY, ARCHIVE)
    assert found
    assert (found.exact, found.weight) == (True, 0.0)


@pytest.mark.parametrize(
    ("question", "because", "first", "last"),
    [
        ("Who spoke in the run-up to May 2022?", "run-up to May 2022", "2022-03-02", "2022-05-01"),
        ("Who stormed it on January 6, 2021?", "January 6, 2021", "2021-01-06", "2021-01-13"),
        ("Who stormed it on 2021-01-06?", "2021-01-06", "2021-01-06", "2021-01-13"),
        ("What opened in 2019?", "in 2019", "2019-01-01", "2019-12-31"),
        ("What opened in October?", "in October", "2021-10-01", "2021-10-31"),
        ("What opened in May?", "in May", "2022-05-01", "2022-05-31"),
        ("What closed two weeks ago?", "two weeks ago", "2022-05-29", "2022-06-06"),
        ("What closed in the past 3 days?", "past 3 days", "2022-06-13", "2022-06-16"),
        ("Who won today?", "today", "2022-06-15", "2022-06-16"),
        ("Who was arrested this week?", "this week", "2022-06-09", "2022-06-16"),
        ("Who was arrested on Monday?", "on Monday", "2022-06-13", "2022-06-16"),
        ("Who was arrested early Thursday?", "early Thursday", "2022-06-16", "2022-06-16"),
        ("Who was arrested last week?", "last week", "2022-06-06", "2022-06-13"),
        ("Who was arrested this month?", "this month", "2022-06-01", "2022-06-16"),
        ("Who was arrested last month?", "last month", "2022-05-01", "2022-05-31"),
        ("Which show was recently cancelled?", "recently", "2022-06-02", "2022-06-16"),
        ("Who was arrested this year?", "this year", "2022-01-01", "2022-06-16"),
        ("Who was arrested last year?", "last year", "2021-01-01", "2021-12-31"),
    ],
)
def test_other_time_words_are_worth_something_and_filter_nothing(
    question: str, because: str, first: str, last: str
) -> None:
    assert read_as(question) == (because, first, last)
    found = parse(question, TODAY, ARCHIVE)
    assert found
    assert not found.exact
    assert found.weight > 0


@pytest.mark.parametrize(
    "question",
    [
        "Who was the first mayor?",
        "What is the history of the bridge?",
        "Who founded the mill?",
        "What did the 1953 flood destroy?",
        "Which is the oldest ferry?",
    ],
)
def test_a_question_about_the_past_is_not_one_about_now(question: str) -> None:
    assert read_as(question) is None


@pytest.mark.parametrize(
    "question",
    ["Why may the bridge close?", "Who won the match?", "Is the mill open since the fire?", "Will they march?"],
)
def test_a_question_that_names_no_time_is_mildly_about_now(question: str) -> None:
    assert read_as(question) == JUST
    found = parse(question, TODAY, ARCHIVE)
    assert found
    assert 0 < found.weight < temporal.RELATIVE_WEIGHT


def test_an_archive_that_ended_long_ago_knows_nothing_of_now() -> None:
    assert read_as("Who won the match?", as_of=date(2024, 1, 1)) is None


@pytest.mark.parametrize("question", ["Who was arrested this week?", "What opened in 2011?", "Who won on 3 May 2023?"])
def test_a_time_that_the_archive_does_not_cover_is_not_read_where_it_is_not_exact(question: str) -> None:
    assert read_as(question, as_of=date(2024, 1, 1)) is None


@pytest.mark.parametrize(
    ("question", "because", "first", "last"),
    [
        ("Who resigned in May 2023?", "in May 2023", "2023-05-01", "2023-05-31"),
        ("Who led before 2010?", "before 2010", "None", "2009-12-31"),
        ("What has closed since August 2022?", "since August 2022", "2022-08-01", "2024-01-01"),
        ("What happened in 1905?", "in 1905", "1905-01-01", "1905-12-31"),  # no subject: the time is all it asks
        ("What happened this week?", "this week", "2023-12-25", "2024-01-01"),
    ],
)
def test_an_exact_time_that_the_archive_does_not_cover_is_read_as_outside(
    question: str, because: str, first: str, last: str
) -> None:
    assert read_as(question, as_of=date(2024, 1, 1)) == (because, first, last)
    found = parse(question, date(2024, 1, 1), ARCHIVE)
    assert found
    assert (found.exact, found.outside, found.weight) == (True, True, 0.0)


def test_a_time_that_the_archive_covers_comes_before_one_that_it_does_not() -> None:
    assert read_as("What did the mayor elected in May 2010 say this week?") == ("this week", "2022-06-09", "2022-06-16")


@pytest.mark.parametrize(
    "question", ["What opens in October 2022?", "Who led before 3 May 2011?", "Who left after Bo in May 2023 went?"]
)
def test_nothing_else_is_read_inside_words_that_are_exact(question: str) -> None:
    found = parse(question, TODAY, ARCHIVE)
    assert found
    assert found.because in ("no time is named", "before 3 May 2011")


@pytest.mark.parametrize("question", ["What happened this week?", "What was published on Monday?", "Latest headlines"])
def test_without_a_subject_every_time_filters(question: str) -> None:
    found = parse(question, TODAY, ARCHIVE)
    assert found
    assert (found.exact, found.outside, found.weight) == (True, False, 0.0)


@pytest.mark.parametrize(
    "question",
    [
        "Who ruled before 0001-01-01?",
        "What led in the run-up to 0001-02-01?",
        "What closed 900 years ago?",
        "What closed last year?",
        "What closed last month?",
        "What closed last week?",
        "What closed on Saturday?",
        "What closed?",
    ],
)
def test_words_that_lead_out_of_the_calendar_are_not_read_and_no_error(question: str) -> None:
    for day in (date.min, date.min.replace(day=3), TODAY, date.max):
        for archive in (ARCHIVE, (date.min, date.max)):
            parse(question, day, archive)
    assert parse("What closed?", date.min, (date.min, date.min)) == TemporalIntent(
        date.min, date.min, "no time is named", weight=temporal.DEFAULT_WEIGHT
    )


def test_an_archive_without_dates_reads_none() -> None:
    assert read_as("Who resigned in May 2022?", archive=(None, None)) is None


@pytest.mark.parametrize("question", ["Who came on June 31, 2021?", "Who came on 2021-13-45?"])
def test_a_day_that_is_none_is_not_read(question: str) -> None:
    assert read_as(question) in {JUST, None}


@pytest.mark.parametrize(
    ("question", "only"),
    [
        ("What happened in June 2021?", True),
        ("what's the news this week", True),
        ("Show me everything published after May 2022", True),
        ("Latest headlines", True),
        ("Who resigned in June 2021?", False),
        ("What happened in Dover in June 2021?", False),
        ("What happened?", False),
        ("News", False),
        ("What happened in June 1950?", True),
    ],
)
def test_a_question_that_names_a_time_and_no_subject_is_known(question: str, only: bool) -> None:
    assert temporal.asks_only_for_a_time(question, parse(question, TODAY, ARCHIVE)) == only


@given(st.text(max_size=200), st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_no_text_is_an_error(text: str, as_of: date) -> None:
    parse(text, as_of, (date.min, date.max))


@given(st.integers(0, date.max.toordinal()), st.integers(0, 2_000))
def test_a_day_is_worth_most_inside_and_less_the_farther_outside(day: int, farther: int) -> None:
    reading = TemporalIntent(date(2022, 6, 9), date(2022, 6, 16), "this week", weight=2.0)
    last = date(2022, 6, 16).toordinal()
    inside, near, far, undated = reading.prior(np.array([last, last + farther, last + farther + 1, 0]))
    assert inside == 2.0
    assert inside >= near >= far >= undated == 0.0
    assert 0 <= reading.prior(np.array([day]))[0] <= 2.0
