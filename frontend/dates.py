"""Days and ranges of days as people write them; all days are UTC's."""

from datetime import UTC, date, datetime

DASH = "\N{EN DASH}"


def day(when: date, *, today: date) -> str:
    """3 December; with its year unless that is this one."""
    words = f"{when.day} {when:%B}"
    return words if when.year == today.year else f"{words} {when.year}"


def day_range(first: date, last: date, *, today: date) -> str:
    """3-9 December, with a dash; what both have in common is said once."""
    if first == last:
        return day(first, today=today)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}{DASH}{day(last, today=today)}"
    if first.year == last.year:
        return f"{first.day} {first:%B} {DASH} {day(last, today=today)}"
    return f"{first.day} {first:%B} {first.year} {DASH} {last.day} {last:%B} {last.year}"


def moment_range(first: datetime, last: datetime, *, now: datetime) -> str:
    """With hours where both are on one day: today, 15:00-17:00 UTC."""
    first, last = first.astimezone(UTC), last.astimezone(UTC)
    today = now.astimezone(UTC).date()
    if first.date() != last.date():
        return day_range(first.date(), last.date(), today=today)
    name = "today" if first.date() == today else day(first.date(), today=today)
    if f"{first:%H:%M}" == f"{last:%H:%M}":
        return f"{name}, {first:%H:%M} UTC"
    return f"{name}, {first:%H:%M}{DASH}{last:%H:%M} UTC"


def days_away(count: int) -> str:
    """Such as 1 day, 12 days."""
    return f"{count} day{'' if count == 1 else 's'}"
