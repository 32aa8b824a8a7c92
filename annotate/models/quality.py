"""What is known of how annotators answer: made by a job from all labels, and made anew as they come."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from annotate.models.people import Annotator
from annotate.models.projects import Project


class QualityReport(models.Model):
    """One look at everybody's answers to a question, up to the label ``last_annotation``."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="quality_reports", db_index=False
    )
    question = models.CharField(max_length=60)
    # The kind of question and its classes, in words: [{"value": number or text, "words": text}].
    kind = models.CharField(max_length=30)
    classes = models.JSONField(default=list)
    last_annotation = models.BigIntegerField(default=0)
    labels = models.PositiveIntegerField()
    annotators = models.PositiveIntegerField()
    # Of the beta distribution that people's agreement is shrunk towards.
    prior_a = models.FloatField()
    prior_b = models.FloatField()
    # {kind of sign: how many annotators had enough answers to be tested}
    tested = models.JSONField(default=dict)
    made_at = models.DateTimeField(default=timezone.now)
    seconds_spent = models.FloatField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("project", "question"), name="quality_report_once"),
        )

    def __str__(self) -> str:
        return f"{self.question} of {self.project} at {self.made_at:%Y-%m-%d %H:%M}"


class AnnotatorQuality(models.Model):
    """One annotator within a report; what has too few answers to be said is null or absent."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="annotator_qualities", db_index=False
    )
    question = models.CharField(max_length=60)
    annotator = models.ForeignKey(Annotator, on_delete=models.CASCADE, related_name="qualities")
    # Answers given, and those that can be compared with what others agree on.
    answers = models.PositiveIntegerField()
    compared = models.PositiveIntegerField()
    hits = models.PositiveIntegerField()
    # Shrunk towards the group, with a 95 % interval.
    agreement = models.FloatField(null=True, blank=True)
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)
    # Median of a label.
    seconds = models.FloatField(null=True, blank=True)
    # Kinds of patterns that are worth a look.
    signs = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "annotator qualities"
        constraints = (
            models.UniqueConstraint(
                fields=("project", "question", "annotator"), name="annotator_quality_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.annotator} on {self.question}"
