"""What people did to a project: the audit log, and changes of many items at once."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from annotate.models.items import Item
from annotate.models.people import User
from annotate.models.projects import Project


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def of(self, project: Project) -> AuditEntryQuerySet:
        return self.filter(project_id=project.pk)


class AuditEntry(models.Model):
    """Who did what when. Added, never changed or removed: it outlives what it speaks of.

    Hence names beside ids, and no foreign keys.
    """

    project_id = models.BigIntegerField(null=True, blank=True)
    project_slug = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField(default=timezone.now)
    # Null: a command or a job, as ``actor`` says.
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor = models.CharField(max_length=150)
    # What was done, such as "member.role".
    action = models.CharField(max_length=60)
    target_kind = models.CharField(max_length=40, blank=True)
    target_id = models.BigIntegerField(null=True, blank=True)
    target = models.CharField(max_length=200, blank=True)
    # What changed: {"before": …, "after": …} or what the action had to say.
    details = models.JSONField(default=dict, blank=True)

    objects: ClassVar = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = (
            models.Index(fields=("project_id", "-id"), name="audit_project"),
            models.Index(fields=("project_id", "action", "-id"), name="audit_action"),
            models.Index(fields=("project_id", "actor_id", "-id"), name="audit_actor"),
            models.Index(fields=("target_kind", "target_id", "-id"), name="audit_target"),
        )

    def __str__(self) -> str:
        return f"{self.actor}: {self.action} {self.target}"


class BulkAction(models.Model):
    """One change of many items, done in the background and taken back by its changes."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        UNDOING = "undoing", "being taken back"
        UNDONE = "undone", "taken back"
        FAILED = "failed"

    FINISHED: ClassVar = (State.DONE, State.UNDOING, State.UNDONE, State.FAILED)

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="bulk_actions")
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=20)
    # Which items: the query string of the list they were chosen in, or their ids.
    query = models.TextField(blank=True)
    items = models.JSONField(null=True, blank=True)
    # The newest item there was: items that come later are no part of it.
    last_item = models.BigIntegerField(default=0)
    settings = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    # The last item that was looked at, how many were changed, and how many there are.
    reached = models.BigIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    # Why items were left as they are: {reason: number}.
    left = models.JSONField(default=dict, blank=True)
    fault = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=("project", "-created_at"), name="bulk_newest"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.done} items ({self.state})"

    @property
    def finished(self) -> bool:
        """Whether it changes nothing any more; taking it back is an action of its own."""
        return self.state in self.FINISHED


class BulkChange(models.Model):
    """What one item was before a bulk action."""

    action = models.ForeignKey(
        BulkAction, on_delete=models.CASCADE, related_name="changes", db_index=False
    )
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="bulk_changes")
    before = models.JSONField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("action", "item"), name="bulk_change_once"),)

    def __str__(self) -> str:
        return f"{self.item_id} in {self.action}"
