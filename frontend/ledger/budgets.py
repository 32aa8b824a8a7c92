"""Budgets with what they have committed and how they will go on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from annotate.budgets import plain
from annotate.forecast import DAY, Use, use_of
from annotate.models import Budget, BudgetPeriod, Project
from annotate.models.budgets import Unit
from annotate.tallies import spending
from frontend.dates import day, days_away, moment_range

NEAR_SHARE = Decimal("0.9")
NEAR_DAYS = 3
Days = Mapping[date, Mapping[str, spending.Spent]]


@dataclass(frozen=True)
class BudgetState:
    """A budget's running period. ``ends`` is the day after its last one, null for a total."""

    budget: Budget
    committed: Decimal
    starts: date
    ends: date | None
    use: Use
    now: datetime

    @property
    def cap_words(self) -> str:
        budget = self.budget
        return (
            f"{budget.cap.normalize():,f} {budget.get_unit_display()} {budget.get_period_display()}"
        )

    @property
    def plain_cap(self) -> str:
        return plain(self.budget.cap)

    @property
    def left(self) -> Decimal:
        return max(self.budget.cap - self.committed, Decimal(0))

    @property
    def share(self) -> float:
        """Of the cap, at most 1; all of a cap of 0."""
        return min(1.0, float(self.committed / self.budget.cap)) if self.budget.cap else 1.0

    @property
    def days_left(self) -> int | None:
        """Until it is used up, where that comes before its period ends."""
        expected = self.use.expected
        return max(0, round((expected - self.now) / DAY)) if expected else None

    @property
    def near(self) -> bool:
        """Nearly used up. A daily budget is meant to be used up every day."""
        if self.use.reached or self.budget.period == Budget.Period.DAY:
            return False
        soon = self.days_left is not None and self.days_left <= NEAR_DAYS
        return soon or (self.ends is None and self.share >= NEAR_SHARE)

    @property
    def words(self) -> str:
        """What will come of it at the pace of the last days."""
        use, today = self.use, self.now.astimezone(UTC).date()
        if use.reached:
            if self.ends is None:
                return "Used up: raise it to go on."
            return f"Used up; the next period begins on {day(self.ends, today=today)}."
        if use.expected is not None:
            return f"Used up {self.soon}."
        end = day(self.ends, today=today) if self.ends else ""
        if use.at_end is not None and self.budget.cap:
            share = use.at_end / float(self.budget.cap)
            return f"Lasts: about {100 * share:.0f} % used when the period ends, before {end}."
        if self.ends:
            return f"Too little has been spent to say; the period ends before {end}."
        return "Too little has been spent to say."

    @property
    def soon(self) -> str:
        """In 3 days (24-26 November), with a dash; empty where it will not be used up."""
        if self.days_left is None:
            return ""
        away = f"in {days_away(self.days_left)}" if self.days_left else "within a day"
        use = self.use
        if use.earliest is None or use.latest is None:
            return f"{away} or later"
        return f"{away} ({moment_range(use.earliest, use.latest, now=self.now)})"


def budgets_of(
    project: Project, *, now: datetime, units: Iterable[str] = ()
) -> tuple[list[BudgetState], dict[str, Days]]:
    """The project's budgets, and what moved by day and source of their units and of ``units``."""
    budgets = list(project.budgets.order_by("unit", "period"))
    wanted = {*units, *(budget.unit for budget in budgets)}
    days: dict[str, Days] = {
        unit: spending.by_day(project, unit) for unit in Unit.values if unit in wanted
    }
    today = now.astimezone(UTC).date()
    starts = {budget.pk: budget.period_start(today) for budget in budgets}
    running = {
        period.budget_id: period.committed
        for period in BudgetPeriod.objects.filter(budget__in=budgets)
        if period.starts_on == starts[period.budget_id]
    }
    states = [
        _state(budget, running.get(budget.pk), days[budget.unit], now=now) for budget in budgets
    ]
    return states, days


def _state(budget: Budget, committed: Decimal | None, days: Days, *, now: datetime) -> BudgetState:
    """Without a row of its period nothing was reserved in it yet, but what was paid before counts."""
    today = now.astimezone(UTC).date()
    starts, ends = budget.period_start(today), budget.period_end(today)
    sums = {
        day: sum((spent.amount for spent in sources.values()), Decimal(0))
        for day, sources in days.items()
    }
    if committed is None:
        committed = sum((amount for day, amount in sums.items() if day >= starts), Decimal(0))
    use = use_of(
        {day: float(amount) for day, amount in sums.items()},
        committed=float(committed),
        cap=float(budget.cap),
        ends=datetime.combine(ends, time.min, UTC) if ends else None,
        now=now,
    )
    return BudgetState(budget, committed, starts, ends, use, now)
