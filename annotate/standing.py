"""How far each version of a project's form or guidelines is in use."""

from dataclasses import dataclass
from typing import Literal

from django.db.models import Count

from annotate.models import Project


@dataclass(frozen=True)
class Standing:
    """Labels that name a version, and items that somebody has open with it."""

    labels: int = 0
    opened: int = 0


def standing(project: Project, of: Literal["form", "guidelines"]) -> dict[int, Standing]:
    """By the version's id; those that nobody has used are absent."""
    field = f"{of}_id"
    counted = (
        dict(rows.values_list(field).annotate(n=Count("pk")).order_by())
        for rows in (project.annotations.all(), project.assignments.open())
    )
    labels, opened = counted
    return {
        pk: Standing(labels.get(pk, 0), opened.get(pk, 0))
        for pk in {*labels, *opened}
        if pk is not None
    }
