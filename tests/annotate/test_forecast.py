"""Forecasts on planted series: values worked by hand, and how often intervals hold."""

import math
import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from annotate.forecast import (
    DAY,
    HOUR,
    Pace,
    State,
    complete,
    forecast,
    last_run,
    needed_per_day,
    pace_of,
    student95,
    use_of,
)

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
TODAY = datetime(2026, 3, 20, tzinfo=UTC)


def days(*counts, hour=10, until=TODAY):
    """Labels at ten o'clock of the days that end with yesterday."""
    first = until - timedelta(days=len(counts))
    return {first + timedelta(days=n, hours=hour): count for n, count in enumerate(counts)}


def hours(*counts, until=NOON):
    first = until - timedelta(hours=len(counts))
    return {first + timedelta(hours=n): count for n, count in enumerate(counts)}


@pytest.mark.parametrize(("freedom", "table"), [(3, 3.182), (5, 2.571), (13, 2.160), (95, 1.985)])
def test_students_quantiles_are_those_of_the_tables(freedom, table):
    assert student95(freedom) == pytest.approx(table, abs=0.03)


def test_an_even_pace_has_the_spread_of_chance():
    pace = Pace((100.0,) * 5, DAY, TODAY)
    assert (pace.mean, pace.spread, pace.per_day) == (100, 1, 100)
    span = pace.time_for(300)
    half = student95(4) * math.sqrt(1 / 500 + 1 / 300)
    assert span.middle == timedelta(days=3)
    assert span.low / DAY == pytest.approx(3 * math.exp(-half))
    assert span.high / DAY == pytest.approx(3 * math.exp(half))


def test_an_uneven_pace_is_less_certain():
    # Mean 100, variance (50² + 50² + 0 + 0) / 3 = 1666.7: 16.7 times the mean.
    pace = Pace((50, 150, 100, 100), DAY, TODAY)
    assert pace.spread == pytest.approx(5000 / 3 / 100)
    even = Pace((100, 100, 100, 100), DAY, TODAY)
    assert pace.time_for(400).high > even.time_for(400).high


def test_whole_days_count_and_neither_the_first_nor_today():
    given = days(5, 100, 100, 100, 100) | {TODAY + timedelta(hours=9): 999}
    pace = pace_of(given, now=NOON)
    assert (pace.counts, pace.bucket, pace.until) == ((100, 100, 100, 100), DAY, TODAY)
    found = forecast(given, 400, now=NOON)
    assert found.state == State.RUNNING
    assert found.expected == NOON + timedelta(days=4)
    assert found.earliest < found.expected < found.latest


def test_days_off_are_part_of_the_pace():
    pace = pace_of(days(1, 70, 70, 70, 70, 70, 0, 0), now=NOON)
    assert pace.mean == 50


def test_a_pace_looks_back_two_weeks_and_no_further():
    pace = pace_of(days(*[1000] * 30, *[10] * 14), now=NOON)
    assert pace.counts == (10,) * 14


def test_after_a_weeks_pause_the_pace_begins_anew():
    given = days(500, 500, 500, *[0] * 7, 3, 50, 50, 50)
    assert pace_of(given, now=NOON).counts == (50, 50, 50)


def test_while_a_project_is_paused_for_a_week_nothing_is_foretold():
    given = days(50, 50, 50, *[0] * 7)
    found = forecast(given, 100, now=NOON)
    assert (found.state, found.expected) == (State.STOPPED, None)
    assert found.last == TODAY - timedelta(days=8) + timedelta(hours=10)


def test_a_stop_longer_ago_than_the_series_is_known_from_its_last_label():
    last = NOON - timedelta(days=40)
    assert forecast({}, 100, now=NOON, last=last).state == State.STOPPED


def test_two_days_after_a_pause_are_too_little():
    assert forecast(days(*[50] * 5, *[0] * 7, 10, 50), 100, now=NOON).state == State.EARLY


def test_a_young_project_is_foretold_by_its_hours_once_it_has_a_day_of_them():
    given = hours(3, *[20] * 24)
    pace = pace_of(given, now=NOON)
    assert (pace.bucket, len(pace.counts), pace.per_day) == (HOUR, 24, 480)
    assert forecast(given, 240, now=NOON).expected == NOON + timedelta(hours=12)
    assert forecast(hours(3, *[20] * 23), 240, now=NOON).state == State.EARLY


def test_nothing_left_is_done_and_nothing_given_is_new():
    assert forecast(days(10, 10, 10, 10), 0, now=NOON).state == State.DONE
    assert forecast({}, 100, now=NOON).state == State.NEW


def test_what_takes_more_than_two_years_has_no_date():
    found = forecast(days(1, 1, 1, 1, 1), 100_000, now=NOON)
    assert (found.state, found.expected, found.latest) == (State.RUNNING, None, None)


