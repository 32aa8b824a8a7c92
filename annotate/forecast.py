"""When work will be done at its present pace, with an interval; pure functions on counts by time.

Counts of a bucket (a day or an hour) vary more than Poisson's: people come in shifts and take
weekends off. So the variance is taken as ``spread`` times the mean, with the spread estimated from
the buckets themselves (quasi-likelihood: McCullagh and Nelder 1989, section 9.2). Of ``total`` seen
and ``left`` to come, the time that is left has a relative variance of about
``spread / total + spread / left``: the first for not knowing the rate, the second for what chance
does until then. The interval is taken on the logarithm, with Student's t for few buckets.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from statistics import fmean, variance

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WINDOW_DAYS, WINDOW_HOURS = 14, 96
STOP_DAYS, STOP_HOURS = 4, 24  # so much time without a label is a stop: the pace begins anew
LEAST_DAYS, LEAST_HOURS = 3, 24
FARTHEST = timedelta(days=730)
Z95 = 1.959964


class State(StrEnum):
    DONE = "done"
    NEW = "new"  # nothing has come yet
    EARLY = "early"  # too little to say
    STOPPED = "stopped"  # nothing has come for a while
    RUNNING = "running"


@dataclass(frozen=True)
class Pace:
    """How much comes in a bucket, from complete buckets that end at ``until``."""

    counts: tuple[float, ...]
    bucket: timedelta
    until: datetime
    # The least spread there can be: 1 for counts, 0 for amounts of money.
    floor: float = 1.0

    @property
    def total(self) -> float:
        return sum(self.counts)

    @property
    def mean(self) -> float:
        return fmean(self.counts)

    @property
    def per_day(self) -> float:
        return self.mean * (DAY / self.bucket)

    @property
    def spread(self) -> float:
        """Variance over mean."""
        return max(self.floor, variance(self.counts) / self.mean)

    def time_for(self, left: float) -> "Span":
        """How long ``left`` more take, with a 95 % interval."""
        middle = left / self.mean
        half = student95(len(self.counts) - 1) * math.sqrt(
            self.spread / self.total + self.spread / left
        )
        return Span(
            self.bucket * min(middle, _FAR),
            self.bucket * min(middle * math.exp(-half), _FAR),
            self.bucket * min(middle * math.exp(half), _FAR),
        )


_FAR = 1e6  # buckets; more than anybody waits for


@dataclass(frozen=True)
class Span:
    middle: timedelta
    low: timedelta
    high: timedelta


@dataclass(frozen=True)
class Forecast:
    """``latest`` is null beyond two years, ``expected`` too where even that is."""

    state: State
    left: float
    pace: Pace | None = None
    expected: datetime | None = None
    earliest: datetime | None = None
    latest: datetime | None = None
    # When the last label came, where nothing comes any more.
    last: datetime | None = None

    def late_by(self, due_on: date) -> int | None:
        """Days after the due date on which the work is expected to be done; negative before it."""
        return (self.expected.date() - due_on).days if self.expected else None


def student95(freedom: int) -> float:
    """The 97.5 % quantile of Student's t by its expansion (Abramowitz and Stegun 26.7.5)."""
    z, v = Z95, freedom
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / v + second / v**2 + third / v**3


def last_run(counts: Sequence[float], stop: int) -> Sequence[float]:
    """What came after the last stop, without the bucket in which it began again, which is a part.

    Empty when the last ``stop`` buckets are.
    """
    zeros = 0
    for place in range(len(counts) - 1, -1, -1):
        zeros = 0 if counts[place] else zeros + 1
        if zeros == stop:
            rest = counts[place + stop :]
            return rest[1:] if rest else rest
    began = next((place for place, count in enumerate(counts) if count), len(counts))
    return counts[began + 1 :]


def complete(
    by_time: Mapping[datetime, float], bucket: timedelta, *, now: datetime, most: int
) -> list[float]:
    """The counts of the last ``most`` + 1 buckets before the one that ``now`` falls in, zeros too."""
    end = floor_to(now, bucket)
    starts = (end - bucket * back for back in range(most + 1, 0, -1))
    return [by_time.get(start, 0) for start in starts]


def floor_to(moment: datetime, bucket: timedelta) -> datetime:
    """The start of the day or hour (UTC)."""
    moment = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return moment.replace(hour=0) if bucket == DAY else moment


