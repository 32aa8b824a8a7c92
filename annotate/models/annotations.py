from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from annotate.models.items import Item
from annotate.models.people import Annotator
from annotate.models.projects import Form, Guidelines, Project


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def open(self) -> AssignmentQuerySet:
        return self.filter(state=Assignment.State.OPEN)

    def handed_out(self) -> AssignmentQuerySet:
        """By a claim: work and planted gold, no test."""
        return self.exclude(purpose=Assignment.Purpose.QUALIFICATION)

    def overdue(self) -> AssignmentQuerySet:
        return self.open().filter(expires_at__lt=timezone.now())


class Assignment(models.Model):
    """An item lent to one person until ``expires_at``."""

    class State(models.TextChoices):
        OPEN = "open"
        SUBMITTED = "submitted"
        SKIPPED = "skipped"
        EXPIRED = "expired"

    class Purpose(models.TextChoices):
        WORK = "work"
        QUALIFICATION = "qualification"
        # Gold among the work: it takes no seat, and everybody gets it.
        PLANTED = "planted"

    class Suggest(models.TextChoices):
        """What the annotator sees of what a judge or the reward model would answer."""

        NOTHING = ""
        # Drawn into the arm that others, who see one beforehand, are compared with.
        WITHOUT = "none", "nothing, to compare with"
        AFTER = "after", "after the own answer"
        BEFORE = "before", "beforehand"

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="assignments", db_index=False
    )
    item = models.ForeignKey(
        Item, on_delete=models.CASCADE, related_name="assignments", db_index=False
    )
    annotator = models.ForeignKey(
        Annotator, on_delete=models.PROTECT, related_name="assignments", db_index=False
    )
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    # order[place on the page] = position in the item's own order, drawn when assigned.
    order = ArrayField(models.PositiveSmallIntegerField())
    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="+", db_index=False)
    guidelines = models.ForeignKey(
        Guidelines,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    undos = models.PositiveSmallIntegerField(default=0)
    opened_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    shown_at = models.DateTimeField(null=True, blank=True)
    draft = models.JSONField(null=True, blank=True)
    purpose = models.CharField(
        max_length=13, choices=Purpose, default=Purpose.WORK, db_default=Purpose.WORK
    )
    suggest = models.CharField(
        max_length=6, choices=Suggest, default=Suggest.NOTHING, db_default="", blank=True
    )
    # What a label pays, as it stood when the item was handed out; null for the project's pay.
    pay_usd = models.DecimalField(max_digits=10, decimal_places=4, null=True, blank=True)
    # Whether it was reserved for this lease alone: not every item's pay was reserved before.
    pay_held = models.BooleanField(default=False)

    objects: ClassVar = AssignmentQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("item", "annotator"),
                name="assignment_once",
                violation_error_message="This annotator already has the item.",
            ),
        )
        indexes = (
            models.Index(
                fields=("annotator", "project"),
                name="assignment_open",
                condition=Q(state="open"),
            ),
            models.Index(
                fields=("expires_at",), name="assignment_expiry", condition=Q(state="open")
            ),
            models.Index(fields=("annotator", "project", "closed_at"), name="assignment_history"),
        )

    def __str__(self) -> str:
        return f"{self.item} for {self.annotator}: {self.state}"

    @property
    def key(self) -> str:
        """The idempotency key of the next submission: a repeat carries the same one."""
        return f"{self.pk}-{self.undos}"

    @property
    def may_submit(self) -> bool:
        return self.state == self.State.OPEN and self.expires_at > timezone.now()


class AnnotationQuerySet(models.QuerySet["Annotation"]):
    def current(self) -> AnnotationQuerySet:
        return self.filter(successor__isnull=True)

    def work(self) -> AnnotationQuerySet:
        return self.filter(purpose=Annotation.Purpose.WORK)

    def handed_out(self) -> AnnotationQuerySet:
        """Work, and the gold planted in it, which its annotator cannot tell from it."""
        return self.filter(purpose__in=(Annotation.Purpose.WORK, Annotation.Purpose.PLANTED))

    def by_people(self) -> AnnotationQuerySet:
        return self.filter(annotator__kind=Annotator.Kind.HUMAN)

    def by_judges(self) -> AnnotationQuerySet:
        return self.filter(annotator__kind=Annotator.Kind.LLM)


