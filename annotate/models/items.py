from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from annotate.models.projects import Project, Route

CLAIMABLE = Q(seats_left__gt=0, route__in=(Route.HUMAN, Route.BOTH))


class ItemQuerySet(models.QuerySet["Item"]):
    def unrouted(self) -> ItemQuerySet:
        return self.filter(route__isnull=True)

    def undecided(self) -> ItemQuerySet:
        """No policy has looked at them yet."""
        return self.filter(route__isnull=True, waits_for__isnull=True)

    def claimable(self) -> ItemQuerySet:
        return self.filter(CLAIMABLE)

    def for_judges(self) -> ItemQuerySet:
        return self.filter(route__in=(Route.JUDGE, Route.BOTH))

    def stale(self) -> ItemQuerySet:
        return self.filter(stale=True)


class Item(models.Model):
    """What is judged: a prompt (messages, contexts) with its completions."""

    class WaitsFor(models.TextChoices):
        """What has to come before the item is routed, or routed again."""

        JUDGE = "judge", "the judge's label"
        BUDGET = "budget", "budget"
        POLICY = "policy", "the policy that is on now"

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="items", db_index=False
    )
    key = models.CharField(max_length=200)
    source = models.CharField(max_length=100, blank=True)
    # [{"role": "user" | "assistant" | "system", "content": str}], the last turn asks.
    messages = models.JSONField()
    # Passages: [{"title": str, "text": str}]
    contexts = models.JSONField(default=list, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    # SHA-256 (hex) of messages and contexts: folds and the evaluation share go by it.
    prompt_hash = models.CharField(max_length=64)
    evaluation = models.BooleanField(default=False)
    route = models.CharField(max_length=5, choices=Route, null=True, blank=True)  # noqa: DJ001 null is "not yet routed"
    waits_for = models.CharField(max_length=6, choices=WaitsFor, null=True, blank=True)  # noqa: DJ001 null is "for nothing"
    overlap = models.PositiveSmallIntegerField()
    seats_left = models.PositiveSmallIntegerField()
    queue = models.CharField(max_length=100, blank=True)
    rank = models.FloatField(default=0)
    # Drawn anew from a sequence whenever a seat comes back or the item becomes claimable late.
    returned = models.BigIntegerField(null=True, blank=True)
    # True while labels have changed since the aggregates were computed.
    stale = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar = ItemQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("project", "key"),
                name="item_key",
                violation_error_message="The project already has an item with this key.",
            ),
            models.CheckConstraint(
                name="item_seats",
                condition=Q(seats_left__gte=0) & Q(seats_left__lte=F("overlap")),
                violation_error_message="An item has between 0 and its overlap of seats left.",
            ),
        )
        indexes = (
            models.Index(fields=("project", "id"), name="item_project"),
            models.Index(fields=("project", "prompt_hash"), name="item_prompt"),
            models.Index(
                fields=("project", "queue", "rank", "id"), name="item_open", condition=CLAIMABLE
            ),
            models.Index(
                fields=("project", "returned"),
                name="item_returned",
                condition=CLAIMABLE & Q(returned__isnull=False),
            ),
            models.Index(fields=("project",), name="item_stale", condition=Q(stale=True)),
            models.Index(
                fields=("project", "id"),
                name="item_undecided",
                condition=Q(route__isnull=True, waits_for__isnull=True),
            ),
            models.Index(
                fields=("project", "waits_for", "seats_left"),
                name="item_waits",
                condition=Q(waits_for__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.key

    def get_absolute_url(self) -> str:
        return reverse("item", args=[self.project.slug, self.pk])

    @property
    def prompt(self) -> str:
        """The prompt as one text: the turns in order, roles named when there are several."""
        if len(self.messages) == 1:
            return str(self.messages[0]["content"])
        return "\n\n".join(f"{turn['role']}: {turn['content']}" for turn in self.messages)


class Completion(models.Model):
    """One output that is judged. Its position is its place in the item's own order."""

    item = models.ForeignKey(
        Item, on_delete=models.CASCADE, related_name="completions", db_index=False
    )
    position = models.PositiveSmallIntegerField()
    text = models.TextField(blank=True)
    generator = models.CharField(max_length=150, blank=True)
    media = models.JSONField(null=True, blank=True)
    # SHA-256 (hex) of the text; embeddings are kept by it.
    text_hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("item", "position")
        constraints = (
            models.UniqueConstraint(fields=("item", "position"), name="completion_position"),
        )

    def __str__(self) -> str:
        return f"{self.item} completion {self.position + 1}"
