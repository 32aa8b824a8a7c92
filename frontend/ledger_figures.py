"""The ledger's sums in a period: totals, by day, by person and judge, and their chart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property

from django.utils.safestring import SafeString

from annotate.forecast import DAY
from annotate.models import Annotator, Project
from annotate.models.budgets import Unit
from annotate.tallies.labels import Work, work_by_annotator
from annotate.tallies.spending import Spent, by_annotator
from frontend.budget_figures import BudgetState, Days
from frontend.charts import Ahead, Level, Stack, areas
from frontend.overview import reserved_for_calls
from routing.models import Judge

STACKS = {
    "people": ("people", "people"),
    "judges": ("judges", "judge"),
    "held": ("held for labels to come", "rest"),
    "other": ("other", "lent"),
}
POINTS = 120  # of the chart
ROWS = 62  # of the table by day; longer periods go by week or month
MOST = 200  # people or judges in a table
OFF = 3  # caps so many times above what is committed are not drawn
NOTHING = Spent()


@dataclass(frozen=True)
class Period:
    """Days (UTC) that a page is about, both included; null: without that end."""

    since: date | None = None
    until: date | None = None

    def holds(self, day: date) -> bool:
        return (self.since or date.min) <= day <= (self.until or date.max)

    @property
    def begin(self) -> datetime | None:
        return datetime.combine(self.since, time.min, UTC) if self.since else None

    @property
    def end(self) -> datetime | None:
        """The moment after."""
        return datetime.combine(self.until, time.min, UTC) + DAY if self.until else None


@dataclass(frozen=True)
class Line:
    """What one person or judge has done and cost in the period."""

    annotator: Annotator
    spent: Spent
    work: Work
    judge: Judge | None = None

    @property
    def per_label(self) -> Decimal | None:
        return (
            self.spent.amount / self.work.labels if self.spent.amount and self.work.labels else None
        )

    @property
    def hours(self) -> float | None:
        return self.work.active_seconds / 3600 if self.work.active_seconds else None

    @property
    def per_hour(self) -> Decimal | None:
        return self.spent.amount / Decimal(self.hours) if self.hours and self.spent.amount else None

    @property
    def per_thousand(self) -> Decimal | None:
        return 1000 * self.spent.amount / self.spent.entries if self.spent.entries else None


@dataclass(frozen=True)
class DayRow:
    """One day, week or month of the table."""

    words: str
    since: date
    until: date
    spent: dict[str, Spent]
    sum_so_far: Decimal

    @property
    def people(self) -> Decimal:
        return self.spent.get("people", NOTHING).amount

    @property
    def judges(self) -> Decimal:
        return self.spent.get("judges", NOTHING).amount

    @property
    def held(self) -> Decimal:
        return self.spent.get("held", NOTHING).amount + self.spent.get("other", NOTHING).amount


@dataclass(frozen=True)
class Ledger:
    """The figures of one unit in a period; ``lines`` of people are for admins alone."""

    project: Project
    unit: str
    days: Days
    period: Period
    budgets: list[BudgetState]
    now: datetime

    @cached_property
    def sums(self) -> dict[str, Spent]:
        found: dict[str, Spent] = {}
        for day, sources in self.days.items():
            if self.period.holds(day):
                for source, spent in sources.items():
                    found[source] = found.get(source, NOTHING) + spent
        return found

    @cached_property
    def in_flight(self) -> Decimal:
        """USD reserved for judge calls that are under way."""
        return reserved_for_calls(self.project) if self.unit == Unit.USD else Decimal(0)

    @property
    def today(self) -> date:
        return self.now.astimezone(UTC).date()

    @property
    def people(self) -> Decimal:
        return self.sums.get("people", NOTHING).amount

    @property
    def judges(self) -> Decimal:
        """Settled: what is still under way is reserved."""
        under_way = self.in_flight if self.period.holds(self.today) else Decimal(0)
        return self.sums.get("judges", NOTHING).amount - under_way

    @property
    def spent(self) -> Decimal:
        return self.people + self.judges

    @property
    def foretold(self) -> bool:
        """Whether the chart shows when a cap is reached."""
        mine = [state for state in self.budgets if state.budget.unit == self.unit]
        return self.period.holds(self.today) and any(state.use.expected for state in mine)

    @cached_property
    def held(self) -> Decimal:
        """For labels to come, whatever the period."""
        rows = (sources.get("held", NOTHING).amount for sources in self.days.values())
        return max(sum(rows, Decimal(0)), Decimal(0))

    @property
    def reserved(self) -> Decimal:
        return self.held + self.in_flight

    @cached_property
    def lines(self) -> list[Line]:
        """Whoever labelled or cost something in the period, the dearest first."""
        if self.unit != Unit.USD:
            return []
        first, last = self.period.since or date.min, self.period.until or date.max
        spent = by_annotator(self.project, self.unit, since=first, until=last)
        worked = work_by_annotator(self.project, since=self.period.begin, until=self.period.end)
        whose = {pk for pk, _ in spent if pk is not None} | worked.keys()
        annotators = Annotator.objects.filter(pk__in=whose).select_related("user")
        judges = {j.annotator_id: j for j in Judge.objects.filter(project=self.project)}
        lines = [
            Line(
                one,
                spent.get((one.pk, "judges" if one.kind == "llm" else "people"), NOTHING),
                worked.get(one.pk, Work(0, 0)),
                judges.get(one.pk),
            )
            for one in annotators
        ]
        return sorted(lines, key=lambda line: (-line.spent.amount, -line.work.labels, str(line)))

    @property
    def by_person(self) -> list[Line]:
        return [line for line in self.lines if line.annotator.kind == "human"][:MOST]

    @property
    def by_judge(self) -> list[Line]:
        return [line for line in self.lines if line.judge is not None][:MOST]

    @property
    def people_labels(self) -> int:
        """Those that were paid for: pay is entered once a label."""
        return self.sums.get("people", NOTHING).entries

    @property
    def judge_labels(self) -> int:
        return sum(line.work.labels for line in self.lines if line.judge is not None)

    @property
    def per_people_label(self) -> Decimal | None:
        return self.people / self.people_labels if self.people_labels else None

    @property
    def per_judge_label(self) -> Decimal | None:
        return self.judges / self.judge_labels if self.judge_labels and self.judges else None

    @property
    def calls(self) -> int:
        return self.sums.get("judges", NOTHING).entries

    @property
    def per_thousand_calls(self) -> Decimal | None:
        return 1000 * self.judges / self.calls if self.calls else None

    @cached_property
    def rows(self) -> list[DayRow]:
        """By day, or by week or month where there are many, newest first."""
        days = [day for day in self.days if self.period.holds(day)]
        if not days:
            return []
        unit = _unit((max(days) - min(days)).days)
        before = _before(self.days, min(days))
        rows: list[DayRow] = []
        for day in days:
            start = _start(day, unit)
            if not rows or rows[-1].since != start:
                rows.append(DayRow(_words(start, unit), start, _last(start, unit), {}, before))
            row = rows[-1]
            for source, spent in self.days[day].items():
                row.spent[source] = row.spent.get(source, NOTHING) + spent
            before += sum((spent.amount for spent in self.days[day].values()), Decimal(0))
            rows[-1] = DayRow(row.words, row.since, row.until, row.spent, before)
        return rows[::-1]

    @property
    def rows_are(self) -> str:
        return _unit((self.rows[0].since - self.rows[-1].since).days) if self.rows else "day"


def _unit(days: int) -> str:
    return "day" if days < ROWS else "week" if days < 7 * ROWS else "month"


def _start(day: date, unit: str) -> date:
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "month" else day


def _last(start: date, unit: str) -> date:
    if unit == "week":
        return start + timedelta(days=6)
    return (
        (start + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        if unit == "month"
        else start
    )


def _words(start: date, unit: str) -> str:
    return f"{start:%B %Y}" if unit == "month" else f"{start.day} {start:%b %Y}"


def _before(days: Days, day: date) -> Decimal:
    """What had been committed before a day."""
    return sum(
        (spent.amount for one, sources in days.items() if one < day for spent in sources.values()),
        Decimal(0),
    )


# ----------------------------------------------------------------------------------------- chart


def chart_of(ledger: Ledger) -> SafeString | str:
    """What had been committed by the end of each day, since the beginning; caps as lines."""
    days = [day for day in ledger.days if ledger.period.holds(day)]
    if not days:
        return ""
    first = min(days)
    last = max(min(ledger.period.until or ledger.today, ledger.today), max(days))
    sums = _cumulated(ledger.days, first, last)
    drawn = [state for state in ledger.budgets if state.budget.unit == ledger.unit]
    end = _end(drawn, first, last, ledger) if last == ledger.today else last + timedelta(days=1)
    span = max((end - first).days, 1)
    places = _places((last - first).days + 1)
    times = [place / span for place in places]
    if last == ledger.today:  # which is not over
        times[-1] = _share(ledger.now, first, span)
    stacks = [
        Stack(words, look, [_float(sums[place].get(source)) for place in places])
        for source, (words, look) in STACKS.items()
    ]
    top = sum(stack.values[-1] for stack in stacks)
    levels, ahead = _caps(drawn, ledger, first, span, top) if last == ledger.today else ([], [])
    return areas(
        times,
        stacks,
        label=f"{Unit(ledger.unit).label} committed in all, by day and source",
        names=[(n / span, _short(first + timedelta(days=n))) for n in _named(span)],
        levels=levels,
        ahead=ahead,
        write=lambda value: f"{value:,.10g}",
    )


def _float(amount: Decimal | None) -> float:
    return max(float(amount or 0), 0.0)


def _cumulated(days: Days, first: date, last: date) -> list[dict[str, Decimal]]:
    """By source, at the start of the first day and at the end of each until the last."""
    so_far: dict[str, Decimal] = {}
    for day, sources in days.items():
        if day < first:
            for source, spent in sources.items():
                so_far[source] = so_far.get(source, Decimal(0)) + spent.amount
    sums = [dict(so_far)]
    for number in range((last - first).days + 1):
        for source, spent in days.get(first + timedelta(days=number), {}).items():
            so_far[source] = so_far.get(source, Decimal(0)) + spent.amount
        sums.append(dict(so_far))
    return sums


def _places(count: int) -> list[int]:
    """At most so many of the ``count`` + 1 sums, evenly, the first and the last among them."""
    every = max(1, -(-count // POINTS))
    return [*range(0, count, every), count]


def _named(span: int) -> Sequence[int]:
    every = -(-span // 5)
    return range(every // 2, span + 1, every)


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"


def _end(drawn: Sequence[BudgetState], first: date, last: date, ledger: Ledger) -> date:
    """The day after the last that is shown: ahead as far as budgets last, but half of the past."""
    most = last + timedelta(days=max(7, (last - first).days // 2))
    known = [
        moment.astimezone(UTC).date()
        for state in drawn
        for moment in (state.use.expected, state.use.latest)
        if moment is not None
    ]
    known += [state.ends for state in drawn if state.ends is not None]
    return max(last + timedelta(days=1), min(max(known, default=last), most))


def _caps(
    drawn: Sequence[BudgetState], ledger: Ledger, first: date, span: int, top: float
) -> tuple[list[Level], list[Ahead]]:
    """A cap stands above what had been committed when its period began."""
    levels, ahead = [], []
    now = _share(ledger.now, first, span)
    for state in drawn:
        value = float(_before(ledger.days, state.starts) + state.budget.cap)
        if value > OFF * top:
            continue
        words = f"cap {state.budget.cap.normalize():,f} {state.budget.get_period_display()}"
        start = (state.starts - first).days / span
        end = (state.ends - first).days / span if state.ends else 1.0
        levels.append(Level(value, words, max(0.0, start), min(1.0, end)))
        use = state.use
        if use.expected is not None:
            at = _share(use.expected, first, span)
            early = _share(use.earliest, first, span) if use.earliest else None
            late = _share(use.latest, first, span) if use.latest else None
            # Beyond the picture the line ends at its edge, as far up as it has come there.
            reach = min(1.0, (1 - now) / (at - now)) if at > now else 1.0
            height = top + (value - top) * reach
            whole = reach == 1.0
            ahead.append(
                Ahead(
                    now,
                    top,
                    min(at, 1.0),
                    height,
                    early if whole else None,
                    late if whole else None,
                )
            )
    return levels, ahead


def _share(moment: datetime, first: date, span: int) -> float:
    start = datetime.combine(first, time.min, UTC)
    return (moment - start) / DAY / span


def kinds_of(sums: Mapping[tuple[str, str], Spent]) -> list[tuple[str, str, Spent]]:
    """Source, kind and sum, in a steady order."""
    return [(source, kind, spent) for (source, kind), spent in sorted(sums.items())]