def test_hours_are_those_of_utc_whatever_zone_the_clock_is_in():
    """A clock five hours west has the evening before: the day that counts is the UTC one."""
    west = NOON.replace(hour=2).astimezone(ZoneInfo("America/New_York"))
    assert west.date() == date(2026, 3, 19)
    pace = pace_of(days(5, 100, 100, 100), now=west)
    assert pace.until == TODAY


def test_the_change_to_summer_time_changes_no_day():
    """Clocks in Europe go forward on 29 March 2026; days of UTC have 24 hours each."""
    now = datetime(2026, 4, 2, 12, tzinfo=UTC)
    given = days(*[24] * 9, until=datetime(2026, 4, 2, tzinfo=UTC))
    assert pace_of(given, now=now).counts == (24,) * 8


def test_late_and_early_are_told_by_the_due_day():
    found = forecast(days(5, *[100] * 5), 400, now=NOON)  # expected on the 24th at noon
    assert found.late_by(date(2026, 3, 22)) == 2
    assert found.late_by(date(2026, 3, 24)) == 0
    assert found.late_by(date(2026, 3, 30)) == -6


def test_what_a_day_has_to_bring_counts_to_the_end_of_the_due_day():
    assert needed_per_day(100, date(2026, 3, 21), now=NOON) == pytest.approx(100 / 1.5)
    assert needed_per_day(100, date(2026, 3, 19), now=NOON) is None


@pytest.mark.parametrize(
    ("counts", "rest"),
    [
        ([], []),
        ([0, 0, 0], []),
        ([0, 5, 6, 7], [6, 7]),
        ([5, 0, 0, 6, 7], [7]),
        ([5, 0, 6, 7], [0, 6, 7]),
        ([5, 6, 0, 0], []),
    ],
)
def test_a_run_begins_after_the_bucket_in_which_work_began(counts, rest):
    assert list(last_run(counts, 2)) == rest


def test_buckets_without_labels_are_zeros():
    given = {NOON - timedelta(hours=2): 4}
    assert complete(given, HOUR, now=NOON + timedelta(minutes=30), most=3) == [0, 0, 4, 0]


def test_intervals_hold_about_as_often_as_they_say():
    """Days of a planted overdispersed series (a gamma of rates: spread 5), 1,000 times over."""
    draw, held, runs, left = random.Random(7), 0, 1000, 600  # noqa: S311  # no secret
    for _ in range(runs):
        seen = [planted(draw) for _ in range(10)]
        span = Pace(tuple(seen), DAY, TODAY).time_for(left)
        took, come = 0, 0
        while True:
            day = planted(draw)
            if come + day >= left:
                break
            come, took = come + day, took + 1
        exact = took + (left - come) / day
        held += span.low / DAY <= exact <= span.high / DAY
    assert 0.92 <= held / runs <= 0.98


def planted(draw, mean=60, spread=5):
    """A day's labels: gamma with the planted mean and variance, rounded."""
    return max(1, round(draw.gammavariate(mean / spread, spread)))


# --------------------------------------------------------------------------------------- budgets


MARCH_END = datetime(2026, 4, 1, tzinfo=UTC)


def spent(*amounts):
    return {date(2026, 3, 20) - timedelta(days=len(amounts) - n): a for n, a in enumerate(amounts)}


def test_a_budget_is_used_up_when_what_is_left_is_spent_at_the_present_pace():
    use = use_of(spent(1, 10, 10, 10), committed=70, cap=100, ends=None, now=NOON)
    assert use.expected == NOON + timedelta(days=3)
    assert use.earliest == use.latest == use.expected  # the amounts were all the same


def test_a_budget_that_outlasts_its_period_says_how_much_it_will_have_used():
    use = use_of(spent(1, 10, 10, 10), committed=70, cap=1000, ends=MARCH_END, now=NOON)
    assert not use.ends_before_period
    assert use.at_end == pytest.approx(70 + 10 * 11.5)


def test_a_period_ends_before_its_budget_or_after_it():
    use = use_of(spent(1, 10, 10, 10), committed=70, cap=100, ends=MARCH_END, now=NOON)
    assert use.ends_before_period


def test_the_end_of_a_period_is_the_latest_that_its_budget_can_be_used_up():
    use = use_of(spent(1, 1, 40, 5, 10), committed=0, cap=120, ends=MARCH_END, now=NOON)
    assert use.earliest < use.expected < use.latest == MARCH_END


def test_a_reached_budget_and_one_without_a_pace_have_no_date():
    assert use_of({}, committed=100, cap=100, ends=None, now=NOON).reached
    assert use_of(spent(1, 5), committed=6, cap=100, ends=None, now=NOON).expected is None