class Annotation(models.Model):
    """One annotator's answers to one item's form. Added, never overwritten."""

    class Purpose(models.TextChoices):
        WORK = "work"
        QUALIFICATION = "qualification"
        # Gold planted in the work: measures the annotator, and is nothing else's data.
        PLANTED = "planted"
        REVIEW = "review"

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="annotations", db_index=False
    )
    item = models.ForeignKey(
        Item, on_delete=models.CASCADE, related_name="annotations", db_index=False
    )
    annotator = models.ForeignKey(
        Annotator, on_delete=models.PROTECT, related_name="annotations", db_index=False
    )
    assignment = models.ForeignKey(
        Assignment, on_delete=models.CASCADE, null=True, blank=True, related_name="annotations"
    )
    purpose = models.CharField(max_length=13, choices=Purpose, default=Purpose.WORK)
    attempt = models.PositiveSmallIntegerField(default=1)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="successor"
    )
    # {question name: answer}; a question without an answer is absent. In the item's own order.
    answers = models.JSONField()
    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="+", db_index=False)
    guidelines = models.ForeignKey(
        Guidelines,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    # The submission's idempotency key; empty for judges and imports.
    key = models.CharField(max_length=40, blank=True)
    # What was on the page: completion order, suggestions and when they showed.
    order = ArrayField(models.PositiveSmallIntegerField(), null=True, blank=True)
    suggestions = models.JSONField(null=True, blank=True)
    active_seconds = models.FloatField(null=True, blank=True)
    focused_seconds = models.FloatField(null=True, blank=True)
    wall_seconds = models.FloatField(null=True, blank=True)
    # What an importer or a judge gave beside the answers, kept as it came.
    raw = models.JSONField(null=True, blank=True)
    # Why a reviewer decided so.
    reason = models.TextField(blank=True, default="", db_default="")
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar = AnnotationQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("item", "annotator", "purpose", "attempt"),
                name="annotation_once",
                condition=Q(supersedes__isnull=True),
                violation_error_message="This annotator has already labelled the item.",
            ),
            models.UniqueConstraint(
                fields=("assignment", "key"),
                name="annotation_key",
                condition=Q(assignment__isnull=False),
                violation_error_message="This submission is already stored.",
            ),
        )
        indexes = (
            models.Index(fields=("project", "id"), name="annotation_project"),
            models.Index(fields=("item",), name="annotation_item"),
            models.Index(fields=("annotator", "project", "created_at"), name="annotation_history"),
            models.Index(
                fields=("project", "item"),
                name="annotation_reviews",
                condition=Q(purpose="review"),
            ),
            # Empty where nothing was ever suggested.
            models.Index(
                fields=("project", "id"),
                name="annotation_suggested",
                condition=Q(suggestions__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.item} by {self.annotator}"


class AggregateQuerySet(models.QuerySet["Aggregate"]):
    def best(self) -> AggregateQuerySet:
        """People's where there are any, else the judges'."""
        by_people = Aggregate.objects.filter(
            item=models.OuterRef("item"),
            question=models.OuterRef("question"),
            source=Aggregate.Source.PEOPLE,
        )
        return self.filter(
            Q(source=Aggregate.Source.PEOPLE)
            | Q(source=Aggregate.Source.JUDGES) & ~models.Exists(by_people)
        )


class Aggregate(models.Model):
    """One label made of several answers to one question of one item, per source."""

    class Source(models.TextChoices):
        PEOPLE = "people"
        JUDGES = "judges"
        ALL = "all"

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="aggregates", db_index=False
    )
    item = models.ForeignKey(
        Item, on_delete=models.CASCADE, related_name="aggregates", db_index=False
    )
    question = models.CharField(max_length=60)
    source = models.CharField(max_length=6, choices=Source)
    count = models.PositiveIntegerField()
    # Preference: mean signed preference; rating: null (the means per completion are in data).
    mean = models.FloatField(null=True, blank=True)
    # Preference: -1 first, 0 tie, 1 second; null where nothing has a majority.
    majority = models.SmallIntegerField(null=True, blank=True)
    # Share of the answers that agree with the majority.
    share = models.FloatField(null=True, blank=True)
    # Posterior probability of the majority, by the method that made the aggregate.
    confidence = models.FloatField(null=True, blank=True)
    method = models.CharField(max_length=30, blank=True)
    data = models.JSONField(default=dict, blank=True)
    version = models.PositiveSmallIntegerField()
    updated_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar = AggregateQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("item", "question", "source"), name="aggregate_once"),
        )
        indexes = (
            models.Index(
                fields=("project", "question", "source", "item"), name="aggregate_project"
            ),
        )

    def __str__(self) -> str:
        return f"{self.item} {self.question} by {self.source}"


class AggregationFit(models.Model):
    """What a method of aggregation has learnt about a question's annotators, from one source."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="aggregation_fits")
    question = models.CharField(max_length=60)
    source = models.CharField(max_length=6, choices=Aggregate.Source)
    method = models.CharField(max_length=30)
    # What was there to learn from.
    labels = models.PositiveIntegerField()
    items = models.PositiveIntegerField()
    # Of the question, such as the classes and how often each is expected; annotators' have rows.
    parameters = models.JSONField(default=dict)
    log_likelihood = models.FloatField(null=True, blank=True)
    seconds_spent = models.FloatField(null=True, blank=True)
    # False once a later fit stands.
    current = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("project", "question", "source"),
                name="fit_current_once",
                condition=Q(current=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.method} of {self.question} by {self.source}"


class Reliability(models.Model):
    """One annotator within a fit: how far the answers can be relied on, with a 95 % interval."""

    fit = models.ForeignKey(AggregationFit, on_delete=models.CASCADE, related_name="reliabilities")
    annotator = models.ForeignKey(Annotator, on_delete=models.CASCADE, related_name="reliabilities")
    labels = models.PositiveIntegerField()
    # What it means is the method's: the probability of a right answer for most.
    value = models.FloatField(null=True, blank=True)
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)
    # The annotator's parameters: a confusion matrix, offset and slope.
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "reliabilities"
        constraints = (
            models.UniqueConstraint(fields=("fit", "annotator"), name="reliability_once"),
        )

    def __str__(self) -> str:
        return f"{self.annotator} in {self.fit}"
