"""Rows that background work leaves behind: hints on the way, workers alive, files in and out."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

from annotate.models.people import User
from annotate.models.projects import Project


class Hint(models.Model):
    """One hint on its way to a worker: at most one per project and kind of job."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="hints")
    kind = models.CharField(max_length=30)
    queued_at = models.DateTimeField(null=True, blank=True)
    # Somebody asked for the job, due or not; kept until it has run.
    wanted = models.BooleanField(default=False)
    # Set while a worker has it; the worker's heartbeat says whether that is still true.
    started_at = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=100, blank=True)
    # A fault that keeps the job from going on, shown to admins; empty when the last run was well.
    fault = models.TextField(blank=True)
    # Jobs that failed wait until then.
    not_before = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("project", "kind"), name="hint_once"),)

    def __str__(self) -> str:
        return f"{self.kind} for {self.project}"


class WorkerQuerySet(models.QuerySet["Worker"]):
    def alive(self) -> WorkerQuerySet:
        return self.filter(seen_at__gt=timezone.now() - Worker.LIFE)


class Worker(models.Model):
    """A worker's heartbeat."""

    LIFE = timedelta(seconds=30)

    name = models.CharField(max_length=100, unique=True)
    seen_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class Transfer(models.Model):
    """An import or export that runs in the background, with its progress and its bad lines."""

    class Direction(models.TextChoices):
        IMPORT = "import"
        EXPORT = "export"

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="transfers")
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    direction = models.CharField(max_length=6, choices=Direction)
    format = models.CharField(max_length=30)
    options = models.JSONField(default=dict, blank=True)
    snapshot = models.ForeignKey(
        "annotate.Snapshot", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    file = models.FileField(upload_to="transfers/%Y/%m/", blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    # Bytes read of an import, rows written of an export, and how many there are.
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    # What came of it: counts, and [{"line": int, "message": str}] for bad lines.
    result = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=("project", "-created_at"), name="transfer_newest"),)

    def __str__(self) -> str:
        return f"{self.direction} of {self.file_name or self.format} ({self.state})"

    @property
    def finished(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED)
