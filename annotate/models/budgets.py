from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from annotate.models.people import Annotator
from annotate.models.projects import Project


class Unit(models.TextChoices):
    LABELS = "labels", "people's labels"
    USD = "usd", "USD"


class Budget(models.Model):
    """A cap in people's labels or USD, for the whole project or for each period of it."""

    class Period(models.TextChoices):
        TOTAL = "total", "in all"
        DAY = "day", "a day"
        WEEK = "week", "a week"
        MONTH = "month", "a month"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="budgets")
    unit = models.CharField(max_length=6, choices=Unit)
    period = models.CharField(max_length=5, choices=Period, default=Period.TOTAL)
    cap = models.DecimalField(max_digits=14, decimal_places=6)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("project", "unit", "period"),
                name="budget_once",
                violation_error_message="The project already has a budget of this unit and period.",
            ),
            models.CheckConstraint(
                name="budget_cap",
                condition=Q(cap__gte=0),
                violation_error_message="A budget is 0 or more.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.project}: {self.cap.normalize():f} {self.get_unit_display()} {self.get_period_display()}"

    def period_start(self, today: date | None = None) -> date:
        """First day (UTC) of the period that ``today`` falls in."""
        day = today or timezone.now().date()
        match self.period:
            case self.Period.DAY:
                return day
            case self.Period.WEEK:
                return day - timedelta(days=day.weekday())
            case self.Period.MONTH:
                return day.replace(day=1)
        return date(1970, 1, 1)

    def period_end(self, today: date | None = None) -> date | None:
        """First day (UTC) of the period after the one that ``today`` falls in; None for all time."""
        start = self.period_start(today)
        match self.period:
            case self.Period.DAY:
                return start + timedelta(days=1)
            case self.Period.WEEK:
                return start + timedelta(days=7)
            case self.Period.MONTH:
                return (start + timedelta(days=32)).replace(day=1)
        return None


class BudgetPeriod(models.Model):
    """What one period of a budget has committed: reserved and spent together."""

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="periods")
    starts_on = models.DateField()
    committed = models.DecimalField(max_digits=14, decimal_places=6, default=Decimal(0))

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("budget", "starts_on"), name="budget_period_once"),
        )

    def __str__(self) -> str:
        return f"{self.budget} from {self.starts_on}: {self.committed.normalize():f}"


class LedgerEntryQuerySet(models.QuerySet["LedgerEntry"]):
    def total(self, unit: str) -> Decimal:
        return self.filter(unit=unit).aggregate(total=models.Sum("amount"))["total"] or Decimal(0)


class LedgerEntry(models.Model):
    """One movement of money or of people's labels; entries are added, never changed.

    A reservation is followed by a settlement of the difference, so that the sum is what was spent.
    """

    class Kind(models.TextChoices):
        RESERVATION = "reservation"
        SETTLEMENT = "settlement"
        PAY = "pay"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="ledger")
    kind = models.CharField(max_length=11, choices=Kind)
    unit = models.CharField(max_length=6, choices=Unit)
    amount = models.DecimalField(max_digits=14, decimal_places=6)
    # Whose answer it pays for, a person's or a judge's; null where nobody's yet.
    annotator = models.ForeignKey(
        Annotator,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="ledger",
        db_index=False,
    )
    # What it was for, such as "call:17:1"; once per kind.
    reference = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar = LedgerEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "ledger entries"
        constraints = (
            models.UniqueConstraint(
                fields=("project", "reference", "unit", "kind"),
                name="ledger_once",
                violation_error_message="This movement is already in the ledger.",
            ),
        )
        indexes = (
            models.Index(fields=("project", "unit", "created_at"), name="ledger_by_day"),
            models.Index(fields=("annotator", "project", "created_at"), name="ledger_of_whom"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} {self.unit} for {self.reference}"
