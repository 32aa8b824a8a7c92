"""Forecasts in a sentence, with what they rest on."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from annotate.forecast import DAY, Forecast, Pace, State, needed_per_day
from frontend.dates import DASH, day, days_away, moment_range


@dataclass(frozen=True)
class Told:
    """``when`` is the headline, ``basis`` what it is computed from, ``due`` how it meets the date."""

    when: str
    basis: str = ""
    due: str = ""
    late: bool = False


def told(found: Forecast, *, due_on: date | None, now: datetime) -> Told | None:
    """None where nothing is left to do."""
    match found.state:
        case State.DONE:
            return None
        case State.NEW:
            return Told(
                "No forecast yet: no label was given here.", due=_due_alone(found, due_on, now)
            )
        case State.EARLY:
            return Told(
                "Too early to forecast.",
                "It takes three whole days of labels, or a day and a night of them on end.",
                _due_alone(found, due_on, now),
            )
        case State.STOPPED:
            return Told(
                f"No label since {_day(found.last, now)}: nothing to forecast from.",
                due=_due_alone(found, due_on, now),
            )
    assert found.pace is not None
    basis = f"{pace_words(found.pace)}; days and hours are UTC."
    return Told(_when(found, now), basis, *_due(found, due_on, now))


def pace_words(pace: Pace) -> str:
    """At 1,240 labels a day, the mean of the last 14 whole days."""
    unit = "days" if pace.bucket == DAY else "hours"
    rate = f"{pace.per_day:,.0f}" if pace.per_day >= 10 else f"{pace.per_day:.1f}"
    return f"At {rate} a day, the mean of the last {len(pace.counts)} whole {unit}"


def _when(found: Forecast, now: datetime) -> str:
    if found.earliest is None:
        return "Not done within two years at this pace."
    if found.latest is None:
        first = day(found.earliest.date(), today=now.date())
        return f"Done on {first} at the earliest; at the latest cannot be told."
    return f"Done {moment_range(found.earliest, found.latest, now=now)} (95{chr(160)}%)"


def _due(found: Forecast, due_on: date | None, now: datetime) -> tuple[str, bool]:
    """How the expected day stands to the due day, and whether it is after it."""
    if due_on is None:
        return "", False
    late, name = found.late_by(due_on), day(due_on, today=now.date())
    if late is None:
        return f"Due on {name}{_needed(found, due_on, now)}.", True
    if late > 0:
        words = f"{days_away(late)} after the due date, {name}"
        return f"Expected {words}{_needed(found, due_on, now)}.", True
    if late == 0:
        return f"Expected on the due date itself, {name}.", False
    return f"Expected {days_away(-late)} before the due date, {name}.", False


def _due_alone(found: Forecast, due_on: date | None, now: datetime) -> str:
    if due_on is None:
        return ""
    return f"Due on {day(due_on, today=now.date())}{_needed(found, due_on, now)}."


def _needed(found: Forecast, due_on: date, now: datetime) -> str:
    rate = needed_per_day(found.left, due_on, now=now)
    return f": {rate:,.0f} a day would meet it" if rate is not None else ", which is past"


def _day(moment: datetime | None, now: datetime) -> str:
    return day(moment.astimezone(UTC).date(), today=now.date()) if moment else DASH
