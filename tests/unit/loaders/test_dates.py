"""Written dates become days and times."""

from __future__ import annotations

import time
from datetime import date, datetime

import pytest

from rag.loaders.fields import dates


@pytest.mark.parametrize(
    "written",
    [
        "2025-03-03", " 2025-03-03 ", "2025-03-03T23:30:00Z", "2025-03-03T23:30:00-05:00", "2025-03-03 23:30",
        "2025-03-03T23:30:00.123456+0100", "2025/03/03", "20250303", 20250303,
        "Mon, 03 Mar 2025 23:30:00 +0100",
        "Mon, 3 Mar 2025 23:30:00 GMT", "3 Mar 2025 23:30:00 +0000 (UTC)", "March 3, 2025", "Mar 3, 2025",
        "Mar. 3, 2025", "Monday, March 3, 2025", "3 March 2025", "03 march 2025",
        "3.3.2025", "03.03.2025 23:30", "03.03.2025, 23:30", "Mon Mar  3 23:30:00 2025", "Mon Mar 03 23:30:00 CET 2025",
        "March 3, 2025 3:15 PM", "March 3, 2025, 3:15 p.m. EDT", "March 3, 2025 at 3:15pm", "Mar 3 2025",
        "March 3rd, 2025", "3rd March 2025", "3 March, 2025", "3 March 2025, 10:30 BST", "2025-03-03 2:30 PM",
        "3.3.2025 2:30 p.m.",
        1741000000, 1741000000.5, 1741000000000, "1741000000",
    ],
)  # fmt: skip
def test_each_known_form_is_the_day_as_written(written: object) -> None:
    assert dates.parse(written) == date(2025, 3, 3)


@pytest.mark.parametrize(
    ("written", "clock"),
    [
        ("2025-05-17T14:30:00", "2025-05-17T14:30:00"),
        ("2025-05-17 2:30 PM", "2025-05-17T14:30:00"),
        ("5/17/2025 2:30:05 PM", "2025-05-17T14:30:05"),
        ("17/5/2025 12:30 a.m.", "2025-05-17T00:30:00"),
        ("May 17, 2025 12:30 PM", "2025-05-17T12:30:00"),
        ("May 17, 2025, 2:30 p.m. EDT", "2025-05-17T14:30:00-04:00"),
        ("17 May 2025, 14:30 GMT", "2025-05-17T14:30:00+00:00"),
        ("17.05.2025 14:30 +02:00", "2025-05-17T14:30:00+02:00"),
        ("17.05.2025 14:30 +02", "2025-05-17T14:30:00+02:00"),
        ("May 17, 2025 at 14:30Z", "2025-05-17T14:30:00+00:00"),
        ("May 17th, 2025", None),
        ("May 17, 2025 25:30", None),
        ("at 14:30", None),
    ],
)
def test_a_time_beside_the_day_is_known_in_each_form(written: str, clock: str | None) -> None:
    assert dates.clock(written) == (datetime.fromisoformat(clock) if clock else None)


def test_spaces_and_digits_without_end_are_no_date_and_take_no_time() -> None:
    began = time.monotonic()
    for written in ("May 17, 2025" + " " * 300_000 + "x", "1:" * 300_000, "May" + "y" * 300_000, "1" * 300_000):
        assert dates.clock(written) is None
        with pytest.raises(dates.UnknownFormError):
            dates.parse(written)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("word", "month"),
    [
        ("Jan", 1),
        ("Feb.", 2),
        ("April", 4),
        ("May", 5),
        ("June", 6),
        ("Jul", 7),
        ("Sept.", 9),
        ("December", 12),
    ],
)
def test_months_are_known_by_their_first_letters(word: str, month: int) -> None:
    assert dates.parse(f"{word} 3, 2025") == date(2025, month, 3)


@pytest.mark.parametrize(
    "written",
    [
        "3-4-2025",
        "March 3",
        "March 2025",
        "2025",
        "2025-03",
        "yesterday",
        "3 Mar 25",
        "1",
        "٢٠٢٥-٠٣-٠٣",
    ],
)
def test_a_date_in_another_form_is_refused_and_not_guessed(written: str) -> None:
    with pytest.raises(dates.UnknownFormError, match=r"is not a date in a known form; write YYYY-MM-DD"):
        dates.parse(written)


@pytest.mark.parametrize("written", ["14/3/2025", "3/14/2025", "14/03/2025 10:15", "03/14/2025, 10:15"])
def test_a_day_above_twelve_cannot_be_a_month(written: str) -> None:
    assert dates.parse(written) == date(2025, 3, 14)


@pytest.mark.parametrize("written", ["03/04/2025", "3/4/2025", "12/12/2025 10:15"])
def test_what_can_be_read_in_two_ways_is_not_guessed(written: str) -> None:
    with pytest.raises(dates.UnknownFormError, match=r"can be read in two ways; write YYYY-MM-DD"):
        dates.parse(written)


@pytest.mark.parametrize(
    "written", ["2025-13-40", "2025-02-29", "0000-01-01", "20251301", "Foo 3, 2025", "31 Jun 2025"]
)
def test_a_day_that_no_calendar_has_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"is not a day of the calendar; write YYYY-MM-DD"):
        dates.parse(written)


@pytest.mark.parametrize("written", [True, None, ["2025-03-03"], {"day": 3}])
def test_what_is_neither_text_nor_number_is_no_date(written: object) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        dates.parse(written)
