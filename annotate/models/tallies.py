"""Kept sums, so that a page costs the same at a million rows; ``annotate.tallies`` folds them.

All of it follows from other tables and may be dropped and made anew.
"""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q

from annotate.models.budgets import LedgerEntry, Unit
from annotate.models.people import Annotator
from annotate.models.projects import Project


class Watermark(models.Model):
    """How far the rows of a project are folded into its tallies; what comes after is read itself.

    A lower id may be committed after a higher one. ``ceiling`` is the highest id that was seen,
    ``horizon`` the first transaction that had not begun a while later: once no older one runs,
    nothing can come below the ceiling any more.
    """

    class Kind(models.TextChoices):
        LABELS = "labels"
        LEDGER = "ledger"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="watermarks")
    kind = models.CharField(max_length=6, choices=Kind)
    folded_to = models.BigIntegerField(default=0)
    ceiling = models.BigIntegerField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    horizon = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("project", "kind"), name="watermark_once"),
            models.CheckConstraint(
                name="watermark_ceiling",
                condition=Q(ceiling__isnull=True) | Q(ceiling__gt=models.F("folded_to")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} of {self.project} to {self.folded_to}"


class LabelTally(models.Model):
    """Labels of work that an annotator gave within an hour (UTC); a correction is no new label."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    annotator = models.ForeignKey(Annotator, on_delete=models.CASCADE, related_name="+")
    hour = models.DateTimeField()
    # Whether the items were handed out here; imports and judges have no assignments.
    assigned = models.BooleanField()
    labels = models.PositiveIntegerField(default=0)
    # Of these, how many were the item's first by people, or its first by LLMs.
    first = models.PositiveIntegerField(default=0)
    active_seconds = models.FloatField(default=0)

    class Meta:
        verbose_name_plural = "label tallies"
        constraints = (
            models.UniqueConstraint(
                fields=("project", "hour", "annotator", "assigned"), name="label_tally_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.labels} by {self.annotator} at {self.hour:%Y-%m-%d %H}"


class LedgerTally(models.Model):
    """Sum of the ledger's entries of a day (UTC) that are alike; a settlement counts where what it
    settles does."""

    class Source(models.TextChoices):
        PEOPLE = "people", "people's pay"
        JUDGES = "judges", "judge calls"
        # Reserved for items that were routed to people, less what their labels have taken of it.
        HELD = "held", "held for people"
        OTHER = "other"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    unit = models.CharField(max_length=6, choices=Unit)
    kind = models.CharField(max_length=11, choices=LedgerEntry.Kind)
    source = models.CharField(max_length=6, choices=Source)
    annotator = models.ForeignKey(
        Annotator, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    entries = models.PositiveIntegerField(default=0)
    amount = models.DecimalField(max_digits=18, decimal_places=6, default=Decimal(0))

    class Meta:
        verbose_name_plural = "ledger tallies"
        constraints = (
            models.UniqueConstraint(
                fields=("project", "unit", "day", "source", "kind", "annotator"),
                name="ledger_tally_once",
                nulls_distinct=False,
            ),
        )

    def __str__(self) -> str:
        return f"{self.amount} {self.unit} for {self.source} on {self.day}"


class ItemTally(models.Model):
    """How the items of a large project stood when they were last counted."""

    project = models.OneToOneField(
        Project, on_delete=models.CASCADE, primary_key=True, related_name="item_tally"
    )
    items = models.PositiveIntegerField(default=0)
    # Labels that people have given, are giving and are still to give.
    wanted = models.PositiveIntegerField(default=0)
    for_judges = models.PositiveIntegerField(default=0)
    undecided = models.PositiveIntegerField(default=0)
    counted_at = models.DateTimeField()
    seconds_spent = models.FloatField()

    class Meta:
        verbose_name_plural = "item tallies"

    def __str__(self) -> str:
        return f"{self.items} items of {self.project}"
