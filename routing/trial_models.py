"""Trials of judges: a few items, asked and paid for, of which no label comes."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from annotate.models import Item, Project, User


class JudgeTrial(models.Model):
    """A judge tried out on a handful of items, up to a cost."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        STOPPED = "stopped"

    OPEN: ClassVar = (State.WAITING, State.RUNNING)

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="judge_trials")
    judge = models.ForeignKey("routing.Judge", on_delete=models.CASCADE, related_name="trials")
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    cap_usd = models.DecimalField(max_digits=14, decimal_places=6)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    # Why it stopped before all were asked.
    fault = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(
                fields=("project",),
                name="trial_open",
                condition=Q(state__in=("waiting", "running")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.judge} tried on {self.created_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("judge-trial", args=[self.project.slug, self.pk])

    @property
    def finished(self) -> bool:
        return self.state not in self.OPEN


class JudgeTrialCall(models.Model):
    """One call of a trial: one item in one order."""

    class State(models.TextChoices):
        WAITING = "waiting"
        # Sent: what it costs is reserved. Left so by a worker that died, it is lost and stays paid.
        ASKED = "asked"
        ANSWERED = "answered"
        FAILED = "failed"
        LOST = "lost"

    trial = models.ForeignKey(JudgeTrial, on_delete=models.CASCADE, related_name="calls")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    order = models.PositiveSmallIntegerField()
    shown_order = ArrayField(models.PositiveSmallIntegerField())
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    raw = models.JSONField(null=True, blank=True)
    # The parsed verdict in the order the judge saw.
    verdict = models.JSONField(null=True, blank=True)
    confidence = models.FloatField(null=True, blank=True)
    fault = models.TextField(blank=True)
    input_tokens = models.PositiveIntegerField(null=True, blank=True)
    output_tokens = models.PositiveIntegerField(null=True, blank=True)
    # Of the try in flight.
    reserved_usd = models.DecimalField(max_digits=14, decimal_places=6, null=True, blank=True)
    # All tries that are over.
    cost_usd = models.DecimalField(max_digits=14, decimal_places=6, default=0)
    seconds_spent = models.FloatField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("trial", "item", "order"), name="trial_call_once"),
        )

    def __str__(self) -> str:
        return f"{self.trial} on {self.item_id}: {self.state}"

    @property
    def finished(self) -> bool:
        return self.state not in (self.State.WAITING, self.State.ASKED)
