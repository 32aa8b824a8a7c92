from __future__ import annotations

from django.db import models
from django.utils import timezone

from annotate.models.people import Group, Membership
from annotate.models.projects import Project


class Crowd(models.Model):
    """A project's door for a crowd platform: its link, and the code that says the work is done."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="crowd")
    # SHA-256 (hex) of the link's secret.
    digest = models.CharField(max_length=64, unique=True)
    completion_code = models.CharField(max_length=60)
    # Labels that end a visit with the code.
    labels_each = models.PositiveIntegerField(default=20)
    group = models.ForeignKey(
        Group, on_delete=models.SET_NULL, null=True, blank=True, related_name="crowds"
    )
    is_open = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"crowd of {self.project}"


class CrowdVisit(models.Model):
    """One participant of a study, as the platform named them in the link."""

    crowd = models.ForeignKey(Crowd, on_delete=models.CASCADE, related_name="visits")
    membership = models.OneToOneField(
        Membership, on_delete=models.CASCADE, related_name="crowd_visit"
    )
    participant = models.CharField(max_length=64)
    study = models.CharField(max_length=64, blank=True)
    session = models.CharField(max_length=64, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("crowd", "participant"), name="crowd_participant_once"),
        )

    def __str__(self) -> str:
        return f"{self.participant} in {self.crowd}"
