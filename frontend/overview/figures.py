"""The figures of a project's first page, each with the rows that it counts.

All of them come out of kept sums (``annotate.tallies``), so that the page costs the same in a
project of a million labels.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone

from annotate.forecast import DAY, forecast
from annotate.models import Annotator, Project
from annotate.models.budgets import Unit
from annotate.tallies.items import item_counts, lent
from annotate.tallies.labels import Given, labels_by_source
from annotate.tallies.spending import Spent
from frontend.charts import Part, parts
from frontend.ledger.budgets import BudgetState, Days, budgets_of
from frontend.overview.forecast_words import Told, told
from frontend.overview.labels_over_time import Flow, flow_of
from routing.models import Judge, JudgeCall

BACK = timedelta(days=16)  # how far forecasts look
JUDGES_LEAST_HOURS = 3  # judges keep no office hours


@dataclass(frozen=True)
class Progress:
    """Labels and seats. ``left`` seats are free, ``lent`` ones are being worked on."""

    items: int
    by_people: int
    by_judges: int
    people_items: int
    judge_items: int
    wanted: int
    lent: int
    for_judges: int
    undecided: int
    # When the items of a large project were counted; null: just now.
    counted_at: datetime | None = None
    count_due: bool = False

    @property
    def left(self) -> int:
        return max(0, self.wanted - self.by_people - self.lent)

    @property
    def for_judges_left(self) -> int:
        return max(0, self.for_judges - self.judge_items)


@dataclass(frozen=True)
class Cost:
    """USD so far. ``reserved`` is held for labels and calls to come."""

    people: Decimal
    judges: Decimal
    reserved: Decimal
    people_labels: int
    judge_labels: int

    @property
    def spent(self) -> Decimal:
        return self.people + self.judges

    @property
    def per_people_label(self) -> Decimal | None:
        return self.people / self.people_labels if self.people and self.people_labels else None

    @property
    def per_judge_label(self) -> Decimal | None:
        return self.judges / self.judge_labels if self.judges and self.judge_labels else None


@dataclass(frozen=True)
class Overview:
    progress: Progress
    flow: Flow
    people_forecast: Told | None
    judges_forecast: Told | None
    cost: Cost
    budgets: list[BudgetState]
    # Labels that judges gave within a day.
    judged_today: int
    now: datetime


def overview_of(project: Project) -> Overview:
    now = timezone.now()
    judges = list(Judge.objects.filter(project=project).values_list("annotator_id", flat=True))
    days = labels_by_source(project, "day", judges=judges)
    hours = labels_by_source(project, "hour", judges=judges, since=now - BACK)
    progress = progress_of(project, days)
    budgets, money = budgets_of(project, now=now, units=[Unit.USD])
    items = reverse("items", args=[project.slug])
    return Overview(
        progress=progress,
        flow=flow_of(days, hours, made=project.created_at, now=now, items_url=items),
        people_forecast=_people(project, progress, days, hours, now=now),
        judges_forecast=_judges(progress, days, hours, now=now),
        cost=cost_of(project, money[Unit.USD], days),
        budgets=budgets,
        judged_today=sum(
            one.labels for one in hours if one.source == "judges" and one.start > now - DAY
        ),
        now=now,
    )


def progress_of(project: Project, days: Sequence[Given]) -> Progress:
    counts = item_counts(project)
    people = [given for given in days if given.kind == Annotator.Kind.HUMAN]
    judges = [given for given in days if given.kind == Annotator.Kind.LLM]
    return Progress(
        items=counts.items,
        by_people=sum(given.labels for given in people),
        by_judges=sum(given.labels for given in judges),
        people_items=sum(given.first for given in people),
        judge_items=sum(given.first for given in judges),
        wanted=counts.wanted,
        lent=lent(project),
        for_judges=counts.for_judges,
        undecided=counts.undecided,
        counted_at=counts.counted_at,
        count_due=counts.due,
    )


def shares_of(project: Project, progress: Progress) -> dict[str, list[Part]]:
    """The bars of the first page: people's labels, and the items that judges have."""
    items = reverse("items", args=[project.slug])
    return {
        "people": parts(
            [
                Part("given", progress.by_people, "people", f"{items}?labels=people"),
                Part("being worked on", progress.lent, "lent", f"{items}?state=open"),
                Part("still wanted", progress.left, "rest", f"{items}?state=open"),
            ]
        ),
        "judges": parts(
            [
                Part("labelled", progress.judge_items, "judge", f"{items}?labels=judges"),
                Part("waiting", progress.for_judges_left, "rest", f"{items}?state=for-judge"),
            ]
        ),
    }


# ------------------------------------------------------------------------------------- forecasts


def _people(
    project: Project,
    progress: Progress,
    days: Sequence[Given],
    hours: Sequence[Given],
    *,
    now: datetime,
) -> Told | None:
    if not progress.wanted:
        return None
    left = progress.left + progress.lent
    given = [(one.start, one.labels) for one in hours if one.source == "people"]
    found = forecast(_sums(given), left, now=now, last=_last("people", days))
    return told(found, due_on=project.due_on, now=now)


def _judges(
    progress: Progress, days: Sequence[Given], hours: Sequence[Given], *, now: datetime
) -> Told | None:
    """Only once they have begun: when judges begin is decided by whoever switches them on."""
    items = [(one.start, one.first) for one in hours if one.source == "judges"]
    found = forecast(
        _sums(items),
        progress.for_judges_left,
        now=now,
        last=_last("judges", days),
        least_hours=JUDGES_LEAST_HOURS,
    )
    return told(found, due_on=None, now=now) if found.pace else None


def _sums(given: Iterable[tuple[datetime, int]]) -> dict[datetime, float]:
    sums: dict[datetime, float] = {}
    for start, count in given:
        sums[start] = sums.get(start, 0) + count
    return sums


def _last(source: str, days: Sequence[Given]) -> datetime | None:
    """The last day with labels of a source. Imports are no pace: they come at once."""
    return max((given.start for given in days if given.source == source), default=None)


# ------------------------------------------------------------------------------------------ cost


def cost_of(project: Project, days: Days, labels: Sequence[Given]) -> Cost:
    spent: dict[str, Spent] = {}
    for sources in days.values():
        for source, one in sources.items():
            spent[source] = spent.get(source, Spent()) + one
    in_flight = reserved_for_calls(project)
    return Cost(
        people=spent.get("people", Spent()).amount,
        judges=spent.get("judges", Spent()).amount - in_flight,
        reserved=max(spent.get("held", Spent()).amount, Decimal(0)) + in_flight,
        people_labels=sum(given.labels for given in labels if given.source == "people"),
        judge_labels=sum(given.labels for given in labels if given.source == "judges"),
    )


def reserved_for_calls(project: Project) -> Decimal:
    """USD that judge calls in flight may cost at most."""
    calls = JudgeCall.objects.filter(judge__project=project, reserved_usd__isnull=False)
    return calls.aggregate(total=Sum("reserved_usd"))["total"] or Decimal(0)
