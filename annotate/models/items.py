from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from annotate.models.people import User
from annotate.models.projects import Form, Project, Route
from annotate.offsets import Texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotate.questions import Questions

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

    def live(self) -> ItemQuerySet:
        """Without the archived ones."""
        return self.filter(~Q(waits_for=Item.WaitsFor.ARCHIVE) | Q(waits_for__isnull=True))

    def archived(self) -> ItemQuerySet:
        return self.filter(waits_for=Item.WaitsFor.ARCHIVE)

    def tagged(self, tag: str) -> ItemQuerySet:
        """With a tag; untagged items, most often nearly all, are no part of the index."""
        return self.filter(tags__contains=[tag]).exclude(tags=[])

    def stale(self) -> ItemQuerySet:
        return self.filter(stale=True)


class Item(models.Model):
    """What is judged: a prompt (messages, contexts) with its completions."""

    class WaitsFor(models.TextChoices):
        """What has to come before the item is routed, or routed again."""

        JUDGE = "judge", "the judge's label"
        BUDGET = "budget", "budget"
        POLICY = "policy", "the policy that is on now"
        ARCHIVE = "archive", "nothing: it is archived"

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
    waits_for = models.CharField(max_length=7, choices=WaitsFor, null=True, blank=True)  # noqa: DJ001 null is "for nothing"
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
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
            models.CheckConstraint(
                name="item_archived",
                condition=Q(waits_for__isnull=True)
                | ~Q(waits_for="archive")
                | Q(route__isnull=True),
                violation_error_message="An archived item has no route.",
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
            GinIndex(fields=("tags",), name="item_tags", condition=~Q(tags=[])),
            models.Index(
                fields=("project", "id"),
                name="item_undecided",
                condition=Q(route__isnull=True, waits_for__isnull=True),
            ),
            # Alone enough to count all items by route.
            models.Index(
                fields=("project", "route", "waits_for"),
                include=("seats_left",),
                name="item_routes",
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
    def archived(self) -> bool:
        return self.waits_for == self.WaitsFor.ARCHIVE

    @property
    def prompt(self) -> str:
        """The prompt as one text: the turns in order, roles named when there are several."""
        if len(self.messages) == 1:
            return str(self.messages[0]["content"])
        return "\n\n".join(f"{turn['role']}: {turn['content']}" for turn in self.messages)

    def texts_for(self, questions: Questions, order: Sequence[int] | None = None) -> Texts | None:
        """What answers about parts of the item's texts are checked against; None without such.

        In the item's own order, or in one that a page shows: ``order[place] = position``.
        """
        if not questions.needs_texts:
            return None
        rows = sorted((one.position, one.text, one.steps) for one in self.completions.all())
        texts = Texts(
            completions=[text for _, text, _ in rows],
            contexts=[passage["text"] for passage in self.contexts],
            steps=[None if steps is None else [(a, b) for a, b in steps] for _, _, steps in rows],
        )
        return texts if order is None else texts.permuted(order)


class ItemSummary(models.Model):
    """What lists of items are sorted and counted by, kept beside the item.

    A table of its own, so that claims and submissions, which change the item's row, leave these
    indexes alone. Recomputed with the item's aggregates.
    """

    item = models.OneToOneField(
        Item, on_delete=models.CASCADE, primary_key=True, related_name="summary"
    )
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    # Current labels of work.
    people = models.PositiveIntegerField(default=0)
    judges = models.PositiveIntegerField(default=0)
    # Of people's answers to the main question: 1 - the share of the largest class; null under two.
    disagreement = models.FloatField(null=True, blank=True)
    # Posterior probability of the best aggregate's majority.
    confidence = models.FloatField(null=True, blank=True)
    # |difference of rewards| between the compared completions, by the promoted reward model.
    margin = models.FloatField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "item summaries"
        indexes = (
            models.Index(fields=("project", "people", "item"), name="summary_people"),
            models.Index(fields=("project", "judges", "item"), name="summary_judges"),
            models.Index(fields=("project", "disagreement", "item"), name="summary_disagreement"),
            models.Index(fields=("project", "confidence", "item"), name="summary_confidence"),
            models.Index(fields=("project", "margin", "item"), name="summary_margin"),
        )

    def __str__(self) -> str:
        return f"{self.item_id}: {self.people} and {self.judges}"


class ItemText(models.Model):
    """The words of an item's prompt and completions, for search; written after its import."""

    item = models.OneToOneField(
        Item, on_delete=models.CASCADE, primary_key=True, related_name="text"
    )
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    words = SearchVectorField()

    class Meta:
        indexes = (
            GinIndex(fields=("words",), name="item_words"),
            models.Index(fields=("project", "item"), name="item_text_project"),
        )

    def __str__(self) -> str:
        return f"words of {self.item_id}"


class Gold(models.Model):
    """Answers to an item that are known to be right, by question."""

    class Use(models.TextChoices):
        CHECK = "check", "measures whoever comes across it"
        PLANTED = "planted", "planted among everybody's items"
        QUALIFICATION = "qualification", "part of the qualification test"
        EXAMPLE = "example", "a worked example"

    item = models.OneToOneField(Item, on_delete=models.CASCADE, related_name="gold")
    answers = models.JSONField()
    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="+")
    # Why it is right, shown as feedback.
    note = models.TextField(blank=True)
    use = models.CharField(max_length=13, choices=Use, default=Use.CHECK)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "gold"
        indexes = (models.Index(fields=("use",), name="gold_use", condition=~Q(use="check")),)

    def __str__(self) -> str:
        return f"gold of {self.item_id}"


class Completion(models.Model):
    """One output that is judged. Its position is its place in the item's own order."""

    item = models.ForeignKey(
        Item, on_delete=models.CASCADE, related_name="completions", db_index=False
    )
    position = models.PositiveSmallIntegerField()
    text = models.TextField(blank=True)
    generator = models.CharField(max_length=150, blank=True)
    media = models.JSONField(null=True, blank=True)
    # Half-open ranges of the text, in code points: the steps that it was imported with.
    steps = models.JSONField(null=True, blank=True)
    # SHA-256 (hex) of the text; embeddings are kept by it.
    text_hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("item", "position")
        constraints = (
            models.UniqueConstraint(fields=("item", "position"), name="completion_position"),
        )

    def __str__(self) -> str:
        return f"{self.item} completion {self.position + 1}"
