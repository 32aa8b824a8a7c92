"""How far an annotator has come in a project: labels, time, pace and pay; for a page of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.safestring import SafeString

from annotate.models import Annotation, Assignment, LedgerEntry, Membership
from annotate.models.budgets import Unit
from frontend.charts import Stack, stacked

DAYS = 14
LEAST_SECONDS = 60.0  # of work, before a pace says anything


@dataclass(frozen=True)
class Done:
    """Labels and the time they took, in seconds, of which ``timed`` were measured."""

    labels: int
    timed: int
    active: float
    focused: float
    wall: float

    @property
    def pace(self) -> float | None:
        """Labels an hour of time at work; None where too little was measured."""
        return 3600 * self.timed / self.active if self.active >= LEAST_SECONDS else None


@dataclass(frozen=True)
class Day:
    day: date
    labels: int
    active: float
    earned: Decimal


@dataclass(frozen=True)
class Pay:
    """In USD. ``waiting`` is what the items that are open now pay once they are answered."""

    rate: Decimal
    today: Decimal
    total: Decimal
    waiting: Decimal


def first_labels(membership: Membership) -> QuerySet[Annotation]:
    """Each item once: a correction is no new label, and its time is not counted again."""
    own = Annotation.objects.filter(
        annotator=membership.user.annotator_or_new, project=membership.project_id
    )
    rows: QuerySet[Annotation] = own.handed_out()
    return rows.filter(supersedes__isnull=True, assignment__isnull=False)


def start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def done(rows: QuerySet[Annotation]) -> Done:
    sums = rows.aggregate(
        labels=Count("pk"),
        timed=Count("pk", filter=Q(active_seconds__isnull=False)),
        active=Sum("active_seconds", default=0.0),
        focused=Sum("focused_seconds", default=0.0),
        wall=Sum("wall_seconds", default=0.0),
    )
    return Done(**sums)


def last_days(membership: Membership, today: date) -> list[Day]:
    """The last ``DAYS`` days (UTC), also those without a label, the oldest first."""
    first = today - timedelta(days=DAYS - 1)
    rows = first_labels(membership).filter(created_at__gte=start_of(first))
    counted = {
        day: (labels, active)
        for day, labels, active in rows.values_list(TruncDate("created_at", tzinfo=UTC))
        .annotate(labels=Count("pk"), active=Sum("active_seconds", default=0.0))
        .order_by()
    }
    earned = dict(
        _paid(membership)
        .filter(created_at__gte=start_of(first))
        .values_list(TruncDate("created_at", tzinfo=UTC))
        .annotate(earned=Sum("amount"))
        .order_by()
    )
    days = (first + timedelta(days=n) for n in range(DAYS))
    return [
        Day(day, *counted.get(day, (0, 0.0)), earned=earned.get(day, Decimal(0))) for day in days
    ]


def _paid(membership: Membership) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(
        project=membership.project_id,
        annotator=membership.user.annotator_or_new,
        unit=Unit.USD,
        kind=LedgerEntry.Kind.PAY,
    )


def pay_of(membership: Membership, today: date) -> Pay | None:
    """None where the project pays nothing and never has."""
    rate = membership.pay_per_label_usd
    rate = membership.project.pay_per_label_usd if rate is None else rate
    sums = _paid(membership).aggregate(
        total=Sum("amount", default=Decimal(0)),
        today=Sum("amount", default=Decimal(0), filter=Q(created_at__gte=start_of(today))),
    )
    if not rate and not sums["total"]:
        return None
    lent = Assignment.objects.open().filter(
        annotator__user=membership.user_id,
        project=membership.project_id,
        annotations__isnull=True,
    )
    waiting = lent.aggregate(usd=Sum("pay_usd"))["usd"] or Decimal(0)
    return Pay(rate, sums["today"], sums["total"], waiting)


def chart_of(days: Sequence[Day]) -> SafeString | None:
    """Labels by day; None where there are none."""
    if not any(day.labels for day in days):
        return None
    places = [f"{day.day.day} {day.day:%b}" for day in days]
    stack = Stack("labels", "people", [day.labels for day in days])
    words = f"Labels a day over the last {len(days)} days"
    return stacked(places, [stack], label=words, last_is_part=True)


def today_utc() -> date:
    return timezone.now().date()
