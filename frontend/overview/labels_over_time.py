"""Labels by day, hour, week or month and by source, for a chart and its table."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.utils.safestring import SafeString

from annotate.forecast import DAY, HOUR, floor_to
from annotate.tallies.labels import Given
from frontend.charts import Stack, stacked
from routing.label_times import PARTED_BY, SOURCES, Span

LOOKS = {"people": "people", "judges": "judge", "imports": "imports"}
MOST = 62  # bars
SHORT = timedelta(days=3)  # until then a bar is an hour
NEAR = timedelta(days=60)  # imported labels that are older than the project by more are not shown


@dataclass(frozen=True)
class Bucket:
    """One bar: labels by source, and the list of the items behind them."""

    start: datetime
    words: str
    given: dict[str, int]
    url: str

    @property
    def total(self) -> int:
        return sum(self.given.values())

    def cells(self) -> list[tuple[int, str]]:
        """Number and address by source, in the order of the table's columns."""
        return [(self.given.get(name, 0), f"{self.url}{PARTED_BY}{name}") for name in SOURCES]


@dataclass(frozen=True)
class Flow:
    """``before`` are imported labels that are much older than the project."""

    unit: str = "day"
    buckets: list[Bucket] = field(default_factory=list)
    chart: SafeString | str = ""
    before: int = 0
    totals: dict[str, int] = field(default_factory=dict)

    @property
    def newest_first(self) -> list[Bucket]:
        return self.buckets[::-1]

    @property
    def legend(self) -> list[tuple[str, str, int]]:
        """Look, words and number of the sources that there are."""
        return [(LOOKS[name], SOURCES[name], n) for name, n in self.totals.items() if n]


def flow_of(
    days: Sequence[Given], hours: Sequence[Given], *, made: datetime, now: datetime, items_url: str
) -> Flow:
    """``days`` are all there are, ``hours`` those of the last days; ``made`` is the project's day."""
    if not days:
        return Flow()
    here = [
        given.start for given in days if given.source != "imports" or made - given.start <= NEAR
    ]
    begin = floor_to(min([made, *here]), DAY)
    unit = _unit(begin, now, hours)
    rows = hours if unit == "hour" else days
    start = min(given.start for given in hours) if unit == "hour" else begin
    found: dict[datetime, Counter[str]] = {}
    for given in rows:
        if given.start >= start:
            bucket = found.setdefault(_start(given.start, unit), Counter())
            bucket[given.source] += given.labels
    starts = list(_starts(_start(start, unit), now, unit))
    # Labels may say that they were given later than now; then the last bar is theirs.
    starts += sorted(late for late in found if late > starts[-1])
    buckets = [
        Bucket(
            one,
            _words(one, unit),
            dict(found.get(one, {})),
            f"{items_url}?{urlencode({'given': Span(one, _next(one, unit)).raw})}",
        )
        for one in starts[-MOST:]
    ]
    totals = {name: sum(g.labels for g in days if g.source == name) for name in SOURCES}
    before = sum(given.labels for given in days if given.start < begin)
    return Flow(unit, buckets, _chart(buckets, unit), before, totals)


def _chart(buckets: Sequence[Bucket], unit: str) -> SafeString:
    stacks = [
        Stack(words, LOOKS[name], [bucket.given.get(name, 0) for bucket in buckets])
        for name, words in SOURCES.items()
    ]
    return stacked(
        [bucket.words for bucket in buckets],
        stacks,
        label=f"Labels by {unit} and source",
        last_is_part=True,
    )


def _unit(begin: datetime, now: datetime, hours: Iterable[Given]) -> str:
    if now - begin <= SHORT and any(True for _ in hours):
        return "hour"
    for unit, most in (("day", MOST), ("week", 7 * MOST), ("month", 30 * MOST)):
        if now - begin <= timedelta(days=most):
            return unit
    return "year"


def _start(moment: datetime, unit: str) -> datetime:
    start = floor_to(moment, HOUR if unit == "hour" else DAY)
    match unit:
        case "week":
            return start - timedelta(days=start.weekday())
        case "month":
            return start.replace(day=1)
        case "year":
            return start.replace(month=1, day=1)
    return start


def _next(start: datetime, unit: str) -> datetime:
    match unit:
        case "hour":
            return start + HOUR
        case "week":
            return start + timedelta(days=7)
        case "month":
            return (start + timedelta(days=32)).replace(day=1)
        case "year":
            return start.replace(year=start.year + 1)
    return start + DAY


def _starts(start: datetime, now: datetime, unit: str) -> Iterable[datetime]:
    """All buckets until now, those without labels too."""
    while True:
        yield start
        start = _next(start, unit)
        if start > now:
            return


def _words(start: datetime, unit: str) -> str:
    match unit:
        case "hour":
            return f"{start:%H:%M}"
        case "month":
            return f"{start:%b %Y}"
        case "year":
            return f"{start.year}"
    return f"{start.day} {start:%b}"
