from __future__ import annotations

from django.db import models

from annotate.models.projects import Project


class Media(models.Model):
    """A file that items show: messages, contexts and completions name it in their ``media``."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="media")
    name = models.CharField(max_length=300)
    # SHA-256 (hex) of the content.
    digest = models.CharField(max_length=64)
    content_type = models.CharField(max_length=60)
    size = models.PositiveBigIntegerField()
    # Of images, in pixels, so that the page keeps their place free.
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    # By content, so that a file that comes twice is kept once a project.
    file = models.FileField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "media"
        constraints = (
            models.UniqueConstraint(
                fields=("project", "name"),
                name="media_name",
                violation_error_message="The project already has a file of this name.",
            ),
        )

    def __str__(self) -> str:
        return self.name
