"""Days and forecasts in words."""

from datetime import UTC, date, datetime, timedelta

import pytest

from annotate.forecast import HOUR, Forecast, Pace, State
from frontend.dates import day, day_range, moment_range
from frontend.overview.forecast_words import told

TODAY = date(2026, 12, 3)
NOW = datetime(2026, 12, 3, 12, tzinfo=UTC)
DASH, SPACE = "\N{EN DASH}", "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 12, 3), date(2026, 12, 9), f"3{DASH}9 December"),
        (date(2026, 12, 3), date(2026, 12, 3), "3 December"),
        (date(2026, 11, 28), date(2026, 12, 4), f"28 November {DASH} 4 December"),
        (date(2026, 12, 28), date(2027, 1, 4), f"28 December 2026 {DASH} 4 January 2027"),
        (date(2027, 2, 3), date(2027, 2, 9), f"3{DASH}9 February 2027"),
    ],
)
def test_ranges_say_once_what_both_days_have_in_common(first, last, words):
    assert day_range(first, last, today=TODAY) == words


def test_a_day_of_another_year_says_which():
    assert [day(date(year, 5, 1), today=TODAY) for year in (2026, 2025)] == ["1 May", "1 May 2025"]


def test_hours_are_named_within_one_day():
    def words(first, last):
        return moment_range(NOW + first * HOUR, NOW + last * HOUR, now=NOW)

    assert words(3, 5) == f"today, 15:00{DASH}17:00 UTC"
    assert words(3, 3) == "today, 15:00 UTC"
    assert words(13, 15) == f"4 December, 01:00{DASH}03:00 UTC"
    assert words(3, 15) == f"3{DASH}4 December"


PACE = Pace((5.0,) * 24, HOUR, NOW)


def running(expected, earliest, latest, left=100):
    moments = [None if d is None else NOW + timedelta(days=d) for d in (expected, earliest, latest)]
    return Forecast(State.RUNNING, left, PACE, *moments)


def test_a_forecast_names_its_range_and_its_basis():
    words = told(running(3, 2, 5), due_on=None, now=NOW)
    assert words.when == f"Done 5{DASH}8 December (95{SPACE}%)"
    assert words.basis.startswith("At 120 a day, the mean of the last 24 whole hours")
    assert (words.due, words.late) == ("", False)


@pytest.mark.parametrize(
    ("due", "words", "late"),
    [
        (
            date(2026, 12, 5),
            "Expected 1 day after the due date, 5 December: 40 a day would meet it.",
            True,
        ),
        (date(2026, 12, 6), "Expected on the due date itself, 6 December.", False),
        (date(2026, 12, 8), "Expected 2 days before the due date, 8 December.", False),
        (date(2026, 12, 1), "Expected 5 days after the due date, 1 December, which is past.", True),
    ],
)
def test_a_forecast_is_held_against_the_due_date(due, words, late):
    found = told(running(3, 2, 5), due_on=due, now=NOW)
    assert (found.due, found.late) == (words, late)


def test_what_cannot_be_told_is_not_told():
    assert told(running(None, None, None), due_on=None, now=NOW).when == (
        "Not done within two years at this pace."
    )
    assert told(running(300, 200, None), due_on=None, now=NOW).when == (
        "Done on 21 June 2027 at the earliest; at the latest cannot be told."
    )
    early = told(Forecast(State.EARLY, 5), due_on=date(2026, 12, 4), now=NOW)
    assert early.due == "Due on 4 December: 3 a day would meet it."
