"""The ledger's sums in a period: totals, by day, by person and judge, and their chart."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property

from annotate.forecast import DAY
from annotate.models import Annotator, Project
from annotate.models.budgets import Unit
from annotate.tallies.labels import Work, work_by_annotator
from annotate.tallies.spending import Spent, by_annotator
from frontend.ledger.budgets import BudgetState, Days
from frontend.overview.figures import reserved_for_calls
from routing.models import Judge

ROWS = 62  # of the table by day; longer periods go by week or month
MOST = 200  # people or judges in a table
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
        so_far = before(self.days, min(days))
        rows: list[DayRow] = []
        for day in days:
            start = _start(day, unit)
            if not rows or rows[-1].since != start:
                rows.append(DayRow(_words(start, unit), start, _last(start, unit), {}, so_far))
            row = rows[-1]
            for source, spent in self.days[day].items():
                row.spent[source] = row.spent.get(source, NOTHING) + spent
            so_far += sum((spent.amount for spent in self.days[day].values()), Decimal(0))
            rows[-1] = DayRow(row.words, row.since, row.until, row.spent, so_far)
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


def before(days: Days, day: date) -> Decimal:
    """What had been committed before a day."""
    return sum(
        (spent.amount for one, sources in days.items() if one < day for spent in sources.values()),
        Decimal(0),
    )
