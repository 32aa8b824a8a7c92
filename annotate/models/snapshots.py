from __future__ import annotations

from django.db import models

from annotate.models.people import User
from annotate.models.projects import Form, Guidelines, Project


class Snapshot(models.Model):
    """A frozen, citable set of annotations: what an export or a reward model was made from."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="snapshots")
    number = models.PositiveIntegerField()
    # Sorted annotation ids, delta-coded and compressed; see annotate.snapshots.
    annotation_ids = models.BinaryField()
    count = models.PositiveIntegerField()
    # The newest item that was there: items that came later are no part of it.
    last_item = models.BigIntegerField(default=0)
    # Ids of the items up to it that were archived then, packed likewise: no part of it either.
    archived_ids = models.BinaryField(default=bytes)
    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="+")
    guidelines = models.ForeignKey(
        Guidelines, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # [{"annotator": id, "name": str, "version": int}] of the LLM annotators in it.
    judges = models.JSONField(default=list)
    aggregation_version = models.PositiveSmallIntegerField()
    # {"version": int, "questions": {question: method}}: how several answers become one label. Empty
    # in snapshots from before there was a choice: votes and plain means.
    methods = models.JSONField(default=dict, blank=True)
    # SHA-256 (hex) over the items' text hashes, and over all of the above.
    texts_digest = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("project", "number"), name="snapshot_number"),
        )

    def __str__(self) -> str:
        return f"{self.project} snapshot {self.number}"