def pace_of(
    by_hour: Mapping[datetime, float], *, now: datetime, least_hours: int = LEAST_HOURS
) -> Pace | None:
    """From whole days (UTC) where there are three, else from the last whole hours.

    None where there is less. The first day and the day after a stop count for nothing, because it
    is not known when on them work began.
    """
    by_day: dict[datetime, float] = {}
    for hour, count in by_hour.items():
        start = floor_to(hour, DAY)
        by_day[start] = by_day.get(start, 0) + count
    days = last_run(complete(by_day, DAY, now=now, most=WINDOW_DAYS), STOP_DAYS)[-WINDOW_DAYS:]
    if len(days) >= LEAST_DAYS:
        return _pace(days, DAY, now)
    hours = last_run(complete(by_hour, HOUR, now=now, most=WINDOW_HOURS), STOP_HOURS)
    if len(hours) >= least_hours:
        return _pace(hours, HOUR, now)
    return None


def _pace(counts: Sequence[float], bucket: timedelta, now: datetime) -> Pace | None:
    return Pace(tuple(counts), bucket, floor_to(now, bucket)) if sum(counts) else None


def forecast(
    by_hour: Mapping[datetime, float],
    left: float,
    *,
    now: datetime,
    last: datetime | None = None,
    least_hours: int = LEAST_HOURS,
) -> Forecast:
    """When ``left`` more labels have come, from the labels by hour (UTC) of the last weeks.

    ``last`` is when the last one came, for where that is longer ago. People want a day and a night
    of hours before there is a pace; whoever works around the clock wants fewer ``least_hours``.
    """
    if left <= 0:
        return Forecast(State.DONE, 0)
    last = max((hour for hour, count in by_hour.items() if count), default=last)
    if last is None:
        return Forecast(State.NEW, left)
    if now - last >= STOP_DAYS * DAY:
        return Forecast(State.STOPPED, left, last=last)
    pace = pace_of(by_hour, now=now, least_hours=least_hours)
    if pace is None:
        return Forecast(State.EARLY, left)
    span = pace.time_for(left)
    return Forecast(
        State.RUNNING,
        left,
        pace,
        expected=_moment(now, span.middle),
        earliest=_moment(now, span.low),
        latest=_moment(now, span.high),
    )


def _moment(now: datetime, wait: timedelta) -> datetime | None:
    return now + wait if wait <= FARTHEST else None


def needed_per_day(left: float, due_on: date, *, now: datetime) -> float | None:
    """What a day would have to bring to be done by the end of the due day (UTC); None once past."""
    end = datetime.combine(due_on, datetime.min.time(), UTC) + DAY
    return left / ((end - now) / DAY) if end > now else None


# --------------------------------------------------------------------------------------- budgets


@dataclass(frozen=True)
class Use:
    """How a budget's running period will go on. Null where that cannot be said.

    ``at_end`` is what it will have committed when the period ends, if nothing stopped it.
    """

    reached: bool = False
    expected: datetime | None = None
    earliest: datetime | None = None
    latest: datetime | None = None
    at_end: float | None = None

    @property
    def ends_before_period(self) -> bool:
        return self.expected is not None


def use_of(
    by_day: Mapping[date, float],
    *,
    committed: float,
    cap: float,
    ends: datetime | None,
    now: datetime,
) -> Use:
    """When a cap is reached at the pace of the last days, or what is left of it when its period ends.

    ``by_day`` are the amounts committed by day (UTC); ``ends`` is the end of the running period,
    None for a budget without periods.
    """
    if committed >= cap:
        return Use(reached=True)
    moments = {datetime.combine(day, datetime.min.time(), UTC): n for day, n in by_day.items()}
    days = last_run(complete(moments, DAY, now=now, most=WINDOW_DAYS), STOP_DAYS)[-WINDOW_DAYS:]
    if len(days) < LEAST_DAYS or sum(days) <= 0:
        return Use()
    pace = Pace(tuple(days), DAY, floor_to(now, DAY), floor=0)
    span = pace.time_for(cap - committed)
    at_end = committed + pace.mean * ((ends - now) / DAY) if ends else None
    if ends and now + span.middle >= ends:
        return Use(at_end=at_end)
    return Use(
        expected=_moment(now, span.middle),
        earliest=_moment(now, span.low),
        latest=_moment(now, min(span.high, ends - now) if ends else span.high),
        at_end=at_end,
    )
