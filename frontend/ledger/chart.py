"""The ledger's chart: what was committed since the beginning, the caps, and when they are reached."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.utils.safestring import SafeString

from annotate.forecast import DAY
from annotate.models.budgets import Unit
from frontend.charts import Ahead, Level, Stack, areas
from frontend.ledger.budgets import BudgetState, Days
from frontend.ledger.figures import Ledger, before

STACKS = {
    "people": ("people", "people"),
    "judges": ("judges", "judge"),
    "held": ("held for labels to come", "rest"),
    "other": ("other", "lent"),
}
POINTS = 120
OFF = 3  # caps so many times above what is committed are not drawn


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
        value = float(before(ledger.days, state.starts) + state.budget.cap)
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
